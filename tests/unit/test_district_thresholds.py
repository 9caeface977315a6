"""Every rule about districts, on both sides of its number and at it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from geopandas import GeoDataFrame
from planning import areas, districts, facilities, finding, judge, main_street, point
from province import COUNTIES, area_rows, provinces, unit
from rulebook import (
    CIRCLES,
    LATER,
    NO_STANDARD_IN_THE_TEXT,
    PACK_OF,
    PACKS,
    rule_of,
)

from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData

# --- districts --------------------------------------------------------------------------------


def pack_of_one(rule_id: str) -> Pack:
    return replace(PACK_OF[rule_id], rules=(rule_of(rule_id),))


def home(east_m: float = 0, **more: Any) -> dict[str, Any]:
    return {"id": "d", "stage": "existing", "households": 1000, "geometry": point(east_m), **more}


def site(east_m: float, **more: Any) -> dict[str, Any]:
    return {"id": "f", "geometry": point(east_m), **more}


@pytest.mark.parametrize("stage", ["planned", "new", "existing"])
@pytest.mark.parametrize(
    ("metres", "verdict"),
    [(299.999, "met"), (300, "met"), (300.001, "advise"), (800, "advise"), (800.001, "not_met")],
)
def test_a_radius_of_300_metres(stage: str, metres: float, verdict: str) -> None:
    rule_id = "jinhua.childcare.radius"
    found = judge(districts(home(stage=stage)), facilities(site(metres)), pack_of_one(rule_id))
    assert finding(found, "d", rule_id)["verdict"] == verdict


@pytest.mark.parametrize(
    ("approved", "metres", "verdict"),
    [(None, 500, "met_relaxed"), (None, 500.001, "advise"), (800, 800, "met_relaxed"),
     (800, 800.001, "not_met"), (600, 600.001, "advise"), (600, 600, "met_relaxed")],
)  # fmt: skip
def test_a_radius_relaxed_by_a_record(approved: int | None, metres: float, verdict: str) -> None:
    rule_id = "jinhua.childcare.radius.relaxed"
    record: dict[str, Any] = {
        "low_demand": True,
        "justified_by": "规划科",
        "justified_on": dt.date(2023, 5, 1),
        "justified_body": "自然资源局",
        "approved_radius_m": approved,
    }
    place = facilities(site(metres))
    found = judge(districts(home(**record)), place, pack_of_one(rule_id))
    assert finding(found, "d", rule_id)["verdict"] == verdict
    without = judge(districts(home()), place, pack_of_one(rule_id))
    assert finding(without, "d", rule_id)["verdict"] == "not_applicable"


@pytest.mark.parametrize(
    ("stage", "households", "square_metres"),
    [("new", 1000, "200"), ("new", 1333, "200"), ("new", 1334, "200.1"), ("planned", 5000, "750"),
     ("existing", 1000, "150"), ("existing", 1500, "150"), ("existing", 1501, "150.1")],
)  # fmt: skip
def test_square_metres_per_hundred_households(
    stage: str, households: int, square_metres: str
) -> None:
    kind = "existing" if stage == "existing" else "new"
    rule_id, other = f"jinhua.childcare.area.{kind}", "new" if kind == "existing" else "existing"
    pack = replace(
        PACKS["jinhua-2022"], rules=(rule_of(rule_id), rule_of(f"jinhua.childcare.area.{other}"))
    )
    place = districts(home(stage=stage, households=households))
    step = Decimal("0.01")
    for area, verdict in (
        (Decimal(square_metres) - step, "not_met"),
        (Decimal(square_metres), "met"),
        (Decimal(square_metres) + step, "met"),
    ):
        found = judge(place, facilities(site(10, floor_area_m2=area, district_id="d")), pack)
        row = finding(found, "d", rule_id)
        assert (row["verdict"], row["threshold"]) == (verdict, float(square_metres))
        outside = finding(found, "d", f"jinhua.childcare.area.{other}")
        assert outside["verdict"] == "not_applicable"


@pytest.mark.parametrize(
    ("households", "needed"),
    [(2999, None), (3000, 1), (4000, 1), (5000, 1), (6999, 1), (7000, 2), (9000, 2), (10_000, 3)],
)
@pytest.mark.parametrize("stage", ["new", "existing"])
def test_one_facility_for_the_first_3000_to_4000_households(
    stage: str, households: int, needed: int | None
) -> None:
    rule_id = f"jinhua.childcare.count.{stage}"
    pack = pack_of_one(rule_id)
    for recorded, short in ((False, "advise"), (True, "not_met")):
        record = {"justified_by": "规划科", "justified_on": dt.date(2023, 5, 1)}
        known: dict[str, Any] = {
            "conditions_available": True,
            "justified_body": "自然资源局",
            **record,
        }
        place = districts(home(stage=stage, households=households, **(known if recorded else {})))
        for step, verdict in ((-1, short), (0, "met"), (1, "met")):
            number = (needed or 0) + step
            if number < 0:
                continue
            sites = [site(n, id=f"f{n}", district_id="d") for n in range(number)]
            row = finding(judge(place, facilities(*sites), pack), "d", rule_id)
            assert row["verdict"] == ("not_applicable" if needed is None else verdict)


@pytest.mark.parametrize("rule_id", CIRCLES)
def test_a_circle_of_a_quarter_of_an_hour(rule_id: str) -> None:
    reach, kind = CIRCLES[rule_id]
    for metres, verdict in (
        (reach - 0.5, "met"),
        (reach + 0.5, "advise"),
        (1079.5, "advise"),
        (1080.5, "not_met"),
    ):
        found = judge(
            districts(home()),
            facilities(site(metres, kind=kind), site(1, id="x", kind="elderly_university")),
            pack_of_one(rule_id),
            network=main_street(),
        )
        assert finding(found, "d", rule_id)["verdict"] == verdict, metres
    off = judge(districts(home()), facilities(site(9, kind=kind)), pack_of_one(rule_id))
    assert finding(off, "d", rule_id)["verdict"] == "undetermined"


# --- new districts ----------------------------------------------------------------------------


def around() -> GeoDataFrame:
    """A prefecture around the places of the tests about districts."""
    row = {"level": "prefecture", "kind": "prefecture", "geometry": point(0).buffer(1)}
    return areas({"code": unit("prefecture"), "name": "示范市", **row})


def new_estates(covered: int) -> dict[str, dict[str, Any]]:
    """Twenty new districts, so many of them 300 m from a nursery, and a planned one far away."""
    homes = [home(0 if n < covered else 5000, id=f"d{n:02d}", stage="new") for n in range(COUNTIES)]
    homes.append(home(9000, id="p", stage="planned"))
    rule = rule_of("jinhua.childcare.new_estate_coverage")
    pack = replace(PACKS["jinhua-2022"], rules=(rule_of("jinhua.childcare.radius"), rule))
    data = PlanningData(
        districts=districts(*homes), facilities=facilities(site(300)), areas=around()
    )
    return area_rows(data, rule, pack, as_of=LATER)


@pytest.mark.parametrize(("covered", "verdict"), [(19, "not_met"), (20, "met")])
def test_childcare_reaches_all_new_districts(covered: int, verdict: str) -> None:
    row = new_estates(covered)[unit("prefecture")]
    assert (row["numerator"], row["denominator"]) == (covered, 20)
    assert (row["verdict"], row["value"]) == (verdict, 5 * covered)


def test_without_new_districts_their_share_is_undetermined() -> None:
    rule = rule_of("jinhua.childcare.new_estate_coverage")
    pack = replace(PACKS["jinhua-2022"], rules=(rule_of("jinhua.childcare.radius"), rule))
    data = PlanningData(districts=districts(), facilities=facilities(), areas=provinces())
    row = area_rows(data, rule, pack, as_of=LATER)[unit("prefecture")]
    assert (row["verdict"], row["value"]) == ("undetermined", None)
    assert row["missing"] == [{"figure": "no_new_districts"}]


@pytest.mark.parametrize("rule_id", NO_STANDARD_IN_THE_TEXT)
def test_without_a_standard_in_the_text_there_is_no_verdict(rule_id: str) -> None:
    rule = rule_of(rule_id)
    homes = districts(home(stage="new"), home(id="old"), home(id="p", stage="planned"))
    data = PlanningData(districts=homes, facilities=facilities(site(0)), areas=around())
    row = area_rows(data, rule, pack_of_one(rule_id), as_of=LATER)[unit("prefecture")]
    assert (row["verdict"], row["reason_code"]) == ("indicator", "standard_not_set")
    assert (row["value"], row["denominator"]) == (None, 1)
