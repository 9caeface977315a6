"""The packs hold exactly the rules of the catalogue; statements are answered, gates wait."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml
from province import COUNTIES, Figures, provinces, unit
from rulebook import (
    ALONE,
    ANSWERED_NO,
    CIRCLES,
    COUNTS,
    GATES,
    IN_EVERY_UNIT,
    LATER,
    NO_STANDARD_IN_THE_TEXT,
    PACK_OF,
    PACKS,
    RATIOS,
    ROOT,
    SHARES_OF_UNITS,
    rule_of,
)

from spatial.fields import LEVELS
from spatial.policy.pack import evaluable

CATALOGUE = ROOT.parent / "shared" / "policy" / "catalogue.yaml"


# --- as the catalogue has them ----------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return loaded


def test_every_rule_of_the_packs_is_run_by_a_test() -> None:
    tables = (RATIOS, COUNTS, SHARES_OF_UNITS, IN_EVERY_UNIT, ANSWERED_NO, GATES, CIRCLES)
    run = [rule_id for table in tables for rule_id in table]
    run += [*NO_STANDARD_IN_THE_TEXT, *ALONE]
    assert sorted(run) == sorted(PACK_OF)
    assert len(run) == 134


@pytest.mark.shared
def test_the_packs_hold_exactly_the_rules_of_the_catalogue(catalogue: dict[str, Any]) -> None:
    for pack in PACKS.values():
        entries = [e["id"] for e in catalogue["rules"] if e["document"] == pack.document_no]
        assert [rule.id for rule in pack.rules] == entries
    assert {pack.id: len(pack.rules) for pack in PACKS.values()} == {
        "dali-2022": 41,
        "guizhou-2022": 22,
        "jinhua-2022": 42,
        "panzhihua-2020": 29,
    }
    assert len(catalogue["rules"]) == 134


@pytest.mark.shared
@pytest.mark.parametrize("name", ["quote", "clause", "kind", "severity", "subject"])
def test_what_a_rule_says_is_what_the_catalogue_says(catalogue: dict[str, Any], name: str) -> None:
    said = {entry["id"]: entry[name] for entry in catalogue["rules"]}
    assert {rule_id: getattr(rule_of(rule_id), name) for rule_id in PACK_OF} == said


@pytest.mark.shared
def test_targets_and_reported_values_are_those_of_the_catalogue(catalogue: dict[str, Any]) -> None:
    for entry in catalogue["rules"]:
        rule, given = rule_of(entry["id"]), entry["targets_by_year"]
        reported = {y: v["value"] for y, v in given.items() if isinstance(v, dict)}
        targets = {
            y: None if isinstance(v, str) or v is None else Decimal(str(v))
            for y, v in given.items()
            if isinstance(y, int) and not isinstance(v, dict)
        }
        if entry["id"] == "dali.elderly.adaptation":  # yearly quotas, judged as running totals
            quotas = [int(targets[year] or 0) for year in sorted(targets)]
            assert quotas == [2500, 1000, 500, 500, 500]
            targets = {y: Decimal(sum(quotas[: n + 1])) for n, y in enumerate(sorted(targets))}
            assert targets[2025] == given["total"]
        assert dict(rule.targets_by_year) == targets, rule.id
        assert {y: Decimal(str(v)) for y, v in reported.items()} == dict(rule.baselines), rule.id
        in_words = any(isinstance(value, str) for value in given.values())
        assert rule.basic_full_coverage == in_words, rule.id
        if "undated" in given:
            assert rule.parameters["minimum"] == given["undated"]


@pytest.mark.shared
def test_comparisons_and_parameters_are_those_of_the_catalogue(catalogue: dict[str, Any]) -> None:
    for entry in catalogue["rules"]:
        rule = rule_of(entry["id"])
        when = rule.parameters.get("when", {}).get("operator")
        sign = rule.parameters.get("operator", when)
        # Of a community of 1,000 people the catalogue gives the sign of what it must have.
        if sign is not None and entry["id"] != "dali.elderly.basic_bed_share":
            assert sign == entry["operator"], rule.id
        in_words = {"unit", "logic", "stage", "denominator"}
        for name in set(rule.parameters) & set(entry["parameters"]) - in_words:
            assert rule.parameters[name] == entry["parameters"][name], (rule.id, name)
        for name in ("population_threshold", "area_m2"):
            if name in entry["parameters"]:
                assert rule.parameters["when"]["value"] == entry["parameters"][name]
    assert rule_of("panzhihua.elderly.land_per_capita").parameters["minimum"] == Decimal("0.2")


@pytest.mark.shared
def test_documents_are_named_as_in_the_catalogue(catalogue: dict[str, Any]) -> None:
    by_number = {pack.document_no: pack for pack in PACKS.values()}
    for document in catalogue["documents"].values():
        pack = by_number.pop(document["no"])
        assert (pack.title, pack.issuer) == (document["title"], document["issuer"])
        assert pack.effective_from.isoformat() == document["date"]
        assert pack.effective_to is None
    assert by_number == {}


def test_every_rule_says_how_it_can_be_evaluated() -> None:
    assert {rule_id for rule_id in PACK_OF if evaluable(rule_of(rule_id)) == "review-stage"} == set(
        GATES
    )
    assert {rule_id for rule_id in PACK_OF if evaluable(rule_of(rule_id)) == "statement"} == set(
        ANSWERED_NO
    )
    registers = {r for r in PACK_OF if evaluable(rule_of(r)) == "needs-register"}
    assert {
        "jinhua.childcare.staff_cert",  # staff
        "jinhua.elderly.township_medical",
        "panzhihua.hospital.geriatrics",
        "guizhou.elderly.rural_mutual",
        "dali.elderly.adaptation",
    } <= registers
    held = set(PACK_OF) - registers - set(GATES) - set(ANSWERED_NO)
    assert {"jinhua.childcare.places_per_1000", "panzhihua.elderly.complex", *CIRCLES} <= held


def test_every_rule_is_read_in_both_languages() -> None:
    for rule_id in PACK_OF:
        reading = rule_of(rule_id).reading
        assert len(reading["zh"]) >= 10, rule_id
        assert len(reading["en"]) >= 20, rule_id


# --- statements and gates ---------------------------------------------------------------------


@pytest.mark.parametrize("rule_id", ANSWERED_NO)
def test_a_statement_is_answered_by_a_recorded_yes_or_no(rule_id: str) -> None:
    rule, pack = rule_of(rule_id), PACK_OF[rule_id]
    places = provinces(community_kinds=("urban_community", "rural_community"))
    shown = Figures(LATER).rows(rule, pack, places)
    assert shown
    assert {row["verdict"] for row in shown.values()} == {"indicator"}
    if not any(level in LEVELS for level in rule.applies_to):
        assert list(shown) == [unit("province")]  # about projects: kept at the top
    code = min(shown)
    yes = "indicator" if rule.kind == "permission" else "met"
    for answer, verdict in ((1, yes), (0, ANSWERED_NO[rule_id])):
        figures = Figures(LATER, indicators=[(code, rule_id, 2025, answer)])
        rows = figures.rows(rule, pack, places)
        assert (rows[code]["verdict"], rows[code]["value"]) == (verdict, answer)
        assert rows[code]["definition"] == "登记册（虚构）"
        others = {row["verdict"] for other, row in rows.items() if other != code}
        assert others <= {"indicator"}


def test_rural_communities_alone_are_asked_about_rural_buildings() -> None:
    rule = rule_of("dali.childcare.rural_include")
    places = provinces(community_kinds=("urban_community", "rural_community"))
    rows = Figures(LATER).rows(rule, PACK_OF[rule.id], places)
    assert len(rows) == COUNTIES // 2
    assert {row["kind"] for row in rows.values()} == {"rural_community"}


def test_small_venues_are_those_of_300_square_metres_and_less() -> None:
    when = rule_of("jinhua.childcare.small_venue").parameters["when"]
    assert (when["operator"], when["value"]) == ("<=", 300)  # 以下 includes 300


@pytest.mark.parametrize("rule_id", GATES)
def test_a_gate_belongs_to_a_stage_of_a_review(rule_id: str) -> None:
    rule = rule_of(rule_id)
    assert Figures(LATER).rows(rule, PACK_OF[rule_id], provinces()) == {}
    assert rule.parameters["stage"] == GATES[rule_id]
    assert rule.parameters["checks"]
    used = rule.parameters["uses_rule"]
    assert used is None or used in PACK_OF
