"""Walking against an independent engine: NetworkX on the same streets, split by hand."""

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from planning import line, main_street, point, square, street

from spatial.network import Network
from spatial.network_building import build_network
from spatial.reach import Walk, nearest_walk
from spatial.snapping import Snap, snap

WUHAN = Path(__file__).resolve().parents[2] / "seed" / "wuhan" / "streets.parquet"


@pytest.fixture(scope="module")
def wuhan() -> Network:
    streets = gpd.read_parquet(WUHAN).set_crs("EPSG:32650", allow_override=True)
    return build_network(streets)


def walk(
    network: Network,
    places: list[shapely.Geometry],
    sites: list[shapely.Geometry],
    *,
    site_of: list[int] | None = None,
    limit_m: float = 5000.0,
    snap_limit_m: float = 200.0,
) -> tuple[Walk, Snap]:
    snaps = snap(network.graph, np.array(places, dtype=object), limit_m=snap_limit_m)
    doors = snap(network.graph, np.array(sites, dtype=object), limit_m=snap_limit_m)
    owner = np.arange(len(sites)) if site_of is None else np.array(site_of)
    found = nearest_walk(
        network.graph, places=snaps, sites=doors, site_of=owner.astype(np.int64), limit_m=limit_m
    )
    return found, snaps


def oracle(network: Network, places: Snap, sites: Snap) -> NDArray[np.float64]:
    """Split every edge at every snap in a NetworkX graph, and ask that."""
    graph: nx.Graph[object] = nx.Graph()
    stops: dict[int, list[tuple[float, object]]] = {}
    for name, snaps in (("place", places), ("site", sites)):
        for i in np.flatnonzero(snaps.on_network).tolist():
            edge = int(snaps.edge[i])
            along = float(snaps.fraction[i] * network.length_m[edge])
            stops.setdefault(edge, []).append((along, (name, "street", i)))
            graph.add_edge((name, i), (name, "street", i), weight=float(snaps.connector_m[i]))
    for edge, (u, v, length) in enumerate(
        zip(network.u.tolist(), network.v.tolist(), network.length_m.tolist(), strict=True)
    ):
        chain = [(0.0, u), *sorted(stops.get(edge, []), key=lambda stop: stop[0]), (length, v)]
        for (a, start), (b, end) in pairwise(chain):
            known = graph.get_edge_data(start, end)
            if known is None or known["weight"] > b - a:
                graph.add_edge(start, end, weight=b - a)
    sources = [("site", i) for i in np.flatnonzero(sites.on_network).tolist()]
    if not sources:
        return np.full(len(places.edge), np.inf)
    metres = nx.multi_source_dijkstra_path_length(graph, sources)
    return np.array([metres.get(("place", i), np.inf) for i in range(len(places.edge))])


def test_equals_networkx_for_1000_random_districts_of_wuhan(wuhan: Network) -> None:
    random = np.random.default_rng(20261122)
    nodes = wuhan.node_lonlat
    # Off the nodes by up to some 60 m, so that snapping splits edges nearly everywhere.
    spread = random.uniform(-6e-4, 6e-4, size=(1200, 2))
    places = shapely.points(nodes[random.integers(0, len(nodes), 1200)] + spread)
    homes, doors = list(places[:1000]), list(places[1000:])
    # Twenty homes on the same edges as facilities: the way straight along the edge.
    homes[:20] = [shapely.Point(d.x + 1e-5, d.y + 1e-5) for d in doors[:20]]
    found, snaps = walk(wuhan, homes, doors, limit_m=1e9)
    sites = snap(wuhan.graph, np.array(doors, dtype=object), limit_m=200.0)
    expected = oracle(wuhan, snaps, sites)
    on = snaps.on_network
    assert on.sum() >= 990
    assert np.isnan(found.metres[~on]).all()
    assert np.isfinite(expected[on]).mean() > 0.99
    same_reach = np.isfinite(found.metres[on]) == np.isfinite(expected[on])
    assert same_reach.all()
    finite = on & np.isfinite(expected)
    assert np.abs(found.metres[finite] - expected[finite]).max() < 0.01


def test_the_site_named_is_the_nearest_one(wuhan: Network) -> None:
    random = np.random.default_rng(7)
    places = shapely.points(wuhan.node_lonlat[random.integers(0, len(wuhan.node_lonlat), 60)])
    homes, doors = list(places[:50]), list(places[50:])
    found, _ = walk(wuhan, homes, doors, limit_m=1e9)
    alone = np.array([walk(wuhan, homes, [door], limit_m=1e9)[0].metres for door in doors])
    assert np.abs(alone.min(axis=0) - found.metres).max() < 1e-6
    assert (alone[found.site, np.arange(50)] - found.metres < 1e-6).all()


# The pieces of 500 m are straight in degrees and sag by 3 mm from the geodesic: tolerance 1 cm.
def test_both_connectors_count() -> None:
    found, snaps = walk(main_street(), [point(100, 30)], [point(700, -40)])
    assert snaps.connector_m[0] == pytest.approx(30, abs=0.01)
    assert found.metres[0] == pytest.approx(30 + 600 + 40, abs=0.01)


def test_on_one_edge_nobody_walks_round_by_its_ends() -> None:
    found, _ = walk(main_street(), [point(110, 5)], [point(140, 5)])
    assert found.metres[0] == pytest.approx(5 + 30 + 5, abs=1e-3)


def test_on_one_edge_a_way_round_may_still_be_shorter() -> None:
    # A long detour between two ends that a second street joins directly.
    network = street(line((0, 0), (0, 400), (100, 400), (100, 0)), line((0, 0), (100, 0)))
    found, _ = walk(network, [point(0, 20)], [point(100, 20)])
    assert found.metres[0] == pytest.approx(20 + 100 + 20, abs=0.01)


def test_several_entrances_are_several_sources() -> None:
    doors = [point(0), point(1500)]
    found, _ = walk(main_street(), [point(1400), point(100)], doors, site_of=[4, 4])
    assert found.metres == pytest.approx([100, 100], abs=1e-3)
    assert found.site.tolist() == [4, 4]


@pytest.mark.parametrize(("away_m", "on"), [(199.9, True), (200.1, False), (256.0, False)])
def test_beyond_the_limit_a_place_is_off_the_network(away_m: float, *, on: bool) -> None:
    found, snaps = walk(main_street(), [point(100, away_m)], [point(100)])
    assert snaps.on_network.tolist() == [on]
    if on:
        assert found.metres[0] == pytest.approx(away_m, abs=0.01)
    else:
        assert np.isnan(found.metres[0])


def test_the_search_ends_at_its_limit() -> None:
    found, _ = walk(main_street(), [point(0), point(4), point(6)], [point(5005)], limit_m=5000.0)
    assert np.isinf(found.metres[:2]).all()
    assert found.metres[2] == pytest.approx(4999, abs=1e-3)
    assert found.site.tolist() == [-1, -1, 0]


def test_an_island_is_not_reached() -> None:
    network = street(line((0, 0), (500, 0)), line((0, 1000), (500, 1000)))
    found, _ = walk(network, [point(100, 1000)], [point(100, 0)])
    assert np.isinf(found.metres[0])


def test_a_polygon_joins_from_its_nearest_side() -> None:
    found, snaps = walk(main_street(), [square(100, 60, 100)], [point(100)])
    assert snaps.connector_m[0] == pytest.approx(10, abs=0.01)
    assert found.metres[0] < 70


def test_missing_geometry_is_off_the_network() -> None:
    places = np.array([None, shapely.Point(), point(0)], dtype=object)
    assert snap(main_street().graph, places, limit_m=200).on_network.tolist() == [
        False,
        False,
        True,
    ]


def test_no_sites_reach_nothing() -> None:
    found, _ = walk(main_street(), [point(0)], [])
    assert np.isinf(found.metres).all()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_random_grids_equal_networkx(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 4))
    cells = [(x, y) for x in range(size) for y in range(size)]
    pairs = [
        (a, b) for a in cells for b in cells if a < b and abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1
    ]
    kept = data.draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    network = street(*[line((a[0] * 150, a[1] * 150), (b[0] * 150, b[1] * 150)) for a, b in kept])
    metre = st.floats(-50, 150 * size, allow_nan=False)
    spots = st.tuples(metre, metre).map(lambda xy: point(*xy))
    homes = data.draw(st.lists(spots, min_size=1, max_size=5))
    doors = data.draw(st.lists(spots, min_size=1, max_size=4))
    found, snaps = walk(network, homes, doors, limit_m=1e9)
    expected = oracle(
        network, snaps, snap(network.graph, np.array(doors, dtype=object), limit_m=200)
    )
    on = snaps.on_network
    assert (np.isfinite(found.metres[on]) == np.isfinite(expected[on])).all()
    finite = on & np.isfinite(expected)
    assert np.abs(found.metres[finite] - expected[finite]).max(initial=0) < 0.001
    if len(doors) > 1:
        fewer, _ = walk(network, homes, doors[:-1], limit_m=1e9)
        assert (np.nan_to_num(found.metres) <= np.nan_to_num(fewer.metres) + 1e-9).all()
