"""Arithmetic of filters: exact decimal numbers, and unknown where there is no result.

PostgreSQL's ``numeric`` adds, subtracts and multiplies without rounding; a quotient has at least
16 digits. What has no result (a division by zero, a root of a negative number) is a missing value,
so that the row is not selected and nobody's query fails for the sake of one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Numeric, Text, and_, case, cast, func, literal, or_

# A power is worked out for no larger numbers: its digits would fill the memory.
LARGEST_BASE: Final = Decimal(10) ** 30
LARGEST_EXPONENT: Final = 100
# The guard of a power names its numbers several times, so powers of powers multiply.
MAX_NESTED_POWERS: Final = 2

_Operation = Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[Any]]


def exact(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a number as ``numeric``, a double by its shortest decimal form."""
    if isinstance(number.type, Float):
        # The direct cast would round to 15 digits.
        return cast(cast(number, Text), Numeric)
    return cast(number, Numeric)


def _operator(symbol: str) -> _Operation:
    def apply(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
        return first.op(symbol, return_type=Numeric())(second)

    return apply


def _nonzero(operation: _Operation) -> _Operation:
    def apply(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
        return operation(first, func.nullif(second, literal(Decimal(0), Numeric)))

    return apply


def _power(base: ColumnElement[Any], exponent: ColumnElement[Any]) -> ColumnElement[Any]:
    zero = literal(Decimal(0), Numeric)
    defined = or_(
        base > zero,
        and_(base == zero, exponent >= zero),
        and_(base < zero, exponent == func.trunc(exponent)),
    )
    small = and_(
        func.abs(base) <= literal(LARGEST_BASE, Numeric),
        func.abs(exponent) <= literal(Decimal(LARGEST_EXPONENT), Numeric),
    )
    return case((and_(small, defined), func.power(base, exponent, type_=Numeric())))


ARITHMETIC: Final[Mapping[str, _Operation]] = MappingProxyType(
    {
        "+": _operator("+"),
        "-": _operator("-"),
        "*": _operator("*"),
        "/": _nonzero(_operator("/")),
        "%": _nonzero(_operator("%")),
        "div": _nonzero(lambda first, second: func.div(first, second, type_=Numeric())),
        "^": _power,
    }
)
