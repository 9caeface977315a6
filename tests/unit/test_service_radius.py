"""服务半径: the whole state table of readings §4."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from planning import (
    buildings,
    districts,
    facilities,
    finding,
    judge,
    line,
    main_street,
    pack,
    point,
    rule,
    square,
    street,
)

RADIUS = pack(
    rule("service_radius", severity="advisory"),
    rule(
        "service_radius",
        rule_id="test.relaxed",
        severity="advisory",
        parameters={"role": "relaxed"},
    ),
)
RECORD = {
    "siting_difficult": True,
    "justified_by": "王工",
    "justified_on": dt.date(2025, 3, 1),
    "justified_body": "示范区卫健局",
}


def at(away_m: float, **district: object) -> dict[str, Any]:
    evaluation = judge(
        districts({"id": "d", "households": 100, "geometry": point(0), **district}),
        facilities({"id": "f", "geometry": point(away_m)}),
        RADIUS,
    )
    main, relaxed = finding(evaluation, "d"), finding(evaluation, "d", "test.relaxed")
    return {
        "main": main["verdict"],
        "relaxed": relaxed["verdict"],
        "flag": evaluation.districts["flag"].iloc[0],
        "finding": main,
        "repeat": relaxed,
    }


@pytest.mark.parametrize(
    ("away_m", "main", "flag"),
    [
        (299.999, "met", "served"),
        (300.0, "met", "served"),
        (300.002, "advise", "watch"),
        (500.0, "advise", "watch"),
        (800.0, "advise", "watch"),
        (800.002, "not_met", "underserved"),
        (6000.0, "not_met", "underserved"),
    ],
)
def test_without_a_record(away_m: float, main: str, flag: str) -> None:
    found = at(away_m)
    assert (found["main"], found["relaxed"], found["flag"]) == (main, "not_applicable", flag)


@pytest.mark.parametrize(
    ("away_m", "approved", "main"),
    [
        (300.0, 800, "met"),
        (450.0, None, "met_relaxed"),  # 500 m where the record states none
        (500.0, None, "met_relaxed"),
        (500.002, None, "advise"),
        (799.0, 800, "met_relaxed"),
        (800.0, 800, "met_relaxed"),
        (650.0, 600, "advise"),
        (600.0, "600.0005", "met_relaxed"),
        (800.002, 800, "not_met"),
    ],
)
def test_with_a_record(away_m: float, approved: object, main: str) -> None:
    found = at(away_m, **RECORD, approved_radius_m=approved)
    assert (found["main"], found["relaxed"]) == (main, main)
    assert found["finding"]["threshold"] == int(Decimal(str(approved or 500)) * 1000) / 1000
    flags = {"met": "served", "met_relaxed": "served", "advise": "watch", "not_met": "underserved"}
    assert found["flag"] == flags[main]


@pytest.mark.parametrize(
    ("away_m", "verdict", "deficit"), [(250.0, "met", None), (350.0, "advise", 50)]
)
def test_a_record_asks_for_no_less_than_the_clause_allows(
    away_m: float, verdict: str, deficit: float | None
) -> None:
    found = at(away_m, **RECORD, approved_radius_m=200)["finding"]
    assert (found["verdict"], found["threshold"]) == (verdict, 300)
    assert found["deficit"] == deficit if deficit else math.isnan(found["deficit"])
    # A point: its households are all inside, or all outside.
    assert (found["households_outside"] == 0) == (verdict == "met")


def test_the_relaxed_rule_is_never_counted_twice() -> None:
    record = {**RECORD, "approved_radius_m": 600}
    evaluation = judge(
        districts(
            {"id": "a", "households": 10, "geometry": point(0), **record},
            {"id": "b", "households": 10, "geometry": point(0)},
        ),
        facilities({"id": "f", "geometry": point(900)}),
        RADIUS,
    )
    # Equal flags, households and number of failures: the id decides, so nothing was doubled.
    assert evaluation.districts["id"].tolist() == ["a", "b"]
    swapped = judge(
        districts(
            {"id": "b", "households": 10, "geometry": point(0), **record},
            {"id": "a", "households": 10, "geometry": point(0)},
        ),
        facilities({"id": "f", "geometry": point(900)}),
        RADIUS,
    )
    assert swapped.districts["id"].tolist() == ["a", "b"]


def test_the_straight_line_decides_and_walking_is_noted() -> None:
    network = street(line((0, 0), (900, 0)), line((900, 0), (900, 200), (0, 200)))
    evaluation = judge(
        districts({"id": "d", "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(0, 200)}),
        RADIUS,
        network=network,
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == "met"
    assert found["walking_m"] == pytest.approx(2000, abs=2)
    (noted,) = found["alternatives"]
    assert (noted["reading"], noted["verdict"]) == ("walking_distance", "advise")


def two_buildings(stage: str) -> Any:
    evaluation = judge(
        districts({"id": "d", "households": 100, "stage": stage, "geometry": square(400, 0, 1500)}),
        facilities({"id": "f", "geometry": point(0)}),
        RADIUS,
        building_rows=buildings(
            {"id": "near", "district_id": "d", "households": 75, "geometry": point(200)},
            {"id": "far", "district_id": "d", "households": 25, "geometry": point(900)},
        ),
    )
    return finding(evaluation, "d")


def test_one_building_beyond_the_outer_radius_fails_a_new_district_only() -> None:
    assert two_buildings("existing")["verdict"] == "advise"
    for stage in ("new", "planned"):
        found = two_buildings(stage)
        assert found["verdict"] == "not_met"
        assert found["value"] == pytest.approx(900, abs=0.01)
        assert found["households_outside"] == 25


def test_a_footprint_counts_from_its_nearest_point() -> None:
    evaluation = judge(
        districts({"id": "d", "geometry": point(0)}),
        facilities({"id": "f", "geometry": point(0)}),
        RADIUS,
        building_rows=buildings({"id": "b", "district_id": "d", "geometry": square(320, 0, 60)}),
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == "met"
    assert found["value"] == pytest.approx(290, abs=0.01)


def test_no_facility_at_all_covers_nobody() -> None:
    evaluation = judge(
        districts({"id": "d", "households": 7, "geometry": square(0, 0, 200)}),
        facilities(),
        RADIUS,
        network=main_street(),
    )
    found = finding(evaluation, "d")
    assert found["verdict"] == "not_met"
    assert found["reason_code"] == "beyond_5000_m"
    assert found["covered_share"] == 0
    assert found["households_outside"] == 7
    assert np.isnan(found["value"])
    assert "no facilities were given: nothing is covered" in evaluation.warnings
