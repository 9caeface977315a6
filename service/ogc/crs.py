"""Coordinate reference systems (Features Part 2): those offered, their axis order, their limits.

Coordinates are stored as longitude and latitude. Answers and parameters follow the order of axes
the CRS itself defines, as Part 2 requires: EPSG:4326 and EPSG:4490 have latitude first, the
Gauss-Krüger zones of CGCS2000 have north first; CRS84 and EPSG:3857 have east first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, func

CONFORMANCE: Final = ("http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",)

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
STORED_SRID: Final = 4326
# CGCS2000 in 3-degree Gauss-Krüger zones, by central meridian from 75° to 135° east.
_ZONES: Final = range(4534, 4555)
OFFERED: Final = (4326, 3857, 4490, *_ZONES)

_MAX_LONGITUDE: Final = 180.0
_MAX_LATITUDE: Final = 90.0
_MERCATOR_LATITUDE: Final = 85.06
# Farther from its central meridian a transverse Mercator map means nothing, and fails at last.
_ZONE_HALF_WIDTH: Final = 30.0
_BOX_2D, _BOX_3D = 4, 6
# No map of the Earth reaches so far; larger numbers only break the arithmetic.
_FARTHEST_M: Final = 1e9
# A place that is brought to longitude and latitude and back is where it was.
_RETURN_WITHIN_M: Final = 0.01
# A straight edge in one CRS is a curve in another; its points keep within a millimetre or so of
# the curve for boxes of a city, and a box of a continent is none to be exact about.
_POINTS_OF_EDGE: Final = 21


@dataclass(frozen=True)
class ReferenceSystem:
    """One CRS as clients name it.

    Parameters
    ----------
    uri
        As in ``Content-Crs``.
    srid
        EPSG code; 4326 for CRS84 too.
    north_first
        Whether its first axis points north.
    geographic
        Whether coordinates are degrees.
    west, south, east, north
        Where it can be used, in degrees.
    """

    uri: str
    srid: int
    north_first: bool
    geographic: bool
    west: float = -_MAX_LONGITUDE
    south: float = -_MAX_LATITUDE
    east: float = _MAX_LONGITUDE
    north: float = _MAX_LATITUDE

    @property
    def decimals(self) -> int:
        """How many decimals coordinates are shown with: a tenth of a millimetre."""
        return 9 if self.geographic else 4

    def shown(self, geometry: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a stored geometry in this CRS, its axes in this CRS's order."""
        if self.srid != STORED_SRID:
            geometry = func.ST_Transform(geometry, self.srid)
        return func.ST_FlipCoordinates(geometry) if self.north_first else geometry

    def covers(self, box: tuple[float, float, float, float]) -> bool:
        """Tell whether west, south, east, north in degrees lie where this CRS can be used."""
        west, south, east, north = box
        return (
            self.west <= west and east <= self.east and self.south <= south and north <= self.north
        )

    def to_storage(self, shape: BaseGeometry) -> BaseGeometry:
        """Bring a geometry with this CRS's axes into longitude and latitude.

        Raises
        ------
        ValueError
            If it has places this CRS, or the globe, has not.
        """
        moved = shapely.transform(shape, partial(_moved, self))
        lon_lat = shapely.get_coordinates(moved)
        if not np.isfinite(lon_lat).all():
            raise ValueError("has places outside of its coordinate reference system")
        if (np.abs(lon_lat) > (_MAX_LONGITUDE, _MAX_LATITUDE)).any():
            raise ValueError("longitudes end at ±180, latitudes at ±90")
        return moved

    def place_of(self, shape: BaseGeometry) -> BaseGeometry:
        """Bring a place that will be stored into longitude and latitude, as `to_storage`.

        Raises
        ------
        ValueError
            As `to_storage`; and if it lies where this CRS cannot be used, which includes what is
            beyond the edge of the map and would come back in on the other side.
        """
        moved = self.to_storage(shape)
        if not moved.is_empty and not self.covers(moved.bounds):
            raise ValueError("lies where its coordinate reference system cannot be used")
        if not self.geographic:
            forward = Transformer.from_crs(STORED_SRID, self.srid, always_xy=True)
            lon_lat, given = shapely.get_coordinates(moved), shapely.get_coordinates(shape)
            back = np.column_stack(forward.transform(lon_lat[:, 0], lon_lat[:, 1]))
            east_north = given[:, ::-1] if self.north_first else given
            if not (np.abs(back - east_north) < _RETURN_WITHIN_M).all():
                raise ValueError("has places outside of its coordinate reference system")
        return moved

    def read_box(self, numbers: list[float]) -> BaseGeometry:
        """Return a box given in this CRS as a geometry in longitude and latitude.

        Parameters
        ----------
        numbers
            Lower and upper corner, 4 numbers, or 6 with heights, which are not used. Of a
            geographic CRS the west may lie east of the east: a box over the antimeridian,
            returned as its two halves.

        Raises
        ------
        ValueError
            If they are no box of this CRS.
        """
        if len(numbers) not in (_BOX_2D, _BOX_3D):
            raise ValueError("expected 4 numbers: the lower corner and the upper corner")
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("the numbers must be finite")
        half = len(numbers) // 2
        lower, upper = numbers[:2], numbers[half : half + 2]
        if self.north_first:
            lower, upper = lower[::-1], upper[::-1]
        (west, south), (east, north) = lower, upper
        if south > north:
            raise ValueError("south is north of north")
        if west <= east:
            return self._part(west, south, east, north)
        if not self.geographic:
            raise ValueError("west is east of east")
        return shapely.union_all(
            np.asarray(
                [
                    self._part(west, south, _MAX_LONGITUDE, north),
                    self._part(-_MAX_LONGITUDE, south, east, north),
                ],
                dtype=object,
            )
        )

    def _part(self, west: float, south: float, east: float, north: float) -> BaseGeometry:
        if west == east and south == north:
            box: BaseGeometry = shapely.Point(west, south)
        elif west == east or south == north:
            box = shapely.LineString([(west, south), (east, north)])
        else:
            box = shapely.box(west, south, east, north)
        if not self.geographic:
            if max(abs(number) for number in (west, south, east, north)) > _FARTHEST_M:
                raise ValueError("has places outside of its coordinate reference system")
            longest = max(east - west, north - south)
            # Within a metre an edge is as good as straight.
            if longest > 1:
                box = shapely.segmentize(box, longest / (_POINTS_OF_EDGE - 1))
        if self.north_first:
            box = shapely.transform(box, lambda xy: xy[:, ::-1])
        return self.to_storage(box)


def _moved(system: ReferenceSystem, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    east_north = xy[:, ::-1] if system.north_first else xy
    if system.srid == STORED_SRID:
        return np.ascontiguousarray(east_north)
    transformer = Transformer.from_crs(system.srid, STORED_SRID, always_xy=True)
    try:
        lon, lat = transformer.transform(east_north[:, 0], east_north[:, 1], errcheck=True)
    except ProjError:
        raise ValueError("has places outside of its coordinate reference system") from None
    return np.column_stack([lon, lat])


def _system(srid: int) -> ReferenceSystem:
    crs = CRS.from_epsg(srid)
    system = partial(
        ReferenceSystem,
        f"{_EPSG}{srid}",
        srid,
        north_first=crs.axis_info[0].direction == "north",
        geographic=crs.is_geographic,
    )
    if srid == 3857:  # noqa: PLR2004  the one that has no poles
        return system(south=-_MERCATOR_LATITUDE, north=_MERCATOR_LATITUDE)
    if srid in _ZONES:
        centre = 75.0 + 3 * _ZONES.index(srid)
        west, east = centre - _ZONE_HALF_WIDTH, centre + _ZONE_HALF_WIDTH
        return system(west=west, east=east, south=-_MAX_LATITUDE + 1, north=_MAX_LATITUDE - 1)
    return system()


def reference_systems() -> Mapping[str, ReferenceSystem]:
    """Return every CRS offered by its URI, the one of storage first."""
    listed = [ReferenceSystem(CRS84, STORED_SRID, north_first=False, geographic=True)]
    listed += [_system(srid) for srid in OFFERED]
    return MappingProxyType({system.uri: system for system in listed})
