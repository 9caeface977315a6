"""From the coordinates of a file to longitude and latitude, with proof that they fit.

Half of all wrong maps come from coordinates read in a system they are not in. So nothing is
guessed: places that fall outside the area their system is made for are refused row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from service.imports.geometries import MAX_LAT, MAX_LON, Geometries, non_finite
from service.imports.transformations import (
    LONGEST_CODE,
    Move,
    area_of_use,
    bounds_of,
    is_geographic,
    lie_inside,
    move_between,
)
from spatial.coordinate_systems import NORTHING_FIRST, CoordinateSystem
from spatial.errors import Fault
from spatial.webmap_crs import WebMap


@dataclass(frozen=True)
class Located:
    """Geometries brought to EPSG:4326.

    Parameters
    ----------
    columns
        The geometry columns given, transformed; those not finite are left as they were.
    origin_crs
        Authority code of the system they came in, GCJ-02 or BD-09, or its WKT.
    transformation
        Operation and accuracy, as PROJ names them where it has them; None where nothing was to
        be done.
    faults
        Places outside the area of use of the system.
    at_fault
        By column, the positions (from 0) these faults are about.
    warnings
        What a user should know of the transformation.
    """

    columns: Mapping[str, Geometries]
    origin_crs: str
    transformation: str | None
    faults: tuple[Fault, ...]
    at_fault: Mapping[str, frozenset[int]]
    warnings: tuple[str, ...]


def to_lonlat(
    columns: Mapping[str, Geometries],
    system: CoordinateSystem,
    *,
    source: str,
    where: Geometries | None = None,
) -> Located:
    """Transform plane geometries to EPSG:4326, refusing those outside the area of use.

    Parameters
    ----------
    columns
        Geometries by field name in the order of the file, None where missing.
    system
        The system all of them are in.
    source
        File name for messages.
    where
        Geometries in the order of the file for whose extent the operation is chosen; None means
        `columns`.
    """
    columns = {field: in_xy(geometries, system) for field, geometries in columns.items()}
    base = system.base
    extent = columns if where is None else {"": in_xy(where, system)}
    move, note, lines = move_between(extent, base, source=source)
    if system.northing_first:
        turned = "axes exchanged, northing or latitude having come first"
        note = turned if note is None else f"{turned}; {note}"
    located: dict[str, Geometries] = {}
    faults: list[Fault] = []
    at_fault: dict[str, frozenset[int]] = {}
    for field, geometries in columns.items():
        usable = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
        usable &= ~non_finite(geometries)
        result = geometries.copy()
        result[usable] = _transform(geometries[usable], move)
        located[field] = result
        outside = np.zeros(len(geometries), dtype=bool)
        outside[usable] = ~lie_inside(bounds_of(result[usable]), base)
        at_fault[field] = frozenset(np.flatnonzero(outside).tolist())
        if not outside.any():
            continue
        swapped = _swapped(geometries[usable], base, move)
        if np.array_equal(outside, usable) and swapped.all():
            first = int(np.flatnonzero(usable)[0])
            message = _swap_message(geometries, usable, system)
            faults.append(Fault(source, first + 1, field, message))
            # One line says it for all of them.
            continue
        for position in np.flatnonzero(outside).tolist():
            message = _outside_message(geometries[position], result[position], base)
            faults.append(Fault(source, position + 1, field, message))
    return Located(located, system.code, note, tuple(faults), at_fault, tuple(lines))


def in_xy(geometries: Geometries, system: CoordinateSystem) -> Geometries:
    """Return geometries with easting or longitude first, whatever their order in the file."""
    return _moved(geometries, lambda x, y: (y, x)) if system.northing_first else geometries


def _moved(geometries: Geometries, move: Move) -> Geometries:
    moved: Geometries = np.full(len(geometries), None, dtype=object)
    if len(geometries):
        # The stubs know only functions of one array; with `interleaved` off it takes x and y.
        moved[:] = shapely.transform(geometries, move, interleaved=False)  # type: ignore[arg-type]
    return moved


def _transform(geometries: Geometries, move: Move | None) -> Geometries:
    return geometries if move is None else _moved(geometries, move)


def _swapped(geometries: Geometries, base: CRS | WebMap, move: Move | None) -> NDArray[np.bool_]:
    """Tell which geometries would lie in the area of use with their axes exchanged."""
    turned = _moved(geometries, lambda x, y: (y, x))
    return lie_inside(bounds_of(_transform(turned, move)), base)


def _first_xy(geometry: BaseGeometry) -> tuple[float, float]:
    x, y = shapely.get_coordinates(geometry)[0].tolist()
    return x, y


def _swap_message(
    geometries: Geometries, usable: NDArray[np.bool_], system: CoordinateSystem
) -> str:
    x, y = _first_xy(geometries[usable][0])
    names = ("longitude", "latitude") if is_geographic(system.base) else ("easting", "northing")
    ways = f"; if so, say --crs {system.code}{NORTHING_FIRST}"
    if system.northing_first:
        ways = f"; if so, leave {NORTHING_FIRST} out of --crs"
    if len(system.code) > LONGEST_CODE:
        ways = ""
    return (
        f"{names[0]} and {names[1]} seem to be swapped in every row ({int(usable.sum())}): "
        f"{names[0]} {x:.12g} and {names[1]} {y:.12g} lie outside {_area(system.base)}, "
        f"but inside the other way round{ways}"
    )


def _area(base: CRS | WebMap) -> str:
    code = CoordinateSystem(base).code
    area = area_of_use(base)
    if area is None:
        return f"{code} ({base.name})"
    return (
        f"the area of {code} (longitude {area.west:g} to {area.east:g}, "
        f"latitude {area.south:g} to {area.north:g})"
    )


def _outside_message(original: BaseGeometry, result: BaseGeometry, base: CRS | WebMap) -> str:
    x, y = _first_xy(original)
    message = f"x {x:.12g}, y {y:.12g} lies outside {_area(base)}"
    if isinstance(base, WebMap) or base.is_geographic:
        if abs(y) > MAX_LAT and abs(x) <= MAX_LAT:
            return f"{message}; longitude and latitude seem to be swapped"
        return message
    if abs(x) <= MAX_LON and abs(y) <= MAX_LON:
        return f"{message}; these look like degrees, not {base.axis_info[0].unit_name}s"
    lon, lat = _first_xy(result)
    if np.isfinite([lon, lat]).all():
        return f"{message}: it would be at longitude {lon:.4f}, latitude {lat:.4f}"
    return message
