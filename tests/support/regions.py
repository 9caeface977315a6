"""A small hierarchy of areas with figures, for rules about areas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import shapely
from geopandas import GeoDataFrame
from planning import areas, districts, facilities, layer_frame, pack

from spatial.fields import PARKS
from spatial.policy.evaluation import evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.planning_data import PlanningData

WEST, SOUTH, SIDE = 114.0, 30.0, 0.1

# Codes of the cells of a row of squares: P has counties A and B, A has 街道 a1 and 镇 a2, B has 乡
# b1; a1 has communities x and y, a2 has the village v.
TREE = {
    "P": ("prefecture", "prefecture", None, 0, 4),
    "A": ("county", "county", "P", 0, 3),
    "B": ("county", "county", "P", 3, 4),
    "a1": ("township", "subdistrict", "A", 0, 2),
    "a2": ("township", "town", "A", 2, 3),
    "b1": ("township", "township", "B", 3, 4),
    "x": ("community", "urban_community", "a1", 0, 1),
    "y": ("community", "urban_community", "a1", 1, 2),
    "v": ("community", "rural_community", "a2", 2, 3),
}
COLUMN = {"x": 0, "y": 1, "v": 2, "b1": 3}


def region(**figures: Mapping[str, int]) -> GeoDataFrame:
    """Make the hierarchy; figures are given by area code."""
    rows = []
    for code, (level, kind, parent, first, last) in TREE.items():
        box = shapely.box(WEST + first * SIDE, SOUTH, WEST + last * SIDE, SOUTH + SIDE)
        rows.append(
            {"code": code, "name": f"示范{code}", "level": level, "kind": kind, "parent": parent,
             "geometry": box, **figures.get(code, {})}
        )  # fmt: skip
    return areas(*rows)


def inside(code: str) -> shapely.Point:
    """A place in one of the smallest areas."""
    return shapely.Point(WEST + (COLUMN[code] + 0.5) * SIDE, SOUTH + SIDE / 2)


def indicator_table(*rows: tuple[str, str, int, object]) -> pd.DataFrame:
    columns = ["area", "indicator", "year", "value"]
    return pd.DataFrame(rows, columns=columns).assign(source="统计公报")


def parks(*rows: Mapping[str, Any]) -> GeoDataFrame:
    return layer_frame(PARKS, rows)


def judged(  # noqa: PLR0913 - everything an evaluation may be given
    rule: Mapping[str, Any],
    *,
    as_of: dt.date = dt.date(2026, 6, 30),
    figures: Mapping[str, Mapping[str, int]] | None = None,
    sites: Sequence[Mapping[str, Any]] | None = (),
    indicators: pd.DataFrame | None = None,
    homes: Sequence[Mapping[str, Any]] = (),
    park_rows: GeoDataFrame | None = None,
    target_year: int | None = None,
    more_rules: Sequence[Mapping[str, Any]] = (),
) -> dict[str, dict[str, Any]]:
    """Judge one rule; return its rows by area code, missing numbers as None."""
    evaluation = evaluate(
        PlanningData(
            districts=districts(*homes),
            facilities=None if sites is None else facilities(*sites),
            areas=region(**(figures or {})),
            parks=park_rows,
            indicators=indicators,
        ),
        packs=[pack(*more_rules, rule)],
        as_of=as_of,
        parameters=EvaluationParameters(target_year=target_year),
    )
    rows = evaluation.areas[evaluation.areas["rule"] == rule["id"]]
    rows = rows.astype(object).where(rows.notna(), None)
    return {row["code"]: row for row in rows.to_dict("records")}


def area_rule(kind: str, *, applies_to: Sequence[str], **more: Any) -> dict[str, Any]:
    """Make the plain form of a rule about areas."""
    return {
        "id": "test.area_rule",
        "clause": "一(一)",
        "quote": "试验条文",
        "kind": kind,
        "subject": "childcare",
        "applies_to": list(applies_to),
        "severity": "target",
        "condition": None,
        "reading": {"zh": "试验", "en": "a test"},
        "targets_by_year": {},
        **more,
    }
