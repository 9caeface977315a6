"""The outlines in a file that somebody hands in as the site of a project; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from service.imports.apart import Apart
from service.imports.coordinates import to_lonlat
from service.imports.crs_check import CrsSubject, decide_system
from service.imports.formats import FORMATS, Format, read_raw
from service.imports.geometries import flatten, parse_geometries
from service.imports.limits import Limits
from service.imports.raw import Reading
from spatial.crs import metric_crs, project
from spatial.errors import InputError
from spatial.fields import DISTRICTS

# Formats that draw outlines; tables of places do not.
SITE_FORMATS: Final[tuple[Format, ...]] = tuple(
    one for one in FORMATS if one.name not in ("CSV", "XLSX", "GeoParquet")
)
SITE_SUFFIXES: Final = tuple(suffix for one in SITE_FORMATS for suffix in one.suffixes)
# The site of one project has few parts; a file of a city's parcels is to be cut first.
MOST_OUTLINES: Final = 200
_POLYGONS: Final = (3, 6)
_NAMES: Final = ("name", "名称", "项目名称", "地块名称", "地块编号", "text", "layer")


@dataclass(frozen=True, eq=False)
class Outline:
    """One polygon of a file.

    Parameters
    ----------
    row
        Its number in the file, from 1.
    name
        What the file calls it; None where it does not.
    geometry
        EPSG:4326, in two dimensions.
    area_m2
        In the metric projection of the place, for orientation.
    """

    row: int
    name: str | None
    geometry: BaseGeometry
    area_m2: float


@dataclass(frozen=True, eq=False)
class SiteFile:
    """What a file holds.

    Parameters
    ----------
    outlines
        In the order of the file, at least one.
    origin_crs
        The system the file is in.
    transformation
        The operation to EPSG:4326; None where nothing was to be done.
    warnings
        What was read otherwise than given, one line each.
    """

    outlines: tuple[Outline, ...]
    origin_crs: str
    transformation: str | None
    warnings: tuple[str, ...]


def read_site(
    path: Path,
    *,
    label: str,
    crs: str | None,
    limits: Limits,
    check: Callable[[CrsSubject], list[str]],
) -> SiteFile:
    """Read the polygons of a file, in a process of its own where a library parses it.

    Parameters
    ----------
    path
        In a folder of this file alone, in which archives are unpacked too.
    label
        What the file is called in messages.
    crs
        The system of its coordinates, where the file does not say.
    limits
        What reading it may cost.
    check
        Holds the system against what is stored; returns warnings.

    Raises
    ------
    UndeclaredCRSError
        When nobody says which system the coordinates are in.
    InputError
        When the file cannot be read, or holds no polygon or too many; and as `check`.
    """
    try:
        with Apart(memory_bytes=limits.memory_bytes, copied=False) as apart:
            raw = read_raw(
                path,
                prefer=DISTRICTS.name,
                formats=SITE_FORMATS,
                how=Reading(limits=limits, work_dir=path.parent, apart=apart),
            )
    except InputError as error:
        # Where the file lies is nobody's business; what it is called is.
        raise InputError(str(error).replace(str(path), label)) from None
    if not raw.placed:
        raise InputError(f"{label}: has no geometries")
    parsed = parse_geometries(raw.frame["geometry"])
    geometries, _ = flatten(parsed.geometries)
    rows = np.flatnonzero(
        np.isin(shapely.get_type_id(geometries), _POLYGONS) & ~shapely.is_empty(geometries)
    )
    if not len(rows):
        raise InputError(f"{label}: {_instead(geometries)}")
    if len(rows) > MOST_OUTLINES:
        raise InputError(
            f"{label}: holds {len(rows):,} polygons; the site of a project has at most "
            f"{MOST_OUTLINES}: keep its own in the file"
        )
    shapes = geometries[rows]
    system, subject = decide_system(raw, shapes, option=crs, source=label)
    located = to_lonlat({"geometry": shapes}, system, source=label)
    if located.faults:
        raise InputError(f"{label}: {located.faults[0].message}")
    warnings = [*raw.warnings, *located.warnings, *check(subject)]
    names = _names(raw.frame)
    found = located.columns["geometry"]
    return SiteFile(
        outlines=tuple(
            Outline(int(row) + 1, names[row], shape, area_m2)
            for row, shape, area_m2 in zip(rows, found, _areas_m2(found), strict=True)
        ),
        origin_crs=located.origin_crs,
        transformation=located.transformation,
        warnings=tuple(line.replace(str(path), label) for line in warnings),
    )


def _instead(geometries: np.ndarray[Any, Any]) -> str:
    """Say what a file without polygons holds."""
    types = shapely.get_type_id(geometries)
    kinds = (("points", (0, 4)), ("lines", (1, 2, 5)))
    counts = [(int(np.isin(types, ids).sum()), kind) for kind, ids in kinds]
    held = " and ".join(f"{count:,} {kind}" for count, kind in counts if count)
    wanted = "the site is a polygon, or a closed polyline of a drawing"
    return f"holds no polygon, but {held}; {wanted}" if held else f"holds no polygon; {wanted}"


def _names(frame: pd.DataFrame) -> list[str | None]:
    """Return what the rows are called, by the first column that says it."""
    by_name = {str(column).casefold(): column for column in frame.columns}
    for name in _NAMES:
        if name in by_name:
            cells = frame[by_name[name]]
            return [None if pd.isna(cell) or not str(cell) else str(cell)[:200] for cell in cells]
    return [None] * len(frame)


def _areas_m2(shapes: np.ndarray[Any, Any]) -> list[float]:
    west, south, east, north = shapely.total_bounds(shapes)
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    return [round(float(area), 1) for area in shapely.area(project(shapes, target=crs))]
