"""How coordinates of a system become longitude and latitude: the transformation, and its area."""

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

from service.imports.geometries import MAX_LAT, MAX_LON, Geometries
from service.imports.systems import LONLAT, same_crs
from spatial.coordinate_systems import crs_code
from spatial.errors import UnknownCRSError
from spatial.webmap_crs import CHINA_LAT, CHINA_LON, WebMap

# A city on the rim of a zone is mapped in one zone; three degrees off is another zone.
AREA_MARGIN_DEG: Final = 1.0
COARSE_M: Final = 1.0
# Longer ones are WKT, which nobody types.
LONGEST_CODE: Final = 20

Bounds = NDArray[np.float64]
Move = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[Any, ...]]


def bounds_of(geometries: Geometries) -> Bounds:
    """Return west, south, east, north of each geometry, shape (n, 4)."""
    return np.asarray(shapely.bounds(geometries), dtype=np.float64).reshape(-1, 4)


def lie_inside(bounds: Bounds, base: CRS | WebMap) -> NDArray[np.bool_]:
    """Tell which bounds in degrees lie in the area of use, a margin around it included."""
    west, south, east, north = bounds.T
    finite = np.isfinite(bounds).all(axis=1)
    inside: NDArray[np.bool_] = finite & (west >= -MAX_LON) & (east <= MAX_LON)
    inside &= (south >= -MAX_LAT) & (north <= MAX_LAT)
    area = area_of_use(base)
    if area is None:
        return inside
    inside &= (south >= area.south - AREA_MARGIN_DEG) & (north <= area.north + AREA_MARGIN_DEG)
    left, right = area.west - AREA_MARGIN_DEG, area.east + AREA_MARGIN_DEG
    inside &= (
        ((west >= left) & (east <= right)) if left <= right else (west >= left) | (east <= right)
    )
    return inside


def is_geographic(base: CRS | WebMap) -> bool:
    """Tell whether coordinates of a system are degrees."""
    return isinstance(base, WebMap) or base.is_geographic


@dataclass(frozen=True)
class UseArea:
    """An area in degrees; `west` is greater than `east` where it crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float


def area_of_use(crs: CRS | WebMap) -> UseArea | None:
    """Return where a system is made for; None where nobody says."""
    if isinstance(crs, WebMap):
        return UseArea(CHINA_LON[0], CHINA_LAT[0], CHINA_LON[1], CHINA_LAT[1])
    area = crs.area_of_use
    authority = crs.to_authority(min_confidence=70)
    if area is None and authority:
        # WKT in a file carries no area; the register knows the one of the system it describes.
        area = CRS.from_authority(*authority).area_of_use
    return None if area is None else UseArea(*area.bounds)


def move_between(
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
    bounds = bounds_of(np.concatenate([np.asarray(shapes) for shapes in columns.values()]))
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    corners = np.array([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)])
    rough = Transformer.from_crs(crs, LONLAT, always_xy=True)
    lon, lat = rough.transform(corners[:, 0], corners[:, 1])
    box = np.array([[min(lon), min(lat), max(lon), max(lat)]])
    return (
        AreaOfInterest(*(float(edge) for edge in box[0])) if bool(lie_inside(box, crs)[0]) else None
    )


def _is_cgcs2000(crs: CRS) -> bool:
    geodetic = crs.geodetic_crs
    datum = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    return datum in ("China 2000", "China Geodetic Coordinate System 2000", "D_China_2000")
