"""Coordinates, distances on the ellipsoid, and the metric projections that help find them.

Stored geometry is EPSG:4326, longitude first. A distance that decides is always the geodesic on
the WGS 84 ellipsoid; the projected systems here only find nearest points and measure areas.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer

WGS84: Final = "EPSG:4326"

# EPSG:4534 is "CGCS2000 / 3-degree Gauss-Kruger CM 75E"; the codes go up by one a zone to 135E.
_CGCS2000_FIRST_CODE: Final = 4534
_CGCS2000_FIRST_MERIDIAN: Final = 75
_CGCS2000_LAST_MERIDIAN: Final = 135
_CHINA_LON: Final = (73.5, 136.5)
_CHINA_LAT: Final = (3.0, 54.0)


def metric_crs(lon: float, lat: float) -> CRS:
    """Choose the projected system, in metres, to work in around a place.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326.

    Returns
    -------
    The CGCS2000 3-degree zone in China, the UTM zone elsewhere.
    """
    if _CHINA_LON[0] <= lon < _CHINA_LON[1] and _CHINA_LAT[0] <= lat <= _CHINA_LAT[1]:
        meridian = int(3 * np.floor(lon / 3 + 0.5))
        meridian = min(max(meridian, _CGCS2000_FIRST_MERIDIAN), _CGCS2000_LAST_MERIDIAN)
        return _by_code(_CGCS2000_FIRST_CODE + (meridian - _CGCS2000_FIRST_MERIDIAN) // 3)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return _by_code((32600 if lat >= 0 else 32700) + zone)


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


@lru_cache(maxsize=1)
def _ellipsoid() -> Geod:
    return Geod(ellps="WGS84")


@lru_cache(maxsize=32)
def _by_code(code: int) -> CRS:
    return CRS.from_epsg(code)


def project(geometries: NDArray[Any], *, target: CRS) -> NDArray[Any]:
    """Project geometries from EPSG:4326 to `target`; None stays None."""

    def to_target(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return project_lonlat(lonlat, target=target)

    return np.asarray(shapely.transform(geometries, to_target), dtype=object)


def project_lonlat(lonlat: NDArray[np.float64], *, target: CRS) -> NDArray[np.float64]:
    """Project coordinates of shape (n, 2) from EPSG:4326 to metres in `target`."""
    x, y = _transformer(WGS84, target.srs).transform(lonlat[:, 0], lonlat[:, 1])
    return np.column_stack([x, y])


def unproject(xy: NDArray[np.float64], *, source: CRS) -> NDArray[np.float64]:
    """Bring projected coordinates of shape (n, 2) in `source` back to EPSG:4326 degrees."""
    lon, lat = _transformer(source.srs, WGS84).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([lon, lat])


def geodesic_m(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure the geodesic on the WGS 84 ellipsoid between pairs of places.

    Parameters
    ----------
    a, b
        Longitude and latitude in degrees, shape (n, 2) each.

    Returns
    -------
    Metres, shape (n,). NaN coordinates give NaN.
    """
    # Two degenerate shapes of call that pyproj answers unevenly.
    if len(a) == 0:
        return np.zeros(0)
    _, _, metres = _ellipsoid().inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    return np.asarray(metres, dtype=np.float64)


def millimetres(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round metres half-up to whole millimetres (design, section 3).

    Returns whole numbers in float64, exact below 2**53 mm, so that NaN and infinity pass through.
    """
    return np.floor(metres * 1000.0 + 0.5)
