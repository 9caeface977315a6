"""Routes against NetworkX on streets split by hand, and their lines against their distances."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import gates_at, line, main_street, point, square, street
from pyproj import Geod

from spatial.doors import doors_of
from spatial.errors import InputError
from spatial.network import Network
from spatial.network_building import build_network
from spatial.profiles import PROFILES, Penalties, Profile, profile_at
from spatial.reach import Direction
from spatial.routes import Routes, nearest_sites
from spatial.snapping import Snap, snap

ADULT, WHEELCHAIR = PROFILES["adult"], PROFILES["wheelchair"]
GEOD = Geod(ellps="WGS84")
WUHAN = Path(__file__).resolve().parents[2] / "seed" / "wuhan" / "streets.parquet"


@pytest.fixture(scope="module")
def wuhan() -> Network:
    return build_network(gpd.read_parquet(WUHAN))


def shapes(*geometries: object) -> np.ndarray:
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array


def ask(network: Network, places: list, sites: list, **options: object) -> Routes:
    asked = {"profile": ADULT, "paths": True, **options}
    return nearest_sites(
        network, places=doors_of(shapes(*places)), sites=doors_of(shapes(*sites)), **asked
    )


def random_town(seed: int, *, side: int = 7) -> Network:
    """Streets of a crooked grid: one-way, stepped, doubled and curved ones among them."""
    random = np.random.default_rng(seed)
    at = {
        (i, j): (i * 90 + random.uniform(-20, 20), j * 90 + random.uniform(-20, 20))
        for i in range(side)
        for j in range(side)
    }
    rows = []
    for (i, j), here in at.items():
        for there in (at.get((i + 1, j)), at.get((i, j + 1))):
            if there is None or random.random() < 0.15:
                continue
            for _ in range(2 if random.random() < 0.15 else 1):
                bend = tuple(
                    (a + b) / 2 + random.uniform(-30, 30) for a, b in zip(here, there, strict=True)
                )
                way = random.random()
                rows.append(
                    {
                        "geometry": line(here, bend, there),
                        "forward": way > 0.15,
                        "backward": not 0.15 < way < 0.3,
                        "steps": random.random() < 0.15,
                        "crossings": float(random.integers(0, 3)),
                    }
                )
    return build_network(GeoDataFrame(rows, crs="EPSG:4326"))


def split_graph(network: Network, profile: Profile, named: dict[str, Snap]) -> nx.DiGraph:
    """The streets as NetworkX sees them, every edge cut at every door on it."""
    graph = network.graph_for(profile.impedance)
    oracle = nx.DiGraph()

    def add(start: object, end: object, cost: float) -> None:
        known = oracle.get_edge_data(start, end)
        if np.isfinite(cost) and (known is None or known["weight"] > cost):
            oracle.add_edge(start, end, weight=cost)

    stops: dict[int, list[tuple[float, object]]] = {}
    for name, snaps in named.items():
        for i in np.flatnonzero(snaps.on_network).tolist():
            stop = (name, "street", i)
            stops.setdefault(int(snaps.edge[i]), []).append((float(snaps.fraction[i]), stop))
            for ends in ((stop, (name, i)), ((name, i), stop)):
                add(*ends, float(snaps.connector_m[i]))
    for edge in range(len(network.u)):
        chain = [
            (0.0, int(network.u[edge])),
            *sorted(stops.get(edge, []), key=lambda stop: stop[0]),
            (1.0, int(network.v[edge])),
        ]
        for (a, start), (b, end) in pairwise(chain):
            # Two doors at one position are at one place, even on a street closed that way.
            part = b - a
            add(start, end, graph.forward_m[edge] * part if part else 0.0)
            add(end, start, graph.backward_m[edge] * part if part else 0.0)
    return oracle


def distances(
    network: Network, profile: Profile, places: list, sites: list, direction: Direction
) -> np.ndarray:
    """Equivalent metres between every place and site, infinite where there is no way."""
    graph = network.graph_for(profile.impedance)
    named = {
        "place": snap(graph, shapes(*places), limit_m=200),
        "site": snap(graph, shapes(*sites), limit_m=200),
    }
    oracle = split_graph(network, profile, named)
    if direction is Direction.AWAY:
        oracle = oracle.reverse()
    found = np.full((len(places), len(sites)), np.inf)
    for i in range(len(places)):
        if ("place", i) in oracle:
            reached = nx.single_source_dijkstra_path_length(oracle, ("place", i))
            found[i] = [reached.get(("site", j), np.inf) for j in range(len(sites))]
    return found


def length_m(way: shapely.LineString) -> float:
    return GEOD.geometry_length(way)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("profile", [ADULT, WHEELCHAIR], ids=lambda profile: profile.id)
@pytest.mark.parametrize(("homes", "doors"), [(40, 12), (6, 30)])
def test_equals_networkx_and_the_line_is_as_long_as_the_distance(
    direction: Direction, profile: Profile, homes: int, doors: int
) -> None:
    ways = 0
    for seed in range(3):
        network = random_town(seed)
        random = np.random.default_rng(seed + 100)
        places = [point(*random.uniform(-30, 570, 2)) for _ in range(homes)]
        sites = [point(*random.uniform(-30, 570, 2)) for _ in range(doors)]
        # Some on the same edges as others, some at the very same place.
        sites[:3] = [shapely.Point(p.x + 1e-5, p.y + 1e-5) for p in places[:3]]
        sites[3] = places[3]
        expected = distances(network, profile, places, sites, direction)
        found = ask(network, places, sites, k=4, profile=profile, direction=direction)
        for i in range(homes):
            rows = np.flatnonzero(found.place == i)
            least = np.sort(expected[i])
            least = least[np.isfinite(least)][:4]
            assert found.cost_m[rows] == pytest.approx(least, abs=1e-6)
            assert expected[i, found.site[rows]] == pytest.approx(least, abs=1e-6)
        for place, site, metres, way in zip(
            found.place, found.site, found.metres, found.geometry, strict=True
        ):
            assert abs(length_m(way) - metres) < 0.01
            ends = (places[place], sites[site])
            start, end = ends if direction is Direction.TOWARD else ends[::-1]
            assert way.coords[0] == (start.x, start.y)
            assert way.coords[-1] == (end.x, end.y)
            ways += 1
        assert found.metres == pytest.approx(found.cost_m, abs=1e-6)
        once = ask(network, places, sites, profile=profile, direction=direction)
        first = np.unique(found.place, return_index=True)[1]
        assert once.cost_m == pytest.approx(found.cost_m[first], abs=1e-6)
    assert ways > 50


def test_the_line_goes_only_where_one_may_walk() -> None:
    """Every stretch of a drawn way lies on a street that is open in the direction drawn."""
    network = random_town(5)
    random = np.random.default_rng(5)
    places = [point(*random.uniform(0, 540, 2)) for _ in range(30)]
    sites = [point(*random.uniform(0, 540, 2)) for _ in range(10)]
    found = ask(network, places, sites, k=3, profile=WHEELCHAIR)
    graph = network.graph_for(WHEELCHAIR.impedance)
    checked = 0
    for way in found.geometry:
        for a, b in list(pairwise(way.coords))[1:-1]:
            middle = shapely.Point((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
            near = np.flatnonzero(shapely.dwithin(network.geometry, middle, 1e-8)).tolist()
            assert near
            allowed = False
            for edge in near:
                onward = network.geometry[edge].project(shapely.Point(b)) - network.geometry[
                    edge
                ].project(shapely.Point(a))
                cost = graph.forward_m if onward > 0 else graph.backward_m
                allowed |= bool(np.isfinite(cost[edge]))
            assert allowed
            checked += 1
    assert checked > 100


def test_what_costs_more_than_its_length_is_told_apart() -> None:
    network = random_town(8)
    random = np.random.default_rng(8)
    places = [point(*random.uniform(0, 540, 2)) for _ in range(20)]
    sites = [point(*random.uniform(0, 540, 2)) for _ in range(8)]
    slow = profile_at("adult", penalties=Penalties(crossing_seconds=30))
    found = ask(network, places, sites, k=2, profile=slow)
    expected = distances(network, slow, places, sites, Direction.TOWARD)
    assert found.cost_m == pytest.approx(expected[found.place, found.site], abs=1e-6)
    assert found.seconds == pytest.approx(found.cost_m / 1.2)
    assert (found.metres <= found.cost_m + 1e-6).all()
    assert (found.metres < found.cost_m - 1).any()
    drawn = [length_m(way) for way in found.geometry]
    assert drawn == pytest.approx(found.metres, abs=0.01)
    undrawn = ask(network, places, sites, k=2, profile=slow, paths=False)
    assert undrawn.geometry is None
    assert undrawn.metres == pytest.approx(found.metres)


def test_a_one_way_street_lengthens_one_direction() -> None:
    frame = GeoDataFrame(
        {
            "geometry": [line((0, 0), (100, 0)), line((0, 0), (0, 100), (100, 100), (100, 0))],
            "backward": [False, True],
        },
        crs="EPSG:4326",
    )
    network = build_network(frame)
    west, east = point(10, 0), point(90, 0)
    there = ask(network, [west], [east])
    back = ask(network, [west], [east], direction=Direction.AWAY)
    assert there.metres[0] == pytest.approx(80, abs=0.01)
    # East of the site on to the end, round by the other street, and in from the west.
    assert back.metres[0] == pytest.approx(10 + 300 + 10, abs=0.02)
    assert back.geometry[0].coords[0] == (east.x, east.y)
    assert length_m(back.geometry[0]) == pytest.approx(back.metres[0], abs=0.01)


def test_of_several_doors_the_nearest_pair_counts() -> None:
    home = gates_at(point(0, 10), point(300, 20))
    nursery = gates_at(point(900, 0), point(400, 30))
    found = ask(main_street(), [home], [nursery])
    assert found.metres[0] == pytest.approx(20 + 100 + 30, abs=0.01)
    assert length_m(found.geometry[0]) == pytest.approx(found.metres[0], abs=0.01)
    several = ask(main_street(), [home], [nursery, point(0, -5)], k=2)
    assert several.site.tolist() == [1, 0]
    assert several.metres == pytest.approx([15, 150], abs=0.01)


def test_a_polygon_is_left_at_its_nearest_side() -> None:
    found = ask(main_street(), [square(100, 60, 80)], [point(700, 0)])
    way = found.geometry[0]
    assert found.metres[0] == pytest.approx(length_m(way), abs=0.01)
    assert square(100, 60, 80).boundary.distance(shapely.Point(way.coords[0])) < 1e-9


def test_no_walk_at_all_is_still_a_line() -> None:
    here = point(250, 0)
    found = ask(main_street(), [here], [here])
    assert found.metres[0] == pytest.approx(0, abs=1e-6)
    assert len(found.geometry[0].coords) >= 2


def test_every_place_has_a_status() -> None:
    network = street(
        *(line((a, 0), (a + 500, 0)) for a in range(0, 5000, 500)), line((0, 900), (80, 900))
    )
    places = [
        point(0, 0),
        point(0, 500),
        point(40, 900),
        point(4990, 0),
        None,
        shapely.Point(),
        shapely.Point(200, 30),
        shapely.Point(float("nan"), 30),
        shapely.Polygon([(114.3, 30.58), (114.4, 30.68), (114.4, 30.58), (114.3, 30.68)]),
        shapely.Point(-15.4, 28.1),
    ]
    found = ask(network, places, [point(100, 0)], limit_m=1000)
    assert found.status.tolist() == [
        "ok",
        "off_network",
        "island",
        "nothing_within_reach",
        *["invalid_geometry"] * 5,
        "off_network",
    ]
    assert found.place.tolist() == [0]
    assert np.isnan(found.snap_m[[1, 4, 9]]).all()


def test_nothing_asked_and_nothing_there() -> None:
    assert len(ask(main_street(), [], [point(0, 0)], k=3).place) == 0
    nowhere = ask(main_street(), [point(0, 0)], [], k=3)
    assert nowhere.status.tolist() == ["nothing_within_reach"]
    with pytest.raises(InputError, match="parameter k"):
        ask(main_street(), [point(0, 0)], [point(1, 0)], k=0)


@settings(max_examples=40, deadline=None)
@given(
    east=st.lists(st.floats(-900, 6900), min_size=1, max_size=5),
    sites=st.lists(st.floats(-900, 6900), min_size=1, max_size=5),
    k=st.integers(1, 4),
)
def test_on_a_straight_street_the_distance_is_the_difference(east, sites, k) -> None:
    found = ask(
        main_street(), [point(e, 0) for e in east], [point(s, 0) for s in sites], k=k, paths=False
    )
    for i, e in enumerate(east):
        gaps = sorted(gap for gap in (abs(e - s) for s in sites) if gap <= 5000 - 0.1)
        assert found.metres[found.place == i] == pytest.approx(gaps[:k], abs=0.05)


def test_ways_through_a_real_city_are_as_long_as_their_distances(wuhan: Network) -> None:
    random = np.random.default_rng(20261126)
    nodes = wuhan.node_lonlat
    at = nodes[random.integers(0, len(nodes), 260)] + random.uniform(-6e-4, 6e-4, (260, 2))
    points = list(shapely.points(at))
    for direction in Direction:
        found = ask(wuhan, points[:200], points[200:], k=3, direction=direction)
        assert len(found.place) > 400
        for way, metres in zip(found.geometry, found.metres, strict=True):
            assert abs(length_m(way) - metres) < 0.01
        # From the sites instead of from the places: the same nearest.
        few = ask(wuhan, points[:20], points[200:], k=3, direction=direction, paths=False)
        rows = found.place < 20
        assert few.site.tolist() == found.site[rows].tolist()
        assert few.cost_m == pytest.approx(found.cost_m[rows], abs=1e-6)
