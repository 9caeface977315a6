"""Rows on their way into a table of versions, by COPY in its binary form."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, text

from service.core.binary_copy import CopyColumn, copy_columns
from service.core.rows import copied
from service.core.versions import column_type
from spatial.fields import FieldType, Layer

ROW_COLUMN: Final = "_row"


@contextmanager
def incoming(connection: Connection, layer: Layer, frame: GeoDataFrame) -> Iterator[Table]:
    """Hold the rows of a frame in a temporary table, so that they are stored set by set."""
    rows = Table(
        f"incoming_{secrets.token_hex(8)}",
        MetaData(),
        *(Column(field.name, column_type(field.type)) for field in layer.fields),
        Column(ROW_COLUMN, BigInteger),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    rows.create(connection)
    columns = [*_fields(layer, frame), _row_numbers(frame, ROW_COLUMN)]
    copy_columns(connection, rows, columns, rows=len(frame))
    connection.execute(text(f"ANALYZE {rows.name}"))
    yield rows
    rows.drop(connection)


def append_first(
    connection: Connection,
    table: Table,
    layer: Layer,
    frame: GeoDataFrame,
    *,
    values: Mapping[str, CopyColumn],
) -> None:
    """Append rows to a table of versions without a detour; none of their keys may be in it.

    Parameters
    ----------
    values
        The columns of a version that are no fields, by name; the number of the row is added.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        When a value breaks a constraint of the table.
    """
    columns = [*_fields(layer, frame), *values.values(), _row_numbers(frame, "source_row")]
    copy_columns(connection, table, columns, rows=len(frame))


def constant(name: str, type_: str, value: object) -> CopyColumn:
    """Return a column that has one value in every row."""
    return CopyColumn(name, type_, None, constant=value)


def _fields(layer: Layer, frame: GeoDataFrame) -> list[CopyColumn]:
    """Return the fields in which some row has a value; the others are missing by themselves."""
    return [
        copied(field.name, frame[field.name], field.type)
        for field in layer.fields
        if field.name in frame and not frame[field.name].isna().all()
    ]


def _row_numbers(frame: GeoDataFrame, name: str) -> CopyColumn:
    if ROW_COLUMN in frame:
        return copied(name, frame[ROW_COLUMN], FieldType.INTEGER)
    if pd.api.types.is_integer_dtype(frame.index):
        return CopyColumn(name, "int8", frame.index.to_numpy() + 1)
    return constant(name, "int8", None)
