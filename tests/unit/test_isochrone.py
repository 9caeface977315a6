"""Isochrones of small streets that can be worked out by hand, and of what is no origin."""

from fractions import Fraction

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from planning import gates_at, line, main_street, point, square, street

from spatial.barriers import with_barriers
from spatial.crs import project
from spatial.errors import InputError
from spatial.isochrone import Isochrone, Reason, isochrones
from spatial.limits import limits_of
from spatial.network import Network
from spatial.outline import TOLERANCE_M
from spatial.place_status import PlaceStatus
from spatial.profiles import PROFILES
from spatial.reach import Direction

ADULT = PROFILES["adult"]


def draw(
    network: Network,
    *origins: shapely.Geometry | None,
    limits_m: tuple[float, ...] = (300.0,),
    direction: Direction = Direction.AWAY,
    snap_limit_m: float = 200.0,
) -> tuple[Isochrone, ...]:
    places = np.empty(len(origins), dtype=object)
    places[:] = origins
    return isochrones(
        network,
        places,
        profile=ADULT,
        limits_m=limits_m,
        direction=direction,
        snap_limit_m=snap_limit_m,
    )


def local(network: Network, found: Isochrone, number: int = 0) -> shapely.Geometry:
    polygon = found.extents[number].polygon
    return project(np.array([polygon], dtype=object), target=network.graph.crs)[0]


def grid_street() -> Network:
    along = [(x, y, x + 1, y) for x in range(7) for y in range(8)]
    across = [(x, y, x, y + 1) for x in range(8) for y in range(7)]
    return street(*(line((a * 100, b * 100), (c * 100, d * 100)) for a, b, c, d in along + across))


def test_along_a_street_the_ground_is_a_lozenge() -> None:
    (found,) = draw(main_street(), point(500))
    assert found.status is PlaceStatus.OK
    assert found.connector_m == pytest.approx(0, abs=1e-6)
    (extent,) = found.extents
    assert extent.street_m == pytest.approx(600, abs=0.1)
    assert extent.polygon.covers(point(500, 190))
    assert not extent.polygon.intersects(point(500, 215))
    assert extent.polygon.covers(point(690, 100))
    assert not extent.polygon.intersects(point(715, 100))
    # Two triangles without their tips: connectors end at 200 m, where the walk may be 100 m.
    assert local(main_street(), found).area == pytest.approx(2 * (300**2 - 100**2), rel=0.02)


def test_ground_that_joins_an_unreached_street_is_left_out() -> None:
    network = street(line((0, 0), (3000, 0)), line((0, 60), (3000, 60)))
    (found,) = draw(network, point(500))
    polygon = found.extents[0].polygon
    assert polygon.covers(point(500, 25))
    assert not polygon.intersects(point(500, 35))
    assert not polygon.intersects(point(500, 60))


def test_a_street_close_by_that_is_not_reached_is_cut_out() -> None:
    network = street(line((0, 0), (3000, 0)), line((0, 4), (3000, 4)), line((0, 8), (3000, 8)))
    (found,) = draw(network, point(500, 0))
    assert not found.extents[0].polygon.intersects(point(500, 4))
    assert not found.extents[0].polygon.buffer(-1e-4).intersects(point(500, 8))
    (middle,) = draw(network, point(500, 4))
    assert middle.extents[0].polygon.covers(point(500, 4))
    assert middle.extents[0].street_m == pytest.approx(600, abs=0.1)


def test_rings_are_turned_and_holes_kept() -> None:
    ring = street(line((0, 0), (600, 0)), line((600, 0), (600, 600), (0, 600), (0, 0)))
    (found,) = draw(ring, point(300, 0), limits_m=(2000.0,))
    (polygon,) = found.extents[0].polygon.geoms
    assert polygon.exterior.is_ccw
    assert [hole.is_ccw for hole in polygon.interiors] == [False]
    assert not polygon.intersects(point(300, 300))


def test_limits_come_back_in_their_order() -> None:
    (found,) = draw(main_street(), point(500), limits_m=(400.0, 100.0))
    assert [extent.limit_m for extent in found.extents] == [400.0, 100.0]
    assert found.extents[0].street_m > found.extents[1].street_m


def test_a_tiny_walk_still_has_ground() -> None:
    (found,) = draw(main_street(), point(503.3), limits_m=(2.0,))
    assert found.extents[0].street_m == pytest.approx(4, abs=0.01)
    assert found.extents[0].polygon.area > 0
    assert found.extents[0].polygon.covers(point(503.3))


def test_a_connector_longer_than_the_limit_reaches_nothing() -> None:
    (found,) = draw(main_street(), point(500, 150), limits_m=(100.0,))
    assert found.status is PlaceStatus.OK
    assert found.connector_m == pytest.approx(150, abs=0.01)
    assert found.extents[0].polygon.is_empty
    assert found.extents[0].streets.is_empty
    assert found.extents[0].street_m == 0


def test_no_origin_fails_the_others() -> None:
    far = point(100, 256)
    found = draw(
        main_street(),
        None,
        shapely.Point(),
        shapely.Point(np.nan, 30.0),
        shapely.Point(114.3, np.inf),
        shapely.Point(200.0, 30.0),
        shapely.Point(-3.7, 40.4),
        far,
        point(500),
    )
    assert [result.status for result in found] == [
        *[PlaceStatus.INVALID] * 5,
        PlaceStatus.OUTSIDE,
        PlaceStatus.OFF_NETWORK,
        PlaceStatus.OK,
    ]
    assert [result.reason for result in found] == [
        Reason.MISSING,
        Reason.EMPTY,
        Reason.NOT_FINITE if not shapely.is_empty(shapely.Point(np.nan, 30.0)) else Reason.EMPTY,
        Reason.NOT_FINITE,
        Reason.NOT_LONLAT,
        Reason.NO_STREET_NEAR,
        Reason.TOO_FAR,
        None,
    ]
    assert found[6].nearest_street_m == pytest.approx(256, abs=0.01)
    assert all(result.extents == () for result in found[:7])
    assert found[7].extents[0].street_m == pytest.approx(600, abs=0.1)


def test_no_origins_give_no_results() -> None:
    assert draw(main_street()) == ()


def test_an_origin_behind_a_wall_is_barred() -> None:
    wall = gpd.GeoDataFrame(
        geometry=[shapely.LineString(square(500, 60, 80).exterior)], crs="EPSG:4326"
    )
    (found,) = draw(with_barriers(main_street(), wall), point(500, 60))
    assert (found.status, found.reason) == (PlaceStatus.OFF_NETWORK, Reason.BARRED)
    assert found.nearest_street_m == pytest.approx(60, abs=0.01)


def test_entrances_off_the_network_are_counted() -> None:
    (found,) = draw(main_street(), gates_at(point(100, 10), point(600, 20), point(300, 400)))
    assert (found.entrances, found.entrances_off) == (2, 1)
    assert found.connector_m == pytest.approx(10, abs=0.01)


def test_an_island_is_flagged() -> None:
    network = street(line((0, 0), (3000, 0)), line((0, 500), (300, 500)))
    on_island, on_street = draw(network, point(100, 500), point(100, 0))
    assert (on_island.island, on_street.island) == (True, False)


def test_a_polygon_joins_from_its_nearest_side() -> None:
    (found,) = draw(main_street(), square(500, 60, 100))
    assert found.connector_m == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize(
    ("metres", "message"),
    [
        (0, "metres: 0 is not above 0"),
        (-1, "metres: -1 is not above 0"),
        (float("nan"), "metres: nan is not a finite number"),
        (5000.1, "metres: 5000.1 is more than 5000"),
    ],
)
def test_metres_out_of_bounds_are_refused(metres: float, message: str) -> None:
    with pytest.raises(InputError, match=f"^parameter {message}"):
        draw(main_street(), point(0), limits_m=(metres,))


def test_limits_must_be_given() -> None:
    with pytest.raises(InputError, match="parameter limits_m: none given"):
        draw(main_street(), point(0), limits_m=())


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        (0, "minutes: 0 is not above 0"),
        (-5, "minutes: -5 is not above 0"),
        (float("nan"), "minutes: nan is not a finite number"),
        (float("inf"), "minutes: inf is not a finite number"),
        (10_000, "minutes: 10000 is more than 69.4, which is 5000 m at 1.2 m/s"),
        (Fraction(10_001), "minutes: 10001 is more than 69.4"),
    ],
)
def test_minutes_out_of_bounds_are_refused(minutes: float, message: str) -> None:
    with pytest.raises(InputError, match=f"^parameter {message}"):
        limits_of(minutes=[5, minutes], profile=ADULT)


def test_the_bound_of_minutes_is_inclusive() -> None:
    (bound,) = limits_of(minutes=[Fraction(5000, 72)], profile=ADULT)
    assert bound.metres == 5000
    assert [limit.metres for limit in limits_of(minutes=[5, 15], profile=ADULT)] == [360, 1080]


@pytest.mark.parametrize("snap_limit_m", [0, -1, float("nan"), 5001])
def test_snap_limits_out_of_bounds_are_refused(snap_limit_m: float) -> None:
    with pytest.raises(InputError, match="parameter snap_limit_m"):
        draw(main_street(), point(0), snap_limit_m=snap_limit_m)


# All within the snap limit of the streets, corners too.
SPOTS = st.tuples(st.floats(-100, 800), st.floats(-100, 800)).map(lambda xy: point(*xy))
CITY = grid_street()


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(SPOTS, SPOTS, st.floats(30, 500), st.floats(TOLERANCE_M, 300))
def test_neither_a_longer_walk_nor_another_entrance_loses_ground(
    first: shapely.Point, second: shapely.Point, limit_m: float, more_m: float
) -> None:
    """Two drawings agree within the tolerance where their limits differ by it."""
    limits_m = (limit_m, limit_m + more_m)
    both, one, other = draw(CITY, gates_at(first, second), first, second, limits_m=limits_m)
    together = local(CITY, both, 1).buffer(TOLERANCE_M)
    # A difference, since nothing covers an empty polygon.
    assert local(CITY, one).difference(local(CITY, one, 1).buffer(TOLERANCE_M)).is_empty
    assert local(CITY, one).difference(together).is_empty
    assert local(CITY, other).difference(together).is_empty
    for extent in (*both.extents, *one.extents):
        assert extent.polygon.is_valid
        assert extent.polygon.is_empty == extent.streets.is_empty
        assert (extent.street_m > 0) == (not extent.streets.is_empty)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(SPOTS, st.floats(30, 500))
def test_level_streets_are_the_same_both_ways(origin: shapely.Point, limit_m: float) -> None:
    (away,) = draw(CITY, origin, limits_m=(limit_m,))
    (toward,) = draw(CITY, origin, limits_m=(limit_m,), direction=Direction.TOWARD)
    assert local(CITY, away).equals(local(CITY, toward))
    assert away.extents[0].street_m == toward.extents[0].street_m


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(SPOTS, SPOTS, SPOTS, st.floats(50, 600))
def test_barriers_take_reach_away(
    origin: shapely.Point, begin: shapely.Point, end: shapely.Point, limit_m: float
) -> None:
    assume(begin.distance(end) > 1e-6)
    wall = gpd.GeoDataFrame(geometry=[shapely.LineString([begin, end])], crs="EPSG:4326")
    (free,) = draw(CITY, origin, limits_m=(limit_m,))
    (walled,) = draw(with_barriers(CITY, wall), origin, limits_m=(limit_m,))
    # Behind a wall another street may be joined, which is another walk.
    if walled.status is PlaceStatus.OK and walled.connector_m == free.connector_m:
        assert walled.extents[0].street_m <= free.extents[0].street_m + 1e-6
