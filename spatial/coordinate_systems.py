"""The systems coordinates come in, web maps' and exchanged axes included, and which they may be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from spatial.crs import WGS84
from spatial.webmap_crs import WebMap, in_china

# What a user appends to the name of a system whose northing or latitude comes first in a file.
NORTHING_FIRST: Final = ",yx"

# CGCS2000 Gauss-Krüger, by what stands before the easting: the zone's number or nothing.
# 3-degree zones 25 to 45, EPSG:4513 to 4533, and by meridian 75 to 135 E, EPSG:4534 to 4554;
# 6-degree zones 13 to 23, EPSG:4491 to 4501. Those by meridian (EPSG:4502 to 4512) are the same
# plane as the 3-degree zone of that meridian, so they are no hypotheses of their own.
_ZONES: Final = ((25, 45, 4513), (13, 23, 4491))
_MERIDIANS: Final = tuple((75 + 3 * i, 4534 + i) for i in range(21))
_UTM: Final = tuple((-183 + 6 * zone, 32600 + zone) for zone in range(43, 54))

# Eastings without a zone's number, and northings from the southernmost reef to the Amur, metres.
_EASTING_M: Final = (100_000.0, 900_000.0)
_NORTHING_M: Final = (300_000.0, 6_100_000.0)
# China in Web Mercator, metres.
_MERCATOR_X: Final = (8_000_000.0, 15_400_000.0)
_MERCATOR_Y: Final = (300_000.0, 7_600_000.0)
# A city on the rim of a zone is mapped in one zone; farther off is another zone.
_ZONE_REACH_DEG: Final = 4.5
# Nobody plans neighbourhoods nearer to a pole: such a latitude is a longitude.
_MAX_LAT: Final = 85.0


@dataclass(frozen=True)
class CoordinateSystem:
    """A system, and the order its axes have in a file.

    Parameters
    ----------
    base
        A geographic or projected system of the register, or one of web maps.
    northing_first
        True where northing or latitude stands before easting or longitude. Official Chinese
        systems are so defined; files mostly are not.
    """

    base: CRS | WebMap
    northing_first: bool = False

    @property
    def code(self) -> str:
        """Short name: the authority's code, GCJ-02 or BD-09, else WKT on one line."""
        return self.base.value if isinstance(self.base, WebMap) else crs_code(self.base)

    @property
    def name(self) -> str:
        """The code, with `NORTHING_FIRST` where the axes are exchanged: what --crs takes."""
        return self.code + (NORTHING_FIRST if self.northing_first else "")

    def to_lonlat(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bring coordinates in the order of the file, shape (n, 2), to EPSG:4326.

        For choosing among systems: by PROJ's default operation, infinite where it has none.
        """
        turned = xy[:, ::-1] if self.northing_first else xy
        if isinstance(self.base, WebMap):
            return self.base.to_wgs84(turned)
        lon, lat = _transformer(self.base.to_wkt()).transform(turned[:, 0], turned[:, 1])
        return np.column_stack([lon, lat])


def crs_code(crs: CRS) -> str:
    """Return the authority code of a system, else its WKT on one line."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else " ".join(crs.to_wkt().split())


@lru_cache(maxsize=128)
def _transformer(wkt: str) -> Transformer:
    return Transformer.from_crs(CRS.from_wkt(wkt), WGS84, always_xy=True)


@lru_cache(maxsize=128)
def _registered(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


def possible_systems(
    xy: NDArray[np.float64], *, lon_range: tuple[float, float] | None
) -> tuple[CoordinateSystem, ...]:
    """Return the systems that numbers of this size may be in.

    Parameters
    ----------
    xy
        Coordinates in the order of the file, finite, shape (n, 2), n > 0; their median counts.
    lon_range
        Longitudes the places are expected in, degrees: zones far from them are left out. None
        leaves all in.

    Returns
    -------
    WGS 84 stands for CGCS2000 (EPSG:4490) too, the two being a few decimetres apart. Beijing
    1954 and Xi'an 1980 are left out: their zones have the same numbers some 50 to 150 m off, too
    little to tell. Empty where no system known here has such numbers.
    """
    x, y = (float(value) for value in np.median(xy, axis=0))
    plain = [CoordinateSystem(base) for base in _bases(x, y, lon_range)]
    # Degrees the other way round are somewhere else on Earth, mostly at sea: only China counts.
    if _degrees(y, x) and not in_china(np.array([[y, x]]))[0]:
        return tuple(plain)
    turned = [CoordinateSystem(base, northing_first=True) for base in _bases(y, x, lon_range)]
    return (*plain, *turned)


def _degrees(lon: float, lat: float) -> bool:
    return abs(lon) <= 180 and abs(lat) <= _MAX_LAT  # noqa: PLR2004  # once round the Earth


def _bases(
    easting: float, northing: float, lon_range: tuple[float, float] | None
) -> list[CRS | WebMap]:
    if _degrees(easting, northing):
        maps = list(WebMap) if in_china(np.array([[easting, northing]]))[0] else []
        return [_registered(4326), *maps]
    codes: list[int] = []
    if _within(northing, _NORTHING_M):
        zone, east = int(easting // 1_000_000), easting % 1_000_000
        if _within(east, _EASTING_M):
            codes += [code + zone - low for low, high, code in _ZONES if low <= zone <= high]
        if _within(easting, _EASTING_M):
            codes += [code for lon, code in (*_MERIDIANS, *_UTM) if _near(lon, lon_range)]
    if _within(easting, _MERCATOR_X) and _within(northing, _MERCATOR_Y):
        codes.append(3857)
    return [_registered(code) for code in codes]


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _near(meridian: float, lon_range: tuple[float, float] | None) -> bool:
    if lon_range is None:
        return True
    return lon_range[0] - _ZONE_REACH_DEG <= meridian <= lon_range[1] + _ZONE_REACH_DEG
