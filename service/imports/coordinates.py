"""From the coordinates of a file to longitude and latitude, with proof that they fit.

Half of all wrong maps come from coordinates read in a system they are not in. So nothing is
guessed: a system is declared by the file or by the user, never by both differently, and places
that fall outside the area it is made for are refused row by row.
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
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup
from shapely.geometry.base import BaseGeometry

from service.imports.geometries import MAX_LAT, MAX_LON, Geometries, non_finite
from spatial.errors import Fault, InputError, UnknownCRSError

LONLAT: Final = CRS("EPSG:4326")
# A city on the rim of a zone is mapped in one zone; three degrees off is another zone.
AREA_MARGIN_DEG: Final = 1.0
COARSE_M: Final = 1.0

Bounds = NDArray[np.float64]


@dataclass(frozen=True)
class Located:
    """Geometries brought to EPSG:4326.

    Parameters
    ----------
    columns
        The geometry columns given, transformed; those not finite are left as they were.
    origin_crs
        Authority code of the system they came in, or its WKT.
    transformation
        Operation and accuracy as PROJ names them; None where nothing was to be done.
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


def parse_crs(text: str, *, source: str) -> CRS:
    """Return the system called `text`: an authority code such as EPSG:4490, an URN or WKT.

    Raises
    ------
    UnknownCRSError
        When there is none, or when it is neither geographic nor projected.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise UnknownCRSError(
            f"{source}: there is no coordinate reference system '{text}'; "
            "give a code such as EPSG:4326 or EPSG:4547"
        ) from None
    return _usable(crs, source=source)


def _usable(crs: CRS, *, source: str) -> CRS:
    if not (crs.is_geographic or crs.is_projected):
        raise UnknownCRSError(
            f"{source}: {crs.name} is a {crs.type_name}, not a geographic or projected one"
        )
    return crs


def choose_crs(
    *, declared: CRS | None, assumed: CRS | None, option: str | None, source: str
) -> CRS:
    """Decide which system the coordinates of a file are in.

    Parameters
    ----------
    declared
        What the file says; None if it says nothing.
    assumed
        What its format says a file that is silent is in (GeoJSON: CRS84).
    option
        What the user says.

    Raises
    ------
    UnknownCRSError
        When nobody says anything, or what is said is no usable system.
    InputError
        When file and user say different things.
    """
    said = None if option is None else parse_crs(option, source=source)
    if declared is not None:
        if said is not None and not same_crs(said, declared):
            raise InputError(
                f"{source}: --crs says {code(said)}, but the file says {code(declared)}; "
                "leave --crs out, or transform the file"
            )
        return _usable(declared, source=source)
    if said is not None:
        return said
    if assumed is not None:
        return assumed
    raise UnknownCRSError(
        f"{source}: no coordinate reference system is declared; "
        "say which with --crs, for example --crs EPSG:4326 for longitude and latitude"
    )


def same_crs(one: CRS, other: CRS) -> bool:
    """Tell whether two systems are one; axis order does not count, x is read first anyway."""
    if one.equals(other, ignore_axis_order=True):
        return True
    codes = (one.to_epsg(min_confidence=70), other.to_epsg(min_confidence=70))
    return codes[0] is not None and codes[0] == codes[1]


def code(crs: CRS) -> str:
    """Return a short name of a system: its authority code, else its WKT on one line."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else " ".join(crs.to_wkt().split())


def to_lonlat(columns: Mapping[str, Geometries], crs: CRS, *, source: str) -> Located:
    """Transform plane geometries to EPSG:4326, refusing those outside the area of use.

    Parameters
    ----------
    columns
        Geometries by field name, x (easting or longitude) first; None where missing.
    crs
        The system all of them are in.
    source
        File name for messages.
    """
    transformer, note, lines = _transformer(columns, crs, source=source)
    located: dict[str, Geometries] = {}
    faults: list[Fault] = []
    at_fault: dict[str, frozenset[int]] = {}
    for field, geometries in columns.items():
        usable = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
        usable &= ~non_finite(geometries)
        result = geometries.copy()
        result[usable] = _transform(geometries[usable], transformer)
        located[field] = result
        outside = np.zeros(len(geometries), dtype=bool)
        outside[usable] = ~_inside(_bounds(result[usable]), crs)
        at_fault[field] = frozenset(np.flatnonzero(outside).tolist())
        if not outside.any():
            continue
        swapped = _swapped(geometries[usable], crs, transformer)
        if np.array_equal(outside, usable) and swapped.all():
            first = int(np.flatnonzero(usable)[0])
            faults.append(Fault(source, first + 1, field, _swap_message(geometries, usable, crs)))
            # One line says it for all of them.
            continue
        for position in np.flatnonzero(outside).tolist():
            message = _outside_message(geometries[position], result[position], crs)
            faults.append(Fault(source, position + 1, field, message))
    return Located(located, code(crs), note, tuple(faults), at_fault, tuple(lines))


def _moved(geometries: Geometries, move: Callable[..., tuple[Any, ...]]) -> Geometries:
    moved: Geometries = np.full(len(geometries), None, dtype=object)
    if len(geometries):
        # The stubs know only functions of one array; with `interleaved` off it takes x and y.
        moved[:] = shapely.transform(geometries, move, interleaved=False)  # type: ignore[arg-type]
    return moved


def _transform(geometries: Geometries, transformer: Transformer | None) -> Geometries:
    return geometries if transformer is None else _moved(geometries, transformer.transform)


def _bounds(geometries: Geometries) -> Bounds:
    return np.asarray(shapely.bounds(geometries), dtype=np.float64).reshape(-1, 4)


def _inside(bounds: Bounds, crs: CRS) -> NDArray[np.bool_]:
    """Tell which bounds in degrees lie in the area of use, a margin around it included."""
    west, south, east, north = bounds.T
    finite = np.isfinite(bounds).all(axis=1)
    inside: NDArray[np.bool_] = finite & (west >= -MAX_LON) & (east <= MAX_LON)
    inside &= (south >= -MAX_LAT) & (north <= MAX_LAT)
    area = _area_of_use(crs)
    if area is None:
        return inside
    inside &= (south >= area.south - AREA_MARGIN_DEG) & (north <= area.north + AREA_MARGIN_DEG)
    left, right = area.west - AREA_MARGIN_DEG, area.east + AREA_MARGIN_DEG
    inside &= (
        ((west >= left) & (east <= right)) if left <= right else (west >= left) | (east <= right)
    )
    return inside


def _swapped(
    geometries: Geometries, crs: CRS, transformer: Transformer | None
) -> NDArray[np.bool_]:
    """Tell which geometries would lie in the area of use with their axes exchanged."""
    turned = _moved(geometries, lambda x, y: (y, x))
    return _inside(_bounds(_transform(turned, transformer)), crs)


def _first_xy(geometry: BaseGeometry) -> tuple[float, float]:
    x, y = shapely.get_coordinates(geometry)[0].tolist()
    return x, y


def _swap_message(geometries: Geometries, usable: NDArray[np.bool_], crs: CRS) -> str:
    x, y = _first_xy(geometries[usable][0])
    names = ("longitude", "latitude") if crs.is_geographic else ("easting", "northing")
    return (
        f"{names[0]} and {names[1]} seem to be swapped in every row ({int(usable.sum())}): "
        f"{names[0]} {x:.12g} and {names[1]} {y:.12g} lie outside {_area(crs)}, "
        "but inside the other way round"
    )


@dataclass(frozen=True)
class _Area:
    """An area in degrees; `west` is greater than `east` where it crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float


def _area_of_use(crs: CRS) -> _Area | None:
    area = crs.area_of_use
    authority = crs.to_authority(min_confidence=70)
    if area is None and authority:
        # WKT in a file carries no area; the register knows the one of the system it describes.
        area = CRS.from_authority(*authority).area_of_use
    return None if area is None else _Area(*area.bounds)


def _area(crs: CRS) -> str:
    area = _area_of_use(crs)
    if area is None:
        return f"{code(crs)} ({crs.name})"
    return (
        f"the area of {code(crs)} (longitude {area.west:g} to {area.east:g}, "
        f"latitude {area.south:g} to {area.north:g})"
    )


def _outside_message(original: BaseGeometry, result: BaseGeometry, crs: CRS) -> str:
    x, y = _first_xy(original)
    message = f"x {x:.12g}, y {y:.12g} lies outside {_area(crs)}"
    if crs.is_projected and abs(x) <= MAX_LON and abs(y) <= MAX_LON:
        return f"{message}; these look like degrees, not {crs.axis_info[0].unit_name}s"
    lon, lat = _first_xy(result)
    if crs.is_projected and np.isfinite([lon, lat]).all():
        return f"{message}: it would be at longitude {lon:.4f}, latitude {lat:.4f}"
    if crs.is_geographic and abs(y) > MAX_LAT and abs(x) <= MAX_LAT:
        return f"{message}; longitude and latitude seem to be swapped"
    return message


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
        raise UnknownCRSError(f"{source}: no transformation leads from {code(crs)} to EPSG:4326")
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
        lines.append(f"{source}: positions from {code(crs)} are {doubt} ({note})")
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
