"""Slope against ramps worked out by hand, noise, bridges and tunnels."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
import shapely.ops
from geopandas import GeoDataFrame
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.ndimage import gaussian_filter

from spatial.elevation import Elevation
from spatial.errors import InputError, UnknownCRSError
from spatial.network import Network
from spatial.network_building import build_network
from spatial.slope import (
    STEEPEST,
    counted_slope,
    measure_slopes,
    tobler_factor,
    with_slope,
    without_slope,
)

# A square of 6 km in the UTM zone whose middle meridian runs through it, where a metre of the
# grid is a metre on the ground to four parts in ten thousand.
UTM = "EPSG:32650"
EAST, NORTH = 500_000.0, 3_380_000.0
CELL_M = 30.0
CELLS = 200
TO_LONLAT = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)

Ground = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


def raster(ground: Ground, *, cell_m: float = CELL_M, cells: int = CELLS) -> Elevation:
    """Heights at the centres of cells; x east and y north from the south-west corner, metres."""
    at = (np.arange(cells) + 0.5) * cell_m
    x, y = np.meshgrid(at, at[::-1])
    heights = np.asarray(ground(x, y) + np.zeros_like(x))
    return Elevation(heights, (cell_m, 0, EAST, 0, -cell_m, NORTH + cells * cell_m), UTM)


def street(*points: tuple[float, float]) -> shapely.LineString:
    x, y = np.array(points, dtype=float).T
    lon, lat = TO_LONLAT.transform(EAST + x, NORTH + y)
    return shapely.LineString(np.column_stack([lon, lat]))


def streets(*lines: shapely.LineString, **columns: object) -> Network:
    return build_network(GeoDataFrame(columns, geometry=list(lines), crs="EPSG:4326"))


def factors(network: Network, elevation: Elevation) -> dict[str, tuple[float, float]]:
    """What each street costs eastwards and westwards, by its class."""
    slopes = measure_slopes(network, elevation)
    east = [line.coords[-1][0] > line.coords[0][0] for line in network.geometry]
    return {
        str(name): (ahead, back) if along else (back, ahead)
        for name, ahead, back, along in zip(
            network.highway, slopes.forward, slopes.backward, east, strict=True
        )
    }


def grid(spacing_m: float = 150.0, count: int = 30) -> Network:
    """A town of blocks, each street its own edge."""
    at = 700 + np.arange(count) * spacing_m
    lines = [street((a, c), (b, c)) for a, b in pairwise(at) for c in at]
    lines += [street((c, a), (c, b)) for a, b in pairwise(at) for c in at]
    return streets(*lines)


# --- the formula ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slope", "factor"),
    [
        (0.0, 1.0),
        (0.05, math.exp(0.175)),
        (0.10, math.exp(0.35)),
        (-0.05, 1.0),  # Tobler: 0.84
        (-0.10, 1.0),
        (-0.15, math.exp(0.175)),
        (-0.20, math.exp(0.35)),
        (math.nan, 1.0),
    ],
)
def test_the_factor_is_toblers_and_never_below_one(slope: float, factor: float) -> None:
    assert tobler_factor(np.array([slope]))[0] == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("slope", "counted"),
    [(0.0, 0.0), (0.02, 0.0), (0.03, 0.02), (0.04, 0.04), (0.1, 0.1), (0.3, 0.3), (5.0, 0.3)],
)
def test_little_slopes_count_as_flat_and_walls_as_the_steepest_street(
    slope: float, counted: float
) -> None:
    both = counted_slope(np.array([slope, -slope]))
    assert both == pytest.approx([counted, -counted], abs=1e-15)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_what_counts_grows_with_the_slope_and_does_not_jump(one: float, other: float) -> None:
    low, high = sorted((one, other))
    counted = counted_slope(np.array([low, high]))
    assert 0 <= counted[1] - counted[0] <= 2 * (high - low) + 1e-12


# --- ramps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [4.0, 5.0, 10.0, 20.0, 28.0])
@pytest.mark.parametrize("length_m", [3.0, 47.0, 800.0])
def test_a_ramp_costs_what_the_formula_says_both_ways(percent: float, length_m: float) -> None:
    s = percent / 100
    elevation = raster(lambda x, _: 100 + s * x)
    network = streets(street((2000, 3000), (2000 + length_m, 3000)), highway=["path"])

    up, down = factors(network, elevation)["path"]

    assert up == pytest.approx(math.exp(3.5 * s), rel=1e-3)
    assert down == pytest.approx(max(1.0, math.exp(3.5 * (abs(0.05 - s) - 0.05))), rel=1e-3)


def test_a_ramp_stays_one_at_the_border_of_the_raster_and_of_its_gaps() -> None:
    elevation = raster(lambda x, _: np.where((x > 2500) & (x < 3500), np.nan, 100 + 0.1 * x))
    network = streets(
        street((10, 3000), (300, 3000)),
        street((2300, 3000), (2495, 3000)),
        street((5700, 3000), (5990, 3000)),
        highway=["west", "gap", "east"],
    )

    for name, (up, down) in factors(network, elevation).items():
        assert up == pytest.approx(math.exp(0.35), rel=1e-3), name
        assert down == 1.0


def test_a_hill_costs_both_ways_and_is_added_up_along_the_street() -> None:
    # 10 % up for 1,500 m, then 5 % down: the ridge is rounded by the smoothing, no more.
    elevation = raster(lambda x, _: np.where(x < 3000, 0.1 * x, 300 - 0.05 * (x - 3000)))
    network = streets(street((1500, 3000), (3000, 3000), (4500, 3000)), highway=["path"])

    east, west = factors(network, elevation)["path"]

    assert east == pytest.approx((math.exp(0.35) + 1) / 2, rel=0.02)
    assert west == pytest.approx((1 + math.exp(0.175)) / 2, rel=0.02)


def test_a_street_across_the_slope_is_flat() -> None:
    network = streets(street((3000, 1000), (3000, 2000)))
    slopes = measure_slopes(network, raster(lambda x, _: 0.2 * x))
    assert slopes.forward.tolist() == slopes.backward.tolist() == [1.0]
    assert slopes.sloped_share == 0


def test_the_grid_of_degrees_gives_what_the_grid_of_metres_gives() -> None:
    def ground(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        return 100 + 30 * np.sin(x / 300) * np.cos(y / 400)

    metres = raster(ground)
    network = grid()
    west, south = network.coordinates.min(axis=0) - 0.005
    cell = 1 / 3600
    at = (np.arange(int(0.06 / cell)) + 0.5) * cell
    lon, lat = np.meshgrid(west + at, south + at[::-1])
    x, y = TO_LONLAT.transform(lon.ravel(), lat.ravel(), direction="INVERSE")
    heights = ground(np.asarray(x) - EAST, np.asarray(y) - NORTH).reshape(lon.shape)
    degrees = Elevation(heights, (cell, 0, west, 0, -cell, south + len(at) * cell), "EPSG:4326")

    one, other = measure_slopes(network, metres), measure_slopes(network, degrees)

    assert one.forward.max() > 1.1
    assert other.forward == pytest.approx(one.forward, abs=0.01)
    assert other.backward == pytest.approx(one.backward, abs=0.01)


# --- noise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell_m", [10.0, 30.0, 90.0])
def test_noise_of_a_metre_does_not_slow_flat_streets(cell_m: float) -> None:
    noise = np.random.default_rng(4).normal(size=(600, 600))
    elevation = raster(lambda x, _: 20 + noise[: len(x), : len(x)], cell_m=cell_m, cells=600)
    elevation = replace(elevation, heights_m=elevation.heights_m[-int(6000 / cell_m) - 1 :])
    top = NORTH + elevation.heights_m.shape[0] * cell_m
    elevation = replace(elevation, transform=(cell_m, 0, EAST, 0, -cell_m, top))

    slopes = measure_slopes(grid(), elevation)

    assert slopes.forward.mean() < 1.0001
    assert slopes.forward.max() < 1.02


def test_noise_that_neighbours_share_hardly_slows_flat_streets() -> None:
    noise = gaussian_filter(np.random.default_rng(4).normal(size=(CELLS, CELLS)), 2.0)
    elevation = raster(lambda *_: 20 + noise / noise.std())

    slopes = measure_slopes(grid(), elevation)

    assert slopes.forward.mean() < 1.001
    assert slopes.forward.max() < 1.15


# --- bridges and tunnels --------------------------------------------------------------------


def valley(x: NDArray[np.float64], _: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level ground with a valley of 200 m in width and 40 m in depth."""
    return 100 - 40.0 * ((x > 2900) & (x < 3100))


CROSSING = (
    street((2000, 3000), (2880, 3000)),
    street((2880, 3000), (3000, 3000)),
    street((3000, 3000), (3120, 3000)),
    street((3120, 3000), (4000, 3000)),
)
NAMES = ["west", "one", "two", "east"]


@pytest.mark.parametrize("structure", ["bridge", "tunnel"])
def test_over_a_valley_and_through_a_hill_it_is_flat(structure: str) -> None:
    sign = 1 if structure == "bridge" else -1
    elevation = raster(lambda x, y: sign * valley(x, y))
    over = streets(*CROSSING, highway=NAMES, structure=[None, structure, structure, None])
    across = streets(*CROSSING, highway=NAMES)

    flat = factors(over, elevation)

    assert flat["one"] == flat["two"] == (1.0, 1.0)
    # The approaches are level too, though the smoothed ground beside the valley is not.
    assert max(*flat["west"], *flat["east"]) < 1.01
    assert min(max(pair) for pair in factors(across, elevation).values()) > 1.02


def test_a_bridge_between_levels_has_the_slope_between_its_ends() -> None:
    elevation = raster(lambda x, y: 0.06 * x + valley(x, y))
    network = streets(*CROSSING, highway=NAMES, structure=[None, "bridge", "bridge", None])

    found = factors(network, elevation)

    for name in ("one", "two"):
        assert found[name] == (pytest.approx(math.exp(3.5 * 0.06), rel=0.01), 1.0)
    # Beside the valley the smoothed ground falls where the street rises: there it is level.
    for name in ("west", "east"):
        assert math.exp(3.5 * 0.06 * 0.85) < found[name][0] < math.exp(3.5 * 0.06 * 1.02)
        assert found[name][1] == 1.0


def test_a_bridge_does_not_hang_from_the_stairs_that_lead_down_from_it() -> None:
    network = streets(
        *CROSSING,
        street((3000, 3000), (3000, 2900)),
        highway=[*NAMES, "stairs"],
        structure=[None, "bridge", "bridge", None, None],
        steps=[False, False, False, False, True],
    )

    found = factors(network, raster(valley))

    assert found["one"] == found["two"] == found["stairs"] == (1.0, 1.0)


def test_a_bridge_that_joins_nothing_is_flat() -> None:
    network = streets(CROSSING[1], structure=["bridge"])
    slopes = measure_slopes(network, raster(lambda x, _: 0.2 * x))
    assert slopes.forward.tolist() == slopes.backward.tolist() == [1.0]


def test_stairs_do_not_pay_for_slope_twice() -> None:
    line = street((2000, 3000), (2030, 3000))
    elevation = raster(lambda x, _: 0.25 * x)
    assert factors(streets(line, highway=["a"]), elevation)["a"][0] > 2
    assert factors(streets(line, highway=["a"], steps=[True]), elevation)["a"] == (1.0, 1.0)


def test_where_many_streets_meet_near_a_bridge_none_is_steeper_than_the_ground() -> None:
    # Eleven streets that lead down from a square would pull it down, and the one that leads up
    # from it would be a wall.
    down = [
        street((2070, 3000), (2070 + 400 * math.cos(a), 3000 + 400 * math.sin(a)))
        for a in np.linspace(2.6, 3.7, 11)
    ]
    network = streets(
        *down,
        street((2070, 3000), (2470, 3000)),
        street((2000, 3000), (2070, 3000)),
        street((2000, 3000), (2000, 3040)),
        structure=[*[None] * 13, "bridge"],
    )

    slopes = measure_slopes(network, raster(lambda x, _: 0.1 * x))

    assert max(slopes.forward.max(), slopes.backward.max()) <= math.exp(0.35) * 1.001


# --- what is not known ----------------------------------------------------------------------


def test_streets_without_heights_are_flat_and_counted() -> None:
    elevation = raster(lambda x, _: np.where(x > 4000, np.nan, 0.1 * x))
    network = streets(
        street((1000, 3000), (3000, 3000)), street((4500, 3000), (4800, 3000)), highway=["a", "b"]
    )

    slopes = measure_slopes(network, elevation)

    assert slopes.unknown_m == pytest.approx(300, rel=1e-3)
    assert slopes.outside_m == 0
    assert slopes.length_m == pytest.approx(2300, rel=1e-3)
    assert factors(network, elevation)["b"] == (1.0, 1.0)


def test_a_raster_of_gaps_is_refused() -> None:
    elevation = raster(lambda x, _: np.where(x > 2000, np.nan, 0.1 * x))
    network = streets(street((1000, 3000), (2000, 3000)), street((3000, 3000), (4000, 3000)))
    with pytest.raises(InputError, match="has no height for 50 % of the street length"):
        measure_slopes(network, elevation)


def test_a_raster_of_part_of_the_city_is_refused_with_the_share() -> None:
    network = streets(street((1000, 3000), (2260, 3000)), street((6100, 3000), (6840, 3000)))
    with pytest.raises(InputError, match="37 % of the street length lies outside"):
        measure_slopes(network, raster(lambda x, _: x))


def test_a_few_streets_outside_are_flat_and_counted() -> None:
    network = streets(street((1000, 3000), (3000, 3000)), street((6100, 3000), (6150, 3000)))
    slopes = measure_slopes(network, raster(lambda x, _: 0.1 * x))
    assert slopes.outside_m == pytest.approx(50, rel=1e-3)
    assert np.isfinite(slopes.forward).all()


@pytest.mark.parametrize(
    ("heights", "transform", "crs", "error"),
    [
        (np.zeros((1, 9)), (30, 0, 0, 0, -30, 0), UTM, "fewer than 2 by 2"),
        (np.zeros((9, 9)), (0, 0, 0, 0, -30, 0), UTM, "no usable georeference"),
        (np.zeros((9, 9)), (900, 0, EAST, 0, -900, NORTH), UTM, "cells of 900 m"),
        (np.zeros((9, 9)), (1, 0, 114, 0, -1, 31), "EPSG:4326", "finer"),
    ],
)
def test_a_grid_that_cannot_tell_slopes_is_refused(
    heights: NDArray[np.float64], transform: tuple[float, ...], crs: str, error: str
) -> None:
    with pytest.raises(InputError, match=error):
        Elevation(heights, transform, crs)  # type: ignore[arg-type]


def test_a_system_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownCRSError):
        Elevation(np.zeros((9, 9)), (30, 0, EAST, 0, -30, NORTH), "EPSG:999999")


# --- networks -------------------------------------------------------------------------------


def test_slope_makes_another_version_and_leaving_it_out_the_first_one() -> None:
    network = streets(street((2000, 3000), (2500, 3000)))
    ramp = with_slope(network, raster(lambda x, _: 0.1 * x))

    assert ramp.has_slope
    assert ramp.version != network.version
    assert without_slope(ramp).version == network.version
    assert with_slope(network, raster(lambda x, _: 0 * x)).version == network.version
    assert with_slope(ramp, raster(lambda x, _: 0.1 * x)).version == ramp.version


coordinate = st.integers(500, 5500)
bent = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=5, unique=True)
HILLS = raster(
    lambda x, y: (
        60 * np.sin(x / 400) * np.cos(y / 300) + np.random.default_rng(1).normal(size=x.shape)
    )
)


@settings(max_examples=60)
@given(bent)
def test_no_street_costs_less_than_flat_and_turning_it_swaps_the_directions(
    points: list[tuple[float, float]],
) -> None:
    line = street(*points)
    there = measure_slopes(streets(line), HILLS)
    back = measure_slopes(streets(shapely.reverse(line)), HILLS)

    assert there.forward[0] >= 1
    assert there.backward[0] >= 1
    assert max(there.forward[0], there.backward[0]) <= math.exp(3.5 * STEEPEST)
    # A network turns its edges by itself, so that a line gives one edge whichever way it is drawn.
    assert back.forward == pytest.approx(there.forward, abs=1e-6)
    assert back.backward == pytest.approx(there.backward, abs=1e-6)
    # On the ground turned upside down, whoever walked up walks down.
    fallen = measure_slopes(streets(line), replace(HILLS, heights_m=-HILLS.heights_m))
    assert fallen.forward == pytest.approx(there.backward, abs=1e-6)
    assert fallen.backward == pytest.approx(there.forward, abs=1e-6)


# A bend between two samples is cut off, so that a street of bends is known less well than its
# parts: those here are a block apart.
corner = st.integers(5, 55).map(lambda blocks: 100 * blocks)
blocks = st.lists(st.tuples(corner, corner), min_size=2, max_size=4, unique=True)


@settings(max_examples=100)
@given(blocks, st.floats(0.02, 0.98))
def test_a_street_cut_in_two_costs_what_it_did(
    points: list[tuple[float, float]], share: float
) -> None:
    line = street(*points)
    cut = shapely.ops.substring(line, 0, share, normalized=True)
    rest = shapely.ops.substring(line, share, 1, normalized=True)
    whole, parts = streets(line), streets(cut, rest)
    assume(len(parts.u) == 2)  # of a street that doubles back on itself the halves are copies

    one, two = measure_slopes(whole, HILLS), measure_slopes(parts, HILLS)

    # The sum of both directions does not depend on which way an edge is kept.
    before = ((one.forward + one.backward) * whole.length_m).sum()
    after = ((two.forward + two.backward) * parts.length_m).sum()
    assert after == pytest.approx(before, rel=0.01 if len(points) == 2 else 0.05)
