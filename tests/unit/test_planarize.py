import itertools
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import line

from spatial.network_building import build_network
from spatial.planarize import planarize

WUHAN = Path(__file__).resolve().parents[2] / "seed" / "wuhan" / "streets.parquet"


def metres(*lines: list[tuple[float, float]], **columns: object) -> GeoDataFrame:
    return GeoDataFrame(columns, geometry=[shapely.LineString(xy) for xy in lines], crs="EPSG:4547")


def graph_of(lines: object, *, decimals: int = 6) -> nx.Graph:
    """Lines as a graph of their ends, of parallel ones the shortest."""
    graph: nx.Graph = nx.Graph()
    for shape in lines:
        ends = [tuple(np.round(shape.coords[i], decimals) + 0.0) for i in (0, -1)]
        known = graph.get_edge_data(*ends, default={"weight": np.inf})
        graph.add_edge(*ends, weight=min(shape.length, known["weight"]))
    return graph


def meet(lines: GeoDataFrame) -> bool:
    return nx.number_connected_components(graph_of(planarize(lines).lines.geometry)) == 1


def test_a_crossing_becomes_a_shared_end() -> None:
    result = planarize(metres([(0, 0), (10, 0)], [(4, -3), (4, 3)]))
    assert [shape.wkt for shape in result.lines.geometry] == [
        "LINESTRING (0 0, 4 0)",
        "LINESTRING (4 0, 10 0)",
        "LINESTRING (4 -3, 4 0)",
        "LINESTRING (4 0, 4 3)",
    ]
    assert result.parent.tolist() == [0, 0, 1, 1]
    assert (result.cut, result.places) == (2, 1)


def test_lines_that_meet_at_ends_already_are_left_as_they_are() -> None:
    lines = metres([(0, 0), (10, 0)], [(10, 0), (10, 9)], [(10, 0), (20, 1), (30, 0)])
    result = planarize(lines)
    assert result.cut == result.places == 0
    assert shapely.equals_exact(result.lines.geometry.array, lines.geometry.array).all()


@pytest.mark.parametrize(("gap_m", "joined"), [(0.0, True), (0.009, True), (0.011, False)])
def test_an_end_on_another_line_splits_it_within_the_tolerance(
    gap_m: float, *, joined: bool
) -> None:
    lines = metres([(0, 0), (10, 0)], [(4, 5), (4, gap_m)])
    result = planarize(lines)
    assert meet(lines) is joined
    assert result.cut == joined
    if joined:
        # The end stays where it is; the line is bent to it.
        assert result.lines.geometry.iloc[0].coords[-1] == (4, gap_m)


@pytest.mark.parametrize(("gap_m", "joined"), [(0.009, True), (0.011, False)])
def test_ends_are_moved_together_within_the_tolerance(gap_m: float, *, joined: bool) -> None:
    assert meet(metres([(0, 0), (10, 0)], [(10, gap_m), (10, 9)])) is joined


def test_a_tolerance_in_metres_holds_in_degrees() -> None:
    for gap_m, joined in ((0.009, 3), (0.012, 1)):
        lines = GeoDataFrame(
            geometry=[line((0, 0), (100, 0)), line((40, gap_m), (40, 50))], crs="EPSG:4326"
        )
        assert len(planarize(lines).lines) == (3 if joined == 3 else 2)


@pytest.mark.parametrize(
    ("columns", "joined"),
    [
        ({"structure": [None, "bridge"]}, False),
        ({"structure": ["bridge", "bridge"]}, True),
        ({"structure": ["tunnel", "bridge"]}, False),
        ({"bridge": ["no", "yes"]}, False),
        ({"bridge": ["F", None]}, True),
        ({"layer": ["0", None]}, True),
        ({"layer": [1, 1.0]}, True),
        ({"layer": ["1", "-1"]}, False),
        ({"level": ["0;1", "1;0"]}, True),
        ({"level": ["0", "1"]}, False),
    ],
)
def test_lines_meet_at_their_own_height(columns: dict[str, object], *, joined: bool) -> None:
    crossing = metres([(0, 0), (10, 0)], [(4, -3), (4, 3)], **columns)
    touching = metres([(0, 0), (10, 0)], [(4, 0), (4, 3)], **columns)
    ends = metres([(0, 0), (10, 0)], [(10, 0), (10, 3)], **columns)
    assert meet(crossing) is joined
    assert meet(touching) is joined
    assert meet(ends)


def test_crossings_above_one_another_do_not_become_one_place() -> None:
    cross = ([(0, 0), (10, 0)], [(4, -3), (4, 3)])
    other = ([(1, -1), (7, 1)], [(3, -1), (5, 1)])
    lines = metres(*cross, *other, level=["0", "0", "1", "1"])
    parts = planarize(lines).lines
    assert len(parts) == 8
    # As a network sees it, whose nodes are about a millimetre wide.
    network = build_network(parts)
    graph = nx.Graph(zip(network.u.tolist(), network.v.tolist(), strict=True))
    assert sorted(map(len, nx.connected_components(graph))) == [5, 5]


def test_a_place_of_two_heights_keeps_the_ends_that_were_common_before() -> None:
    # A bridge that ends where the street beneath it ends, and crosses another bridge.
    lines = metres(
        [(0, 0), (10, 0)],
        [(10, 0), (20, 0)],
        [(15, -5), (15, 5)],
        structure=[None, "bridge", "bridge"],
    )
    assert meet(lines)
    assert planarize(lines).cut == 2


def test_parts_carry_what_their_line_says() -> None:
    lines = metres(
        [(0, 0), (10, 0)],
        [(2.5, -3), (2.5, 3)],
        highway=["steps", "path"],
        crossings=[1.0, 0.0],
        lifts=[0.5, 2.0],
        cut_start=[True, False],
        cut_end=[True, True],
        slope_forward=[1.25, 1.0],
        forward=[False, True],
    )
    parts = planarize(lines).lines
    assert parts["highway"].tolist() == ["steps", "steps", "path", "path"]
    assert parts["crossings"].tolist() == [0.25, 0.75, 0, 0]
    assert parts["lifts"].tolist() == [0.125, 0.375, 1, 1]
    assert parts["cut_start"].tolist() == [True, False, False, False]
    assert parts["cut_end"].tolist() == [False, True, False, True]
    assert parts["slope_forward"].tolist() == [1.25, 1.25, 1, 1]
    assert parts["forward"].tolist() == [False, False, True, True]


def test_of_several_lines_in_one_row_the_outer_ends_are_the_true_ones() -> None:
    both = shapely.MultiLineString([[(0, 0), (10, 0)], [(10, 0), (10, 30)]])
    lines = metres([(-5, 0), (-5, 1)], cut_start=[True], cut_end=[True], crossings=[4.0])
    lines.loc[0, "geometry"] = both
    parts = planarize(lines).lines
    assert parts["cut_start"].tolist() == [True, False]
    assert parts["cut_end"].tolist() == [False, True]
    assert parts["crossings"].tolist() == [1, 3]


def test_overlaps_become_copies_that_a_network_takes_once() -> None:
    lines = metres(
        [(0, 0), (10, 0)], [(4, 0), (6, 0), (14, 0)], [(0, 0), (10, 0)], [(10, 0), (0, 0)]
    )
    network = build_network(planarize(lines).lines)
    assert network.length_m.sum() == pytest.approx(14, rel=1e-2)
    assert network.left_out["copies"] > 0
    assert len(network.node_lonlat) == len(network.u) + 1


def test_a_line_that_crosses_itself_is_cut_there() -> None:
    loop = metres([(0, 0), (10, 0), (10, 5), (5, 5), (5, -5)])
    graph = graph_of(planarize(loop).lines.geometry)
    assert graph.degree((5.0, 0.0)) == 4
    assert nx.shortest_path_length(graph, (0, 0), (5, -5), weight="weight") == pytest.approx(10)


def test_a_ring_and_a_line_of_no_length_survive() -> None:
    lines = metres([(0, 0), (1, 0), (1, 1), (0, 0)], [(3, 3), (3, 3)])
    lines.loc[2] = [None]
    lines.loc[3] = [shapely.LineString()]
    result = planarize(lines)
    assert len(result.lines) == 4
    assert result.parent.tolist() == [0, 1, 2, 3]
    assert build_network(result.lines).left_out["empty"] == 2


def test_nothing_is_split_into_nothing() -> None:
    assert len(planarize(GeoDataFrame(geometry=[], crs="EPSG:4326")).lines) == 0
    assert len(planarize(GeoDataFrame(geometry=[None], crs="EPSG:4326")).lines) == 1


POINT = st.tuples(st.integers(0, 6), st.integers(0, 6))
LINE = st.lists(POINT, min_size=2, max_size=4).filter(
    lambda xy: all(a != b for a, b in itertools.pairwise(xy))
)


@settings(deadline=None, max_examples=100)
@given(st.lists(LINE, min_size=1, max_size=8))
def test_planarized_lines_reach_what_noded_lines_reach(drawn: list[list[tuple[int, int]]]) -> None:
    lines = metres(*[[(10.0 * x, 10.0 * y) for x, y in xy] for xy in drawn])
    ours = graph_of(planarize(lines).lines.geometry, decimals=4)
    noded = shapely.get_parts(shapely.node(shapely.union_all(lines.geometry.array)))
    expected = graph_of(noded, decimals=4)
    assert nx.number_connected_components(ours) == nx.number_connected_components(expected)
    # Nodes of degree two are where a line was cut or drawn, and may differ.
    places = sorted(set(ours) & {n for n in expected if expected.degree(n) != 2})
    assert {n for n in expected if expected.degree(n) > 2} <= set(ours)
    for source in places[:4]:
        mine = nx.single_source_dijkstra_path_length(ours, source, weight="weight")
        theirs = nx.single_source_dijkstra_path_length(expected, source, weight="weight")
        assert [mine.get(n) for n in places] == pytest.approx(
            [theirs.get(n) for n in places], abs=1e-3
        )


@settings(deadline=None, max_examples=60)
@given(st.lists(LINE, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(
    drawn: list[list[tuple[int, int]]], random: object
) -> None:
    mixed = list(drawn)
    random.shuffle(mixed)
    networks = []
    for xy in (drawn, mixed):
        shapes = [line(*[(100.0 * x, 100.0 * y) for x, y in one]) for one in xy]
        parts = planarize(GeoDataFrame(geometry=shapes, crs="EPSG:4326")).lines
        networks.append(build_network(parts))
    assert len(networks[0].node_lonlat) == len(networks[1].node_lonlat)
    assert len(networks[0].u) == len(networks[1].u)


def test_planarizing_twice_changes_nothing() -> None:
    streets = gpd.read_parquet(WUHAN).set_crs("EPSG:32650", allow_override=True)
    part = streets.cx[streets.total_bounds[0] : streets.geometry.iloc[0].coords[0][0], :]
    some = part.iloc[:4000]
    once = planarize(some)
    assert once.cut > 0
    assert len(planarize(once.lines).lines) == len(once.lines)
