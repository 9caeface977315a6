"""GCJ-02 and BD-09, the displaced coordinates of Chinese web maps, to and from WGS 84.

GCJ-02 (火星坐标) displaces places inside China by up to 720 m, half of them by 400 m or more, with
an undocumented formula that the public knows from its implementations: a polynomial with sines,
scaled on the ellipsoid of Krasovsky. BD-09 (百度坐标) displaces GCJ-02 once more, by some 900 m.
Neither has a code in any register, so no library of projections knows them.

The inverse is iterated: at a fixed point of ``wgs = gcj - shift(wgs)``, not one step towards it.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Ellipsoid of Krasovsky 1940, as the known implementations of the formula have it.
_AXIS_M: Final = 6378245.0
_ECCENTRICITY_2: Final = 0.00669342162296594323
_BD_ANGLE: Final = np.pi * 3000.0 / 180.0
_BD_LON: Final = 0.0065
_BD_LAT: Final = 0.006

# The box outside which the known implementations displace nothing. It is wider than China (it
# holds Hanoi, Ulan Bator, Seoul), but it is the box the web maps' own converters use, so a place
# in it that a web map did not displace cannot be told from one it did.
CHINA_LON: Final = (72.004, 137.8347)
CHINA_LAT: Final = (0.8293, 55.8271)

# Each step of the inverse leaves less than a hundredth of the error before it.
_STEPS: Final = 8


class WebMap(Enum):
    """A system of coordinates that only Chinese web maps use; its value is its name."""

    GCJ02 = "GCJ-02"
    BD09 = "BD-09"

    def to_wgs84(self, lonlat: Floats) -> Floats:
        """Bring longitudes and latitudes in this system, shape (n, 2), to WGS 84."""
        return gcj02_to_wgs84(lonlat) if self is WebMap.GCJ02 else bd09_to_wgs84(lonlat)

    def from_wgs84(self, lonlat: Floats) -> Floats:
        """Displace WGS 84 longitudes and latitudes, shape (n, 2), as this system does."""
        return wgs84_to_gcj02(lonlat) if self is WebMap.GCJ02 else wgs84_to_bd09(lonlat)


def in_china(lonlat: Floats) -> NDArray[np.bool_]:
    """Tell which places lie in the box inside which web maps displace; its edge is inside.

    NaN is outside.
    """
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    inside: NDArray[np.bool_] = (lon >= CHINA_LON[0]) & (lon <= CHINA_LON[1])
    inside &= (lat >= CHINA_LAT[0]) & (lat <= CHINA_LAT[1])
    return inside


def wgs84_to_gcj02(lonlat: Floats) -> Floats:
    """Displace WGS 84 longitudes and latitudes, degrees, shape (n, 2), as GCJ-02 does.

    Outside the box of `in_china` places stay as they are; NaN and infinity pass through.
    """
    result = np.array(lonlat, dtype=np.float64)
    inside = in_china(result)
    result[inside] += _shift(result[inside])
    return result


def gcj02_to_wgs84(lonlat: Floats) -> Floats:
    """Bring GCJ-02 back to WGS 84, to better than a millimetre of `wgs84_to_gcj02`.

    Degrees, shape (n, 2). The box of `in_china` is taken of the given coordinates: within 1 km of
    its edge, far at sea or in a desert abroad, the two functions may disagree on it.
    """
    result = np.array(lonlat, dtype=np.float64)
    inside = in_china(result)
    given = result[inside]
    found = given.copy()
    for _ in range(_STEPS):
        found = given - _shift(found)
    result[inside] = found
    return result


def gcj02_to_bd09(lonlat: Floats) -> Floats:
    """Displace GCJ-02 as BD-09 does; degrees, shape (n, 2), the identity outside `in_china`."""
    result = np.array(lonlat, dtype=np.float64)
    inside = in_china(result)
    result[inside] = _displace(result[inside])
    return result


def bd09_to_gcj02(lonlat: Floats) -> Floats:
    """Bring BD-09 back to GCJ-02, to better than a millimetre of `gcj02_to_bd09`.

    Degrees, shape (n, 2), the identity outside `in_china`.
    """
    result = np.array(lonlat, dtype=np.float64)
    inside = in_china(result)
    given = result[inside]
    found = given - (_BD_LON, _BD_LAT)
    for _ in range(_STEPS):
        found = found + (given - _displace(found))
    result[inside] = found
    return result


def wgs84_to_bd09(lonlat: Floats) -> Floats:
    """Displace WGS 84 as BD-09 does; see `wgs84_to_gcj02` and `gcj02_to_bd09`."""
    return gcj02_to_bd09(wgs84_to_gcj02(lonlat))


def bd09_to_wgs84(lonlat: Floats) -> Floats:
    """Bring BD-09 back to WGS 84; see `bd09_to_gcj02` and `gcj02_to_wgs84`."""
    return gcj02_to_wgs84(bd09_to_gcj02(lonlat))


def _shift(lonlat: Floats) -> Floats:
    """Return what GCJ-02 adds to WGS 84, degrees."""
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * (np.sin(6.0 * np.pi * x) + np.sin(2.0 * np.pi * x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        waves
        + 20.0 * np.sin(np.pi * x)
        + 40.0 * np.sin(np.pi * x / 3.0)
        + 150.0 * np.sin(np.pi * x / 12.0)
        + 300.0 * np.sin(np.pi * x / 30.0)
    ) * (2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        waves
        + 20.0 * np.sin(np.pi * y)
        + 40.0 * np.sin(np.pi * y / 3.0)
        + 160.0 * np.sin(np.pi * y / 12.0)
        + 320.0 * np.sin(np.pi * y / 30.0)
    ) * (2.0 / 3.0)
    latitude = np.radians(lonlat[:, 1])
    magic = 1.0 - _ECCENTRICITY_2 * np.sin(latitude) ** 2
    # Radii of curvature turn metres east and north into degrees.
    across = _AXIS_M / np.sqrt(magic) * np.cos(latitude)
    along = _AXIS_M * (1.0 - _ECCENTRICITY_2) / (magic * np.sqrt(magic))
    return np.column_stack([np.degrees(east / across), np.degrees(north / along)])


def _displace(lonlat: Floats) -> Floats:
    """Return BD-09 of GCJ-02, degrees."""
    x, y = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * _BD_ANGLE)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * _BD_ANGLE)
    return np.column_stack([radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT])
