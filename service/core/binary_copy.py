"""Bulk writing with COPY in its binary form, the rows made column by column.

Numbers and geometries are neither written as text nor parsed, and half the bytes travel. Rows are
made some thousands at a time, so that the server works at those before while the next are made.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import psycopg
from psycopg.pq import Format
from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError

from service.core.copying import copy_statement, driver_connection
from service.core.ewkb import ewkb

GEOMETRY: Final = "geometry"
_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END: Final = b"\xff\xff"
# The length of what is not there.
_NULL: Final = b"\xff\xff\xff\xff"
_ROWS_AT_ONCE: Final = 2_000
_length = struct.Struct(">i").pack


@dataclass(frozen=True)
class CopyColumn:
    """One column of rows that go in by binary COPY.

    Parameters
    ----------
    name
        Of the column.
    type
        What PostgreSQL calls the type of the values.
    cells
        One a row: shapely objects in EPSG:4326 for `GEOMETRY`, else plain Python values, or an
        array of pandas for ``int8``; None where missing.
    constant
        The value of every row, where `cells` is None.
    """

    name: str
    type: str
    cells: Sequence[Any] | np.ndarray[Any, Any] | pd.api.extensions.ExtensionArray | None
    constant: object = None


def copy_columns(
    connection: Connection, table: Table, columns: Sequence[CopyColumn], *, rows: int
) -> None:
    """Append `rows` rows to `table` in the caller's transaction.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        When a value breaks a constraint of the table.
    """
    driver = driver_connection(connection)
    names = [column.name for column in columns]
    statement = copy_statement("COPY {} ({}) FROM STDIN (FORMAT BINARY)", table, names)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(_HEAD)
            for some in _rows(driver, columns, rows):
                copy.write(some)
            copy.write(_END)
    except psycopg.IntegrityError as error:
        # As every other statement of the connection would tell it.
        raise IntegrityError("COPY", None, error) from error


def _rows(
    driver: psycopg.Connection[Any], columns: Sequence[CopyColumn], rows: int
) -> Iterator[bytes]:
    """Yield the rows in their binary form, some thousands at a time."""
    # What is the same in every row, the number of columns at its head too, is put together once.
    parts: list[bytes | tuple[Callable[[Any], Iterable[bytes]], Any]] = []
    same = struct.pack(">h", len(columns))
    for column in columns:
        encode = _ENCODERS.get(column.type) or _dumped(driver, column.type)
        if column.cells is None:
            (encoded,) = encode([column.constant])
            same += encoded
        else:
            parts += [same, (encode, column.cells)]
            same = b""
    parts.append(same)
    for start in range(0, rows, _ROWS_AT_ONCE):
        stop = min(start + _ROWS_AT_ONCE, rows)
        pieces = [
            repeat(part, stop - start) if isinstance(part, bytes) else part[0](part[1][start:stop])
            for part in parts
            if part
        ]
        yield b"".join(chain.from_iterable(zip(*pieces, strict=True)))


def _dumped(driver: psycopg.Connection[Any], type_: str) -> Callable[[Any], Iterable[bytes]]:
    """Return what encodes values of a type as the driver does."""
    oid = driver.adapters.types.get_oid(type_)
    dumper = driver.adapters.get_dumper_by_oid(oid, Format.BINARY)(type(None), driver)

    def encode(values: Iterable[Any]) -> Iterator[bytes]:
        return (_NULL if value is None else _field(dumper.dump(value)) for value in values)

    return encode


def _field(content: Any) -> bytes:  # noqa: ANN401  # anything with bytes
    return _length(len(content)) + bytes(content)


def _texts(values: Iterable[str | None]) -> list[bytes]:
    encoded = (None if value is None else value.encode() for value in values)
    return [_NULL if one is None else _length(len(one)) + one for one in encoded]


def _whole_numbers(values: Any) -> list[bytes]:  # noqa: ANN401  # numbers in any sequence
    numbers = pd.array(values, dtype="Int64")
    fields = np.empty(len(numbers), dtype=[("length", ">i4"), ("value", ">i8")])
    fields["length"] = fields.dtype["value"].itemsize
    fields["value"] = numbers.to_numpy(dtype=np.int64, na_value=0)
    size, content = fields.dtype.itemsize, fields.tobytes()
    made = [content[at : at + size] for at in range(0, len(content), size)]
    for at in np.flatnonzero(numbers.isna()):
        made[at] = _NULL
    return made


def _geometries(values: Any) -> list[bytes]:  # noqa: ANN401  # shapely objects in any sequence
    encoded = ewkb(np.asarray(values, dtype=object))
    return [_NULL if one is None else _length(len(one)) + one for one in encoded]


# The columns there are most of; the driver encodes the others value by value.
_ENCODERS: Final = MappingProxyType({"text": _texts, "int8": _whole_numbers, GEOMETRY: _geometries})
