"""Repairing geometries whose meaning is clear: rings left open, rings that cross themselves.

Nothing is repaired in silence: each repair says what was done to which row, and a shape that
would not be a polygon afterwards is left as it is, to be refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from service.imports.raw import RawTable

GEOMETRY: Final = "geometry"
_TEXT_COLUMNS: Final = ("wkt", GEOMETRY)
_AREAL: Final = ("Polygon", "MultiPolygon")
# A ring of fewer places encloses nothing, closed or not.
_LEAST_PLACES: Final = 3


@dataclass(frozen=True)
class Repair:
    """What was done to the geometry of one row.

    Parameters
    ----------
    row
        1-based number of the data row.
    what
        ``ring_closed`` or ``made_valid``.
    detail
        What was wrong, and what came of it.
    """

    row: int
    what: str
    detail: str


@dataclass(frozen=True)
class Repaired:
    """A table with its geometries repaired, and what was done, in the order of rows."""

    raw: RawTable
    repairs: tuple[Repair, ...]


def repair(raw: RawTable, columns: Mapping[str, str]) -> Repaired:
    """Close rings and make polygons valid, in the system the file is in.

    Parameters
    ----------
    raw
        Any table; without geometries or a column of WKT there is nothing to repair.
    columns
        Column to field, as the user maps them.
    """
    name = _geometry_column(raw, columns)
    if name is None:
        return Repaired(raw, ())
    cells = raw.frame[name].astype(object).to_numpy(dtype=object).copy()
    repairs: list[Repair] = []
    shapes = np.full(len(cells), None, dtype=object)
    for position, cell in enumerate(cells):
        shape, closed = _closed(cell)
        shapes[position] = shape
        if closed:
            cells[position] = shape
            rings = "1 ring" if closed == 1 else f"{closed} rings"
            repairs.append(Repair(position + 1, "ring_closed", f"{rings} closed"))
    for position in _crossing(shapes):
        valid = _polygonal(shapely.make_valid(shapes[position]))
        if valid is None:
            continue
        cells[position] = valid
        why = " ".join(shapely.is_valid_reason(shapes[position]).split())
        parts = shapely.get_num_geometries(valid)
        detail = f"{why}; made valid, {parts} {'part' if parts == 1 else 'parts'}"
        repairs.append(Repair(position + 1, "made_valid", detail))
    if not repairs:
        return Repaired(raw, ())
    column = pd.Series(cells, index=raw.frame.index, dtype=object)
    return Repaired(
        replace(raw, frame=raw.frame.assign(**{name: column})),
        tuple(sorted(repairs, key=lambda one: one.row)),
    )


def _geometry_column(raw: RawTable, columns: Mapping[str, str]) -> str | None:
    """Return the column that holds geometries; None where there is none, or more than one."""
    if raw.placed:
        return GEOMETRY if GEOMETRY in raw.frame else None
    named = [column for column, field in columns.items() if field in _TEXT_COLUMNS]
    found = named or [name for name in _TEXT_COLUMNS if name in raw.frame]
    return found[0] if len(found) == 1 and found[0] in raw.frame else None


def _closed(cell: object) -> tuple[BaseGeometry | None, int]:
    """Return a cell as a geometry with its rings closed, and how many had to be.

    None for what is no geometry: the reader says why.
    """
    if isinstance(cell, BaseGeometry):
        return cell, 0
    if isinstance(cell, str) and cell.lstrip().startswith("{"):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return None, 0
    try:
        if isinstance(cell, Mapping):
            document, closed = _with_closed_rings(cell)
            return shapely.from_geojson(json.dumps(document, allow_nan=False)), closed
        if isinstance(cell, str) and cell.strip():
            return _from_wkt(cell)
    except (ValueError, TypeError, RecursionError, ShapelyError):
        pass
    return None, 0


def _from_wkt(text: str) -> tuple[BaseGeometry | None, int]:
    # Read twice: the fault of an open ring is told apart from that of a text that is no WKT.
    if not _is_none(shape := shapely.from_wkt(text, on_invalid="ignore")):
        return shape, 0
    shape = shapely.from_wkt(text, on_invalid="fix")
    if _is_none(shape) or any(
        len({*ring.coords}) < _LEAST_PLACES for ring in shapely.get_rings(shape)
    ):
        return None, 0
    return shape, 1


def _is_none(shape: object) -> bool:
    """Tell whether GEOS gave nothing; the stubs know only that it raises."""
    return shape is None


def _with_closed_rings(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    kind, coordinates = document.get("type"), document.get("coordinates")
    if kind not in _AREAL or not isinstance(coordinates, list):
        return document, 0
    polygons = [coordinates] if kind == "Polygon" else coordinates
    closed = 0
    result: list[Any] = []
    for polygon in polygons:
        rings = []
        for ring in polygon:
            if isinstance(ring, list) and len(ring) >= _LEAST_PLACES and ring[0] != ring[-1]:
                rings.append([*ring, ring[0]])
                closed += 1
            else:
                rings.append(ring)
        result.append(rings)
    return {**document, "coordinates": result[0] if kind == "Polygon" else result}, closed


def _crossing(shapes: np.ndarray[Any, Any]) -> list[int]:
    """Return the positions of polygons that are not valid, but finite and not empty."""
    areal = np.array(
        [shape is not None and shape.geom_type in _AREAL for shape in shapes], dtype=bool
    )
    areal[areal] = ~shapely.is_empty(shapes[areal])
    # GEOS may not be asked about validity where coordinates are not finite.
    areal[areal] = np.isfinite(shapely.bounds(shapes[areal])).all(axis=1)
    invalid = areal.copy()
    invalid[areal] = ~shapely.is_valid(shapes[areal])
    found: list[int] = np.flatnonzero(invalid).tolist()
    return found


def _polygonal(shape: BaseGeometry) -> BaseGeometry | None:
    """Return the polygons of a shape as one; None when there are none."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in _AREAL]
    if not parts:
        return None
    polygons = [one for part in parts for one in shapely.get_parts(part)]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
