"""Background packs: only facts seen or known at second hand, each saying so, and usable."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from planning import districts, facilities
from regions import indicator_table, inside, region

from spatial.errors import InputFaults
from spatial.policy.area_wording import area_reasons
from spatial.policy.evaluation import evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.explain import explain_area_row
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_packs
from spatial.policy.pack_parsing import parse_pack
from spatial.policy.planning_data import PlanningData

ROOT = Path(__file__).resolve().parents[2]
STANDARDS = ROOT.parent / "shared" / "policy" / "standards.md"
PACKS = {pack.id: pack for pack in load_packs(ROOT / "seed" / "policies")}
BACKGROUND = {name: PACKS[name] for name in ("gb-50180-2018", "complete-community")}
# What standards.md marks [seen] or [second-hand]; no other number stands in a rule.
KNOWN = {
    "gb50180.circle15.population": {"50000", "100000"},
    "gb50180.circle15.distance": {"800", "1000"},
    "gb50180.circle10.population": {"500", "15000", "25000", "5000", "8000", "32", "50"},
    "gb50180.circle5.distance": {"300"},
    "gb50180.block.population": {"1000", "3000"},
    "gb50180.levels_add_up": set(),
    "complete.embedded.area": {"600", "800"},
    "complete.embedded.functions": {"3", "2"},
    "complete.embedded.pilots": {"50", "100"},
}


def test_the_documents_of_places_are_no_background() -> None:
    assert {pack.id for pack in PACKS.values() if pack.background} == set(BACKGROUND)
    for pack in PACKS.values():
        for rule in pack.rules:
            assert (rule.confidence is not None) == pack.background


@pytest.mark.parametrize("pack", BACKGROUND.values(), ids=lambda pack: pack.id)
def test_every_fact_says_how_it_is_known_and_that_it_is_not_the_text(pack: Pack) -> None:
    for rule in pack.rules:
        assert rule.confidence in {"seen", "second-hand"}
        assert rule.severity == "advisory"
        assert re.search("不是标准原文|不是导则原文|未与原文逐字核对", rule.reading["zh"]), rule.id
        assert re.search("not (the standard's|the guide's|its) own text|not been checked word",
                         rule.reading["en"]), rule.id  # fmt: skip


def test_only_numbers_that_are_known_stand_in_the_packs() -> None:
    found = {
        rule.id: set(re.findall(r"\d+", rule.quote.replace("100万", "")))
        for pack in BACKGROUND.values()
        for rule in pack.rules
    }
    assert found == KNOWN
    for pack in BACKGROUND.values():
        for rule in pack.rules:
            when = rule.parameters.get("when", {})
            limit = str(when["value"]) if when.get("measure", {}).get("of") == "areas" else None
            asked = {str(one["at_least"]) for one in rule.parameters.get("has", ())}
            near = {str(rule.parameters[n]) for n in ("near_m",) if n in rule.parameters}
            assert {limit} - {None} | asked | near <= KNOWN[rule.id], rule.id


@pytest.mark.shared
def test_what_is_known_from_memory_stays_out() -> None:
    """Numbers that standards.md marks from memory only are in neither pack."""
    text = STANDARDS.read_text(encoding="utf-8")
    assert "[memory+]" in text
    packs = "".join(
        (ROOT / "seed" / "policies" / f"{name}.yaml").read_text(encoding="utf-8")
        for name in BACKGROUND
    )
    for remembered in ("350", "1062", "7000", "17500", "3150", "2200", "3500", "1600", "1450"):
        assert remembered not in packs, remembered


def evaluated(pack: Pack, **indicators: dict[str, Any]) -> Any:
    table = [
        (area, name, 2025, value) for area, of in indicators.items() for name, value in of.items()
    ]
    return evaluate(
        PlanningData(
            districts=districts(),
            facilities=facilities({"id": "f", "geometry": inside("x")}),
            areas=region(
                a1={"population": 50_000}, a2={"population": 49_999}, b1={"population": 15_000},
                x={"population": 1000}, y={"population": 999},
            ),
            indicators=indicator_table(*table) if table else None,
        ),
        packs=[pack],
        as_of=dt.date(2026, 6, 30),
        parameters=EvaluationParameters(),
    ).areas  # fmt: skip


def verdicts(rows: Any, rule_id: str) -> dict[str, str]:
    of_rule = rows[rows["rule"] == rule_id]
    return dict(zip(of_rule["code"], of_rule["verdict"], strict=True))


def test_sizes_of_the_standard_on_both_sides() -> None:
    rows = evaluated(BACKGROUND["gb-50180-2018"])
    at, below = "indicator", "not_applicable"
    fifteen = verdicts(rows, "gb50180.circle15.population")
    assert (fifteen["a1"], fifteen["a2"]) == (at, below)
    ten = verdicts(rows, "gb50180.circle10.population")
    assert (ten["a1"], ten["a2"], ten["b1"], ten["x"]) == (at, at, at, below)
    block = verdicts(rows, "gb50180.block.population")
    assert block == {"x": at, "y": below, "v": "undetermined"}
    # Nothing of the standard's facilities is asked, so nothing fails.
    assert not set(rows["verdict"]) & {"met", "not_met", "advise"}


def test_a_statement_of_the_standard_is_answered_by_an_officer() -> None:
    pack = BACKGROUND["gb-50180-2018"]
    open_ = verdicts(evaluated(pack), "gb50180.levels_add_up")
    assert open_ == {"P": "indicator"}
    for answer, verdict in ((1, "met"), (0, "advise")):
        rows = evaluated(pack, P={"gb50180.levels_add_up": answer})
        assert verdicts(rows, "gb50180.levels_add_up") == {"P": verdict}


@pytest.mark.parametrize(
    ("area", "functions", "core", "of_area", "of_functions"),
    [
        (600, 3, 2, "met", "met"),
        (599, 3, 1, "advise", "advise"),
        (800, 2, 2, "met", "advise"),
    ],
)
def test_embedded_services_are_judged_in_pilots_only(
    area: int, functions: int, core: int, of_area: str, of_functions: str
) -> None:
    figures = {
        "embedded_service_pilot": 1, "embedded_service_m2": area,
        "embedded_service_functions": functions, "embedded_service_core_functions": core,
    }  # fmt: skip
    rows = evaluated(BACKGROUND["complete-community"], x=figures, y={"embedded_service_pilot": 0})
    assert verdicts(rows, "complete.embedded.area") == {"x": of_area, "y": "not_applicable"}
    assert verdicts(rows, "complete.embedded.functions")["x"] == of_functions


@pytest.mark.parametrize("pack", BACKGROUND.values(), ids=lambda pack: pack.id)
def test_their_rows_are_put_in_words_that_say_how_they_are_known(pack: Pack) -> None:
    rows = evaluated(pack)
    for lang, mark in (("zh", "未核对标准原文"), ("en", "not checked against the standard itself")):
        assert all(area_reasons(rows, packs=[pack], lang=lang))
        for _, row in rows.iterrows():
            said = explain_area_row(row, pack=pack, rule=pack.rule(row["rule"]), lang=lang)
            assert mark in said


def test_the_mark_is_kept_in_the_stored_form() -> None:
    pack = BACKGROUND["gb-50180-2018"]
    stored = json.loads(json.dumps(dict(pack.document), ensure_ascii=False))
    again = parse_pack(stored, source="database")
    assert again.version == pack.version
    assert again.background
    assert [rule.confidence for rule in again.rules] == [rule.confidence for rule in pack.rules]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": None}, "'confidence' is a required property"),
        ({"confidence": "memory"}, "'memory' is not one of"),
    ],
)
def test_a_background_fact_without_a_mark_is_refused(change: dict[str, Any], message: str) -> None:
    document = copy.deepcopy(dict(BACKGROUND["complete-community"].document))
    document["rules"][0].update(change)
    if change["confidence"] is None:
        del document["rules"][0]["confidence"]
    with pytest.raises(InputFaults, match=message):
        parse_pack(document, source="test")
