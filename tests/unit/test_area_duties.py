"""Rules about areas: what a size asks for, parks, projects, statements."""

from __future__ import annotations

from typing import Any

import pytest
from area_clauses import NURSERIES, PEOPLE, PLACES, ratio
from planning import pack, rule
from regions import area_rule, indicator_table, inside, judged, parks

from spatial.errors import InputFaults


def threshold(operator: str, value: int, has: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return area_rule(
        "threshold_requirement",
        applies_to=["community"],
        parameters={
            "when": {"measure": PEOPLE, "operator": operator, "value": value},
            "has": has,
            "logic": "all",
        },
        **more,
    )


@pytest.mark.parametrize(
    ("people", "operator", "verdict"),
    [
        (999, ">=", "not_applicable"),
        (1000, ">=", "not_met"),
        (1000, ">", "not_applicable"),
        (1001, ">", "not_met"),
    ],
)
def test_the_size_triggers_the_requirement(people: int, operator: str, verdict: str) -> None:
    rule_ = threshold(operator, 1000, [{"measure": NURSERIES, "at_least": 1}])
    found = judged(rule_, figures={"x": {"population": people}})
    assert found["x"]["verdict"] == verdict


@pytest.mark.parametrize(
    ("people", "places", "verdict"),
    [(19_999, 0, "not_applicable"), (20_000, 89, "not_met"), (20_000, 90, "met")],
)
def test_ninety_places_from_twenty_thousand_people(people: int, places: int, verdict: str) -> None:
    """2万人以上城市社区建成不少于90个托位: both ends are included."""
    rule_ = threshold(
        ">=", 20_000, [{"measure": PLACES, "at_least": 90}], area_kinds=["urban_community"]
    )
    sites = [{"id": "1", "places": places, "geometry": inside("x")}]
    found = judged(
        rule_, figures={"x": {"population": people}, "v": {"population": people}}, sites=sites
    )
    assert found["x"]["verdict"] == verdict
    assert "v" not in found


def test_an_unknown_size_is_undetermined_unless_all_is_there() -> None:
    rule_ = threshold(">=", 1000, [{"measure": NURSERIES, "at_least": 1}])
    found = judged(rule_, sites=[{"id": "1", "geometry": inside("y")}])
    assert found["x"]["verdict"] == "undetermined"
    assert found["x"]["missing"] == [{"field": "population", "area": "x"}]
    assert (found["y"]["verdict"], found["y"]["value"]) == ("met", 1)


# --- parks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("employees", "number", "verdict"),
    [(9_999, 0, "not_applicable"), (10_000, 0, "not_met"), (10_000, 1, "met"),
     (25_000, 1, "not_met"), (25_000, 2, "met"), (None, 3, "undetermined")],
)  # fmt: skip
def test_one_facility_for_every_10000_employees(
    employees: int | None, number: int, verdict: str
) -> None:
    rule_ = area_rule(
        "facility_count_by_employees",
        applies_to=["park"],
        parameters={"employees_per_facility": 10_000, "has": NURSERIES},
        severity="mandatory",
    )
    place = inside("x")
    rows = parks(
        {"id": "park", "name": "示范园", "employees": employees, "geometry": place.buffer(0.01)}
    )
    sites = [{"id": str(i), "geometry": place} for i in range(number)]
    sites.append({"id": "outside", "geometry": inside("b1")})
    found = judged(rule_, sites=sites, park_rows=rows)["park"]
    assert found["verdict"] == verdict
    assert found["level"] == "park"


# --- compliance of projects -------------------------------------------------------------------


def test_compliance_counts_new_districts() -> None:
    area = rule("floor_area_per_100hh", rule_id="test.area", applies_to=["new"])
    rate = area_rule(
        "project_compliance_rate",
        applies_to=["prefecture", "county"],
        parameters={
            "judged_by": "test.area",
            "service": "childcare",
            "minimum": None,
            "operator": ">=",
            "unit": "%",
        },
        targets_by_year={"2025": 50},
    )
    homes = [
        {"id": "good", "stage": "new", "households": 100, "geometry": inside("x")},
        {"id": "bad", "stage": "new", "households": 9000, "geometry": inside("b1")},
        {"id": "old", "stage": "existing", "households": 100, "geometry": inside("x")},
        {"id": "plan", "stage": "planned", "households": 100, "geometry": inside("x")},
    ]
    sites = [{"id": "f", "district_id": "good", "floor_area_m2": 200, "geometry": inside("x")}]
    found = judged(rate, homes=homes, sites=sites, more_rules=[area])
    assert (found["P"]["numerator"], found["P"]["denominator"]) == (1, 2)
    assert found["P"]["verdict"] == "met"
    assert found["A"]["value"] == 100
    assert found["B"]["verdict"] == "not_met"
    no_standard = {**rate, "parameters": {**rate["parameters"], "judged_by": None}}
    open_ = judged(no_standard, homes=homes, sites=sites)["P"]
    assert (open_["verdict"], open_["reason_code"]) == ("indicator", "standard_not_set")


# --- statements -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "severity", "answer", "verdict"),
    [
        ("process_requirement", "mandatory", None, "indicator"),
        ("process_requirement", "mandatory", 1, "met"),
        ("process_requirement", "mandatory", 0, "not_met"),
        ("process_requirement", "mandatory", 2, "undetermined"),  # neither a yes nor a no
        ("siting_preference", "advisory", 1, "met"),
        ("siting_preference", "advisory", 0, "advise"),
        ("permission", "advisory", 1, "indicator"),
        ("permission", "advisory", 0, "indicator"),
    ],
)
def test_statements_and_their_answers(
    kind: str, severity: str, answer: int | None, verdict: str
) -> None:
    rule_ = area_rule(kind, applies_to=["county"], severity=severity, parameters={"expects": True})
    table = None if answer is None else indicator_table(("A", "test.area_rule", 2025, answer))
    found = judged(rule_, indicators=table)["A"]
    assert found["verdict"] == verdict
    if answer in (0, 1):
        assert found["definition"] == "统计公报"  # who answered


def test_an_advisory_share_that_is_missed_is_advice() -> None:
    rooms = ratio(
        kind="share_of_floor_area",
        severity="advisory",
        applies_to=["community"],
        parameters={
            "numerator": {"of": "indicator", "name": "elderly_area"},
            "denominator": {"of": "indicator", "name": "service_area"},
            "per": 100,
            "minimum": 40,
            "unit": "%",
        },
        targets_by_year={},
    )
    table = indicator_table(
        ("x", "elderly_area", 2025, 39), ("x", "service_area", 2025, 100),
        ("y", "elderly_area", 2025, 40), ("y", "service_area", 2025, 100),
    )  # fmt: skip
    found = judged(rooms, indicators=table)
    assert found["x"]["verdict"] == "advise"
    assert found["y"]["verdict"] == "met"


def test_a_gate_waits_for_the_review_of_a_project() -> None:
    gate = area_rule(
        "review_gate",
        applies_to=["project"],
        parameters={"stage": "design", "checks": ["planning_conditions"], "uses_rule": None},
    )
    assert judged(gate) == {}


def test_parameters_of_area_kinds_are_checked() -> None:
    broken = ratio(parameters={"per": 7, "operator": "=>", "numerator": {"of": "facilities"}})
    with pytest.raises(InputFaults) as caught:
        pack(broken)
    text = str(caught.value)
    for field in ("per", "operator", "numerator"):
        assert f"test.area_rule / parameters / {field}" in text
