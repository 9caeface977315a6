"""Checked rows as one Arrow stream and back, every type kept: decimals stay exact."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from geopandas import GeoDataFrame

from service.core.incoming import ROW_COLUMN
from service.core.rows import from_columns, to_copy
from spatial.fields import FieldType, Layer

_SHAPES: Final = (FieldType.GEOMETRY, FieldType.POINTS)


def to_stream(frame: GeoDataFrame, layer: Layer) -> bytes:
    """Return a checked frame with its column of row numbers as an Arrow stream."""
    columns = {field.name: _array(frame[field.name], field.type) for field in layer.fields}
    columns[ROW_COLUMN] = pa.array(frame[ROW_COLUMN].tolist(), pa.int64())
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def from_stream(content: bytes, layer: Layer) -> GeoDataFrame:
    """Return the frame of an Arrow stream, as it was but for its index, which counts from 0."""
    with pa.ipc.open_stream(pa.BufferReader(content)) as reader:
        table = reader.read_all()
    columns: dict[str, Sequence[Any]] = {
        field.name: _values(table[field.name].to_pylist(), field.type) for field in layer.fields
    }
    frame = from_columns(columns, layer)
    frame[ROW_COLUMN] = np.array(table[ROW_COLUMN].to_pylist(), dtype=np.int64)
    return frame


def _array(column: Any, type_: FieldType) -> Any:  # noqa: ANN401  # a series; an Arrow array
    if type_ in _SHAPES:
        shapes = shapely.force_2d(np.asarray(column, dtype=object))
        return pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    values = to_copy(column, type_)
    if type_ is FieldType.DECIMAL:
        values = [None if value is None else str(value) for value in values]
    return pa.array(values, _TYPES[type_])


def _values(values: list[Any], type_: FieldType) -> list[Any]:
    if type_ is FieldType.DECIMAL:
        return [None if value is None else Decimal(value) for value in values]
    return values


_TYPES: Final = {
    FieldType.TEXT: pa.string(),
    FieldType.TEXTS: pa.list_(pa.string()),
    FieldType.INTEGER: pa.int64(),
    FieldType.DECIMAL: pa.string(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
}
