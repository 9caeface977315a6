"""Reviews by hand: both sides of every threshold of the general rules about new housing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from housing import (
    AREA,
    COUNT,
    RADIUS,
    at,
    nursery,
    of,
    project,
    reviewed,
)
from planning import point

from spatial.policy.review.project import HouseholdSize
from spatial.policy.review.remedy import Remedy


@pytest.mark.parametrize(
    ("units", "area", "verdict", "needed", "deficit"),
    [
        (1333, 200, "pass", "200", None),  # 0.15 × 1,333 = 199.95: the minimum stands
        (1333, "199.99", "not_pass", "200", "0.01"),
        (1334, 200, "not_pass", "200.1", "0.1"),  # 0.15 × 1,334 = 200.1
        (1334, "200.1", "pass", "200.1", None),
        (5000, 750, "pass", "750", None),  # the document's own example
        (5000, "749.99", "not_pass", "750", "0.01"),
        (1, 200, "pass", "200", None),
        (1, "199.99", "not_pass", "200", "0.01"),
    ],
)
def test_floor_area(units, area, verdict, needed, deficit):
    found = reviewed(project(nursery(Decimal(area)), units=units))
    finding = of(found, AREA)
    assert found.verdict == verdict
    assert finding.needed == Decimal(needed)
    assert finding.provided == Decimal(area)
    assert finding.deficit == (None if deficit is None else Decimal(deficit))
    asked = () if deficit is None else (Remedy("add_floor_area", Decimal(deficit), "m2"),)
    assert finding.remedies == asked


@pytest.mark.parametrize(
    ("units", "count", "verdict"),
    [
        (2999, 1, "not_applicable"),
        (3000, 1, "met"),
        (4000, 1, "met"),
        (5000, 1, "met"),  # the second full 3,000 begins at 7,000
        (6999, 1, "met"),
        (7000, 1, "advise"),
        (7000, 2, "met"),
    ],
)
def test_number(units, count, verdict):
    rows = [nursery(2000, id=f"n{number}") for number in range(count)]
    found = of(reviewed(project(*rows, units=units)), COUNT)
    assert found.verdict == verdict
    short = verdict == "advise"
    wanted = (Remedy("add_facilities", Decimal(1), "facilities", phase="1"),) if short else ()
    assert found.remedies == wanted


def test_number_binds_where_a_record_says_that_the_conditions_exist():
    record = {
        "conditions_available": True,
        "justified_by": "王某",
        "justified_on": "2026-01-01",
        "justified_body": "自然资源局",
    }
    assert reviewed(project(nursery(2000), units=7000)).verdict == "pass_with_advice"
    found = reviewed(project(nursery(2000), units=7000, record=record))
    assert (found.verdict, of(found, COUNT).verdict) == ("not_pass", "not_met")


def test_a_stricter_reading_that_would_change_the_verdict_is_named():
    found = of(reviewed(project(nursery(750), units=5000)), COUNT)
    capacity = next(one for one in found.alternatives if one["reading"] == "capacity")
    # No facility for more than 4,000: 5,000 need two.
    assert (capacity["threshold"], capacity["verdict"], capacity["changes"]) == (2, "advise", True)


def relaxed(radius_m: int | None) -> dict:
    radius = {} if radius_m is None else {"approved_radius_m": radius_m}
    return {
        "siting_difficult": True,
        "justified_by": "王某",
        "justified_on": "2026-01-01",
        "justified_body": "自然资源局",
        **radius,
    }


@pytest.mark.parametrize(
    ("east_m", "record", "verdict", "overall"),
    [
        (300, None, "met", "pass"),
        (301, None, "advise", "pass_with_advice"),
        (500, None, "advise", "pass_with_advice"),
        (500, relaxed(None), "met_relaxed", "pass"),  # 500 m where the record names no radius
        (501, relaxed(None), "advise", "pass_with_advice"),
        (650, relaxed(650), "met_relaxed", "pass"),
        (651, relaxed(650), "advise", "pass_with_advice"),
        (800, relaxed(800), "met_relaxed", "pass"),
        (800, None, "advise", "pass_with_advice"),
        (801, relaxed(800), "not_met", "not_pass"),
        (801, None, "not_met", "not_pass"),
    ],
)
def test_radius_with_and_without_a_record(east_m, record, verdict, overall):
    """One building at the origin; the project's nursery stands east of it."""
    members = {} if record is None else {"record": record}
    building = {"id": "b", "phase": "1", "units": 1000, "geometry": at(0)}
    submitted = project(
        nursery(200, geometry=at(east_m)), site=at(0), buildings=[building], **members
    )
    found = reviewed(submitted)
    assert of(found, RADIUS).verdict == verdict
    assert found.verdict == overall
    spared = of(found, RADIUS + ".relaxed")
    assert spared.verdict == ("not_applicable" if record is None else verdict)


def test_what_is_not_known_of_the_surroundings_fails_nobody():
    submitted = project({k: v for k, v in nursery(200).items() if k != "geometry"})
    found = of(reviewed(submitted, around=None), RADIUS)
    assert found.verdict == "undetermined"
    assert found.missing == [{"layer": "facilities"}, {"facility": "n1", "field": "geometry"}]
    assert of(reviewed(submitted, around=None), AREA).verdict == "met", (
        "its area counts all the same"
    )


def test_population_is_units_times_a_stated_household_size_and_says_so():
    submitted = project(units=[333, 667], household_size={"persons": 2.62, "source": "七普"})
    population = submitted.population
    assert population.persons == 2620
    assert population.assumption == HouseholdSize(Decimal("2.62"), "七普")
    (named, urban) = reviewed(submitted).assumptions
    assert urban == {"assumption": "urban"}
    assert (named["assumption"], named["population"]) == ("household_size", "2620")
    assert project(units=1000).population is None, "no number is made up"
    assert project(planned_population=2500).population.assumption is None


def test_a_gate_on_the_side_of_the_facility_would_do():
    """The one gate lies 100 m west of the middle, a station 600 m east of it, limit 800 m.

    Through the west gate the walk is 700 m and the way inside, beyond 800 m from the east half;
    through a gate in the north, which is 100 m off the street, as much. Through one in the east it
    is 500 m and at most 224 m inside.
    """
    around = [{"id": "s", "kind": "home_service_station", "geometry": point(600)}]
    rule = "dali.elderly.circle15"
    found = of(reviewed(project(entrances=at(-100)), "dali-2022", around=around), rule)
    assert found.verdict == "advise"
    assert found.remedies == (Remedy("open_gate", where="east"),)
    gates = {"type": "MultiPoint", "coordinates": [at(-100)["coordinates"], at(100)["coordinates"]]}
    mended = reviewed(project(entrances=gates), "dali-2022", around=around)
    assert of(mended, rule).verdict == "met"


def test_a_facility_in_the_site_would_do():
    found = of(reviewed(project()), RADIUS)
    assert found.verdict == "not_met"
    assert found.remedies == (Remedy("place_facility", item="nursery", phase="1"),)
    mended = project(nursery(200))
    assert of(reviewed(mended), RADIUS).verdict == "met"
