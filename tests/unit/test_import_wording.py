"""Reports of imports that bring no rows of a layer, in lines for a terminal."""

from __future__ import annotations

from typing import Any, Final

from service.uploads.wording import report_lines

OF_NETWORK: Final[dict[str, Any]] = {
    "rows": {"read": 9, "accepted": 8, "repaired": 0, "quarantined": 0},
    "repairs": [],
    "quarantined": [],
    "crs": {"origin": "EPSG:4547", "declared": None, "transformation": None},
    "notes": ["x.geojson: 3 lines split at 2 places"],
    "warnings": [],
    "network": {
        "version": "a" * 64,
        "edges": 8,
        "length_m": 7700.0,
        "in_use": False,
        "before": {"version": "b", "name": "旧", "edges": 2, "length_m": 1000},
        "diagnosis": {"components": 2, "largest_share": 0.875},
    },
    "map": None,
}
OF_FIGURES: Final[dict[str, Any]] = {
    "rows": {"read": 2, "accepted": 2, "repaired": 0, "quarantined": 0},
    "repairs": [],
    "quarantined": [],
    "columns": {
        "mapped": [{"column": "区域", "field": "area", "how": "heading", "unit": None}],
        "unread": [],
        "key": ["area", "indicator", "year"],
    },
    "notes": [],
    "warnings": [],
    "diff": {
        "added": 1,
        "changed": 1,
        "reopened": 0,
        "unchanged": 0,
        "gone": 0,
        "complete": False,
        "changes": [{"id": "a, b, 2020", "fields": ["value"], "values": {"value": [1, 2]}}],
        "gone_ids": [],
    },
    "first_rows": [{"row": 1, "area": "x"}],
    "map": None,
}


def test_a_network_tells_its_size_and_what_it_replaces():
    assert report_lines(OF_NETWORK, "zh") == [
        "读取 9 行，接受 8 行（其中修复 0 行），搁置 0 行",
        "坐标系：EPSG:4547",
        "路网 aaaaaaaaaaaa：8 条边，7.7 公里，2 片，最大一片占 87.5%",
        "代替正在使用的“旧”（2 条边，1.0 公里）",
        "  x.geojson：3 条线在 2 处打断",
    ]
    in_use = OF_NETWORK | {"network": OF_NETWORK["network"] | {"in_use": True}}
    assert report_lines(in_use, "en")[3] == "it is the network in use"


def test_figures_tell_what_changes_and_say_nothing_of_places():
    assert report_lines(OF_FIGURES, "en") == [
        "2 rows read, 2 accepted (0 of them repaired), 0 set aside",
        "fields: 区域 → area",
        "rows are known by area, indicator, year",
        "compared with what is stored: 1 added, 1 changed, 0 open again, 0 unchanged",
        "  a, b, 2020: value 1 → 2",
        "first rows as they will be stored:",
        "  row=1; area=x",
    ]
