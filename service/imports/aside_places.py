"""Where rows that were set aside are, as far as they say it: to draw them beside the good ones.

What is wrong with a row seldom is where it is. And of a broken geometry a vertex can be read, which
is enough to find it on a map.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from service.imports.cells import is_missing
from service.imports.column_map import PLACES, WKT_COLUMNS, ColumnMap
from service.imports.coordinates import to_lonlat
from service.imports.crs_check import CrsSubject
from service.imports.joining import joined_positions
from service.imports.placed_rows import place_rows
from service.imports.raw import RawTable
from service.imports.repairs import GEOMETRY
from spatial.fields import Layer

Position = tuple[float, float]

_NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_WKT_PLACE: Final = re.compile(rf"\(\s*({_NUMBER})\s+({_NUMBER})")
# Millimetres; more would be noise of the transformation.
_DECIMALS: Final = 8


def positions_of(
    raw: RawTable,
    rows: NDArray[np.int64],
    *,
    columns: ColumnMap,
    subject: CrsSubject | None,
    source: str,
) -> list[Position | None]:
    """Return where rows are that say so themselves.

    Parameters
    ----------
    raw
        All rows as they stand in the file.
    rows
        Numbers of those asked about, from 1.
    columns
        What each column was taken for.
    subject
        The system the good rows were read in, and some of their places: the same transformation
        is taken. None where the rows have no places of their own.

    Returns
    -------
    Longitude and latitude, EPSG:4326, in the order of `rows`: the point; a point on the surface or
    line; of a geometry that is none the first vertex that can be read. None where the row says
    nothing, or lies outside the area its system is made for: where it is then, nobody knows.
    """
    if subject is None or subject.system is None or not len(rows):
        return [None] * len(rows)
    frame = raw.frame.iloc[rows - 1].reset_index(drop=True)
    found = [_point_of(cell) for cell in _cells(frame, raw, columns, source=source)]
    points = np.array([shapely.Point(one) if one else None for one in found], dtype=object)
    located = to_lonlat(
        {GEOMETRY: points},
        subject.system,
        source=source,
        where=subject.shapes if len(subject.shapes) else None,
    )
    outside = located.at_fault[GEOMETRY]
    return [
        None if at in outside else _position(shape)
        for at, shape in enumerate(located.columns[GEOMETRY])
    ]


def positions_of_joined(
    raw: RawTable,
    rows: NDArray[np.int64],
    *,
    columns: ColumnMap,
    layer: Layer,
    stored: Callable[[], GeoDataFrame],
) -> list[Position | None]:
    """Return where the stored features are that rows of a table without places speak of.

    None for a row that names none, or several.
    """
    frame = _named(raw.frame.iloc[rows - 1].reset_index(drop=True), columns)
    features = stored()
    places = features.geometry.to_numpy()
    return [
        None if at is None else _position(_representative(places[at]))
        for at in joined_positions(frame, layer, features)
    ]


def says_where(raw: RawTable, columns: ColumnMap) -> bool:
    """Tell whether the rows of a file have places of their own."""
    return raw.placed or any(one.field in PLACES for one in columns.mapped)


def _named(frame: pd.DataFrame, columns: ColumnMap) -> pd.DataFrame:
    """Return the columns that were taken for something, under its name."""
    taken = {one.column: one.field for one in columns.mapped if one.column in frame}
    return frame[list(taken)].rename(columns=taken)


def _cells(
    frame: pd.DataFrame, raw: RawTable, columns: ColumnMap, *, source: str
) -> Iterator[object]:
    """Yield what each row says of its place: a geometry, or what should be one."""
    if raw.placed:
        yield from frame[GEOMETRY].tolist() if GEOMETRY in frame else [None] * len(frame)
        return
    named = _named(frame, columns)
    texts = [name for name in WKT_COLUMNS if name in named]
    shapes = named[texts[0]] if texts else place_rows(named, source=source).frame[GEOMETRY]
    yield from shapes.tolist()


def _point_of(cell: object) -> Position | None:
    """Return a place of a cell in its own coordinates; None where there is none to be read."""
    if isinstance(cell, BaseGeometry):
        shape: BaseGeometry | None = cell
    elif is_missing(cell):
        return None
    else:
        shape = _shape_of(cell)
    if shape is not None:
        point = _representative(shape)
        return None if point is None else (point.x, point.y)
    return _vertex_of(cell)


def _shape_of(cell: object) -> BaseGeometry | None:
    """Return a cell as a geometry, None where it is none."""
    try:
        with np.errstate(invalid="ignore"):
            if isinstance(cell, Mapping):
                return shapely.from_geojson(json.dumps(dict(cell), allow_nan=False))
            if isinstance(cell, bytes | bytearray | memoryview):
                return shapely.from_wkb(bytes(cell))
            if isinstance(cell, str) and cell.lstrip().startswith("{"):
                return shapely.from_geojson(cell)
            return shapely.from_wkt(cell) if isinstance(cell, str) else None
    except (ValueError, TypeError, RecursionError, ShapelyError):
        return None


def _representative(shape: BaseGeometry | None) -> shapely.Point | None:
    """Return a point on a shape: its first finite vertex where it is not valid, None of none."""
    if shape is None or shape.is_empty:
        return None
    coordinates = shapely.get_coordinates(shape)
    finite = coordinates[np.isfinite(coordinates).all(axis=1)]
    if not len(finite):
        return None
    if len(finite) == len(coordinates) and shape.is_valid:
        return shapely.point_on_surface(shape)
    return shapely.Point(finite[0])


def _vertex_of(cell: object) -> Position | None:
    """Return the first vertex of GeoJSON or WKT that is no geometry."""
    if isinstance(cell, str) and not cell.lstrip().startswith("{"):
        match = _WKT_PLACE.search(cell)
        return None if match is None else _finite(float(match[1]), float(match[2]))
    try:
        document = json.loads(cell) if isinstance(cell, str) else cell
        return next(_vertices(document), None)
    except (ValueError, RecursionError):
        return None


def _vertices(part: Any) -> Iterator[Position]:  # noqa: ANN401  # JSON of any form
    """Yield the positions in coordinates of any depth, in their order."""
    if isinstance(part, Mapping):
        for name in ("coordinates", "geometries", "geometry"):
            yield from _vertices(part.get(name))
    elif isinstance(part, list | tuple):
        pair = part[:2]
        if len(pair) == 2 and all(type(one) in (int, float) for one in pair):  # noqa: PLR2004  # x and y
            place = _finite(float(pair[0]), float(pair[1]))
            if place is not None:
                yield place
            return
        for one in part:
            yield from _vertices(one)


def _finite(x: float, y: float) -> Position | None:
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _position(shape: Any) -> Position | None:  # noqa: ANN401  # a point or None
    return None if shape is None else (round(shape.x, _DECIMALS), round(shape.y, _DECIMALS))
