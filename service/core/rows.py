"""Validated frames to database rows and back, column by column.

How each type is held in a frame is said once, in `spatial.fields.FieldType`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from psycopg.types.json import Jsonb
from sqlalchemy import ColumnElement, Connection, Select, Table, Text, cast, func

from service.core.binary_copy import GEOMETRY, CopyColumn
from service.core.ewkb import ewkb
from service.core.geojson import encode_json
from spatial.fields import Field, FieldType, Layer

_GEOMETRIES = (FieldType.GEOMETRY, FieldType.POINTS)
# What PostgreSQL calls the values of a field as they are copied.
_TYPES: Final[Mapping[FieldType, str]] = MappingProxyType(
    {
        FieldType.TEXT: "text",
        FieldType.TEXTS: "text[]",
        FieldType.INTEGER: "int8",
        FieldType.DECIMAL: "numeric",
        FieldType.BOOLEAN: "bool",
        FieldType.DATE: "date",
        FieldType.DOCUMENT: "jsonb",
        FieldType.POINTS: GEOMETRY,
        FieldType.GEOMETRY: GEOMETRY,
    }
)


def copied(name: str, values: pd.Series[Any], type_: FieldType) -> CopyColumn:
    """Return a column of a frame as binary COPY takes it."""
    if type_ in _GEOMETRIES:
        return CopyColumn(name, GEOMETRY, np.asarray(values, dtype=object))
    if type_ is FieldType.INTEGER:
        return CopyColumn(name, _TYPES[type_], values.array)
    return CopyColumn(name, _TYPES[type_], to_copy(values, type_))


def to_copy(values: pd.Series[Any], type_: FieldType) -> list[Any]:
    """Return a column as plain Python values, None where missing.

    Geometries, in EPSG:4326, become two-dimensional EWKB.
    """
    if type_ in _GEOMETRIES:
        return ewkb(np.asarray(values, dtype=object))
    if type_ is FieldType.TEXTS:
        return [None if value is None else list(value) for value in values]
    if type_ is FieldType.DOCUMENT:
        return [None if value is None else Jsonb(value, dumps=encode_json) for value in values]
    missing = values.isna().to_numpy()
    if missing.all():
        return [None] * len(values)
    return [
        None if absent else value
        for value, absent in zip(values.astype(object), missing, strict=True)
    ]


def selected(table: Table, layer: Layer) -> list[ColumnElement[Any]]:
    """Return the columns of `layer` as `from_columns` wants them read, in the layer's order."""
    return [_selected(table.c[field.name], field) for field in layer.fields]


def _selected(column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
    if field.type in _GEOMETRIES:
        return func.ST_AsBinary(column).label(field.name)
    if field.type is FieldType.DOCUMENT:
        # As text: the driver would read its numbers as floats.
        return cast(column, Text).label(field.name)
    return column


def columns_of(connection: Connection, query: Select[Any]) -> dict[str, Sequence[Any]]:
    """Run a query and return its columns by name; empty ones where no row was found."""
    rows = connection.execute(query).all()
    names = [column.name for column in query.selected_columns]
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return dict(zip(names, columns, strict=True))


def from_columns(columns: Mapping[str, Sequence[Any]], layer: Layer) -> GeoDataFrame:
    """Build a validated frame from values read with `selected`.

    Returns
    -------
    Index 0..n-1, CRS EPSG:4326, the types of `FieldType`.
    """
    data = {field.name: _from_values(columns[field.name], field.type) for field in layer.fields}
    return GeoDataFrame(data, geometry="geometry", crs="EPSG:4326")


def _from_values(values: Sequence[Any], type_: FieldType) -> Any:  # noqa: ANN401  an array of its type
    if type_ in _GEOMETRIES:
        shapes = shapely.from_wkb(object_array(values))
        if type_ is FieldType.GEOMETRY:
            return shapes
        return pd.Series(shapes, dtype=object)
    if type_ is FieldType.INTEGER:
        return pd.array(list(values), dtype="Int64")
    if type_ is FieldType.BOOLEAN:
        return pd.array(list(values), dtype="boolean")
    if type_ is FieldType.TEXTS:
        values = [None if value is None else tuple(value) for value in values]
    if type_ is FieldType.DOCUMENT:
        values = [None if value is None else exact_json(value) for value in values]
    return pd.Series(object_array(values), dtype=object)


def exact_json(text: str) -> Any:  # noqa: ANN401  whatever the text holds
    """Read JSON the database wrote; a number with a fraction is a `decimal.Decimal`."""
    return json.loads(text, parse_float=Decimal)


def object_array(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Return a one-dimensional array of objects, whatever the values are."""
    return np.fromiter(values, dtype=object, count=len(values))
