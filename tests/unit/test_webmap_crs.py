"""GCJ-02 and BD-09 against published vectors, 331 cities and an independent implementation."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from spatial.crs import geodesic_m
from spatial.webmap_crs import (
    CHINA_LAT,
    CHINA_LON,
    WebMap,
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_china,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "crs" / "test_vectors.json"
Convert = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# WGS 84 and GCJ-02, longitude first: the three pairs of eviltransform's tests (googollee).
EXACT = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
# Places in China, away from the edge of the box by more than BD-09 displaces.
places = st.tuples(st.floats(73.5, 135.1), st.floats(3.4, 53.6))


def one(lon: float, lat: float) -> NDArray[np.float64]:
    return np.array([[lon, lat]])


@pytest.mark.parametrize(("wgs84", "gcj02"), EXACT)
def test_published_vectors(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert np.abs(wgs84_to_gcj02(one(*wgs84)) - gcj02).max() < 1e-9
    assert np.abs(gcj02_to_wgs84(one(*gcj02)) - wgs84).max() < 1e-9


def test_one_point_of_another_implementation() -> None:
    # coordtransform's test of 116.404, 39.915 (wandergis).
    point = one(116.404, 39.915)
    assert np.abs(wgs84_to_gcj02(point) - [116.41024449916938, 39.91640428150164]).max() < 1e-9
    assert np.abs(gcj02_to_bd09(point) - [116.41036949371029, 39.92133699351021]).max() < 1e-9


@pytest.mark.shared
def test_all_exact_vectors_and_331_cities() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    for wgs84, gcj02 in vectors["wgs_to_gcj_exact"]:
        assert np.abs(wgs84_to_gcj02(one(*wgs84)) - gcj02).max() < 1e-9
    cities = vectors["gcoord_cities_331"]
    assert len(cities) == 331
    at = {
        name: np.array([city["coords"][name] for city in cities])
        for name in ("WGS84", "GCJ02", "BD09")
    }
    for convert, source, target, most_m in (
        (wgs84_to_gcj02, "WGS84", "GCJ02", 1.0),
        (gcj02_to_wgs84, "GCJ02", "WGS84", 1.0),
        (wgs84_to_bd09, "WGS84", "BD09", 1.0),
        (bd09_to_wgs84, "BD09", "WGS84", 1.0),
        (gcj02_to_bd09, "GCJ02", "BD09", 0.02),
        (bd09_to_gcj02, "BD09", "GCJ02", 0.02),
    ):
        metres = geodesic_m(convert(at[source]), at[target])
        assert metres.max() < most_m, (source, target)


@pytest.mark.parametrize(
    ("ours", "theirs", "most_m"),
    [
        (wgs84_to_gcj02, prcoords.wgs_gcj, 1e-6),
        (gcj02_to_bd09, prcoords.gcj_bd, 1e-6),
        (wgs84_to_bd09, prcoords.wgs_bd, 1e-6),
        # Its inverses stop earlier: they are themselves off by so much.
        (gcj02_to_wgs84, prcoords.gcj_wgs_bored, 0.03),
        (bd09_to_gcj02, prcoords.bd_gcj_bored, 0.03),
        (bd09_to_wgs84, prcoords.bd_wgs_bored, 0.03),
    ],
)
def test_an_independent_implementation_agrees(
    ours: Convert, theirs: Callable[..., object], most_m: float
) -> None:
    random = np.random.default_rng(20260612)
    lonlat = np.column_stack([random.uniform(74, 135, 500), random.uniform(4, 53, 500)])

    expected = np.array([tuple(theirs((lat, lon)))[::-1] for lon, lat in lonlat.tolist()])  # type: ignore[arg-type]  # an untyped package

    assert geodesic_m(ours(lonlat), expected).max() < most_m


@given(place=places)
@pytest.mark.parametrize("system", list(WebMap))
def test_there_and_back_is_within_a_millimetre(system: WebMap, place: tuple[float, float]) -> None:
    start = one(*place)
    there = system.from_wgs84(start)

    assert geodesic_m(there, start)[0] > 10
    assert geodesic_m(system.to_wgs84(there), start)[0] < 0.001


@given(place=places)
@pytest.mark.parametrize("system", list(WebMap))
def test_back_and_there_is_within_a_millimetre(system: WebMap, place: tuple[float, float]) -> None:
    start = one(*place)

    assert geodesic_m(system.from_wgs84(system.to_wgs84(start)), start)[0] < 0.001


@pytest.mark.parametrize(
    "place",
    [
        (24.94, 60.17),
        (-15.43, 28.1),
        (CHINA_LON[0] - 1e-9, 35.0),
        (CHINA_LON[1] + 1e-9, 35.0),
        (105.0, CHINA_LAT[0] - 1e-9),
        (105.0, CHINA_LAT[1] + 1e-9),
    ],
)
@pytest.mark.parametrize("system", list(WebMap))
def test_nothing_moves_outside_china(system: WebMap, place: tuple[float, float]) -> None:
    assert system.from_wgs84(one(*place)).tolist() == [list(place)]
    assert system.to_wgs84(one(*place)).tolist() == [list(place)]


def test_the_edge_of_the_box_is_inside() -> None:
    corners = np.array([[lon, lat] for lon in CHINA_LON for lat in CHINA_LAT])
    assert in_china(corners).all()
    assert (wgs84_to_gcj02(corners) != corners).any(axis=1).all()


def test_what_is_no_place_passes_and_the_given_array_stays() -> None:
    given_places = np.array([[np.nan, 30.0], [np.inf, 30.0], [114.3, 30.5]])
    kept = given_places.copy()
    for system in WebMap:
        result = system.to_wgs84(given_places)
        assert np.array_equal(result[:2], kept[:2], equal_nan=True)
        assert np.array_equal(given_places, kept, equal_nan=True)
        assert system.to_wgs84(np.zeros((0, 2))).shape == (0, 2)
    # A place alone is where it is among others, to the last bit: lines that met still meet.
    among = wgs84_to_gcj02(np.array([[114.3 + i / 100, 30.5] for i in range(37)]))
    for i in range(37):
        assert among[i].tolist() == wgs84_to_gcj02(one(114.3 + i / 100, 30.5))[0].tolist()
