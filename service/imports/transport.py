"""Tables on their way out of a reading process: Arrow for the cells, JSON for the rest.

Nothing that comes back is code: a process that a file took over can send wrong rows, no more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from shapely.errors import ShapelyError

# The column that brings the identifiers kept beside the others.
FEATURE_ID: Final = "\x1ffid"
_MIXED: Final = b"mixed"


@dataclass(frozen=True)
class Streamed:
    """A table that is read while it is sent.

    Parameters
    ----------
    batches
        Its parts, each with the same columns, ``geometry`` as WKB and `FEATURE_ID` among them.
    crs
        What the file says of its system, as GDAL puts it.
    fid_column
        What the identifiers of `FEATURE_ID` are called; None where they only count rows.
    total
        How many rows it claims to have; 0 where unknown.
    said
        What GDAL warned of, complete after the last batch.
    """

    batches: Iterator[pa.Table]
    crs: object
    fid_column: str | None
    total: int
    said: list[str] = field(default_factory=list)


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as Arrow; cells of one column that are of several types become JSON."""
    arrays: list[pa.Array] = []
    fields: list[pa.Field] = []
    for name in frame.columns:
        array, mixed = _column(frame[name])
        arrays.append(array)
        fields.append(pa.field(str(name), array.type, metadata={_MIXED: b"1"} if mixed else None))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _column(column: pd.Series[Any]) -> tuple[pa.Array, bool]:
    cells: Any
    if column.dtype == "geometry":
        # Parsed again on the other side: the largest part of what is sent.
        cells = np.asarray(column, dtype=object)
        return pa.array(shapely.to_wkb(cells).tolist(), type=pa.large_binary()), False
    if column.dtype != object:
        return pa.array(column, from_pandas=column.dtype.kind == "M"), False
    cells = column.tolist()
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {str}:
        return pa.array(cells, type=pa.large_string()), False
    if kinds <= {bytes}:
        return pa.array(cells, type=pa.large_binary()), False
    if len(kinds) == 1:
        try:
            return pa.array(cells), False
        except (pa.ArrowException, OverflowError):
            pass
    packed = [None if cell is None else json.dumps(_plain(cell)) for cell in cells]
    return pa.array(packed, type=pa.large_string()), True


# How cells that JSON has no word for are marked. A datetime is a date too, and so comes first.
_MARKED: Final[tuple[tuple[type, str, Callable[[Any], object]], ...]] = (
    (datetime, "datetime", datetime.isoformat),
    (date, "date", date.isoformat),
    (time, "time", time.isoformat),
    (timedelta, "days", lambda span: span / timedelta(days=1)),
    (Decimal, "decimal", str),
)
_UNMARKED: Final[Mapping[str, Callable[[Any], object]]] = MappingProxyType(
    {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "days": float,
        "decimal": Decimal,
        "list": lambda cells: [_cell(each) for each in cells],
    }
)


def _plain(cell: object) -> object:
    """Return a cell as JSON takes it; what JSON has no word for is marked."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if cell is None or isinstance(cell, (bool, str, int, float)):
        return cell
    for kind, mark, packed in _MARKED:
        if isinstance(cell, kind):
            return {mark: packed(cell)}
    if isinstance(cell, dict):
        cell = list(cell.items())
    if isinstance(cell, (list, tuple, np.ndarray)):
        return {"list": [_plain(each) for each in cell]}
    return str(cell)


def _cell(plain: object) -> object:
    """Return what `_plain` was made of; a span of time as days, a mapping as pairs."""
    if not isinstance(plain, dict):
        return plain
    ((mark, packed),) = plain.items()
    return _UNMARKED[mark](packed)


def from_arrow(parts: list[pa.Table]) -> tuple[pd.DataFrame, list[object] | None]:
    """Return the frame of the tables of one file, and the identifiers kept beside it."""
    table = pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({})
    # What comes from elsewhere is not believed: offsets, lengths and text are checked.
    table.validate(full=True)
    index = pd.RangeIndex(len(table))
    columns: dict[str, pd.Series[Any]] = {}
    ids: list[object] | None = None
    for position, name in enumerate(table.column_names):
        column = table.column(position)
        if name == FEATURE_ID:
            ids = column.to_pylist()
        elif (table.schema.field(position).metadata or {}).get(_MIXED):
            cells = [
                None if text is None else _cell(json.loads(text)) for text in column.to_pylist()
            ]
            columns[name] = pd.Series(_objects(cells), index=index, dtype=object)
        elif name == "geometry" and pa.types.is_large_binary(column.type):
            columns[name] = pd.Series(_shapes(column), index=index, dtype=object)
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            # As cells of every other format: text, or None.
            columns[name] = pd.Series(_objects(column.to_pylist()), index=index, dtype=object)
        else:
            columns[name] = column.to_pandas().set_axis(index)
    return pd.DataFrame(columns, index=index), ids


def _shapes(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Return WKB as geometries; as it is where one is damaged, so that its row can be named."""
    cells = _objects(column.to_pylist())
    try:
        # A coordinate that is no number is found, and told, with the others.
        with np.errstate(invalid="ignore"):
            shapes: np.ndarray[Any, Any] = shapely.from_wkb(cells)
    except (ShapelyError, ValueError, TypeError):
        return cells
    return shapes


def _objects(cells: list[object]) -> np.ndarray[Any, Any]:
    return np.fromiter(cells, dtype=object, count=len(cells))
