"""JSON in one form only, so that the same content has the same hash wherever it was made.

Members are sorted by name, nothing is spaced, a number is written without an exponent and without
zeros that say nothing: 300, 300.0 and 3e2 are one number, as they are for PostgreSQL's ``jsonb``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Final

_write_text: Final = json.JSONEncoder(ensure_ascii=False).encode


def canonical_json(value: object) -> str:
    """Return plain data (None, bool, int, float, Decimal, str, mappings, lists) in its one form.

    A number that is not finite is null, as it is in every answer.

    Raises
    ------
    TypeError
        If something is no plain data.
    """
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"{type(value).__name__} is no plain data")


def sha256_of(value: object) -> str:
    """Return the SHA-256 of plain data in its one form, hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _number(number: Decimal) -> str:
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _members(value: Mapping[str, object]) -> str:
    return ",".join(f"{_write_text(name)}:{canonical_json(value[name])}" for name in sorted(value))


# In the order of the search: bool before int.
_WRITERS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...]] = (
    (str, _write_text),
    (type(None), lambda _: "null"),
    (bool, lambda value: "true" if value else "false"),
    (int, lambda value: str(int(value))),
    (float, lambda value: _number(Decimal(repr(float(value)))) if isfinite(value) else "null"),
    (Decimal, lambda value: _number(value) if value.is_finite() else "null"),
    (Mapping, lambda value: f"{{{_members(value)}}}"),
    ((list, tuple), lambda value: f"[{','.join(map(canonical_json, value))}]"),
)
