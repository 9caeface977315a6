"""Rules about areas: both sides of every threshold, at it, and what is not known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from planning import pack, rule
from regions import area_rule, indicator_table, inside, judged, parks

from spatial.errors import InputError, InputFaults

PLACES = {
    "of": "facilities",
    "sum": "places",
    "kinds": ["nursery"],
    "status": "operating",
    "indicator": "childcare_places",
}
NURSERIES = {"of": "facilities", "sum": "count", "kinds": ["nursery"], "status": "operating"}
PEOPLE = {"of": "areas", "field": "population"}


def ratio(**more: Any) -> dict[str, Any]:
    parameters = {
        "numerator": PLACES,
        "denominator": PEOPLE,
        "per": 1000,
        "operator": ">=",
        "minimum": None,
        "unit": "‰",
        **more.pop("parameters", {}),
    }
    return area_rule(
        more.pop("kind", "places_per_1000_pop"),
        applies_to=more.pop("applies_to", ["prefecture", "county"]),
        parameters=parameters,
        targets_by_year=more.pop("targets_by_year", {"2025": 4.5}),
        **more,
    )


def share(operator: str, **more: Any) -> dict[str, Any]:
    beds = {"of": "facilities", "kinds": ["care_home"], "status": "operating"}
    return ratio(
        kind="share_of_beds",
        applies_to=["prefecture"],
        parameters={
            "numerator": {**beds, "sum": "nursing_beds"},
            "denominator": {**beds, "sum": "beds"},
            "per": 100,
            "operator": operator,
            "unit": "%",
        },
        targets_by_year={"2025": 60},
        **more,
    )


# --- ratios -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "people", "verdict", "deficit"),
    [
        (4500, 1_000_000, "met", None),
        (4499, 1_000_000, "not_met", 1.0),
        (15_019, 3_337_559, "not_met", 0.0155),  # 4.49999…‰ is not 4.5‰ (design §4)
        (15_020, 3_337_559, "met", None),
    ],
)
def test_a_ratio_is_compared_unrounded(
    places: int, people: int, verdict: str, deficit: float | None
) -> None:
    found = judged(
        ratio(),
        figures={"P": {"population": people}},
        indicators=indicator_table(("P", "childcare_places", 2025, places)),
    )["P"]
    assert found["verdict"] == verdict
    assert found["numerator"] == places
    assert found["denominator"] == people
    assert found["threshold"] == 4.5
    assert found["deficit"] == (None if deficit is None else pytest.approx(deficit, abs=1e-4))


@pytest.mark.parametrize(
    ("nursing", "operator", "verdict"),
    [(60, ">=", "met"), (60, ">", "not_met"), (61, ">", "met"), (59, ">=", "not_met"),
     (60, "<=", "met"), (61, "<=", "not_met")],
)  # fmt: skip
def test_over_and_at_least_are_kept_apart(nursing: int, operator: str, verdict: str) -> None:
    site = {"id": "h", "kind": "care_home", "beds": 100, "nursing_beds": nursing}
    found = judged(share(operator), sites=[{**site, "geometry": inside("x")}])
    assert found["P"]["verdict"] == verdict
    assert found["P"]["value"] == nursing


def test_a_share_over_100_percent_is_not_clamped() -> None:
    site = {"id": "h", "kind": "care_home", "beds": 100, "nursing_beds": 120}
    assert judged(share(">="), sites=[{**site, "geometry": inside("x")}])["P"]["value"] == 120


def test_populations_roll_up_from_below_and_never_from_a_part() -> None:
    indicators = indicator_table(("P", "childcare_places", 2025, 45))
    whole = judged(
        ratio(),
        figures={"A": {"population": 6000}, "B": {"population": 4000}},
        indicators=indicators,
    )
    assert whole["P"]["denominator"] == 10_000
    assert whole["P"]["verdict"] == "met"
    part = judged(ratio(), figures={"A": {"population": 6000}}, indicators=indicators)["P"]
    assert part["verdict"] == "undetermined"
    assert {"field": "population", "area": "b1"} in part["missing"] or {
        "field": "population",
        "area": "B",
    } in part["missing"]


def test_facilities_are_counted_where_they_lie_and_at_every_level() -> None:
    sites = [
        {"id": "1", "places": 30, "geometry": inside("x")},
        {"id": "2", "places": 20, "geometry": inside("b1")},
        {"id": "3", "places": 99, "status": "planned", "geometry": inside("x")},
    ]
    found = judged(
        ratio(), figures={"A": {"population": 5000}, "B": {"population": 5000}}, sites=sites
    )
    assert (found["A"]["numerator"], found["A"]["verdict"]) == (30, "met")
    assert (found["B"]["numerator"], found["B"]["verdict"]) == (20, "not_met")
    assert (found["P"]["numerator"], found["P"]["verdict"]) == (50, "met")
    assert found["P"]["facilities"] == ["1", "2"]


def test_unknown_places_are_undetermined_unless_the_rest_suffices() -> None:
    sites = [
        {"id": "1", "places": 45, "geometry": inside("x")},
        {"id": "2", "geometry": inside("y")},
    ]
    enough = judged(ratio(), figures={"P": {"population": 10_000}}, sites=sites)["P"]
    assert enough["verdict"] == "met"
    short = judged(ratio(), figures={"P": {"population": 10_001}}, sites=sites)["P"]
    assert short["verdict"] == "undetermined"
    assert short["missing"] == [{"facility": "2", "field": "places"}]
    assert short["value"] is None


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


def test_no_population_and_nobody_are_undetermined_never_a_division() -> None:
    for figures in ({}, {"P": {"population": 0}}):
        found = judged(ratio(), figures=figures)["P"]
        assert found["verdict"] == "undetermined"
        assert found["value"] is None
        assert found["missing"]


def test_without_any_facilities_given_nothing_is_known_of_them() -> None:
    found = judged(ratio(), figures={"P": {"population": 1000}}, sites=None)["P"]
    assert found["verdict"] == "undetermined"
    assert found["missing"] == [{"layer": "facilities"}]
    none = judged(ratio(), figures={"P": {"population": 1000}}, sites=[])["P"]
    assert none["verdict"] == "not_met"


def test_an_increasing_share_is_compared_with_the_year_before() -> None:
    grows = ratio(
        kind="share_of_facilities",
        parameters={
            "numerator": {"of": "indicator", "name": "with_class"},
            "denominator": {"of": "indicator", "name": "kindergartens"},
            "per": 100,
            "operator": "increasing",
            "unit": "%",
        },
        applies_to=["prefecture"],
        targets_by_year={},
    )
    both = [("P", "kindergartens", 2024, 100), ("P", "kindergartens", 2025, 110)]
    up = indicator_table(*both, ("P", "with_class", 2024, 40), ("P", "with_class", 2025, 45))
    same = indicator_table(*both, ("P", "with_class", 2024, 40), ("P", "with_class", 2025, 44))
    alone = indicator_table(("P", "kindergartens", 2025, 110), ("P", "with_class", 2025, 45))
    assert judged(grows, indicators=up)["P"]["verdict"] == "met"
    assert judged(grows, indicators=same)["P"]["verdict"] == "not_met"
    assert judged(grows, indicators=alone)["P"]["verdict"] == "undetermined"


# --- targets by year --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "target_year", "verdict", "threshold", "reason"),
    [
        (dt.date(2022, 12, 30), None, "not_due", 3.3, "target_not_due"),
        (dt.date(2022, 12, 31), None, "met", 3.3, "target_met"),
        (dt.date(2024, 6, 30), None, "met", 3.3, "target_met"),
        (dt.date(2025, 12, 31), None, "not_met", 4.5, "target_not_met"),
        (dt.date(2026, 6, 30), None, "not_met", 4.5, "target_not_met_ended"),
        (dt.date(2024, 6, 30), 2025, "not_due", 4.5, "target_not_due"),
        (dt.date(2026, 6, 30), 2022, "met", 3.3, "target_met"),
    ],
)
def test_the_target_that_is_due_decides(
    as_of: dt.date, target_year: int | None, verdict: str, threshold: float, reason: str
) -> None:
    found = judged(
        ratio(
            targets_by_year={"2022": 3.3, "2025": 4.5},
            baselines={"2021": {"value": 2.68, "note": None}},
        ),
        as_of=as_of,
        target_year=target_year,
        figures={"P": {"population": 1000_000}},
        indicators=indicator_table(
            *[("P", "childcare_places", year, 3680) for year in range(2021, 2027)]
        ),
    )["P"]
    assert (found["verdict"], found["threshold"]) == (verdict, threshold)
    assert found["reason_code"] == reason
    assert (found["baseline"], found["baseline_year"]) == (2.68, 2021)
    assert found["progress"] == pytest.approx((3.68 - 2.68) / (threshold - 2.68))
    if threshold == 3.3:
        assert (found["next_target"], found["next_target_year"]) == (4.5, 2025)


def test_a_target_without_a_number_is_an_indicator() -> None:
    found = judged(
        ratio(targets_by_year={"2025": None}),
        figures={"P": {"population": 1000}},
        indicators=indicator_table(("P", "childcare_places", 2024, 3)),
    )["P"]
    assert (found["verdict"], found["reason_code"]) == ("indicator", "standard_not_set")
    assert found["value"] == 3


def test_a_year_before_the_first_target_is_refused() -> None:
    with pytest.raises(InputError, match="target year 2019"):
        judged(ratio(), target_year=2019)


def test_a_later_indicator_is_not_yet_known() -> None:
    found = judged(
        ratio(),
        as_of=dt.date(2024, 5, 1),
        figures={"P": {"population": 1000}},
        indicators=indicator_table(
            ("P", "childcare_places", 2023, 3), ("P", "childcare_places", 2025, 9)
        ),
    )["P"]
    assert found["numerator"] == 3


def test_a_figure_older_than_the_target_decides_nothing() -> None:
    found = judged(
        ratio(),
        figures={"P": {"population": 1000}},
        indicators=indicator_table(("P", "childcare_places", 2024, 9)),
    )["P"]
    assert (found["verdict"], found["reason_code"]) == ("undetermined", "figure_older_than_target")
    assert found["missing"] == [{"figure_of_year": "2025", "latest": "2024"}]
    assert found["value"] == 9


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


# --- triggered by a size ----------------------------------------------------------------------


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
