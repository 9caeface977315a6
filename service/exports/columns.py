"""The columns of a table that is written out: what each holds, and what it is called."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from service.exports.content import compact_json, plain
from service.exports.headings import Heading
from spatial.errors import InputError

# Whole numbers below are exact in a float.
_EXACT: Final = 2**53
_LONGEST_SHOWN: Final = 40


class ColumnKind(StrEnum):
    """What the cells of a column are; a missing one is None.

    ``text`` str, ``integer`` int, ``number`` float or `decimal.Decimal`, ``boolean`` bool, ``date``
    `datetime.date`, ``texts`` list of str, ``json`` anything JSON can say, ``points`` a second
    shapely geometry beside that of the row.
    """

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TEXTS = "texts"
    JSON = "json"
    POINTS = "points"


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    name
        As scripts read it: English, in every format but the workbook.
    kind
        What it holds.
    heading
        What people call it.
    """

    name: str
    kind: ColumnKind
    heading: Heading


def cells(values: pd.Series[Any], column: Column, *, first_row: int) -> list[Any]:
    """Return the cells of a column as plain Python values.

    Parameters
    ----------
    first_row
        Number of the first of them in its table, from 1, for what is told of a bad one.

    Raises
    ------
    InputError
        When a text holds a NUL character, or half a surrogate pair: no format can carry it.
    """
    given = values.astype(object).tolist()
    found = [_plain_cell(value, column.kind) for value in given]
    if column.kind in (ColumnKind.TEXT, ColumnKind.TEXTS, ColumnKind.JSON):
        _refuse_unwritable(found, column, first_row)
    return found


def as_text(value: object, kind: ColumnKind) -> str | None:
    """Return a cell as a text; None where it is missing.

    Numbers in their shortest exact form, truth values ``true`` and ``false``, lists as JSON.
    Points are for the caller, who knows how a shape is written.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value
    return _TEXTS[kind](value)


def number_text(value: object) -> str:
    """Return a number as it is stored: 300 and not 300.0, a decimal never as a float."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _EXACT
        return str(int(value)) if whole else repr(value)
    return str(value)


def json_text(value: object, kind: ColumnKind) -> str:
    """Return a cell as JSON."""
    if value is None:
        return "null"
    if kind in (ColumnKind.NUMBER, ColumnKind.INTEGER):
        return number_text(value)
    if kind is ColumnKind.BOOLEAN:
        return "true" if value else "false"
    if kind is ColumnKind.TEXT:
        return _encode(value)
    return f'"{value}"' if kind is ColumnKind.DATE else compact_json(value)


# An encoder of its own: `json.dumps` with options makes a new one for every text.
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode
_TEXTS: Final[Mapping[ColumnKind, Callable[[Any], str]]] = MappingProxyType(
    {
        ColumnKind.TEXT: str,
        ColumnKind.INTEGER: str,
        ColumnKind.NUMBER: number_text,
        ColumnKind.BOOLEAN: lambda value: "true" if value else "false",
        ColumnKind.DATE: str,
        ColumnKind.TEXTS: compact_json,
        ColumnKind.JSON: compact_json,
    }
)


def _plain_cell(value: Any, kind: ColumnKind) -> Any:  # noqa: ANN401  # cells are of many types
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _PLAIN[kind](value)


_PLAIN: Final[Mapping[ColumnKind, Callable[[Any], Any]]] = MappingProxyType(
    {
        ColumnKind.TEXT: lambda v: v if isinstance(v, str) else str(plain(v)),
        ColumnKind.NUMBER: lambda v: v if isinstance(v, (Decimal, int)) else float(v),
        ColumnKind.INTEGER: int,
        ColumnKind.BOOLEAN: bool,
        ColumnKind.DATE: lambda v: v if type(v) is date else pd.Timestamp(v).date(),
        ColumnKind.TEXTS: plain,
        ColumnKind.JSON: plain,
        ColumnKind.POINTS: lambda v: v,
    }
)


def _refuse_unwritable(found: list[Any], column: Column, first_row: int) -> None:
    texts = [
        "" if value is None else value if isinstance(value, str) else compact_json(value)
        for value in found
    ]
    if _is_writable("\n".join(texts)):
        return
    for number, text in enumerate(texts, start=first_row):
        if not _is_writable(text):
            shown = ascii(text[:_LONGEST_SHOWN])
            raise InputError(
                f"row {number}, field {column.name}: {shown} holds a character no file can carry "
                "(NUL, or half a surrogate pair)"
            )


def _is_writable(text: str) -> bool:
    # JSON writes NUL as an escape, which readers would turn back.
    if "\x00" in text or "\\u0000" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
