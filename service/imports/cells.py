"""Converting the cells of one column to the type of its field.

Files hand over text (CSV), binary floats (GeoJSON, GeoPackage), Arrow values (GeoParquet) or
anything at all (a request). Whatever comes in, what goes out is exactly the type named by
`spatial.fields.FieldType`, or a message that says why the cell cannot be that.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Integral, Real
from types import MappingProxyType
from typing import Final, TypeGuard

import numpy as np
import pandas as pd

from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import Field

# The database holds counts in 32 bits; no count of people or places comes near it.
MAX_INTEGER: Final = 2**31 - 1
# Doubles print at most 17 significant digits; 0.30000000000000004 has as many decimal places.
MAX_DECIMAL_PLACES: Final = 20
MAX_DECIMAL_DIGITS: Final = 15
SHOWN_CHARACTERS: Final = 60

TRUE_WORDS: Final = frozenset({"true", "1", "yes", "是", "有"})
FALSE_WORDS: Final = frozenset({"false", "0", "no", "否", "无"})

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ]00:00:00(\.0+)?)?")
# PostgreSQL cannot hold NUL, XML (and so a workbook) none of the others; surrogates are no text.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_KIND_BY_CHINESE_NAME = MappingProxyType(
    {kind.name_zh: kind.id for kind in FACILITY_KINDS.values()}
)


class CellError(ValueError):
    """A cell that cannot be what its field holds; the text says why."""


def shown(value: object) -> str:
    """Return `value` as a short one-line quotation for a message."""
    try:
        text = value if isinstance(value, str) else str(value)
        text = repr(text) if isinstance(value, str) else text
    except Exception:  # noqa: BLE001  # a foreign object's __str__ may raise anything
        text = f"a {type(value).__name__}"
    text = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def is_missing(cell: object) -> bool:
    """Return True for a cell that holds nothing: null, a float NaN, or blank text.

    The words "NaN" and "NA" are text, not nothing: a number column refuses them.
    """
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(cell))
    return isinstance(cell, (float, np.floating)) and cell != cell  # noqa: PLR0124  # NaN


def _is_finite(cell: object) -> TypeGuard[float | Decimal]:
    if isinstance(cell, Decimal):
        return cell.is_finite()
    # An integer is finite however large; math.isfinite would first make it a float, and fail.
    return isinstance(cell, Integral) or (isinstance(cell, Real) and math.isfinite(cell))


def near(word: str, known: Iterable[str]) -> list[str]:
    """Return up to three of the `known` words that `word` may have meant, best first."""
    return difflib.get_close_matches(word.casefold(), list(known), n=3, cutoff=0.55)


def to_text(cell: object, field: Field) -> str:
    """Convert to text without blanks at the ends; whole numbers lose their ``.0``.

    Raises
    ------
    CellError
        For booleans, lists, fractions, characters that cannot be stored, and words that are
        none of the field's choices.
    """
    if isinstance(cell, str):
        text = cell.strip()
    elif isinstance(cell, (bool, np.bool_)):
        raise CellError(f"must be text, not {shown(cell)}")
    elif isinstance(cell, Integral):
        whole = int(cell)
        text = str(whole) if abs(whole) < 10**MAX_DECIMAL_PLACES else ""
    elif _is_finite(cell) and -(2**53) < cell < 2**53 and cell % 1 == 0:
        # A spreadsheet or a nullable column turned the identifier 101 into 101.0.
        text = str(int(cell))
    else:
        raise CellError(f"must be text, not {shown(cell)}")
    if not text:
        raise CellError(f"must be text, not {shown(cell)}")
    if CONTROL.search(text):
        raise CellError(f"holds a control character: {shown(text)}")
    if field.choices and text not in field.choices:
        raise CellError(_unknown_choice(text, field))
    return text


def _unknown_choice(text: str, field: Field) -> str:
    guesses = near(text, field.choices)
    if field.name == "kind" and text in _KIND_BY_CHINESE_NAME:
        guesses = [_KIND_BY_CHINESE_NAME[text]]
    hint = f"; did you mean {' or '.join(guesses)}?" if guesses else ";"
    return f"{shown(text)} is no known {field.name}{hint} known are {', '.join(field.choices)}"


def to_texts(cell: object, field: Field) -> tuple[str, ...]:
    """Convert a list, a JSON list, or words separated by semicolons to a tuple of text."""
    if isinstance(cell, str):
        stripped = cell.strip()
        if stripped.startswith("["):
            try:
                items = json.loads(stripped)
            except (ValueError, RecursionError):
                raise CellError(f"is no list: {shown(cell)}") from None
        else:
            items = re.split("[;；]", stripped)
    elif isinstance(cell, (list, tuple, np.ndarray)):
        items = list(cell)
    else:
        raise CellError(f"must be words separated by semicolons, not {shown(cell)}")
    return tuple(to_text(item, field) for item in items if not is_missing(item))


def to_decimal(cell: object, field: Field) -> Decimal:
    """Convert a number exactly: text digit by digit, a float by its shortest decimal form."""
    if isinstance(cell, str):
        text = cell.strip()
        if not _NUMBER.fullmatch(text):
            raise CellError(f"must be a number, not {shown(text)}")
        number = Decimal(text)
    elif isinstance(cell, (bool, np.bool_)):
        raise CellError(f"must be a number, not {shown(cell)}")
    elif isinstance(cell, Integral):
        number = Decimal(int(cell))
    elif isinstance(cell, Decimal):
        number = cell
    elif isinstance(cell, (float, np.floating)):
        # str of a numpy float is the shortest form in its own precision, 0.1 for float32(0.1).
        number = Decimal(str(cell))
    else:
        raise CellError(f"must be a number, not {shown(cell)}")
    if not number.is_finite():
        raise CellError(f"must be a finite number, not {shown(cell)}")
    if field.minimum is not None and number < field.minimum:
        negative = " must not be negative" if field.minimum == 0 else f" is below {field.minimum}"
        raise CellError(f"{shown(cell)}{negative}")
    if field.maximum is not None and number > field.maximum:
        raise CellError(f"{shown(cell)} is above the maximum of {field.maximum}")
    if number and number.adjusted() >= MAX_DECIMAL_DIGITS:
        raise CellError(f"{shown(cell)} is too large")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MAX_DECIMAL_PLACES:
        raise CellError(f"{shown(cell)} has more than {MAX_DECIMAL_PLACES} decimal places")
    return number


def to_integer(cell: object, field: Field) -> int:
    """Convert a whole number; ``12.0`` is one, ``12.5`` is not."""
    number = to_decimal(cell, field)
    if number != number.to_integral_value():
        raise CellError(f"must be a whole number, not {shown(cell)}")
    if abs(number) > MAX_INTEGER:
        raise CellError(f"{shown(cell)} is too large")
    return int(number)


def to_boolean(cell: object, field: Field) -> bool:  # noqa: ARG001  # one signature for all types
    """Convert the words true, 1, yes, 是, 有 and false, 0, no, 否, 无, in any case."""
    if isinstance(cell, (bool, np.bool_)):
        return bool(cell)
    if _is_finite(cell) and cell in (0, 1):
        return bool(cell)
    word = cell.strip().casefold() if isinstance(cell, str) else None
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise CellError(f"must be true or false (1 or 0, 是 or 否), not {shown(cell)}")


def to_date(cell: object, field: Field) -> date:  # noqa: ARG001  # one signature for all types
    """Convert an ISO date, or an instant at midnight without a zone, as GDAL writes dates."""
    problem = f"must be a date like 2024-06-30, not {shown(cell)}"
    if isinstance(cell, np.datetime64):
        cell = pd.Timestamp(cell)
    if isinstance(cell, datetime):
        if cell.timetz() != time.min:
            raise CellError(problem)
        return cell.date()
    if isinstance(cell, date):
        return cell
    match = _DATE.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        raise CellError(problem)
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        raise CellError(problem) from None


def to_document(cell: object, field: Field) -> object:  # noqa: ARG001  # one signature for all types
    """Take a JSON object as it is."""
    if isinstance(cell, dict):
        return cell
    raise CellError(f"must be an object, not {shown(cell)}")
