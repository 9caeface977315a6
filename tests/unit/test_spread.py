"""Reached parts of streets against NetworkX on the same streets, split finely by hand."""

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planning import line, main_street, point, street
from pyproj import Geod

from spatial.network import Network
from spatial.network_building import build_network
from spatial.reach import Direction
from spatial.snapping import Snap, snap
from spatial.spread import Spread, spread_from


def spread(
    network: Network,
    *origins: shapely.Geometry,
    limit_m: float,
    direction: Direction = Direction.AWAY,
) -> Spread:
    doors = snap(network.graph, np.array(origins, dtype=object), limit_m=200.0)
    return spread_from(network.graph, doors, limit_m=limit_m, direction=direction)


def oracle(
    network: Network, doors: Snap, edge: int, fraction: float, direction: Direction
) -> float:
    """Split the edges at the doors and at one place, and ask NetworkX for the way between."""
    graph: nx.DiGraph[object] = nx.DiGraph()
    graph.add_nodes_from(["origin", "place"])
    stops: dict[int, list[tuple[float, object]]] = {edge: [(fraction, "place")]}
    for number, (at, share, connector_m) in enumerate(
        zip(doors.edge.tolist(), doors.fraction.tolist(), doors.connector_m.tolist(), strict=True)
    ):
        stops.setdefault(at, []).append((share, ("door", number)))
        graph.add_edge("origin", ("door", number), weight=connector_m)
        graph.add_edge(("door", number), "origin", weight=connector_m)
    forward, backward = network.graph.forward_m, network.graph.backward_m
    for number, (u, v) in enumerate(zip(network.u.tolist(), network.v.tolist(), strict=True)):
        own = sorted(stops.get(number, []), key=lambda stop: stop[0])
        for (a, start), (b, end) in pairwise([(0.0, u), *own, (1.0, v)]):
            for one, other, cost in (
                (start, end, forward[number]),
                (end, start, backward[number]),
            ):
                # No stretch at all may be walked even where the street is one-way.
                weight = (b - a) * cost if b > a else 0.0
                known = graph.get_edge_data(one, other)
                if np.isfinite(weight) and (known is None or known["weight"] > weight):
                    graph.add_edge(one, other, weight=weight)
    ends = ("origin", "place") if direction is Direction.AWAY else ("place", "origin")
    try:
        return float(nx.dijkstra_path_length(graph, *ends))
    except nx.NetworkXNoPath:
        return float("inf")


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_reached_parts_of_random_grids_equal_networkx(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 3))
    cells = [(x, y) for x in range(size) for y in range(size)]
    pairs = [
        (a, b) for a in cells for b in cells if a < b and abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1
    ]
    kept = data.draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    factor = st.floats(1.0, 2.0)
    ways = st.sampled_from([(True, True), (True, False), (False, True)])
    rows = [(*data.draw(ways), data.draw(factor), data.draw(factor)) for _ in kept]
    frame = gpd.GeoDataFrame(
        rows,
        columns=["forward", "backward", "slope_forward", "slope_backward"],
        geometry=[line((a[0] * 150, a[1] * 150), (b[0] * 150, b[1] * 150)) for a, b in kept],
        crs="EPSG:4326",
    )
    network = build_network(frame)
    metre = st.floats(-50, 150 * size)
    spots = st.tuples(metre, metre).map(lambda xy: point(*xy))
    origins = data.draw(st.lists(spots, min_size=1, max_size=3))
    direction = data.draw(st.sampled_from(list(Direction)))
    limit_m = data.draw(st.floats(20, 600))
    walked = spread(network, *origins, limit_m=limit_m + 100, direction=direction)
    parts = walked.reached(limit_m)
    assert (parts.start < parts.end).all()
    for edge in range(len(network.u)):
        own = np.flatnonzero(parts.edge == edge)
        for fraction in (0.03, 0.21, 0.5, 0.77, 0.96):
            expected = oracle(network, walked.entrances, edge, fraction, direction)
            inside = bool(((parts.start[own] <= fraction) & (fraction <= parts.end[own])).any())
            if abs(expected - limit_m) > 1e-6:
                assert inside == (expected <= limit_m)
            if expected <= limit_m:
                found = walked.street_m(np.array([edge]), np.array([fraction]))[0]
                assert found == pytest.approx(expected, abs=1e-6)


def test_partial_edges_are_cut_where_the_limit_is() -> None:
    network = street(line((0, 0), (1000, 0)))
    walked = spread(network, point(500, 30), limit_m=130.0)
    parts = walked.reached(130.0)
    assert parts.length_m(network.length_m) == pytest.approx(200, abs=0.05)
    (cut,) = parts.lines(network.index, network.coordinates)
    ends = shapely.get_coordinates(cut)[[0, -1]]
    expected = shapely.get_coordinates([point(400), point(600)])
    assert np.abs(ends - expected).max() < 1e-6


def test_lines_of_parts_follow_the_bends() -> None:
    network = street(line((0, 0), (100, 0), (100, 100), (300, 100)))
    parts = spread(network, point(100, 50), limit_m=120.0).reached(120.0)
    (cut,) = parts.lines(network.index, network.coordinates)
    assert len(cut.coords) == 4
    assert Geod(ellps="WGS84").geometry_length(cut) == pytest.approx(240, abs=0.05)
    assert parts.length_m(network.length_m) == pytest.approx(240, abs=0.05)


def test_a_street_entered_from_both_ends_has_two_parts() -> None:
    ring = street(line((0, 0), (0, 100)), line((0, 0), (400, 0), (400, 100), (0, 100)))
    parts = spread(ring, point(0, 50), limit_m=150.0).reached(150.0)
    assert np.bincount(parts.edge).tolist() in ([1, 2], [2, 1])
    assert parts.length_m(ring.length_m) == pytest.approx(300, abs=0.1)


def test_one_way_streets_are_reached_the_way_they_go() -> None:
    frame = gpd.GeoDataFrame(
        {"backward": [True, False]},
        geometry=[line((0, 0), (100, 0)), line((100, 0), (300, 0))],
        crs="EPSG:4326",
    )
    network = build_network(frame)
    for direction, expected_m in ((Direction.AWAY, 100 + 150), (Direction.TOWARD, 100)):
        walked = spread(network, point(50), limit_m=200.0, direction=direction)
        length_m = walked.reached(200.0).length_m(network.length_m)
        assert length_m == pytest.approx(expected_m, abs=0.05)


def test_an_origin_that_joins_nothing_reaches_nothing() -> None:
    walked = spread(main_street(), point(0, 300), limit_m=500.0)
    assert len(walked.reached(500.0).edge) == 0
