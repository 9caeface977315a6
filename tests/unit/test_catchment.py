"""Catchments: who is within reach of one facility, and of several without counting twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import (
    AS_OF,
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
from pyproj import Geod

from spatial.catchment import Catchments, catchments
from spatial.doors import doors_of
from spatial.errors import InputError
from spatial.headcount import AMOUNTS
from spatial.limits import limits_of
from spatial.network import Network
from spatial.network_building import build_network
from spatial.policy.city import City
from spatial.profiles import PROFILES
from spatial.reach import Direction

ADULT = PROFILES["adult"]
GEOD = Geod(ellps="WGS84")


def city(rows: GeoDataFrame, network: Network | None, houses: GeoDataFrame | None = None) -> City:
    return City(
        districts=rows,
        facilities=facilities(),
        areas=None,
        buildings=houses,
        network=network,
        as_of=AS_OF,
        snap_limit_m=200.0,
        grid_spacing_m=50.0,
    )


def ask(where: City, *places: object, **options: Any) -> Catchments:
    metres = options.pop("metres", (300, 500, 800))
    minutes = options.pop("minutes", ())
    profile = options.pop("profile", ADULT)
    shapes = np.empty(len(places), dtype=object)
    shapes[:] = places
    limits = limits_of(metres=metres, profile=profile)
    return catchments(
        where,
        facilities=doors_of(shapes),
        profile=profile,
        straight=limits,
        walking=(*limits, *limits_of(minutes=minutes, profile=profile)),
        **options,
    )


def homes(*east_m: float, **columns: Any) -> GeoDataFrame:
    return districts(
        *[
            {"id": f"D{i}", "households": 100 + i, "geometry": point(e, 0), **columns}
            for i, e in enumerate(east_m)
        ]
    )


def inside(figures: Any, name: str = "households") -> float | None:
    return figures.amounts[name].inside


def test_thresholds_are_inclusive_and_both_ways_of_measuring_are_given() -> None:
    # 400 m off the street and so 200 m of straight line nearer than on foot.
    rows = districts(
        {"id": "near", "households": 10, "geometry": point(100, 0)},
        {"id": "edge", "households": 20, "geometry": point(299.99, 0)},
        {"id": "over", "households": 40, "geometry": point(300.05, 0)},
        {"id": "aside", "households": 80, "geometry": point(200, 180)},
    )
    found = ask(city(rows, main_street()), point(0, 0))
    straight, walking = found.each[0][:3], found.each[0][3:]
    # √(200² + 180²) = 269 m; 200 + 180 = 380 m.
    assert [inside(f) for f in straight] == [110, 150, 150]
    assert [inside(f) for f in walking] == [30, 150, 150]
    assert [f.districts for f in walking] == [2, 4, 4]
    assert found.status.tolist() == ["ok"]


def test_minutes_are_metres_of_the_profile() -> None:
    rows = homes(350, 365, 1075, 1085)
    for profile, at in (("adult", [100, 201, 303]), ("elderly", [0, 201, 201])):
        chosen = PROFILES[profile]
        found = ask(
            city(rows, main_street()),
            point(0, 0),
            metres=(),
            minutes=(5, 10, 15),
            profile=chosen,
        )
        assert [inside(f) for f in found.each[0]] == at, profile


def test_a_household_near_two_facilities_counts_once() -> None:
    found = ask(city(homes(100, 200, 900), main_street()), point(0, 0), point(250, 0))
    assert [inside(f[0]) for f in found.each] == [201, 201]
    assert inside(found.union[0]) == 201
    assert found.union[0].amounts["households"].share == pytest.approx(201 / 303)


def test_unknown_households_stay_unknown() -> None:
    rows = districts(
        {"id": "A", "households": 100, "population": 250, "geometry": point(100, 0)},
        {"id": "B", "households": None, "population": 90, "geometry": point(200, 0)},
        {"id": "C", "households": None, "geometry": point(4000, 0)},
    )
    found = ask(city(rows, main_street()), point(0, 0))
    amount = found.each[0][0].amounts["households"]
    assert (amount.inside, amount.at_least, amount.districts_without) == (None, 100, 1)
    assert amount.share is None
    people = found.each[0][0].amounts["population"]
    # Everyone inside is known, how many there are in all is not.
    assert (people.inside, people.share) == (340, None)
    assert found.each[0][0].amounts["population_0_3"].inside is None
    assert found.totals["households"].known == 100
    assert found.totals["households"].districts_without == 2


def test_what_is_off_the_streets_is_undetermined_on_foot_only() -> None:
    rows = districts(
        {"id": "on", "households": 100, "geometry": point(100, 0)},
        {"id": "off", "households": 50, "geometry": point(0, 256)},
    )
    found = ask(city(rows, main_street()), point(0, 0))
    straight, walking = found.each[0][0], found.each[0][3]
    assert inside(straight) == 150
    assert inside(walking) is None
    assert walking.amounts["households"].at_least == 100
    assert walking.districts_undetermined == 1
    # Beyond the limit in a straight line it is beyond it on foot, whatever the streets.
    nearer = ask(city(rows, main_street()), point(0, 0), metres=(250,))
    assert [inside(f) for f in nearer.each[0]] == [100, 100]


def test_an_island_of_streets_is_undetermined_but_for_who_lives_on_it() -> None:
    network = street(
        *(line((a, 0), (a + 500, 0)) for a in range(0, 5000, 500)), line((0, 300), (80, 300))
    )
    rows = districts(
        {"id": "main", "households": 100, "geometry": point(40, 0)},
        {"id": "island", "households": 7, "geometry": point(40, 300)},
    )
    found = ask(city(rows, network), point(0, 0), point(80, 300), metres=(500,))
    main, island = (figures[1] for figures in found.each)
    assert (inside(main), main.amounts["households"].at_least) == (None, 100)
    assert main.districts_undetermined == 1
    assert inside(island) == 7
    assert island.districts_undetermined == 0
    assert inside(found.union[1]) == 107
    assert found.status.tolist() == ["ok", "island"]


def test_a_facility_off_the_streets_reaches_nobody_known() -> None:
    found = ask(city(homes(0, 3000), main_street()), point(0, 250), point(6000, 900), None)
    assert found.status.tolist() == ["off_network", "off_network", "invalid_geometry"]
    first, second, _ = (figures[3] for figures in found.each)
    assert (inside(first), first.amounts["households"].at_least) == (None, 0)
    assert inside(second) == 0
    assert inside(found.each[0][0]) == 100


def test_without_streets_walks_are_unknown_and_lines_are_not() -> None:
    found = ask(city(homes(100, 900), None), point(0, 0))
    assert found.status.tolist() == ["no_network"]
    assert inside(found.each[0][0]) == 100
    assert inside(found.each[0][3]) is None


def test_parts_of_districts_count_by_their_demand_points() -> None:
    rows = districts({"id": "A", "households": 90, "geometry": square(300, 0, 400)})
    houses = buildings(
        {"id": "a", "district_id": "A", "households": 60, "geometry": point(150, 10)},
        {"id": "b", "district_id": "A", "households": 30, "geometry": point(450, 10)},
    )
    by_house = ask(city(rows, main_street(), houses), point(0, 0))
    assert [inside(f) for f in by_house.each[0][3:]] == pytest.approx([60, 90, 90])
    assert [f.districts_whole for f in by_house.each[0][3:]] == [0, 1, 1]
    grid = ask(city(rows, main_street()), point(0, 0))
    assert 0 < inside(grid.each[0][0]) < 90


def test_a_district_is_left_by_its_gate() -> None:
    rows = districts(
        {
            "id": "A",
            "households": 90,
            "geometry": point(100, 0),
            "entrances": gates_at(point(400, 0)),
        }
    )
    found = ask(city(rows, main_street()), point(0, 0), metres=(300, 800))
    # 300 m to the gate and 400 m back along the street.
    assert [inside(f) for f in found.each[0]] == [90, 90, 0, 90]


def test_planned_districts_do_not_count() -> None:
    rows = districts(
        {"id": "A", "households": 90, "stage": "planned", "geometry": point(100, 0)},
        {"id": "B", "households": 10, "stage": "existing", "geometry": point(100, 0)},
    )
    found = ask(city(rows, main_street()), point(0, 0))
    assert inside(found.union[0]) == 10
    assert (found.districts, found.planned) == (1, 1)
    assert found.totals["households"].known == 10


def test_one_way_streets_tell_the_directions_apart() -> None:
    lines = [line((0, 0), (200, 0)), line((0, 0), (0, 500), (200, 500), (200, 0))]
    one_way = build_network(
        GeoDataFrame({"backward": [False, True]}, geometry=lines, crs="EPSG:4326")
    )
    here = city(homes(20), one_way)
    toward = ask(here, point(180, 0), metres=(300,))
    away = ask(here, point(180, 0), metres=(300,), direction=Direction.AWAY)
    # 160 m along the street, or round by the other.
    assert (inside(toward.each[0][1]), inside(away.each[0][1])) == (100, 0)


def test_agrees_with_the_evaluation() -> None:
    """The union at a circle's minutes is what the circle finds covered, district by district."""
    random = np.random.default_rng(4)
    rows = districts(
        *[
            {
                "id": f"D{i:02}",
                "households": int(random.integers(50, 900)),
                "stage": "existing",
                "geometry": square(
                    float(random.uniform(0, 5000)), float(random.uniform(-120, 120)), 160
                ),
            }
            for i in range(25)
        ]
    )
    sites = facilities(
        *[{"id": f"F{i}", "geometry": point(float(random.uniform(0, 5000)), 20)} for i in range(3)]
    )
    network = main_street()
    judged = judge(rows, sites, pack(rule("service_circle_time")), network=network)
    profile = PROFILES["adult_with_child"]
    compared = 0
    for i, district in enumerate(rows["id"]):
        one = city(rows.iloc[[i]].reset_index(drop=True), network)
        found = ask(one, *sites.geometry, metres=(), minutes=(15,), profile=profile)
        row = finding(judged, district)
        if np.isnan(row["covered_share"]):
            continue
        households = float(rows["households"].iloc[i])
        assert found.union[0].amounts["households"].at_least == pytest.approx(
            households * row["covered_share"]
        )
        compared += 1
    assert compared > 15


def test_agrees_with_straight_lines_measured_one_by_one() -> None:
    random = np.random.default_rng(11)
    rows = homes(*random.uniform(0, 2000, 60))
    places = [point(float(e), float(n)) for e, n in random.uniform(0, 700, (7, 2))]
    found = ask(city(rows, main_street()), *places)
    for place, figures in zip(places, found.each, strict=True):
        gaps = np.array([GEOD.inv(place.x, place.y, home.x, home.y)[2] for home in rows.geometry])
        for limit, figure in zip((300, 500, 800), figures[:3], strict=True):
            expected = rows["households"].to_numpy(dtype=float)[np.round(gaps, 3) <= limit].sum()
            assert inside(figure) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"minutes": [0]}, "minutes: 0 is not above 0"),
        ({"minutes": [-5]}, "minutes: -5 is not above 0"),
        ({"minutes": [10_000]}, "minutes: 10000 is more than 69.4"),
        ({"minutes": [float("nan")]}, "minutes: nan is not a finite number"),
        ({"metres": [5000.5]}, "metres: 5000.5 is more than 5000"),
        ({"metres": [float("inf")]}, "metres: inf is not a finite number"),
    ],
)
def test_limits_that_mean_nothing_are_refused(options, says) -> None:
    with pytest.raises(InputError, match=says):
        limits_of(**options, profile=ADULT)


TOWN = street(
    *[line((x, y), (x + 100, y)) for x in range(0, 800, 100) for y in range(0, 900, 100)],
    *[line((x, y), (x, y + 100)) for x in range(0, 900, 100) for y in range(0, 800, 100)],
)
PLACE = st.tuples(st.floats(0, 800), st.floats(0, 800))
COUNT = st.none() | st.integers(0, 2000)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(PLACE, COUNT, st.booleans()), min_size=1, max_size=8),
    places=st.lists(PLACE, min_size=1, max_size=4),
    half=st.data(),
)
def test_properties(rows, places, half) -> None:
    frame = districts(
        *[
            {
                "id": f"D{i}",
                "households": count,
                "population": 3,
                "geometry": square(*place, 130) if wide else point(*place),
            }
            for i, (place, count, wide) in enumerate(rows)
        ]
    )
    sites = [point(*place) for place in places]
    options = {"metres": (150, 400), "minutes": (3, 8)}
    found = ask(city(frame, TOWN), *sites, **options)
    for name in AMOUNTS:
        for number in range(len(found.union)):
            union = found.union[number].amounts[name]
            each = [figures[number].amounts[name].at_least for figures in found.each]
            assert union.share is None or 0 <= union.share <= 1
            assert max(each) <= union.at_least <= sum(each) + 1e-9
            assert union.at_least <= found.totals[name].known
        # Limits in the order 150 m, 400 m; then on foot 150 m, 400 m, 3 min, 8 min.
        for figures in (*found.each, found.union):
            amounts = [one.amounts[name].at_least for one in figures]
            assert amounts[0] <= amounts[1]
            assert amounts[2] <= amounts[4] <= amounts[3] <= amounts[5]
            # No walk is shorter than the straight line.
            assert amounts[2] <= amounts[0]
            assert amounts[3] <= amounts[1]
    chosen = np.array(half.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    parts = [
        ask(city(frame[mask].reset_index(drop=True), TOWN), *sites, **options)
        for mask in (chosen, ~chosen)
        if mask.any()
    ]
    for number, whole in enumerate(found.union):
        for name in AMOUNTS:
            assert sum(
                part.union[number].amounts[name].at_least for part in parts
            ) == pytest.approx(whole.amounts[name].at_least)
        assert sum(part.union[number].districts for part in parts) == whole.districts
