"""What a walk pays for: one-way streets, stairs, crossings, lifts, slope; against NetworkX."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import line, point
from split_graph import split_graph, to_nearest

from spatial.errors import InputError, NetworkError
from spatial.network import Network
from spatial.network_building import build_network
from spatial.profiles import LEVEL, PROFILES, Impedance, Penalties, profile_at
from spatial.reach import Direction, nearest_walk
from spatial.snapping import snap


def streets(*lines: object, **columns: object) -> Network:
    return build_network(GeoDataFrame(columns, geometry=list(lines), crs="EPSG:4326"))


def metres(
    network: Network,
    place: object,
    site: object,
    impedance: Impedance = LEVEL,
    direction: Direction = Direction.TOWARD,
) -> float:
    graph = network.graph_for(impedance)
    found = nearest_walk(
        graph,
        places=snap(graph, np.array([place], dtype=object), limit_m=200.0),
        sites=snap(graph, np.array([site], dtype=object), limit_m=200.0),
        site_of=np.array([0]),
        direction=direction,
    )
    return float(found.metres[0])


# --- one-way ----------------------------------------------------------------------------------


def ring(**columns: object) -> Network:
    """Build a square of 100 m a side: its southern side first, then round by the east."""
    corners = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    sides = [line(a, b) for a, b in pairwise(corners)]
    return streets(*sides, **columns)


@pytest.mark.parametrize("drawn_backwards", [False, True])
def test_a_one_way_footway_is_walked_one_way(*, drawn_backwards: bool) -> None:
    # The southern side may be walked eastwards alone, however the line is drawn.
    columns = {"forward": [not drawn_backwards, True, True, True]}
    columns["backward"] = [drawn_backwards, True, True, True]
    lines = [line((100, 0), (0, 0)) if drawn_backwards else line((0, 0), (100, 0))]
    lines += [line((100, 0), (100, 100)), line((100, 100), (0, 100)), line((0, 100), (0, 0))]
    network = streets(*lines, **columns)
    west, east = point(20), point(80)
    assert metres(network, west, east) == pytest.approx(60, abs=0.01)
    assert metres(network, east, west) == pytest.approx(340, abs=0.02)
    assert metres(network, west, east, direction=Direction.AWAY) == pytest.approx(340, abs=0.02)
    assert metres(network, east, west, direction=Direction.AWAY) == pytest.approx(60, abs=0.01)


def test_the_end_of_a_one_way_street_is_reached_without_walking_it() -> None:
    # A place at the very beginning of a street it may not walk up is at the junction.
    network = streets(
        line((0, 0), (100, 0)), line((0, 0), (0, 100)), forward=[False, True], backward=[True, True]
    )
    assert metres(network, point(0), point(0, 50)) == pytest.approx(50, abs=0.01)
    assert np.isinf(metres(network, point(0), point(50)))


def test_a_street_closed_both_ways_is_left_out_and_counted() -> None:
    network = streets(
        line((0, 0), (100, 0)),
        line((0, 0), (0, 100)),
        forward=[False, True],
        backward=[False, True],
    )
    assert len(network.u) == 1
    assert network.left_out["closed_to_foot"] == 1


# --- stairs, crossings, lifts, slope ----------------------------------------------------------


def test_stairs_are_closed_to_a_wheelchair_and_open_to_others() -> None:
    network = ring(steps=[True, False, False, False])
    places = point(0, 10), point(100, 10)
    assert metres(network, *places) == pytest.approx(120, abs=0.02)
    assert metres(network, *places, PROFILES["wheelchair"].impedance) == pytest.approx(
        280, abs=0.05
    )


def test_a_wheelchair_does_not_join_the_streets_at_stairs() -> None:
    network = ring(steps=[True, False, False, False])
    graph = network.graph_for(PROFILES["wheelchair"].impedance)
    joined = snap(graph, np.array([point(30, -5)], dtype=object), limit_m=200.0)
    # The western side, 30 m away, not the stairs 5 m away.
    assert joined.connector_m[0] == pytest.approx(np.hypot(30, 5), abs=0.01)


def test_penalties_are_counted_in_metres_of_the_profile() -> None:
    network = ring(steps=[True, False, False, False], crossings=[0, 1, 0, 0], lifts=[0, 0, 0, 0.5])
    penalties = Penalties(
        step_seconds_per_m=Fraction(1, 2), crossing_seconds=Fraction(30), lift_seconds=Fraction(60)
    )
    elderly = profile_at("elderly", penalties=penalties)
    speed = float(elderly.speed_m_per_s)
    south = metres(network, point(0), point(100), elderly.impedance)
    assert south == pytest.approx(100 + 100 * 0.5 * speed, abs=0.02)
    east = metres(network, point(100, 0), point(100, 100), elderly.impedance)
    assert east == pytest.approx(100 + 30 * speed, abs=0.02)
    west = metres(network, point(0), point(0, 100), elderly.impedance)
    assert west == pytest.approx(100 + 30 * speed, abs=0.02)


def test_slope_costs_in_its_direction_only() -> None:
    network = streets(line((100, 0), (0, 0)), slope_forward=[1.5], slope_backward=[1.0])
    assert metres(network, point(80), point(20)) == pytest.approx(90, abs=0.02)
    assert metres(network, point(20), point(80)) == pytest.approx(60, abs=0.02)


def test_without_slope_and_penalties_the_cost_is_the_length_to_the_bit() -> None:
    network = ring(steps=[True] * 4, crossings=[3] * 4, lifts=[1] * 4)
    assert (network.graph.forward_m == network.length_m).all()
    assert (network.graph.backward_m == network.length_m).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"forward": ["maybe"]}, "row 1, field forward: 'maybe' is not a yes or no"),
        ({"crossings": [-1]}, "row 1, field crossings: -1 is not a number from 0 up"),
        ({"lifts": ["two"]}, "row 1, field lifts: 'two' is not a number"),
        ({"slope_forward": [0.9]}, "row 1, field slope_forward: 0.9 is not a number from 1 up"),
        ({"structure": ["viaduct"]}, "row 1, field structure: 'viaduct' is neither"),
    ],
)
def test_a_trait_that_is_none_is_named(columns: dict[str, object], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        streets(line((0, 0), (100, 0)), **columns)


@pytest.mark.parametrize(
    ("name", "speed", "message"),
    [
        ("runner", None, "there is no profile 'runner'; known are adult"),
        ("adult", Fraction(0), "speed: 0 is not between"),
        ("adult", Fraction(20), "speed: 20 is not between"),
    ],
)
def test_a_profile_that_is_none_is_named(name: str, speed: Fraction | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        profile_at(name, speed_m_per_s=speed)


def test_profiles_are_exact() -> None:
    minutes = {name: profile.limit_m(Fraction(15)) for name, profile in PROFILES.items()}
    assert minutes == {"adult": 1080, "adult_with_child": 1000, "elderly": 800, "wheelchair": 630}
    with pytest.raises(InputError, match="crossing_seconds: 601 is not between"):
        Penalties(crossing_seconds=Fraction(601))


# --- against NetworkX -------------------------------------------------------------------------

_TRAITS = st.tuples(
    st.sampled_from([(True, True), (True, False), (False, True)]),
    st.booleans(),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([1.0, 1.25, 2.0]),
    st.sampled_from([1.0, 1.5]),
)
_SPOT = st.tuples(st.integers(-2, 32), st.integers(-2, 32))


@settings(max_examples=60)
@given(
    traits=st.lists(_TRAITS, min_size=24, max_size=24),
    places=st.lists(_SPOT, min_size=1, max_size=6),
    sites=st.lists(_SPOT, min_size=1, max_size=4),
    direction=st.sampled_from(Direction),
    profile=st.sampled_from(["adult", "wheelchair"]),
    penalised=st.booleans(),
)
def test_equals_networkx_on_any_grid(
    *,
    traits: list[tuple[tuple[bool, bool], bool, float, float, float]],
    places: list[tuple[int, int]],
    sites: list[tuple[int, int]],
    direction: Direction,
    profile: str,
    penalised: bool,
) -> None:
    steps = range(0, 400, 100)
    lines = [line((x, y), (x + 100, y)) for x in steps[:-1] for y in steps]
    lines += [line((x, y), (x, y + 100)) for x in steps for y in steps[:-1]]
    ways, stairs, crossings, up, down = zip(*traits, strict=True)
    network = streets(
        *lines,
        forward=[way[0] for way in ways],
        backward=[way[1] for way in ways],
        steps=list(stairs),
        crossings=list(crossings),
        slope_forward=list(up),
        slope_backward=list(down),
    )
    lost = Penalties(Fraction(1), Fraction(20), Fraction(0)) if penalised else Penalties()
    graph = network.graph_for(profile_at(profile, penalties=lost).impedance)
    spots = [
        np.array([point(10 * x, 10 * y) for x, y in at], dtype=object) for at in (places, sites)
    ]
    homes, doors = (snap(graph, at, limit_m=200.0) for at in spots)
    found = nearest_walk(
        graph,
        places=homes,
        sites=doors,
        site_of=np.arange(len(sites)),
        limit_m=1e6,
        direction=direction,
    )
    walked = split_graph(graph, place=homes, site=doors)
    if direction is Direction.AWAY:
        walked = walked.reverse()
    expected = to_nearest(walked, places=len(places), sites=len(sites))
    expected[~homes.on_network] = np.nan
    assert found.metres == pytest.approx(expected, abs=1e-6, nan_ok=True)
