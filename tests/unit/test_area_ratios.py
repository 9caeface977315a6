"""Rules about areas: ratios, and targets by year."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from area_clauses import ratio
from regions import indicator_table, inside, judged

from spatial.errors import InputError


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
