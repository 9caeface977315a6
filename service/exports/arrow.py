"""Tables as streams of Arrow record batches, which GDAL and Parquet take chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from service.exports.columns import Column, ColumnKind, as_text
from service.exports.package import Chunk, Package, Table

GEOMETRY: Final = "geometry"
_TYPES: Final[Mapping[ColumnKind, pa.DataType]] = MappingProxyType(
    {
        ColumnKind.TEXT: pa.string(),
        ColumnKind.INTEGER: pa.int64(),
        ColumnKind.NUMBER: pa.float64(),
        ColumnKind.BOOLEAN: pa.bool_(),
        ColumnKind.DATE: pa.date32(),
        ColumnKind.TEXTS: pa.string(),
        ColumnKind.JSON: pa.string(),
        ColumnKind.POINTS: pa.string(),
    }
)


def schema_of(table: Table, *, lists: bool = False) -> pa.Schema:
    """Return the columns of a table, the geometry of a row as WKB last.

    Parameters
    ----------
    lists
        True to keep lists of texts as lists; else they are JSON text.
    """
    fields = [pa.field(column.name, _type(column, lists=lists)) for column in table.columns]
    if table.placed:
        fields.append(pa.field(GEOMETRY, pa.binary()))
    return pa.schema(fields)


def batches(
    package: Package,
    table: Table,
    *,
    lists: bool = False,
    seen: Callable[[Chunk], None] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Read a table as record batches of `schema_of`.

    Parameters
    ----------
    seen
        Told of each chunk before it is given out.
    """
    schema = schema_of(table, lists=lists)
    for chunk in package.chunks(table):
        if seen is not None:
            seen(chunk)
        yield batch_of(chunk, table, schema)


def batch_of(chunk: Chunk, table: Table, schema: pa.Schema) -> pa.RecordBatch:
    """Return one chunk of a table as a record batch of a schema of `schema_of`."""
    arrays = [
        _array(values, column, schema.field(number).type)
        for number, (values, column) in enumerate(zip(chunk.columns, table.columns, strict=True))
    ]
    if chunk.shapes is not None:
        arrays.append(pa.array(shapely.to_wkb(chunk.shapes), type=pa.binary()))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def wkt_texts(shapes: list[Any] | NDArray[Any]) -> list[str | None]:
    """Return geometries as WKT with all their digits; None where missing."""
    given = np.asarray(shapes, dtype=object)
    texts: list[str | None] = shapely.to_wkt(given, rounding_precision=-1).tolist()
    return texts


def _type(column: Column, *, lists: bool) -> pa.DataType:
    if lists and column.kind is ColumnKind.TEXTS:
        return pa.list_(pa.string())
    return _TYPES[column.kind]


def _array(values: list[Any], column: Column, type_: pa.DataType) -> pa.Array:
    if column.kind is ColumnKind.POINTS:
        return pa.array(wkt_texts(values), type=type_)
    if column.kind is ColumnKind.NUMBER:
        return pa.array([None if v is None else float(v) for v in values], type=type_)
    if type_ == pa.string():
        return pa.array([as_text(v, column.kind) for v in values], type=type_)
    return pa.array(values, type=type_)
