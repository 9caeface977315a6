"""Reading and checking the geometries of one column, in bulk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from service.imports.cells import is_missing, shown

MAX_LON: Final = 180.0
MAX_LAT: Final = 90.0

Geometries = NDArray[np.object_]
Positioned = tuple[int, str]


@dataclass(frozen=True)
class ParsedGeometries:
    """A column of geometries as shapely objects, missing ones None.

    Parameters
    ----------
    geometries
        One a row; None where the cell is missing or at fault.
    faults
        Position (from 0) and message of each cell that is no geometry.
    """

    geometries: Geometries
    faults: tuple[Positioned, ...]


def parse_geometries(column: pd.Series[Any]) -> ParsedGeometries:
    """Read shapely objects, WKT, WKB, GeoJSON text or GeoJSON mappings.

    Parameters
    ----------
    column
        Cells of any mixture of these; coordinates in any CRS.
    """
    cells = column.astype(object).to_numpy(dtype=object)
    geometries = np.full(len(cells), None, dtype=object)
    faults: list[Positioned] = []
    for position, cell in enumerate(cells):
        if isinstance(cell, BaseGeometry):
            geometries[position] = cell
        elif not is_missing(cell):
            try:
                geometries[position] = _parse(cell)
            except (ValueError, TypeError, RecursionError, ShapelyError) as error:
                faults.append((position, f"is no geometry: {_first_line(error)}"))
    return ParsedGeometries(geometries, tuple(faults))


def _first_line(error: Exception) -> str:
    text = str(error).removeprefix("ParseException: ").strip() or "unreadable"
    return shown(text)[1:-1]


def _parse(cell: object) -> BaseGeometry:
    if isinstance(cell, (bytes, bytearray, memoryview)):
        geometry = shapely.from_wkb(bytes(cell))
    elif isinstance(cell, str) and cell.lstrip().startswith("{"):
        geometry = shapely.from_geojson(cell)
    elif isinstance(cell, str):
        geometry = shapely.from_wkt(cell)
    elif isinstance(cell, Mapping):
        geometry = shapely.from_geojson(json.dumps(dict(cell), allow_nan=False))
    else:
        raise TypeError(shown(cell))
    if not isinstance(geometry, BaseGeometry):
        raise TypeError(shown(cell))
    return geometry


@dataclass(frozen=True)
class CheckedGeometries:
    """Geometries fit for use: present, finite, plane, of the right type, valid.

    Parameters
    ----------
    geometries
        In two dimensions; rows at fault keep what they had.
    faults
        Position (from 0) and message, at most one a row.
    flattened
        How many had a height or measure, which is not kept.
    """

    geometries: Geometries
    faults: tuple[Positioned, ...]
    flattened: int


def check_geometries(
    geometries: Geometries, *, types: Sequence[str], required: bool, skip: Sequence[int] = ()
) -> CheckedGeometries:
    """Check geometries in longitude and latitude.

    Parameters
    ----------
    geometries
        Shapely objects or None, EPSG:4326 in the order longitude, latitude.
    types
        The geometry types allowed.
    required
        True if a row without a geometry is at fault.
    skip
        Positions already reported, not to be reported again.

    Returns
    -------
    The plane geometries and the faults: missing or empty, wrong type, coordinates that are
    not finite or lie outside ±180 and ±90, rings that cross themselves. The bounds themselves
    are allowed.
    """
    faults: dict[int, str] = {}
    done = np.zeros(len(geometries), dtype=bool)
    done[list(skip)] = True

    def report(mask: NDArray[np.bool_], messages: Sequence[str] | str) -> None:
        positions = np.flatnonzero(mask & ~done)
        for position in positions:
            faults[int(position)] = (
                messages if isinstance(messages, str) else messages[int(position)]
            )
        done[positions] = True

    missing = shapely.is_missing(geometries)
    empty = shapely.is_empty(geometries) & ~missing
    broken = _non_finite(geometries)
    if required:
        report(missing, "is missing")
    done |= missing
    report(broken, "has a coordinate that is NaN or infinite")
    report(empty, "is empty")
    names = np.array([None if g is None else g.geom_type for g in geometries], dtype=object)
    allowed = " or ".join(types)
    report(~np.isin(names, list(types)), [f"must be a {allowed}, not a {name}" for name in names])
    flattened = int((~done & (shapely.has_z(geometries) | shapely.has_m(geometries))).sum())
    plane = np.where(broken, geometries, shapely.force_2d(np.where(broken, None, geometries)))
    report(_outside(plane, done), "")
    for position in [at for at, message in faults.items() if not message]:
        faults[position] = _outside_message(plane[position])
    # GEOS may not be asked about validity where coordinates are not finite.
    invalid = np.zeros(len(plane), dtype=bool)
    invalid[~done] = ~shapely.is_valid(plane[~done])
    for position in np.flatnonzero(invalid):
        faults[int(position)] = _invalid_message(plane[position])
    return CheckedGeometries(plane, tuple(sorted(faults.items())), flattened)


def _non_finite(geometries: Geometries) -> NDArray[np.bool_]:
    coordinates, owners = shapely.get_coordinates(geometries, include_z=False, return_index=True)
    broken = np.zeros(len(geometries), dtype=bool)
    broken[owners[~np.isfinite(coordinates).all(axis=1)]] = True
    return broken


def _outside(geometries: Geometries, done: NDArray[np.bool_]) -> NDArray[np.bool_]:
    outside = np.zeros(len(geometries), dtype=bool)
    west, south, east, north = shapely.bounds(geometries[~done]).T
    outside[~done] = (west < -MAX_LON) | (east > MAX_LON) | (south < -MAX_LAT) | (north > MAX_LAT)
    return outside


def _outside_message(geometry: BaseGeometry) -> str:
    west, south, east, north = geometry.bounds
    lon = west if west < -MAX_LON else east
    lat = south if south < -MAX_LAT else north
    message = f"lies outside longitude ±180 and latitude ±90: lon {lon:.6f}, lat {lat:.6f}"
    if abs(lat) > MAX_LAT and abs(lat) <= MAX_LON and abs(lon) <= MAX_LAT:
        return f"{message}; longitude and latitude seem to be swapped"
    return message


def _invalid_message(geometry: BaseGeometry) -> str:
    reason = shapely.is_valid_reason(geometry)
    text, _, place = reason.partition("[")
    at = ", ".join(place.rstrip("]").split())
    return f"is not valid: {text.strip()}" + (f" at lon/lat {at}" if at else "")
