"""From the coordinates of a file to longitude and latitude, with proof that they fit.

Half of all wrong maps come from coordinates read in a system they are not in. So nothing is
guessed: places that fall outside the area their system is made for are refused row by row.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup
from shapely.geometry.base import BaseGeometry

from service.imports.geometries import MAX_LAT, MAX_LON, Geometries, non_finite
from service.imports.systems import LONLAT, same_crs
from spatial.coordinate_systems import NORTHING_FIRST, CoordinateSystem, crs_code
from spatial.errors import Fault, UnknownCRSError
from spatial.webmap_crs import CHINA_LAT, CHINA_LON, WebMap

# A city on the rim of a zone is mapped in one zone; three degrees off is another zone.
AREA_MARGIN_DEG: Final = 1.0
COARSE_M: Final = 1.0
# Longer ones are WKT, which nobody types.
_LONGEST_CODE: Final = 20

Bounds = NDArray[np.float64]
Move = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[Any, ...]]


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
    move, note, lines = _operation(extent, base, source=source)
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
        outside[usable] = ~_inside(_bounds(result[usable]), base)
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


def _bounds(geometries: Geometries) -> Bounds:
    return np.asarray(shapely.bounds(geometries), dtype=np.float64).reshape(-1, 4)


def _inside(bounds: Bounds, base: CRS | WebMap) -> NDArray[np.bool_]:
    """Tell which bounds in degrees lie in the area of use, a margin around it included."""
    west, south, east, north = bounds.T
    finite = np.isfinite(bounds).all(axis=1)
    inside: NDArray[np.bool_] = finite & (west >= -MAX_LON) & (east <= MAX_LON)
    inside &= (south >= -MAX_LAT) & (north <= MAX_LAT)
    area = _area_of_use(base)
    if area is None:
        return inside
    inside &= (south >= area.south - AREA_MARGIN_DEG) & (north <= area.north + AREA_MARGIN_DEG)
    left, right = area.west - AREA_MARGIN_DEG, area.east + AREA_MARGIN_DEG
    inside &= (
        ((west >= left) & (east <= right)) if left <= right else (west >= left) | (east <= right)
    )
    return inside


def _swapped(geometries: Geometries, base: CRS | WebMap, move: Move | None) -> NDArray[np.bool_]:
    """Tell which geometries would lie in the area of use with their axes exchanged."""
    turned = _moved(geometries, lambda x, y: (y, x))
    return _inside(_bounds(_transform(turned, move)), base)


def _first_xy(geometry: BaseGeometry) -> tuple[float, float]:
    x, y = shapely.get_coordinates(geometry)[0].tolist()
    return x, y


def _swap_message(
    geometries: Geometries, usable: NDArray[np.bool_], system: CoordinateSystem
) -> str:
    x, y = _first_xy(geometries[usable][0])
    names = ("longitude", "latitude") if _is_geographic(system.base) else ("easting", "northing")
    ways = f"; if so, say --crs {system.code}{NORTHING_FIRST}"
    if system.northing_first:
        ways = f"; if so, leave {NORTHING_FIRST} out of --crs"
    if len(system.code) > _LONGEST_CODE:
        ways = ""
    return (
        f"{names[0]} and {names[1]} seem to be swapped in every row ({int(usable.sum())}): "
        f"{names[0]} {x:.12g} and {names[1]} {y:.12g} lie outside {_area(system.base)}, "
        f"but inside the other way round{ways}"
    )


def _is_geographic(base: CRS | WebMap) -> bool:
    return isinstance(base, WebMap) or base.is_geographic


@dataclass(frozen=True)
class _Area:
    """An area in degrees; `west` is greater than `east` where it crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float


def _area_of_use(crs: CRS | WebMap) -> _Area | None:
    if isinstance(crs, WebMap):
        return _Area(CHINA_LON[0], CHINA_LAT[0], CHINA_LON[1], CHINA_LAT[1])
    area = crs.area_of_use
    authority = crs.to_authority(min_confidence=70)
    if area is None and authority:
        # WKT in a file carries no area; the register knows the one of the system it describes.
        area = CRS.from_authority(*authority).area_of_use
    return None if area is None else _Area(*area.bounds)


def _area(base: CRS | WebMap) -> str:
    code = CoordinateSystem(base).code
    area = _area_of_use(base)
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


def _operation(
    columns: Mapping[str, Geometries], base: CRS | WebMap, *, source: str
) -> tuple[Move | None, str | None, list[str]]:
    """Choose what brings coordinates to EPSG:4326, and say how; None where nothing need be done."""
    if isinstance(base, WebMap):

        def move(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Any, ...]:
            return tuple(base.to_wgs84(np.column_stack([x, y])).T)

        return move, f"{base.value} → EPSG:4326, iterated inverse; accuracy about 1 m", []
    transformer, note, lines = _transformer(columns, base, source=source)
    return None if transformer is None else transformer.transform, note, lines


def _transformer(
    columns: Mapping[str, Geometries], crs: CRS, *, source: str
) -> tuple[Transformer | None, str | None, list[str]]:
    """Choose the most accurate operation for where the data are; None where none is needed."""
    if same_crs(crs, LONLAT):
        return None, None, []
    with warnings.catch_warnings():
        # pyproj warns of grids that are not installed; the note below names the accuracy.
        warnings.simplefilter("ignore", UserWarning)
        try:
            group = TransformerGroup(
                crs,
                LONLAT,
                always_xy=True,
                # pyproj's stubs name a private twin of its own public class.
                area_of_interest=_interest(columns, crs),  # type: ignore[arg-type]
            )
        except ProjError:
            group = None
    if group is None or not group.transformers:
        raise UnknownCRSError(
            f"{source}: no transformation leads from {crs_code(crs)} to EPSG:4326"
        )
    best = group.transformers[0]
    name = best.description
    if best.accuracy >= 0:
        note = f"{name}; accuracy {best.accuracy:g} m"
    elif _is_cgcs2000(crs):
        # 2000国家大地坐标系 and WGS 84 are both realisations of the ITRF.
        note = f"{name}; CGCS2000 agrees with WGS 84 within a few decimetres"
    else:
        note = f"{name}; accuracy unknown"
    lines = []
    if not group.best_available:
        note += "; a better one needs a grid that is not installed"
    if not _is_cgcs2000(crs) and (best.accuracy < 0 or best.accuracy > COARSE_M):
        doubt = f"within {best.accuracy:g} m" if best.accuracy > 0 else "possibly 100 m or more off"
        lines.append(f"{source}: positions from {crs_code(crs)} are {doubt} ({note})")
    return best, note, lines


def _interest(columns: Mapping[str, Geometries], crs: CRS) -> AreaOfInterest | None:
    """Find where the data roughly are; None when they are not where the system is made for."""
    bounds = _bounds(np.concatenate([np.asarray(shapes) for shapes in columns.values()]))
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    corners = np.array([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)])
    rough = Transformer.from_crs(crs, LONLAT, always_xy=True)
    lon, lat = rough.transform(corners[:, 0], corners[:, 1])
    box = np.array([[min(lon), min(lat), max(lon), max(lat)]])
    return AreaOfInterest(*(float(edge) for edge in box[0])) if bool(_inside(box, crs)[0]) else None


def _is_cgcs2000(crs: CRS) -> bool:
    geodetic = crs.geodetic_crs
    datum = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    return datum in ("China 2000", "China Geodetic Coordinate System 2000", "D_China_2000")
