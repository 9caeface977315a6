"""Where places join the streets: the nearest that leads somewhere, found as by brute force."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from planning import line, lonlat, point, square, street
from pyproj import Geod

from spatial.crs import project
from spatial.graph import ISLAND_M
from spatial.network import Network
from spatial.network_building import build_network
from spatial.snapping import DETOUR_M, snap

WUHAN = Path(__file__).resolve().parents[2] / "seed" / "wuhan" / "streets.parquet"
GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def wuhan() -> Network:
    streets = gpd.read_parquet(WUHAN).set_crs("EPSG:32650", allow_override=True)
    return build_network(streets)


def joined(network: Network, *places: object, limit_m: float = 200.0):
    return snap(network.graph, np.array(places, dtype=object), limit_m=limit_m)


def mainland(*more: shapely.LineString) -> Network:
    """Build a street of 4 km along the east axis, which is more than an island, and others."""
    return street(*[line((a, 0), (a + 500, 0)) for a in range(-2000, 2000, 500)], *more)


def test_is_the_nearest_street_of_all(wuhan: Network) -> None:
    random = np.random.default_rng(7)
    low, high = wuhan.node_lonlat.min(axis=0), wuhan.node_lonlat.max(axis=0)
    near = wuhan.node_lonlat[random.integers(0, len(wuhan.node_lonlat), 300)]
    spots = np.concatenate(
        [near + random.uniform(-2e-3, 2e-3, (300, 2)), random.uniform(low, high, (300, 2))]
    )
    places = shapely.points(spots)
    found = snap(wuhan.graph, places, limit_m=200.0)
    lines = project(wuhan.geometry, target=wuhan.graph.crs)
    local = project(places, target=wuhan.graph.crs)
    tree = shapely.STRtree(lines)
    off = 0
    for i, place in enumerate(local):
        edges = tree.query(place, predicate="dwithin", distance=250.0)
        ends = shapely.get_coordinates(shapely.shortest_line(lines[edges], place)).reshape(-1, 2, 2)
        back = gpd.GeoSeries(shapely.points(ends[:, 0]), crs=wuhan.graph.crs).to_crs(4326)
        _, _, metres = GEOD.inv(
            np.full(len(edges), spots[i, 0]),
            np.full(len(edges), spots[i, 1]),
            back.x.to_numpy(),
            back.y.to_numpy(),
        )
        least = min(metres, default=np.inf)
        if least > 200.0:
            assert not found.on_network[i]
            off += 1
            continue
        assert found.connector_m[i] == pytest.approx(least, abs=1e-3)
        where = shapely.line_interpolate_point(
            lines[found.edge[i]], found.fraction[i], normalized=True
        )
        assert shapely.distance(where, place) == pytest.approx(found.connector_m[i], abs=0.1)
    assert 50 < off < 550


def test_the_answer_does_not_depend_on_what_else_is_asked(wuhan: Network) -> None:
    random = np.random.default_rng(8)
    near = wuhan.node_lonlat[random.integers(0, len(wuhan.node_lonlat), 50)]
    places = shapely.points(near + random.uniform(-1e-3, 1e-3, (50, 2)))
    together = snap(wuhan.graph, places, limit_m=200.0)
    for i in range(0, 50, 7):
        alone = snap(wuhan.graph, places[i : i + 1], limit_m=200.0)
        assert alone.edge[0] == together.edge[i]
        assert alone.connector_m[0] == together.connector_m[i]


@pytest.mark.parametrize(
    ("gap_m", "path_m", "connector_m"),
    [
        (DETOUR_M - 0.5, 100.0, 10 + DETOUR_M - 0.5),  # the street, not the garden path
        (DETOUR_M + 0.5, 100.0, 10.0),  # too far: the path it is
        (DETOUR_M - 0.5, ISLAND_M + 100.0, 10.0),  # the far bank's streets are no island
    ],
)
def test_an_island_gives_way_to_a_street_a_little_farther(
    gap_m: float, path_m: float, connector_m: float
) -> None:
    north = 20 + gap_m
    network = mainland(line((-path_m / 2, north), (path_m / 2, north)))
    place = point(0, 10 + gap_m)
    assert joined(network, place).connector_m[0] == pytest.approx(connector_m, abs=0.01)


def test_the_only_streets_there_are_no_island() -> None:
    network = street(line((0, 0), (100, 0)))
    assert not network.graph.island.any()
    assert joined(network, point(50, 10)).connector_m[0] == pytest.approx(10, abs=0.01)


def test_a_polygon_joins_from_its_nearest_side_and_gives_way_too() -> None:
    network = mainland(line((-50, 40), (50, 40)))
    house = square(0, 25, 10)
    # The path is 10 m away and an island, the street 20 m away.
    assert joined(network, house).connector_m[0] == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize("limit_m", [30.0, 200.0, 1000.0])
def test_the_limit_is_inclusive_on_the_ellipsoid(limit_m: float) -> None:
    places = [point(0, limit_m - 0.01), point(0, limit_m + 0.01)]
    found = joined(mainland(), *places, limit_m=limit_m)
    assert found.on_network.tolist() == [True, False]


def test_what_has_no_place_is_off_the_network() -> None:
    odd = [
        None,
        shapely.Point(),
        shapely.Polygon(),
        shapely.Point(np.nan, 1),
        shapely.Point(-70, 89),
    ]
    found = joined(mainland(), *odd, point(0, 5))
    assert found.on_network.tolist() == [False] * 5 + [True]
    assert np.isnan(found.connector_m[:5]).all()
    assert snap(mainland().graph, np.zeros(0, dtype=object), limit_m=9.0).edge.shape == (0,)


def test_a_stray_street_far_away_makes_no_huge_grid() -> None:
    network = mainland(line((900_000, 900_000), (900_100, 900_000)))
    assert np.prod(network.index.shape) < 100_000
    assert joined(network, point(30, 12)).connector_m[0] == pytest.approx(12, abs=0.01)


def test_of_streets_that_meet_the_lowest_numbered_is_joined() -> None:
    network = street(line((0, 0), (100, 0)), line((0, 0), (0, 100)), line((0, 0), (-100, -100)))
    at_the_corner = shapely.Point(lonlat(0, 0))
    assert joined(network, at_the_corner).edge[0] == 0
    assert joined(network, at_the_corner).connector_m[0] == 0.0
