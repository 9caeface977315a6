"""Bulk writing with COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError


@dataclass(frozen=True)
class CopyColumn:
    """One column of rows that go in by binary COPY.

    Parameters
    ----------
    name
        Of the column.
    type
        What PostgreSQL calls the type of the values; ``bytea`` for geometries as EWKB, which is
        how a geometry reads itself.
    values
        Plain Python values, at least one a row.
    """

    name: str
    type: str
    values: Iterable[Any]


def copy_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Append rows to `table` in the caller's transaction.

    Parameters
    ----------
    table
        Names the target; its schema is honoured.
    columns
        Column names, in the order of each row's values.
    rows
        Plain Python values; geometries as hexadecimal EWKB, JSON as `psycopg.types.json` values.
    """
    statement = _statement("COPY {} ({}) FROM STDIN", table, columns)
    with driver_connection(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_columns(
    connection: Connection, table: Table, columns: Sequence[CopyColumn], *, rows: int
) -> None:
    """Append `rows` rows to `table` in the caller's transaction, in the binary form.

    Numbers and geometries are neither written as text nor parsed: half the bytes, half the time.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        When a value breaks a constraint of the table.
    """
    names = [column.name for column in columns]
    statement = _statement("COPY {} ({}) FROM STDIN (FORMAT BINARY)", table, names)
    # Constants have no end.
    values = islice(zip(*(column.values for column in columns), strict=False), rows)
    try:
        with driver_connection(connection).cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types([column.type for column in columns])
            for row in values:
                copy.write_row(row)
    except psycopg.IntegrityError as error:
        # As every other statement of the connection would tell it.
        raise IntegrityError("COPY", None, error) from error


def _statement(form: str, table: Table, columns: Sequence[str]) -> sql.Composed:
    target = (table.name,) if table.schema is None else (table.schema, table.name)
    return sql.SQL(form).format(
        sql.Identifier(*target), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def driver_connection(connection: Connection) -> psycopg.Connection[Any]:
    """Return the psycopg connection under `connection`.

    Raises
    ------
    TypeError
        When the engine was made with another driver than psycopg 3.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        msg = f"COPY needs psycopg 3, not {type(driver).__module__}"
        raise TypeError(msg)
    return driver
