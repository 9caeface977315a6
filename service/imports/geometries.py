"""Reading and checking the geometries of one column, in bulk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
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

# What GEOS and its JSON parser put before the part a user can act on.
_PARSER_PREFIX = re.compile(
    r"^(ParseException|IllegalArgumentException): (Error parsing JSON: '\[[^]]*\] )?"
)

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
    ready = shapely.is_geometry(cells)
    geometries = np.full(len(cells), None, dtype=object)
    geometries[ready] = cells[ready]
    faults: list[Positioned] = []
    for position in np.flatnonzero(~ready).tolist():
        cell = cells[position]
        if not is_missing(cell):
            try:
                # A coordinate that is no number is found, and told, by `check_geometries`.
                with np.errstate(invalid="ignore"):
                    geometries[position] = _parse(cell)
            except (ValueError, TypeError, RecursionError, ShapelyError) as error:
                faults.append((position, f"is no geometry: {_first_line(error)}"))
    return ParsedGeometries(geometries, tuple(faults))


def _first_line(error: Exception) -> str:
    text = _PARSER_PREFIX.sub("", str(error)).strip(" '") or "unreadable"
    return " ".join(text.split())[:120]


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


def flatten(geometries: Geometries) -> tuple[Geometries, int]:
    """Return the geometries in two dimensions, and how many had a height or measure."""
    deep = shapely.has_z(geometries) | shapely.has_m(geometries)
    plane = geometries.copy()
    plane[deep] = shapely.force_2d(geometries[deep])
    return plane, int(deep.sum())


def flattened_warning(source: str, field: str, *, count: int, rows: int) -> list[str]:
    """Return the line that says that heights are not kept; no line when there were none."""
    if not count:
        return []
    return [f"{source}: {count} of {rows} values of {field} have a height or measure, not kept"]


def non_finite(geometries: Geometries) -> NDArray[np.bool_]:
    """Tell which geometries have a coordinate that is NaN or infinite."""
    broken = np.zeros(len(geometries), dtype=bool)
    # As nearly all are; whose coordinate it is costs as much again.
    if np.isfinite(shapely.get_coordinates(geometries)).all():
        return broken
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    broken[owners[~np.isfinite(coordinates).all(axis=1)]] = True
    return broken


def check_geometries(
    geometries: Geometries, *, types: Sequence[str], required: bool, skip: Sequence[int] = ()
) -> tuple[Positioned, ...]:
    """Return what is wrong with plane geometries in longitude and latitude, at most once a row.

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
    Position (from 0) and message, in row order: missing or empty, of another type, coordinates
    that are not finite or lie outside ±180 and ±90 (the bounds themselves are inside), rings
    that cross themselves.
    """
    faults: dict[int, str] = {}
    done = np.zeros(len(geometries), dtype=bool)
    done[list(skip)] = True

    def report(mask: NDArray[np.bool_], message: Callable[[BaseGeometry], str]) -> None:
        for position in np.flatnonzero(mask & ~done).tolist():
            faults[position] = message(geometries[position])
            done[position] = True

    missing = shapely.is_missing(geometries)
    if required:
        report(missing, lambda _: "is missing")
    done |= missing
    report(non_finite(geometries), lambda _: "has a coordinate that is NaN or infinite")
    report(shapely.is_empty(geometries), lambda _: "is empty")
    kinds = shapely.get_type_id(geometries)
    allowed = " or ".join(", ".join(types).rsplit(", ", 1))
    report(~_are(kinds, types), lambda g: f"must be a {allowed}, not a {g.geom_type}")
    report(_outside(geometries, done), _outside_message)
    # GEOS may not be asked about validity where coordinates are not finite.
    areal = ~done & _are(kinds, ("Polygon", "MultiPolygon"))
    invalid = np.zeros(len(geometries), dtype=bool)
    invalid[areal] = ~shapely.is_valid(geometries[areal])
    report(invalid, _invalid_message)
    return tuple(sorted(faults.items()))


def _are(kinds: NDArray[np.int32], types: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which geometries, given by GEOS's numbers of their types, are of one of the types."""
    wanted = [shapely.GeometryType[name.upper()].value for name in types]
    return np.isin(kinds, wanted)


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
