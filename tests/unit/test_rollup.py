"""Roll-up from numerators and denominators, against sums by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planning import (
    areas,
    buildings,
    districts,
    facilities,
    judge,
    main_street,
    pack,
    point,
    rule,
    square,
)

from spatial.errors import InputError
from spatial.policy.evaluation import Evaluation
from spatial.policy.evaluation_parameters import EvaluationParameters

RULES = pack(
    rule("service_radius", rule_id="test.radius"),
    rule("floor_area_per_100hh", rule_id="test.area"),
)
CITY = areas(
    {"code": "P", "name": "市", "level": "prefecture", "kind": "prefecture",
     "geometry": square(0, 0, 20000)},
    {"code": "T", "name": "街道", "level": "township", "kind": "subdistrict", "parent": "P",
     "geometry": square(0, 0, 9000)},
    {"code": "c1", "name": "社区一", "level": "community", "kind": "urban_community",
     "parent": "T", "geometry": square(-1000, 0, 1900)},
    {"code": "c2", "name": "社区二", "level": "community", "kind": "urban_community",
     "parent": "T", "geometry": square(1000, 0, 1900)},
    {"code": "v", "name": "村", "level": "community", "kind": "rural_community",
     "parent": "P", "geometry": square(8000, 0, 1000)},
    {"code": "u", "name": "单元", "kind": "planning_unit", "geometry": square(0, 0, 300)},
)  # fmt: skip


def city(**more: Any) -> Evaluation:
    return judge(
        districts(
            {"id": "a", "households": 300, "community": "c1", "geometry": point(-500), **more},
            {"id": "b", "households": 100, "community": "c1", "geometry": point(-1500), **more},
            {"id": "c", "households": 200, "geometry": point(900), **more},
            {
                "id": "p",
                "households": 50,
                "stage": "planned",
                "community": "c2",
                "geometry": point(900),
                **more,
            },
            {"id": "r", "households": 70, "community": "v", "geometry": point(8000), **more},
        ),
        facilities({"id": "f", "floor_area_m2": 60, "geometry": point(-500)}),
        RULES,
        area_rows=CITY,
        parameters=EvaluationParameters(min_share={"test.radius": Decimal("0.5")}),
    )


def row(evaluation: Evaluation, code: str, rule_id: str, part: str = "occupied") -> pd.Series[Any]:
    found = evaluation.areas
    chosen = found[(found["code"] == code) & (found["rule"] == rule_id) & (found["part"] == part)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_coverage_is_households_inside_over_households() -> None:
    evaluation = city()
    community = row(evaluation, "c1", "test.radius")
    assert (community["numerator"], community["denominator"]) == (300, 400)
    assert community["value"] == 0.75
    assert community["definition"] == "households"
    assert community["points_share"] == 1.0
    street = row(evaluation, "T", "test.radius")
    # c has no community and is found by where it lies; never the mean of 75 % and 0 %.
    assert (street["numerator"], street["denominator"]) == (300, 600)
    assert (street["districts"], street["households"]) == (3, 600)


def test_a_share_set_by_the_user_gives_verdicts() -> None:
    evaluation = city()
    assert row(evaluation, "c1", "test.radius")["verdict"] == "met"
    assert row(evaluation, "T", "test.radius")["verdict"] == "met"  # 0.5 is reached
    assert row(evaluation, "c2", "test.radius")["verdict"] == "not_met"
    assert row(evaluation, "c1", "test.area")["verdict"] == "indicator"


def test_planned_and_rural_districts_stand_in_rows_of_their_own() -> None:
    evaluation = city()
    assert row(evaluation, "P", "test.radius")["districts"] == 3
    assert row(evaluation, "P", "test.radius", "planned")["households"] == 50
    assert row(evaluation, "P", "test.radius", "rural")["households"] == 70


def test_a_deficit_counts_once_a_unit() -> None:
    evaluation = city()
    # c1 as a whole owes max(0.15 × 400, 200) = 200 and has 60; c alone owes 200 and has nothing.
    assert row(evaluation, "c1", "test.area")["deficit"] == 140
    assert row(evaluation, "T", "test.area")["deficit"] == 340
    assert row(evaluation, "T", "test.area")["unit"] == "m2"


@pytest.mark.parametrize(("first_m", "of_c2"), [(30000, 250), (-500, 0)])
def test_a_deficit_counts_where_the_first_member_lies_that_lies_anywhere(
    first_m: float, of_c2: float
) -> None:
    """A pool of 1,500 + 1,000 households owes 250 m² and has none; its first member may lie off."""
    homes = (
        {"id": "a", "households": 1500, "geometry": point(first_m)},
        {"id": "b", "households": 1000, "geometry": point(900)},
        # Of nobody's pool, so that the first community has a row.
        {"id": "z", "households": 0, "geometry": point(-1500)},
    )
    rules = pack(
        rule(
            "floor_area_per_100hh",
            rule_id="test.area",
            parameters={"m2_per_100hh": 10, "floor_m2": 150, "single_facility_m2": 150},
        )
    )
    pooled = [{**home, "pool": None if home["id"] == "z" else "甲"} for home in homes]
    found = judge(districts(*pooled), facilities(), rules, area_rows=CITY)
    assert row(found, "c2", "test.area")["deficit"] == of_c2
    assert row(found, "P", "test.area")["deficit"] == 250
    assert row(found, "T", "test.area")["deficit"] == 250


def test_the_target_group_weighs_where_every_district_has_it() -> None:
    everybody = row(city(population_0_3=10), "c1", "test.radius")
    assert (everybody["numerator"], everybody["denominator"]) == (10, 20)
    assert everybody["definition"] == "population_0_3"
    assert row(city(population=4), "c1", "test.radius")["definition"] == "population"


def test_what_is_undetermined_is_in_the_denominator_only() -> None:
    circle = pack(rule("service_circle_time", rule_id="test.circle"))
    evaluation = judge(
        districts(
            {"id": "a", "households": 30, "community": "c1", "geometry": point(-500)},
            {"id": "lost", "households": 10, "community": "c1", "geometry": point(-500, 900)},
        ),
        facilities({"id": "f", "geometry": point(-500)}),
        circle,
        network=main_street(),
        area_rows=CITY,
        parameters=EvaluationParameters(min_share={"test.circle": Decimal("0.9")}),
    )
    found = row(evaluation, "c1", "test.circle")
    assert (found["numerator"], found["denominator"]) == (30, 40)
    assert found["undetermined_weight"] == 10
    assert found["verdict"] == "undetermined"  # with the ten it would be met


def test_parts_add_up_to_the_whole() -> None:
    found = city().areas
    reach = found[(found["rule"] == "test.radius") & (found["part"] == "occupied")]
    communities = reach[reach["level"] == "community"]
    prefecture = reach[reach["level"] == "prefecture"].iloc[0]
    for name in ("numerator", "denominator", "districts", "households", "underserved"):
        assert communities[name].sum() == prefecture[name]


def test_a_community_of_missing_households_has_no_share() -> None:
    evaluation = judge(
        districts({"id": "a", "community": "c1", "geometry": point(-500)}),
        facilities({"id": "f", "geometry": point(-500)}),
        RULES,
        area_rows=CITY,
    )
    found = row(evaluation, "c1", "test.radius")
    assert np.isnan(found["value"])
    assert found["definition"] is None or pd.isna(found["definition"])


def test_a_share_for_a_rule_that_is_not_evaluated_is_refused() -> None:
    with pytest.raises(InputError, match="no rule other"):
        judge(
            districts({"id": "a", "geometry": point(0)}),
            facilities(),
            RULES,
            parameters=EvaluationParameters(min_share={"other": Decimal("0.5")}),
        )


@pytest.mark.parametrize(
    "parameters",
    [{"snap_limit_m": 0}, {"grid_spacing_m": -1}, {"snap_limit_m": float("nan")},
     {"min_share": {"test.radius": Decimal("1.1")}}],
)  # fmt: skip
def test_senseless_parameters_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="parameter"):
        EvaluationParameters(**parameters)


@pytest.mark.parametrize(("least", "verdict"), [("0.4", "met"), ("0.400001", "not_met")])
def test_a_share_at_the_users_own_is_at_it(least: str, verdict: str) -> None:
    # 3 × 7/10 + 3 × 1/10 = 2.4 of 6, which is 0.4 and no binary fraction less.
    homes = [
        {"id": f"{name}{i}", "district_id": name, "geometry": point(i if i < inside else 700)}
        for name, inside in (("a", 7), ("b", 1))
        for i in range(10)
    ]
    found = judge(
        districts(
            {"id": "a", "households": 3, "community": "c1", "geometry": point(0)},
            {"id": "b", "households": 3, "community": "c1", "geometry": point(0)},
        ),
        facilities({"id": "f", "geometry": point(0)}),
        RULES,
        area_rows=CITY,
        building_rows=buildings(*homes),
        parameters=EvaluationParameters(min_share={"test.radius": Decimal(least)}),
    )
    assert row(found, "P", "test.radius")["verdict"] == verdict


def test_points_that_may_lie_inside_leave_the_users_share_open() -> None:
    # 10 homes near the facility, 10 out of reach of it, 80 whose streets are not known.
    homes = [
        {"id": name, "district_id": "d", "households": households, "geometry": place}
        for name, households, place in (
            ("near", 10, point(0)),
            ("far", 10, point(4000)),
            ("off", 80, point(1200, 900)),
        )
    ]
    found = judge(
        districts({"id": "d", "households": 100, "community": "c1", "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(0)}),
        pack(rule("service_circle_time", rule_id="test.circle")),
        network=main_street(),
        area_rows=CITY,
        building_rows=buildings(*homes),
        parameters=EvaluationParameters(min_share={"test.circle": Decimal("0.9")}),
    )
    assert found.findings["verdict"].tolist() == ["advise"]
    counted = row(found, "P", "test.circle")
    assert (counted["numerator"], counted["verdict"]) == (10, "undetermined")


@pytest.mark.parametrize("households", [None, 0])
def test_a_place_of_people_is_inside_or_outside_whatever_its_households(households: object) -> None:
    # Households are not known, or there are none (a hall of residence): people are counted.
    places = [
        {"id": name, "households": households, "population": people, "geometry": point(east_m)}
        for name, people, east_m in (("near", 300, 0), ("far", 100, 900))
    ]
    found = judge(
        districts(*places), facilities({"id": "f", "geometry": point(0)}), RULES, area_rows=CITY
    )
    counted = row(found, "P", "test.radius")
    assert (counted["numerator"], counted["denominator"]) == (300, 400)
    assert counted["definition"] == "population"


@pytest.mark.parametrize(
    ("codes", "region"),
    [
        ([("3307", "prefecture")], "inside"),
        # A planning unit has a code of its own; the province is there to roll up to.
        ([("3307", "prefecture"), ("GY-1", "planning_unit"), ("33", "province")], "inside"),
        ([("3301", "prefecture"), ("3307", "prefecture")], "outside (illustration)"),
        ([("33", "province")], "outside (illustration)"),
        ([("5329", "prefecture")], "outside (illustration)"),
    ],
)
def test_the_region_of_a_pack_is_that_of_the_areas_it_speaks_of(
    codes: list[tuple[str, str]], region: str
) -> None:
    ground = areas(
        *[
            {
                "code": code,
                "name": code,
                "level": None if kind == "planning_unit" else kind,
                "kind": kind,
                "geometry": square(0, 0, 9000),
            }
            for code, kind in codes
        ]
    )
    found = judge(
        districts({"id": "d", "households": 1, "geometry": point(0)}),
        facilities(),
        RULES,
        area_rows=ground,
    )
    assert found.region == {"test-pack": region}
