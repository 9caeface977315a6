"""Findings in words: every code has both languages, every output column is as promised."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from planning import districts, facilities, judge, main_street, pack, point, rule

from spatial.policy import wording
from spatial.policy.findings import OUTPUT_COLUMNS
from spatial.policy.numerals import metres
from spatial.policy.output import output_districts, output_findings
from spatial.policy.wording import reason_texts

PACKAGE = Path(wording.__file__).parent
PACK = pack(
    rule("service_circle_time", rule_id="t.circle"),
    rule("service_radius", rule_id="t.radius"),
    rule("floor_area_per_100hh", rule_id="t.area"),
    rule("facility_count_by_households", rule_id="t.count"),
)
CONTRACT = [
    "rule",
    "kind",
    "verdict",
    "severity",
    "value",
    "threshold",
    "unit",
    "deficit",
    "reason",
    "missing",
    "straight_m",
    "walking_m",
    "walking_minutes",
    "nearest_m",
    "snap_m",
    "covered_share",
    "households_outside",
    "demand",
    "definition",
    "near_threshold",
    "unit_id",
    "facilities",
    "alternatives",
    "would_count_if",
    "clause",
    "quote",
    "reading",
]


def evaluated() -> object:
    return judge(
        districts(
            {"id": "a", "households": 4000, "community": "c", "geometry": point(2000)},
            {"id": "b", "households": None, "geometry": point(0, 900)},
            {"id": "c", "households": 30, "stage": "new", "geometry": point(0)},
        ),
        facilities({"id": "f", "district_id": "c", "floor_area_m2": 240, "geometry": point(0)}),
        PACK,
        network=main_street(),
    )


def test_every_reason_code_used_has_words() -> None:
    used: set[str] = set()
    for path in (PACKAGE / "kinds").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(
            re.findall(
                r'"((?:circle|radius|area|count|no|beyond|off|below|other|pool)_[a-z0-9_]+)"', text
            )
        )
    codes = set(wording._REASONS)  # noqa: SLF001 - the table under test
    assert used & codes
    spoken = {code for code in used if code in codes}
    assert {"circle_met", "radius_outer", "area_short", "count_short", "off_network"} <= spoken
    for chinese, english in wording._REASONS.values():  # noqa: SLF001 - likewise
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert not re.search(r"[\u4e00-\u9fff]", english)
        assert set(re.findall(r"{(\w+)}", chinese)) == set(re.findall(r"{(\w+)}", english))


def said(code: str, **figures: float) -> str:
    row = {
        "district_id": "d",
        "reason_code": code,
        "warning_code": None,
        **dict.fromkeys(("value", "threshold", "deficit", "nearest_m", "households_outside")),
        **figures,
    }
    (text,) = reason_texts(pd.DataFrame([row]), lang="zh", stage=None)
    assert text is not None
    return text


def test_a_sentence_says_only_what_is_known() -> None:
    whole = said("circle_part", value=1148.174, threshold=800, households_outside=12)
    assert whole == "仅部分在步行圈内：最远处1148.2米，限800米，圈外约12户"
    open_walk = said("circle_part", threshold=800)
    assert open_walk == "仅部分在步行圈内：部分住处的步行距离不详，限800米"
    screen = said("circle_screen", threshold=800)
    assert screen == (
        "步行圈外（部分住处的步行距离不详，限800米），但按成人步速或直线筛查仍有可达处"
    )
    for code in wording._REASONS:  # noqa: SLF001 - the table under test
        text = said(code, threshold=800) if code.startswith("circle") else ""
        assert "—" not in text or code == "circle_met"
        assert not re.search(r"[\[\]|]", text)


@pytest.mark.parametrize(
    ("value", "limits", "text"),
    [
        (148.174, (300,), "148.2"),
        (299.949, (300,), "299.9"),
        (299.96, (300,), "299.96"),  # rounded it would be 300
        (300.0, (300,), "300"),
        (300.04, (300,), "300.04"),  # rounded it would be within
        (300.05, (300,), "300.1"),
        (800.001, (300, 800), "800.001"),
        (799.999, (300,), "800"),
        (None, (), "—"),
    ],
)
def test_metres_are_rounded_where_it_cannot_change_how_they_compare(value, limits, text) -> None:
    assert metres(value, limits=limits) == text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_output_contract(lang: str) -> None:
    evaluation = evaluated()
    found = output_findings(evaluation.findings, packs=[PACK], lang=lang)
    assert list(OUTPUT_COLUMNS) == CONTRACT
    assert found.columns.tolist() == ["district_id", *CONTRACT]
    assert found["reason"].notna().all()
    # RFC 8259 has no NaN: absent members are null.
    text = json.dumps(found.to_dict("records"), allow_nan=False, ensure_ascii=False)
    assert json.loads(text)
    homes = output_districts(evaluation.districts, evaluation.findings, packs=[PACK], lang=lang)
    assert homes.columns.tolist() == [
        "id",
        "name",
        "stage",
        "households",
        "flag",
        "rank",
        "households_concerned",
        "reasons",
        "geometry",
    ]


def test_reasons_stand_for_the_findings_that_set_the_flag() -> None:
    evaluation = evaluated()
    homes = output_districts(evaluation.districts, evaluation.findings, packs=[PACK], lang="zh")
    reasons = dict(zip(homes["id"], homes["reasons"], strict=True))
    # 400 facilities' worth of households, nothing within 2 km: circle, radius and area fail.
    assert reasons["a"] == [
        "托育服务圈：步行圈外：最近处2000米，最远处2000米，限1000米〔试〔2022〕1号 一(一)〕",
        "托育服务半径：直线2000米，超过放宽后的上限800米〔试〔2022〕1号 一(一)〕",
        "托育用房面积：建筑面积0㎡，应不少于600㎡，缺口600㎡〔试〔2022〕1号 一(一)〕",
    ]
    assert reasons["c"] == []
    english = output_districts(evaluation.districts, evaluation.findings, packs=[PACK], lang="en")
    first = dict(zip(english["id"], english["reasons"], strict=True))["a"][2]
    assert first == (
        "childcare floor area: floor area 0 m², required 600 m², gap 600 m² [试〔2022〕1号 一(一)]"
    )


def test_a_new_district_falls_short_and_has_no_gap() -> None:
    evaluation = judge(
        districts({"id": "n", "stage": "new", "households": 2000, "geometry": point(0)}),
        facilities(),
        pack(rule("floor_area_per_100hh", rule_id="t.area")),
    )
    (text,) = output_districts(
        evaluation.districts,
        evaluation.findings,
        packs=[pack(rule("floor_area_per_100hh", rule_id="t.area"))],
        lang="zh",
    )["reasons"].iloc[0]
    assert "尚缺300㎡" in text
    assert "缺口" not in text
