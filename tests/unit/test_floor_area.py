"""建筑面积: max(rate × households / 100, minimum), by unit, exactly."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import (
    areas,
    districts,
    facilities,
    finding,
    judge,
    main_street,
    pack,
    point,
    rule,
    square,
)

AREA = pack(rule("floor_area_per_100hh"))


def one(households: object, *areas_m2: object, **district: object) -> Any:
    evaluation = judge(
        districts({"id": "d", "households": households, "geometry": point(0), **district}),
        facilities(
            *[
                {"id": f"f{i}", "district_id": "d", "floor_area_m2": area, "geometry": point(i)}
                for i, area in enumerate(areas_m2)
            ]
        ),
        AREA,
    )
    return finding(evaluation, "d")


@pytest.mark.parametrize(
    ("households", "area", "verdict", "threshold", "deficit"),
    [
        (5000, "750", "met", 750.0, None),  # the document's own example: 5,000 → 750 m²
        (5000, "749.999", "not_met", 750.0, 0.001),
        (1333, "200", "met", 200.0, None),  # below the crossing the minimum stands
        (1334, "200", "not_met", 200.1, 0.1),
        (1334, "200.1", "met", 200.1, None),
        (1, "200", "met", 200.0, None),
        (1, "199.9", "not_met", 200.0, 0.1),
        (2001, "300.15", "met", 300.15, None),  # 0.15 × 2001, which no binary float holds
        (2001, "300.149999", "not_met", 300.15, 0.000001),
    ],
)
def test_on_both_sides_of_the_threshold(
    households: int, area: str, verdict: str, threshold: float, deficit: float | None
) -> None:
    found = one(households, area)
    assert found["verdict"] == verdict
    assert found["threshold"] == threshold
    assert found["value"] == float(area)
    got = found["deficit"]
    assert (np.isnan(got) and deficit is None) or got == deficit


@given(
    households=st.integers(1, 200_000),
    area=st.decimals(0, 40_000, places=4, allow_nan=False),
)
def test_equals_fractions(households: int, area: Decimal) -> None:
    required = max(Decimal(15) * households / 100, Decimal(200))
    found = one(households, area)
    assert found["verdict"] == ("met" if area >= required else "not_met")


def test_no_facility_is_nought() -> None:
    found = one(2000)
    assert (found["verdict"], found["value"], found["deficit"]) == ("not_met", 0.0, 300.0)


def test_an_unknown_area_is_undetermined_unless_the_rest_suffices() -> None:
    found = one(2000, "100", None)
    assert found["verdict"] == "undetermined"
    assert found["missing"] == [{"facility": "f1", "field": "floor_area_m2"}]
    assert one(2000, "300", None)["verdict"] == "met"


def test_unknown_households_are_undetermined() -> None:
    found = one(None, "900")
    assert (found["verdict"], found["reason_code"]) == ("undetermined", "no_households")
    assert found["missing"] == [{"field": "households"}]


def test_no_households_owe_nothing() -> None:
    assert one(0)["verdict"] == "not_applicable"


def test_only_rooms_for_under_threes_count_in_a_kindergarten() -> None:
    def verdict(rooms: object) -> Any:
        evaluation = judge(
            districts({"id": "d", "households": 1000, "geometry": point(0)}),
            facilities(
                {
                    "id": "k",
                    "kind": "kindergarten_class",
                    "takes_outside_children": True,
                    "district_id": "d",
                    "floor_area_m2": 3000,
                    "childcare_floor_area_m2": rooms,
                    "geometry": point(0),
                }
            ),
            AREA,
        )
        return finding(evaluation, "d")["verdict"]

    assert verdict(200) == "met"
    assert verdict(199) == "not_met"
    assert verdict(None) == "undetermined"


COMMUNITY = areas(
    {
        "code": "c",
        "name": "社区",
        "level": "community",
        "kind": "urban_community",
        "geometry": square(0, 0, 4000),
    }
)


def test_an_existing_district_is_not_flagged_where_its_community_provides_enough() -> None:
    """Nobody is flagged for lacking a room of its own (acceptance 7)."""
    evaluation = judge(
        districts(
            {"id": "a", "households": 1000, "community": "c", "geometry": square(-500, 0, 200)},
            {"id": "b", "households": 500, "community": "c", "geometry": square(500, 0, 200)},
        ),
        facilities({"id": "f", "floor_area_m2": 225, "geometry": point(0)}),
        AREA,
        area_rows=COMMUNITY,
    )
    assert evaluation.districts["flag"].tolist() == ["served", "served"]
    found = finding(evaluation, "a")
    assert (found["unit_id"], found["unit_households"]) == ("community:c", 1500)
    assert (found["value"], found["threshold"]) == (225.0, 225.0)
    alone = [a for a in found["alternatives"] if a["reading"] == "stand_alone"]
    assert alone == [
        {"reading": "stand_alone", "verdict": "not_met", "value": 0.0, "threshold": 200.0}
    ]


def test_a_community_counts_rooms_of_its_existing_members_but_not_of_new_ones() -> None:
    homes = districts(
        {"id": "old", "households": 1000, "community": "c", "geometry": square(-500, 0, 200)},
        {
            "id": "new",
            "stage": "new",
            "households": 1000,
            "community": "c",
            "geometry": square(500, 0, 200),
        },
    )
    sites = facilities(
        {"id": "inside_old", "floor_area_m2": 120, "geometry": point(-500)},
        {"id": "inside_new", "floor_area_m2": 200, "geometry": point(500)},
        {"id": "between", "floor_area_m2": 50, "geometry": point(0)},
    )
    evaluation = judge(homes, sites, AREA, area_rows=COMMUNITY)
    assert finding(evaluation, "old")["value"] == 170.0
    assert finding(evaluation, "old")["facilities"] == ["between", "inside_old"]
    assert finding(evaluation, "new")["value"] == 200.0
    assert finding(evaluation, "new")["unit_id"] == "district:new"


def test_a_pool_owes_once_for_all_its_members() -> None:
    homes = districts(
        *[
            {"id": i, "stage": "new", "households": 600, "pool": "p", "geometry": point(0)}
            for i in "abc"
        ]
    )
    evaluation = judge(
        homes,
        facilities({"id": "f", "pool": "p", "floor_area_m2": 270, "geometry": point(9000)}),
        AREA,
    )
    found = finding(evaluation, "b")
    assert (found["verdict"], found["threshold"]) == ("met", 270.0)


def test_phases_of_one_land_grant_are_summed() -> None:
    homes = districts(
        {"id": "1", "stage": "new", "households": 1000, "land_grant": "g", "geometry": point(0)},
        {
            "id": "2",
            "stage": "planned",
            "households": 1000,
            "land_grant": "g",
            "geometry": point(9),
        },
        {
            "id": "3",
            "stage": "existing",
            "households": 1000,
            "land_grant": "g",
            "geometry": point(9),
        },
    )
    site = {"id": "f", "district_id": "1", "status": "approved", "floor_area_m2": 299}
    evaluation = judge(homes, facilities({**site, "geometry": point(0)}), AREA)
    found = finding(evaluation, "2")
    assert (found["verdict"], found["unit_id"], found["deficit"]) == (
        "not_met",
        "land_grant:g",
        1.0,
    )
    assert finding(evaluation, "3")["unit_id"] == "district:3"


def test_a_pool_of_new_and_existing_is_not_settled_by_one_rule() -> None:
    homes = districts(
        {"id": "n", "stage": "new", "households": 10, "pool": "p", "geometry": point(0)},
        {"id": "e", "stage": "existing", "households": 10, "pool": "p", "geometry": point(0)},
    )
    evaluation = judge(homes, facilities(), AREA)
    assert finding(evaluation, "n")["reason_code"] == "pool_of_new_and_existing"
    assert finding(evaluation, "n")["verdict"] == "undetermined"


def test_a_facility_in_two_district_polygons_is_allotted_to_neither() -> None:
    homes = districts(
        {"id": "a", "stage": "new", "households": 10, "geometry": square(0, 0, 200)},
        {"id": "b", "stage": "new", "households": 10, "geometry": square(50, 0, 200)},
    )
    evaluation = judge(
        homes, facilities({"id": "f", "floor_area_m2": 500, "geometry": point(20)}), AREA
    )
    assert finding(evaluation, "a")["value"] == 0
    assert finding(evaluation, "b")["value"] == 0


def test_what_belongs_to_no_unit_is_listed() -> None:
    homes = districts(
        {"id": "a", "stage": "new", "households": 10, "geometry": square(0, 0, 200)},
        {"id": "b", "stage": "new", "households": 10, "geometry": square(50, 0, 200)},
    )
    evaluation = judge(
        homes,
        facilities(
            {"id": "both", "geometry": point(20)},
            {"id": "pool", "pool": "no such", "geometry": point(-90)},
            {"id": "beyond", "geometry": point(900)},
            {"id": "mine", "geometry": point(-90)},
            {"id": "old", "status": "closed", "geometry": point(900)},
            {"id": "other", "kind": "day_care", "geometry": point(900)},
        ),
        AREA,
    )
    (line,) = evaluation.warnings
    assert line.startswith("3 facilities that count are allotted to none of the districts")
    assert line.endswith("(test-pack): beyond, both, pool")


def test_a_small_facility_is_noted_beside_a_met_total() -> None:
    found = one(1000, "150", "150")
    assert found["verdict"] == "met"
    (noted,) = found["alternatives"]
    assert noted == {
        "reading": "single_facility_minimum",
        "verdict": "advise",
        "value": 150.0,
        "threshold": 200.0,
    }


@pytest.mark.parametrize(
    ("stage", "more", "verdict", "would_count"),
    [
        ("new", {"approved_on": dt.date(2024, 5, 1)}, "met", None),
        # Built by its date and not known to operate: an existing district cannot count on it.
        ("existing", {"built_on": dt.date(2024, 5, 1)}, "not_met", "status"),
        ("new", {"built_on": dt.date(2027, 5, 1)}, "not_met", "status"),
    ],
)
def test_approved_by_its_date_needs_no_status(
    stage: str, more: dict[str, object], verdict: str, would_count: str | None
) -> None:
    found = finding(
        judge(
            districts({"id": "d", "stage": stage, "households": 1000, "geometry": point(0)}),
            facilities(
                {
                    "id": "f",
                    "district_id": "d",
                    "status": None,
                    "floor_area_m2": 200,
                    "geometry": point(0),
                    **more,
                }
            ),
            AREA,
        ),
        "d",
    )
    named = [{"facility": "f", "field": would_count}] if would_count else None
    assert (found["verdict"], found["would_count_if"]) == (verdict, named)


def test_of_a_kindergarten_the_rooms_and_the_children_it_takes_are_asked() -> None:
    def judged(stage: str, **more: object) -> Any:
        kindergarten = {"id": "k", "kind": "kindergarten_class", "district_id": "d"}
        return finding(
            judge(
                districts({"id": "d", "stage": stage, "households": 1000, "geometry": point(0)}),
                facilities({**kindergarten, "geometry": point(0), **more}),
                AREA,
            ),
            "d",
        )

    # Its whole floor area would not decide it, so that is not what is missing.
    whole = judged("existing", floor_area_m2=2000, takes_outside_children=True)
    assert whole["verdict"] == "undetermined"
    assert whole["missing"] == [{"facility": "k", "field": "childcare_floor_area_m2"}]
    # Approved for a new district, and whether it takes children from outside is not said.
    planned = judged("new", status="approved", childcare_floor_area_m2=200)
    assert planned["verdict"] == "not_met"
    assert planned["would_count_if"] == [{"facility": "k", "field": "takes_outside_children"}]
    assert judged("existing", status="approved")["would_count_if"] is None


def test_an_approved_kindergarten_may_reach_the_new_districts_of_its_unit() -> None:
    rules = pack(rule("service_radius"), rule("service_circle_time", rule_id="test.circle"))
    evaluation = judge(
        districts(
            {"id": "mine", "stage": "new", "pool": "p", "geometry": point(0)},
            {"id": "old", "stage": "existing", "pool": "q", "geometry": point(0)},
            {"id": "other", "stage": "new", "geometry": point(0)},
        ),
        facilities(
            {
                "id": "k",
                "kind": "kindergarten_class",
                "status": "approved",
                "pool": "p",
                "geometry": point(100),
            }
        ),
        rules,
        network=main_street(),
    )
    for rule_id in ("test.rule", "test.circle"):
        named = {d: finding(evaluation, d, rule_id)["would_count_if"] for d in ("old", "other")}
        assert named == {"old": None, "other": None}
        mine = finding(evaluation, "mine", rule_id)
        assert mine["verdict"] == "not_met"
        assert mine["would_count_if"] == [{"facility": "k", "field": "takes_outside_children"}]
