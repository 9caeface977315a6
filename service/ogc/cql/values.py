"""The values of a filter: properties and literals as SQL, each of a kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Boolean, ColumnElement, Numeric, Text, collate, func, literal

from service.ogc.cql.arithmetic import ARITHMETIC, MAX_NESTED_POWERS, exact
from service.ogc.cql.errors import FilterError
from service.ogc.cql.nodes import exactly, operation, shortened
from service.ogc.cql.shapes import ReadBox, ToStorage, read_geometry
from service.ogc.cql.temporal import (
    OPEN,
    Period,
    day_literal,
    instant_literal,
    read_day,
    read_instant,
)
from service.ogc.properties import Kind, Property

_MAX_EXPONENT: Final = 300
NUMBERS: Final = frozenset({Kind.INTEGER, Kind.NUMBER})
_TIMES: Final = frozenset({Kind.DATE, Kind.INSTANT})
# Upper and lower case of every script, whatever the locale of the database.
_CASES: Final = "und-x-icu"


@dataclass(frozen=True)
class Value:
    """A scalar expression and its kind.

    `folded` texts went through CASEI; `powers` counts how deep powers are nested in it.
    """

    sql: ColumnElement[Any]
    kind: Kind
    folded: bool = False
    powers: int = 0


class Values:
    """Makes the values of the filters of one collection.

    Parameters
    ----------
    properties
        The queryables by name.
    to_storage
        Brings geometries of the filter's CRS into longitude and latitude.
    read_box
        The same for the numbers of a BBOX.
    """

    def __init__(
        self,
        properties: Mapping[str, Property],
        *,
        to_storage: ToStorage,
        read_box: ReadBox,
    ) -> None:
        self._properties = properties
        self._to_storage = to_storage
        self._read_box = read_box

    def alike(self, name: str, nodes: Sequence[Any]) -> list[Value]:
        """Return scalars of one kind, all folded or none."""
        values = [self.scalar(node) for node in nodes]
        kinds = {Kind.NUMBER if value.kind in NUMBERS else value.kind for value in values}
        if len(kinds) > 1:
            raise FilterError(
                f"{name.upper()} compares values of one kind, not {' with '.join(sorted(kinds))}"
            )
        if len({value.folded for value in values}) > 1:
            raise FilterError("CASEI belongs on both sides of a comparison")
        return values

    def scalar(self, node: Any) -> Value:  # noqa: ANN401  a JSON tree
        """Return the scalar a node stands for: a literal, a property or a calculation."""
        plain = _literal(node)
        if plain is not None:
            return plain
        if isinstance(node, dict) and set(node) == {"property"}:
            known = self.queryable(node)
            if known.kind is Kind.GEOMETRY:
                raise FilterError(f"{known.name} is a geometry; use a spatial function")
            return Value(known.column, known.kind)
        if isinstance(node, dict) and "op" in node:
            name, arguments = operation(node)
            if name == "casei":
                return self._folded(*exactly(name, arguments, 1))
            if name in ARITHMETIC:
                return self._number(name, arguments)
            raise FilterError(f"{shortened(name)} is no function of this service")
        raise FilterError("expected a property or a literal")

    def _folded(self, node: Any) -> Value:  # noqa: ANN401  a JSON tree
        value = self.scalar(node)
        if value.kind is not Kind.TEXT or value.folded:
            raise FilterError("CASEI takes a text")
        return Value(func.lower(collate(value.sql, _CASES)), Kind.TEXT, folded=True)

    def _number(self, name: str, arguments: list[Any]) -> Value:
        first, second = (self.scalar(one) for one in exactly(name, arguments, 2))
        if not {first.kind, second.kind} <= NUMBERS:
            raise FilterError(f"{name} calculates with numbers")
        powers = max(first.powers, second.powers) + (name == "^")
        if powers > MAX_NESTED_POWERS:
            raise FilterError(f"powers of powers nest at most {MAX_NESTED_POWERS} deep")
        result = ARITHMETIC[name](exact(first.sql), exact(second.sql))
        return Value(result, Kind.NUMBER, powers=powers)

    def queryable(self, node: Any) -> Property:  # noqa: ANN401  a JSON tree
        """Return the queryable a node names."""
        name = node.get("property") if isinstance(node, dict) and len(node) == 1 else None
        if not isinstance(name, str):
            raise FilterError("expected a property")
        known = self._properties.get(name)
        if known is None:
            raise FilterError(f"{shortened(name)} is no queryable of this collection")
        return known

    def geometry(self, node: Any) -> ColumnElement[Any] | BaseGeometry:  # noqa: ANN401  a JSON tree
        """Return the geometry a node stands for: of a property, or written out."""
        if isinstance(node, dict) and "property" in node:
            known = self.queryable(node)
            if known.kind is not Kind.GEOMETRY:
                raise FilterError(f"{known.name} is no geometry")
            return known.column
        if isinstance(node, dict) and set(node) == {"bbox"}:
            return self._box(node["bbox"])
        if isinstance(node, dict) and "type" in node:
            return read_geometry(node, to_storage=self._to_storage)
        raise FilterError("expected a property, a geometry or a BBOX")

    def _box(self, numbers: Any) -> BaseGeometry:  # noqa: ANN401  a JSON tree
        if not isinstance(numbers, list) or any(
            isinstance(number, bool) or not isinstance(number, int | Decimal) for number in numbers
        ):
            raise FilterError("BBOX takes 4 or 6 numbers")
        try:
            return self._read_box([float(number) for number in numbers])
        except (ValueError, OverflowError) as error:
            raise FilterError(f"BBOX: {error}") from None

    def period(self, node: Any) -> Period:  # noqa: ANN401  a JSON tree
        """Return the time a node stands for: an instant, a day or an interval."""
        if isinstance(node, dict) and set(node) == {"interval"}:
            return self._interval(node["interval"])
        value = self.scalar(node)
        if value.kind not in _TIMES:
            raise FilterError("expected a date, an instant or an interval")
        return Period(value.sql, value.sql, value.kind)

    def _interval(self, ends: Any) -> Period:  # noqa: ANN401  a JSON tree
        if not isinstance(ends, list) or len(ends) != 2:  # noqa: PLR2004  two ends
            raise FilterError("an INTERVAL has a start and an end")
        start, end = (self._end(one) for one in ends)
        kinds = {value.kind for value in (start, end) if value is not None}
        if len(kinds) > 1:
            raise FilterError("an INTERVAL is of days or of instants, not of both")
        written = [one for one in ends if isinstance(one, str) and one != OPEN]
        if len(written) == 2 and _moment(written[0]) > _moment(written[1]):  # noqa: PLR2004  both
            raise FilterError("an INTERVAL ends before it starts")
        return Period(
            None if start is None else start.sql,
            None if end is None else end.sql,
            kinds.pop() if kinds else None,
        )

    def _end(self, node: Any) -> Value | None:  # noqa: ANN401  a JSON tree
        if node == OPEN:
            return None
        if isinstance(node, str):
            moment = _moment(node)
            if isinstance(moment, datetime):
                return Value(instant_literal(moment), Kind.INSTANT)
            return Value(day_literal(moment), Kind.DATE)
        value = self.scalar(node)
        if value.kind not in _TIMES:
            raise FilterError("an INTERVAL is of dates or instants")
        return value


def _literal(node: Any) -> Value | None:  # noqa: ANN401  a JSON tree
    if isinstance(node, bool):
        return Value(literal(node, Boolean), Kind.BOOLEAN)
    if isinstance(node, int | Decimal):
        number = Decimal(node)
        if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
            raise FilterError("a number that is too large or too small")
        return Value(literal(number, Numeric), Kind.NUMBER)
    if isinstance(node, str):
        if "\x00" in node or any("\ud800" <= character <= "\udfff" for character in node):
            raise FilterError("a text with characters that are none")
        return Value(literal(node, Text), Kind.TEXT)
    if isinstance(node, dict) and set(node) == {"date"}:
        return Value(day_literal(read_day(node["date"])), Kind.DATE)
    if isinstance(node, dict) and set(node) == {"timestamp"}:
        return Value(instant_literal(read_instant(node["timestamp"])), Kind.INSTANT)
    return None


def _moment(text: str) -> Any:  # noqa: ANN401  a date or a datetime
    moment: date = read_instant(text) if "T" in text.upper() else read_day(text)
    return moment
