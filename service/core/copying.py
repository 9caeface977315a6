"""Bulk writing with COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table


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
    statement = copy_statement("COPY {} ({}) FROM STDIN", table, columns)
    with driver_connection(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def copy_statement(form: str, table: Table, columns: Sequence[str]) -> sql.Composed:
    """Return a COPY of columns of a table; `form` has a place for each of the two."""
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
