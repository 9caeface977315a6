"""Rules about areas: counts, coverage of units, and so many in every unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from area_clauses import NURSERIES, PLACES
from regions import area_rule, indicator_table, inside, judged


def test_what_is_not_known_of_a_facility_is_named() -> None:
    public = {**NURSERIES, "where": {"operator": ["public"]}, "opened_from": "2021-01-01"}
    rule_ = count(numerator_=public)
    opened = dt.date(2022, 5, 1)
    sites = [
        {"id": "operator", "opened_on": opened, "geometry": inside("x")},
        {"id": "opened", "operator": "public", "geometry": inside("x")},
        {"id": "status", "operator": "public", "status": None, "geometry": inside("x")},
        {"id": "private", "operator": "private", "opened_on": opened, "geometry": inside("x")},
    ]
    found = judged(rule_, sites=sites)["P"]
    assert found["verdict"] == "undetermined"
    assert found["missing"] == [
        {"facility": "opened", "field": "opened_on"},
        {"facility": "operator", "field": "operator"},
        {"facility": "status", "field": "status"},
    ]


def test_a_count_that_was_reached_earlier_stays_reached() -> None:
    rule_ = count(numerator_={"of": "indicator", "name": "centres"})
    early = judged(rule_, indicators=indicator_table(("P", "centres", 2023, 2)))["P"]
    assert early["verdict"] == "met"
    short = judged(rule_, indicators=indicator_table(("P", "centres", 2023, 1)))["P"]
    assert short["verdict"] == "undetermined"


# --- counts -----------------------------------------------------------------------------------


def count(**more: Any) -> dict[str, Any]:
    return area_rule(
        "count_target",
        applies_to=["prefecture"],
        parameters={
            "numerator": more.pop("numerator_", NURSERIES),
            "operator": ">=",
            "more": more.pop("further", []),
            "unit": "institutions",
        },
        targets_by_year={"2025": 2},
        **more,
    )


@pytest.mark.parametrize(("number", "verdict"), [(1, "not_met"), (2, "met"), (3, "met")])
def test_a_count_against_its_target(number: int, verdict: str) -> None:
    sites = [{"id": str(i), "geometry": inside("x")} for i in range(number)]
    found = judged(count(), sites=sites)["P"]
    assert (found["verdict"], found["value"]) == (verdict, number)


def test_further_figures_of_the_sentence_count_too() -> None:
    further = [{"numerator": {**PLACES}, "minimum": 100}]
    sites = [{"id": str(i), "places": 50, "geometry": inside("x")} for i in range(2)]
    assert judged(count(further=further), sites=sites)["P"]["verdict"] == "met"
    sites[0]["places"] = 49
    short = judged(count(further=further), sites=sites)["P"]
    assert (short["verdict"], short["reason_code"]) == ("not_met", "further_figure_short")
    sites[0]["places"] = None  # type: ignore[assignment]  # not known
    assert judged(count(further=further), sites=sites)["P"]["verdict"] == "undetermined"


@pytest.mark.parametrize(
    ("year", "projects", "verdict"),
    [(2025, 53, "not_met"), (2024, 53, "undetermined"), (2024, 54, "met")],
)
def test_a_further_figure_older_than_the_target_decides_nothing(
    year: int, projects: int, verdict: str
) -> None:
    further = [{"numerator": {"of": "indicator", "name": "projects"}, "minimum": 54}]
    sites = [{"id": str(i), "geometry": inside("x")} for i in range(2)]
    table = indicator_table(("P", "projects", year, projects))
    found = judged(count(further=further), sites=sites, indicators=table)["P"]
    assert found["verdict"] == verdict
    gap = {"figure_of_year": "2025", "latest": "2024"}
    assert found["missing"] == ([gap] if verdict == "undetermined" else None)


# --- coverage of units ------------------------------------------------------------------------


def coverage(**more: Any) -> dict[str, Any]:
    parameters = {
        "unit_level": "township",
        "unit_kinds": [],
        "has": [{"measure": NURSERIES, "at_least": 1}],
        "logic": "all",
        "operator": ">=",
        "unit": "%",
        **more.pop("parameters", {}),
    }
    return area_rule(
        "admin_unit_coverage",
        applies_to=["prefecture", "county"],
        parameters=parameters,
        targets_by_year=more.pop("targets_by_year", {"2025": 50}),
        **more,
    )


def test_units_are_counted_by_kind() -> None:
    sites = [{"id": "1", "geometry": inside("x")}, {"id": "2", "geometry": inside("b1")}]
    everything = judged(coverage(), sites=sites)
    assert (everything["P"]["numerator"], everything["P"]["denominator"]) == (2, 3)
    assert everything["A"]["value"] == 50
    assert everything["A"]["verdict"] == "met"  # 50 % 以上 includes 50
    streets = judged(coverage(parameters={"unit_kinds": ["subdistrict"]}), sites=sites)["P"]
    assert (streets["numerator"], streets["denominator"]) == (1, 1)
    towns = judged(coverage(parameters={"unit_kinds": ["town", "township"]}), sites=sites)["P"]
    assert (towns["numerator"], towns["denominator"]) == (1, 2)
    over = judged(
        coverage(parameters={"unit_kinds": ["town", "township"], "operator": ">"}), sites=sites
    )["P"]
    assert over["verdict"] == "not_met"


def test_an_area_without_such_units_is_undetermined() -> None:
    found = judged(coverage(parameters={"unit_kinds": ["subdistrict"]}))["B"]
    assert found["verdict"] == "undetermined"


def test_basically_full_is_read_as_95_percent_and_says_so() -> None:
    rule_ = coverage(targets_by_year={"2025": None}, basic_full_coverage=True)
    found = judged(rule_)["P"]
    assert (found["verdict"], found["threshold"]) == ("not_met", 95)
    assert found["definition"] == "assumed_95_percent"


def test_a_unit_not_known_of_decides_only_where_it_matters() -> None:
    plan = {"measure": {"of": "indicator", "name": "plan"}, "at_least": 1}
    rule_ = coverage(
        parameters={"has": [plan], "unit_level": "county"}, targets_by_year={"2025": 100}
    )
    open_ = judged(rule_, indicators=indicator_table(("A", "plan", 2024, 1)))["P"]
    assert open_["verdict"] == "undetermined"
    assert open_["missing"] == [{"indicator": "plan", "area": "B"}]
    no = judged(rule_, indicators=indicator_table(("A", "plan", 2025, 0)))["P"]
    assert no["verdict"] == "not_met"  # whatever B turns out to be, 100 % is missed
    # There was none in 2024: nobody knows of 2025, when it was due.
    old = judged(rule_, indicators=indicator_table(("A", "plan", 2024, 0), ("B", "plan", 2025, 1)))
    assert old["P"]["verdict"] == "undetermined"
    assert old["P"]["missing"] == [{"figure_of_year": "2025", "latest": "2024"}]
    half = judged(
        coverage(parameters={"has": [plan], "unit_level": "county"}),
        indicators=indicator_table(("A", "plan", 2024, 1)),
    )["P"]
    assert half["verdict"] == "met"


# --- at least so many in every unit -----------------------------------------------------------


def test_every_county_is_judged_by_itself() -> None:
    rule_ = area_rule(
        "min_per_admin_unit",
        applies_to=["county"],
        parameters={"has": [{"measure": NURSERIES, "at_least": 1}], "logic": "all"},
        targets_by_year={"2025": 1},
    )
    found = judged(rule_, sites=[{"id": "1", "geometry": inside("v")}])
    assert found["A"]["verdict"] == "met"
    assert found["A"]["facilities"] == ["1"]
    assert (found["B"]["verdict"], found["B"]["deficit"]) == ("not_met", 1)
    early = judged(rule_, as_of=dt.date(2025, 12, 30))
    assert early["B"]["verdict"] == "not_due"


@pytest.mark.parametrize(
    ("year", "number", "verdict"),
    [(2025, 0, "not_met"), (2024, 0, "undetermined"), (2024, 1, "met"), (2025, 1, "met")],
)
def test_what_was_lacking_before_the_target_year_decides_nothing(
    year: int, number: int, verdict: str
) -> None:
    home = {"measure": {"of": "indicator", "name": "model_homes"}, "at_least": 1}
    rule_ = area_rule(
        "min_per_admin_unit",
        applies_to=["county"],
        parameters={"has": [home], "logic": "all"},
        targets_by_year={"2025": 1},
    )
    table = indicator_table(("A", "model_homes", year, number))
    found = judged(rule_, indicators=table)["A"]
    assert found["verdict"] == verdict
    gap = {"figure_of_year": "2025", "latest": "2024"}
    assert found["missing"] == ([gap] if verdict == "undetermined" else None)
    # Before it is due, an old figure is as good as any, and as none.
    early = dt.date(2025, 12, 30)
    assert judged(rule_, indicators=table, as_of=early)["A"]["verdict"] == "not_due"
    nothing = judged(rule_, as_of=early)["A"]
    assert (nothing["verdict"], len(nothing["missing"])) == ("not_due", 1)
    assert judged(rule_, as_of=dt.date(2025, 12, 31))["A"]["verdict"] == "undetermined"


@pytest.mark.parametrize(("logic", "verdict"), [("all", "not_met"), ("any", "met")])
def test_one_of_each_or_either(logic: str, verdict: str) -> None:
    asked = [
        {"measure": NURSERIES, "at_least": 1},
        {"measure": {**NURSERIES, "kinds": ["care_home"]}, "at_least": 1},
    ]
    rule_ = area_rule(
        "min_per_admin_unit", applies_to=["county"], parameters={"has": asked, "logic": logic}
    )
    found = judged(rule_, sites=[{"id": "1", "geometry": inside("x")}])
    assert found["A"]["verdict"] == verdict
