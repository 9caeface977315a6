"""服务圈: the verdicts of design §4 "Circle at a district", each state by hand."""

import numpy as np
import pytest
from planning import (
    areas,
    buildings,
    districts,
    facilities,
    finding,
    gates_at,
    judge,
    line,
    main_street,
    pack,
    point,
    rule,
    square,
    street,
)

from spatial.policy.explain import explain_finding
from spatial.policy.output import output_findings

CIRCLE = pack(rule("service_circle_time"))
ELDERLY = pack(
    rule(
        "service_circle_time",
        subject="elderly",
        parameters={"profile": "elderly"},
        counts={"kinds": ["day_care"], "status": "operating"},
    )
)


@pytest.mark.parametrize(
    ("away_m", "verdict", "flag"),
    [
        (10.0, "met", "served"),
        (999.99, "met", "served"),
        (1000.02, "advise", "watch"),  # beyond 1,000 m with a child, inside 1,080 m at adult pace
        (1079.9, "advise", "watch"),
        (1080.1, "not_met", "underserved"),
        (5000.5, "not_met", "underserved"),
    ],
)
def test_a_point_at_a_distance(away_m: float, verdict: str, flag: str) -> None:
    evaluation = judge(
        districts({"id": "d", "households": 100, "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(away_m)}),
        CIRCLE,
        network=main_street(),
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == verdict
    assert evaluation.districts["flag"].tolist() == [flag]
    assert found["threshold"] == 1000.0
    if away_m > 5000:
        assert np.isnan(found["value"])
        assert found["reason_code"] == "beyond_5000_m"
    else:
        assert found["value"] == pytest.approx(away_m, abs=0.005)
        assert found["walking_m"] == found["value"]


def test_five_kilometres_from_any_facility_is_underserved_by_the_circle_alone() -> None:
    evaluation = judge(
        districts({"id": "d", "households": 100, "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(5100)}),
        CIRCLE,
        network=main_street(),
    )
    assert evaluation.districts["flag"].tolist() == ["underserved"]
    assert evaluation.districts["households_concerned"].tolist() == [100]


@pytest.mark.parametrize("away_m", [256.0, 900.0])
def test_off_the_network_is_undetermined_never_served(away_m: float) -> None:
    evaluation = judge(
        districts({"id": "d", "households": 100, "geometry": point(50, away_m)}),
        facilities({"id": "f", "geometry": point(50)}),
        CIRCLE,
        network=main_street(),
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == "undetermined"
    assert found["reason_code"] == "off_network"
    assert found["missing"] == [{"field": "street_within_snap_limit"}]
    assert np.isnan(found["walking_m"])
    assert evaluation.districts["flag"].tolist() == ["undetermined"]


def test_without_a_network_walking_is_undetermined() -> None:
    evaluation = judge(
        districts({"id": "d", "households": 100, "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(10)}),
        CIRCLE,
    )
    found = finding(evaluation, "d")
    assert (found["verdict"], found["reason_code"]) == ("undetermined", "no_network")
    assert found["missing"] == [{"field": "network"}]
    assert found["straight_m"] == pytest.approx(10, abs=0.002)


def test_a_polygon_held_in_part_is_advice_with_its_share() -> None:
    homes = [point(x) for x in (0, 500, 2500)]
    evaluation = judge(
        districts({"id": "d", "households": 90, "geometry": square(1000, 0, 3200)}),
        facilities({"id": "f", "geometry": point(0)}),
        CIRCLE,
        network=main_street(),
        building_rows=buildings(
            *[
                {"id": f"b{i}", "district_id": "d", "households": 30, "geometry": home}
                for i, home in enumerate(homes)
            ]
        ),
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == "advise"
    assert found["demand"] == "buildings"
    assert found["covered_share"] == pytest.approx(2 / 3)
    assert found["households_outside"] == 30
    assert found["value"] == pytest.approx(2500, abs=0.01)
    assert found["nearest_m"] == pytest.approx(0, abs=0.01)
    assert evaluation.districts["households_concerned"].tolist() == [30]


def test_points_off_the_network_leave_a_verdict_open_only_where_it_is() -> None:
    """Two buildings: one inside, one 300 m off the street: met or advise, so undetermined."""
    homes = {"near": point(100), "lost": point(100, 300), "far": point(1500)}

    def verdict(*names: str) -> str:
        return str(
            finding(
                judge(
                    districts({"id": "d", "households": 10, "geometry": point(100)}),
                    facilities({"id": "f", "geometry": point(0)}),
                    CIRCLE,
                    network=main_street(),
                    building_rows=buildings(
                        *[
                            {"id": name, "district_id": "d", "geometry": homes[name]}
                            for name in names
                        ]
                    ),
                ),
                "d",
            )["verdict"]
        )

    assert verdict("near") == "met"
    assert verdict("near", "lost") == "undetermined"
    assert verdict("far", "lost") == "advise"  # one is outside, one within 1,000 m straight
    assert verdict("near", "far", "lost") == "advise"
    assert verdict("far") == "not_met"


def test_declared_gates_are_the_only_way_out() -> None:
    """A compound beside the street whose only gate is at its far end."""
    home = square(100, 60, 80)
    place = {"id": "d", "households": 10, "geometry": home}
    site = facilities({"id": "f", "geometry": point(100)})
    shut = {**place, "entrances": gates_at(point(900))}
    open_walk = finding(judge(districts(place), site, CIRCLE, network=main_street()), "d")
    gate_walk = finding(judge(districts(shut), site, CIRCLE, network=main_street()), "d")
    assert open_walk["value"] < 150
    # About 800 m inside to the gate, then 800 m back along the street.
    assert gate_walk["value"] > 1600 - 60
    assert gate_walk["verdict"] == "advise"  # still within 1,000 m in a straight line
    assert gate_walk["snap_m"] == pytest.approx(0, abs=0.05)


def test_the_nearest_of_several_gates_is_taken() -> None:
    place = {"id": "d", "geometry": point(0, 30), "entrances": gates_at(point(40), point(-60))}
    found = finding(
        judge(
            districts(place),
            facilities({"id": "f", "geometry": point(200)}),
            CIRCLE,
            network=main_street(),
        ),
        "d",
    )
    assert found["value"] == pytest.approx(50 + 160, abs=0.02)


def test_a_gate_off_the_network_does_not_hide_a_good_one() -> None:
    gates = gates_at(point(0, 400), point(0))
    found = finding(
        judge(
            districts({"id": "d", "geometry": point(0, 100), "entrances": gates}),
            facilities({"id": "f", "geometry": point(200)}),
            CIRCLE,
            network=main_street(),
        ),
        "d",
    )
    assert found["verdict"] == "met"
    assert found["value"] == pytest.approx(300, abs=0.02)


def test_a_rural_community_is_an_indicator() -> None:
    evaluation = judge(
        districts({"id": "d", "households": 5, "community": "c", "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(3000)}),
        CIRCLE,
        network=main_street(),
        area_rows=areas(
            {
                "code": "c",
                "name": "村",
                "level": "community",
                "kind": "rural_community",
                "geometry": square(0, 0, 900),
            }
        ),
    )
    found = finding(evaluation, "d")
    assert (found["verdict"], found["reason_code"]) == ("indicator", "rural")
    assert found["value"] == pytest.approx(3000, abs=0.05)
    assert evaluation.districts["flag"].tolist() == ["not_assessed"]


@pytest.mark.parametrize(
    ("away_m", "verdict"),
    [(799.9, "met"), (800.1, "advise"), (1079.9, "advise"), (1081, "not_met")],
)
def test_the_elderly_profile_reaches_800_m(away_m: float, verdict: str) -> None:
    evaluation = judge(
        districts({"id": "d", "geometry": point(0)}),
        facilities({"id": "f", "kind": "day_care", "geometry": point(away_m)}),
        ELDERLY,
        network=main_street(),
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == verdict
    assert found["walking_minutes"] == pytest.approx(away_m / (8 / 9) / 60, abs=0.01)


def test_the_straight_line_would_say_otherwise_and_is_noted() -> None:
    """Two streets 300 m apart that meet 2 km away: near in a line, far on foot."""
    network = street(
        line((0, 0), (2000, 0)), line((2000, 0), (2000, 300)), line((2000, 300), (0, 300))
    )
    evaluation = judge(
        districts({"id": "d", "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(0, 300)}),
        CIRCLE,
        network=network,
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == "advise"
    assert found["straight_m"] == pytest.approx(300, abs=0.5)
    assert found["walking_m"] == pytest.approx(4300, abs=3)
    (noted,) = found["alternatives"]
    assert noted["reading"] == "straight_line"
    assert noted["verdict"] == "met"


def test_near_the_threshold_is_marked() -> None:
    def near(away_m: float) -> bool:
        evaluation = judge(
            districts({"id": "d", "geometry": point(0)}),
            facilities({"id": "f", "geometry": point(away_m)}),
            CIRCLE,
            network=main_street(),
        )
        return bool(finding(evaluation, "d")["near_threshold"])

    assert near(999.6)
    assert near(1000.4)
    assert not near(999.4)
    assert not near(1000.6)


@pytest.mark.parametrize(
    ("away_m", "verdict", "near"),
    [
        (999.4, "advise", False),
        (999.6, "advise", True),  # that anyone is inside at all hangs on 0.4 m
        (1000.4, "not_met", True),
        (1000.6, "not_met", False),
    ],
)
def test_near_the_screen_is_marked_where_the_verdict_hangs_on_it(
    away_m: float, verdict: str, *, near: bool
) -> None:
    # On foot it is 6 km farther.
    detour = street(
        line((0, 0), (0, 3000)), line((0, 3000), (away_m, 3000)), line((away_m, 3000), (away_m, 0))
    )
    evaluation = judge(
        districts({"id": "d", "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(away_m)}),
        CIRCLE,
        network=detour,
    )
    found = finding(evaluation, "d")
    assert (found["verdict"], found["near_threshold"]) == (verdict, near)
    # There is a facility within 5,000 m, but not on foot.
    assert found["reason_code"] == "beyond_5000_m"
    (reason,) = output_findings(evaluation.findings, packs=[CIRCLE], lang="en")["reason"]
    assert "in a straight line or on foot as the clause measures" in reason
    explained = explain_finding(
        found, pack=CIRCLE, rule=CIRCLE.rules[0], lang="zh", district={"id": "d"}
    )
    assert "步行 5,000 米以内没有计入的设施" in explained


def test_an_unknown_condition_does_not_count_and_is_named() -> None:
    evaluation = judge(
        districts({"id": "d", "geometry": point(0)}),
        facilities(
            {"id": "k", "kind": "kindergarten_class", "geometry": point(100)},
            {"id": "w", "kind": "workplace_childcare", "geometry": point(200)},
            {"id": "u", "status": None, "geometry": point(300)},
            {"id": "h", "kind": "home_childcare", "geometry": point(50)},
            {
                "id": "no",
                "kind": "kindergarten_class",
                "takes_outside_children": False,
                "geometry": point(60),
            },
        ),
        CIRCLE,
        network=main_street(),
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == "not_met"
    assert found["would_count_if"] == [{"facility": "k", "field": "takes_outside_children"}]
    assert "1 of 5 facilities have neither a status" in " ".join(evaluation.warnings)


def test_approved_facilities_serve_new_districts_of_their_unit_only() -> None:
    homes = districts(
        {"id": "mine", "stage": "new", "pool": "p", "geometry": point(0)},
        {"id": "other", "stage": "new", "geometry": point(10)},
        {"id": "old", "stage": "existing", "pool": "q", "geometry": point(0)},
    )
    sites = facilities(
        {"id": "f", "status": "approved", "pool": "p", "geometry": point(300)},
        {"id": "g", "status": "approved", "pool": "q", "geometry": point(300)},
    )
    evaluation = judge(homes, sites, CIRCLE, network=main_street())
    assert finding(evaluation, "mine")["verdict"] == "met"
    assert finding(evaluation, "mine")["walking_m"] == pytest.approx(300, abs=0.01)
    assert finding(evaluation, "mine")["facilities"] == ["f"]
    assert finding(evaluation, "other")["verdict"] == "not_met"
    assert finding(evaluation, "old")["verdict"] == "not_met"
