"""User-drawn barriers: streets cut, connectors refused, nothing else changed."""

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from planning import line, point, square, street
from split_graph import split_graph, to_nearest

from spatial.barriers import with_barriers
from spatial.errors import InputError, NetworkError, UnknownCRSError
from spatial.network import Network
from spatial.network_building import build_network
from spatial.network_files import load_network, save_network
from spatial.reach import nearest_walk
from spatial.snapping import snap


def walls(*shapes: object) -> GeoDataFrame:
    return GeoDataFrame(geometry=list(shapes), crs="EPSG:4326")


def walked_m(network: Network, place: object, site: object) -> float:
    graph = network.graph
    ends = [snap(graph, np.array([at], dtype=object), limit_m=200.0) for at in (place, site)]
    found = nearest_walk(graph, places=ends[0], sites=ends[1], site_of=np.array([0]))
    return float(found.metres[0])


def ladder() -> Network:
    """Build two streets of 400 m, 100 m apart, joined by rungs at 0 and 400 m."""
    return street(
        line((0, 0), (400, 0)),
        line((0, 100), (400, 100)),
        line((0, 0), (0, 100)),
        line((400, 0), (400, 100)),
    )


def test_a_line_cuts_the_street_it_crosses() -> None:
    barred = with_barriers(ladder(), walls(line((200, -10), (200, 10))))
    assert walked_m(ladder(), point(150), point(250)) == pytest.approx(100, abs=0.01)
    assert walked_m(barred, point(150), point(250)) == pytest.approx(150 + 600 + 150, abs=0.05)
    # Either stub can still be walked up to the barrier.
    assert walked_m(barred, point(150), point(199)) == pytest.approx(49, abs=0.01)
    assert barred.length_m.sum() == pytest.approx(ladder().length_m.sum(), abs=1e-6)


def test_a_polygon_takes_the_street_inside_out_and_shuts_who_is_inside_in() -> None:
    inside = square(200, 0, 50)
    barred = with_barriers(ladder(), walls(inside))
    assert barred.length_m.sum() == pytest.approx(1000 - 50, abs=0.01)
    joined = snap(barred.graph, np.array([point(200)], dtype=object), limit_m=200.0)
    assert not joined.on_network[0]


def test_a_junction_on_a_barrier_is_taken_apart() -> None:
    cross = street(
        line((0, 0), (100, 0)),
        line((100, 0), (200, 0)),
        line((100, 0), (100, 100)),
        line((100, -100), (100, 0)),
    )
    barred = with_barriers(cross, walls(line((90, -10), (100, 0), (110, 10))))
    assert walked_m(cross, point(50), point(150)) == pytest.approx(100, abs=0.01)
    assert np.isinf(walked_m(barred, point(50), point(150)))
    assert len(barred.u) == 4


def test_no_connector_crosses_a_barrier() -> None:
    # The street 20 m to the south is behind the wall, the one 80 m to the north is not.
    barred = with_barriers(ladder(), walls(line((100, 10), (300, 10))))
    place = np.array([point(200, 20)], dtype=object)
    assert snap(ladder().graph, place, limit_m=200.0).connector_m[0] == pytest.approx(20, abs=0.01)
    joined = snap(barred.graph, place, limit_m=200.0)
    assert joined.connector_m[0] == pytest.approx(80, abs=0.01)
    house = np.array([square(200, 20, 5)], dtype=object)
    assert snap(barred.graph, house, limit_m=200.0).connector_m[0] == pytest.approx(77.5, abs=0.01)


def test_barriers_add_up_and_change_the_version() -> None:
    first, second = line((200, -10), (200, 10)), line((200, 90), (200, 110))
    one = with_barriers(ladder(), walls(first))
    both = with_barriers(one, walls(second))
    assert len({ladder().version, one.version, both.version}) == 3
    assert np.isinf(walked_m(both, point(150), point(250)))
    assert (
        both.version == with_barriers(with_barriers(ladder(), walls(second)), walls(first)).version
    )
    # Cut once, an end stays cut though the other stub ends at the same place.
    assert walked_m(both, point(150, 100), point(150)) == pytest.approx(400, abs=0.05)


def test_what_bars_nothing_changes_nothing() -> None:
    network = ladder()
    assert with_barriers(network, walls()) is network
    assert with_barriers(network, walls(None, shapely.Polygon())) is network
    aside = with_barriers(network, walls(line((0, 300), (9, 300))))
    assert (aside.length_m == network.length_m).all()


def test_traits_go_with_the_parts() -> None:
    network = build_network(
        GeoDataFrame(
            {"crossings": [1.0], "steps": [True], "structure": ["bridge"]},
            geometry=[line((0, 0), (100, 0))],
            crs="EPSG:4326",
        )
    )
    barred = with_barriers(network, walls(line((25, -5), (25, 5))))
    assert sorted(barred.traits.crossings) == pytest.approx([0.25, 0.75], abs=1e-4)
    assert barred.traits.steps.all()
    assert (barred.traits.structure == 1).all()


def test_a_barred_network_survives_files(tmp_path) -> None:
    barred = with_barriers(ladder(), walls(line((200, -10), (200, 10)), square(0, 0, 9)))
    save_network(barred, tmp_path)
    mapped = load_network(tmp_path)
    assert mapped.version == barred.version
    assert shapely.equals_exact(mapped.barriers, barred.barriers).all()
    assert walked_m(mapped, point(150), point(250)) == walked_m(barred, point(150), point(250))


def test_barriers_in_another_system_are_brought_over() -> None:
    local = walls(line((200, -10), (200, 10))).to_crs("EPSG:4547")
    barred = with_barriers(ladder(), local)
    assert walked_m(barred, point(150), point(250)) == pytest.approx(900, abs=0.05)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (shapely.Point(1, 2), "barriers, row 1, field geometry: a Point; a barrier is a line or"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "not valid \\(Self-intersection"),
    ],
)
def test_what_is_no_barrier_is_named(shape: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_barriers(ladder(), walls(shape))


def test_barriers_without_a_system_or_a_street_left() -> None:
    with pytest.raises(UnknownCRSError):
        with_barriers(ladder(), GeoDataFrame(geometry=[line((0, 0), (1, 1))]))
    with pytest.raises(NetworkError, match="leave no street"):
        with_barriers(ladder(), walls(square(200, 50, 900)))


_SPOT = st.tuples(st.integers(1, 299), st.integers(1, 299))


@given(
    drawn=st.lists(st.tuples(_SPOT, _SPOT).filter(lambda ends: ends[0] != ends[1]), max_size=4),
    places=st.lists(_SPOT, min_size=1, max_size=5),
    sites=st.lists(_SPOT, min_size=1, max_size=3),
)
def test_equals_networkx_and_crosses_no_wall(
    drawn: list[tuple[tuple[int, int], tuple[int, int]]],
    places: list[tuple[int, int]],
    sites: list[tuple[int, int]],
) -> None:
    steps = range(0, 400, 100)
    lines = [line((x, y), (x + 100, y)) for x in steps[:-1] for y in steps]
    lines += [line((x, y), (x, y + 100)) for x in steps for y in steps[:-1]]
    plain = street(*lines)
    wall = walls(*[line(a, b) for a, b in drawn])
    barred = with_barriers(plain, wall)
    homes, doors = (
        np.array([point(*at) for at in spots], dtype=object) for spots in (places, sites)
    )
    for network in (plain, barred):
        graph = network.graph
        ends = [snap(graph, at, limit_m=200.0) for at in (homes, doors)]
        found = nearest_walk(
            graph, places=ends[0], sites=ends[1], site_of=np.arange(len(sites)), limit_m=1e6
        )
        expected = to_nearest(
            split_graph(graph, place=ends[0], site=ends[1]), places=len(places), sites=len(sites)
        )
        expected[~ends[0].on_network] = np.nan
        assert found.metres == pytest.approx(expected, abs=1e-6, nan_ok=True)
    # What is left of the streets stays on one side of every wall: shortened by a millimetre at
    # either end it touches none.
    inner = shapely.line_interpolate_point(
        barred.geometry[:, np.newaxis], np.linspace(0.001, 0.999, 9), normalized=True
    )
    middles = shapely.linestrings(
        np.stack([shapely.get_coordinates(inner[:, 0]), shapely.get_coordinates(inner[:, -1])], 1)
    )
    for shape in wall.geometry:
        assert not shapely.crosses(middles, shape).any()
