"""From the tree of a filter to a SQLAlchemy condition.

Only what is listed here exists: the queryables of the collection, the operators of the claimed
classes, literals as bound parameters. No name and no text of a filter becomes SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Numeric,
    Text,
    and_,
    collate,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from service.ogc.cql.arithmetic import ARITHMETIC, MAX_NESTED_POWERS, exact
from service.ogc.cql.errors import FilterError
from service.ogc.cql.shapes import SPATIAL, ReadBox, ToStorage, bound, read_geometry, spatial
from service.ogc.cql.temporal import (
    OPEN,
    TEMPORAL,
    Period,
    day_literal,
    instant_literal,
    read_day,
    read_instant,
    temporal,
)
from service.ogc.properties import Kind, Property

_MAX_EXPONENT: Final = 300
_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.NUMBER})
_TIMES: Final = frozenset({Kind.DATE, Kind.INSTANT})
# Byte order is the order of code points; every locale has another one.
_ORDER: Final = "C"
# Upper and lower case of every script, whatever the locale of the database.
_CASES: Final = "und-x-icu"
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = MappingProxyType(
    {
        "=": lambda first, second: first == second,
        "<>": lambda first, second: first != second,
        "<": lambda first, second: first < second,
        ">": lambda first, second: first > second,
        "<=": lambda first, second: first <= second,
        ">=": lambda first, second: first >= second,
    }
)


@dataclass(frozen=True)
class _Value:
    """A scalar expression and its kind.

    `folded` texts went through CASEI; `powers` counts how deep powers are nested in it.
    """

    sql: ColumnElement[Any]
    kind: Kind
    folded: bool = False
    powers: int = 0


class Walker:
    """Makes conditions for one collection.

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

    def condition(self, node: Any) -> ColumnElement[bool]:  # noqa: ANN401  a JSON tree
        """Return the condition a tree stands for; what it leaves unknown is not selected.

        Raises
        ------
        FilterError
            If the tree has anything but the operators and queryables there are, used as they
            may be.
        """
        if isinstance(node, bool):
            return true() if node else false()
        if isinstance(node, dict) and set(node) == {"property"}:
            value = self._scalar(node)
            if value.kind is not Kind.BOOLEAN:
                raise FilterError(f"{_named(node)} is not boolean and cannot stand alone")
            return value.sql == true()
        name, arguments = _operation(node)
        for names, make in self._makers():
            if name in names:
                return make(name, arguments)
        raise FilterError(f"{_shortened(name)} is no operator or function of this service")

    def _makers(
        self,
    ) -> tuple[tuple[Any, Callable[[str, list[Any]], ColumnElement[bool]]], ...]:
        return (
            (("and", "or"), self._junction),
            (("not",), self._not),
            (_COMPARISONS, self._comparison),
            (("like",), self._like),
            (("between",), self._between),
            (("in",), self._in),
            (("isnull",), self._is_null),
            (SPATIAL, self._spatial),
            (TEMPORAL, self._temporal),
        )

    def _junction(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        if len(arguments) < 2:  # noqa: PLR2004  what is joined
            raise FilterError(f"{name} joins at least two conditions")
        parts = [self.condition(argument) for argument in arguments]
        return and_(*parts) if name == "and" else or_(*parts)

    def _not(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        (only,) = _exactly(name, arguments, 1)
        return not_(self.condition(only))

    def _comparison(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        first, second = self._alike(name, _exactly(name, arguments, 2))
        if first.kind is Kind.BOOLEAN and name not in {"=", "<>"}:
            raise FilterError("booleans have no order")
        return _COMPARISONS[name](_ordered(first), _ordered(second))

    def _like(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        value, pattern = self._alike(name, _exactly(name, arguments, 2))
        if value.kind is not Kind.TEXT:
            raise FilterError("LIKE compares texts")
        text = arguments[1]
        while isinstance(text, dict):
            text = _operation(text)[1][0] if "op" in text else None
        if not isinstance(text, str):
            raise FilterError("LIKE needs a text as its pattern")
        if (len(text) - len(text.rstrip("\\"))) % 2:
            raise FilterError("the pattern of LIKE ends with an escape that escapes nothing")
        return value.sql.like(pattern.sql)

    def _between(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        value, low, high = self._alike(name, _exactly(name, arguments, 3))
        if value.kind not in _NUMBERS:
            raise FilterError("BETWEEN compares numbers")
        return value.sql.between(low.sql, high.sql)

    def _in(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        needle, listed = _exactly(name, arguments, 2)
        if not isinstance(listed, list) or not listed:
            raise FilterError("IN needs a list with at least one value")
        value, *others = self._alike(name, [needle, *listed])
        return or_(*(value.sql == other.sql for other in others))

    def _is_null(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        (only,) = _exactly(name, arguments, 1)
        return self._property(only).column.is_(None)

    def _spatial(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        first, second = (self._geometry(one) for one in _exactly(name, arguments, 2))
        return spatial(name, first, second)

    def _temporal(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        first, second = (self._period(one) for one in _exactly(name, arguments, 2))
        return temporal(name, first, second)

    # --- values -----------------------------------------------------------------------------

    def _alike(self, name: str, nodes: Sequence[Any]) -> list[_Value]:
        """Return scalars of one kind, all folded or none."""
        values = [self._scalar(node) for node in nodes]
        kinds = {Kind.NUMBER if value.kind in _NUMBERS else value.kind for value in values}
        if len(kinds) > 1:
            raise FilterError(
                f"{name.upper()} compares values of one kind, not {' with '.join(sorted(kinds))}"
            )
        if len({value.folded for value in values}) > 1:
            raise FilterError("CASEI belongs on both sides of a comparison")
        return values

    def _scalar(self, node: Any) -> _Value:  # noqa: ANN401  a JSON tree
        plain = _literal(node)
        if plain is not None:
            return plain
        if isinstance(node, dict) and set(node) == {"property"}:
            known = self._property(node)
            if known.kind is Kind.GEOMETRY:
                raise FilterError(f"{known.name} is a geometry; use a spatial function")
            return _Value(known.column, known.kind)
        if isinstance(node, dict) and "op" in node:
            name, arguments = _operation(node)
            if name == "casei":
                return self._folded(*_exactly(name, arguments, 1))
            if name in ARITHMETIC:
                return self._number(name, arguments)
            raise FilterError(f"{_shortened(name)} is no function of this service")
        raise FilterError("expected a property or a literal")

    def _folded(self, node: Any) -> _Value:  # noqa: ANN401  a JSON tree
        value = self._scalar(node)
        if value.kind is not Kind.TEXT or value.folded:
            raise FilterError("CASEI takes a text")
        return _Value(func.lower(collate(value.sql, _CASES)), Kind.TEXT, folded=True)

    def _number(self, name: str, arguments: list[Any]) -> _Value:
        first, second = (self._scalar(one) for one in _exactly(name, arguments, 2))
        if not {first.kind, second.kind} <= _NUMBERS:
            raise FilterError(f"{name} calculates with numbers")
        powers = max(first.powers, second.powers) + (name == "^")
        if powers > MAX_NESTED_POWERS:
            raise FilterError(f"powers of powers nest at most {MAX_NESTED_POWERS} deep")
        result = ARITHMETIC[name](exact(first.sql), exact(second.sql))
        return _Value(result, Kind.NUMBER, powers=powers)

    def _property(self, node: Any) -> Property:  # noqa: ANN401  a JSON tree
        name = node.get("property") if isinstance(node, dict) and len(node) == 1 else None
        if not isinstance(name, str):
            raise FilterError("expected a property")
        known = self._properties.get(name)
        if known is None:
            raise FilterError(f"{_shortened(name)} is no queryable of this collection")
        return known

    def _geometry(self, node: Any) -> ColumnElement[Any] | BaseGeometry:  # noqa: ANN401  a JSON tree
        if isinstance(node, dict) and "property" in node:
            known = self._property(node)
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

    def _period(self, node: Any) -> Period:  # noqa: ANN401  a JSON tree
        if isinstance(node, dict) and set(node) == {"interval"}:
            return self._interval(node["interval"])
        value = self._scalar(node)
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

    def _end(self, node: Any) -> _Value | None:  # noqa: ANN401  a JSON tree
        if node == OPEN:
            return None
        if isinstance(node, str):
            moment = _moment(node)
            if isinstance(moment, datetime):
                return _Value(instant_literal(moment), Kind.INSTANT)
            return _Value(day_literal(moment), Kind.DATE)
        value = self._scalar(node)
        if value.kind not in _TIMES:
            raise FilterError("an INTERVAL is of dates or instants")
        return value


def _literal(node: Any) -> _Value | None:  # noqa: ANN401  a JSON tree
    if isinstance(node, bool):
        return _Value(literal(node, Boolean), Kind.BOOLEAN)
    if isinstance(node, int | Decimal):
        number = Decimal(node)
        if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
            raise FilterError("a number that is too large or too small")
        return _Value(literal(number, Numeric), Kind.NUMBER)
    if isinstance(node, str):
        if "\x00" in node or any("\ud800" <= character <= "\udfff" for character in node):
            raise FilterError("a text with characters that are none")
        return _Value(literal(node, Text), Kind.TEXT)
    if isinstance(node, dict) and set(node) == {"date"}:
        return _Value(day_literal(read_day(node["date"])), Kind.DATE)
    if isinstance(node, dict) and set(node) == {"timestamp"}:
        return _Value(instant_literal(read_instant(node["timestamp"])), Kind.INSTANT)
    return None


def _moment(text: str) -> Any:  # noqa: ANN401  a date or a datetime
    moment: date = read_instant(text) if "T" in text.upper() else read_day(text)
    return moment


def _ordered(value: _Value) -> ColumnElement[Any]:
    return collate(value.sql, _ORDER) if value.kind is Kind.TEXT else value.sql


def _operation(node: Any) -> tuple[str, list[Any]]:  # noqa: ANN401  a JSON tree
    if not isinstance(node, dict) or set(node) != {"op", "args"}:
        raise FilterError("expected a condition")
    name, arguments = node["op"], node["args"]
    if not isinstance(name, str) or not isinstance(arguments, list):
        raise FilterError("expected a condition with a name and arguments")
    return name.lower(), arguments


def _exactly(name: str, arguments: list[Any], count: int) -> list[Any]:
    if len(arguments) != count:
        raise FilterError(f"{name.upper()} takes {count} arguments, not {len(arguments)}")
    return arguments


def _named(node: Mapping[str, Any]) -> str:
    return _shortened(str(node["property"]))


def _shortened(name: str, *, length: int = 60) -> str:
    shown = name.encode("utf-8", "replace").decode()
    return shown if len(shown) <= length else f"{shown[:length]}…"


__all__ = ["Walker", "bound"]
