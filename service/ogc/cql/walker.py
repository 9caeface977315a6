"""From the tree of a filter to a SQLAlchemy condition.

Only what is listed here exists: the queryables of the collection, the operators of the claimed
classes, literals as bound parameters. No name and no text of a filter becomes SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, collate, false, not_, or_, true

from service.ogc.cql.errors import FilterError
from service.ogc.cql.nodes import exactly, named, operation, shortened
from service.ogc.cql.shapes import SPATIAL, spatial
from service.ogc.cql.temporal import TEMPORAL, temporal
from service.ogc.cql.values import NUMBERS, Value, Values
from service.ogc.properties import Kind

# Byte order is the order of code points; every locale has another one.
_ORDER: Final = "C"
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


class Walker:
    """Makes conditions for one collection.

    Parameters
    ----------
    values
        Makes the values that are compared.
    """

    def __init__(self, values: Values) -> None:
        self._values = values

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
            value = self._values.scalar(node)
            if value.kind is not Kind.BOOLEAN:
                raise FilterError(f"{named(node)} is not boolean and cannot stand alone")
            return value.sql == true()
        name, arguments = operation(node)
        for names, make in self._makers():
            if name in names:
                return make(name, arguments)
        raise FilterError(f"{shortened(name)} is no operator or function of this service")

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
        (only,) = exactly(name, arguments, 1)
        return not_(self.condition(only))

    def _comparison(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        first, second = self._values.alike(name, exactly(name, arguments, 2))
        if first.kind is Kind.BOOLEAN and name not in {"=", "<>"}:
            raise FilterError("booleans have no order")
        return _COMPARISONS[name](_ordered(first), _ordered(second))

    def _like(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        value, pattern = self._values.alike(name, exactly(name, arguments, 2))
        if value.kind is not Kind.TEXT:
            raise FilterError("LIKE compares texts")
        text = arguments[1]
        while isinstance(text, dict):
            text = operation(text)[1][0] if "op" in text else None
        if not isinstance(text, str):
            raise FilterError("LIKE needs a text as its pattern")
        if (len(text) - len(text.rstrip("\\"))) % 2:
            raise FilterError("the pattern of LIKE ends with an escape that escapes nothing")
        return value.sql.like(pattern.sql)

    def _between(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        value, low, high = self._values.alike(name, exactly(name, arguments, 3))
        if value.kind not in NUMBERS:
            raise FilterError("BETWEEN compares numbers")
        return value.sql.between(low.sql, high.sql)

    def _in(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        needle, listed = exactly(name, arguments, 2)
        if not isinstance(listed, list) or not listed:
            raise FilterError("IN needs a list with at least one value")
        value, *others = self._values.alike(name, [needle, *listed])
        return or_(*(value.sql == other.sql for other in others))

    def _is_null(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        (only,) = exactly(name, arguments, 1)
        return self._values.queryable(only).column.is_(None)

    def _spatial(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        first, second = (self._values.geometry(one) for one in exactly(name, arguments, 2))
        return spatial(name, first, second)

    def _temporal(self, name: str, arguments: list[Any]) -> ColumnElement[bool]:
        first, second = (self._values.period(one) for one in exactly(name, arguments, 2))
        return temporal(name, first, second)


def _ordered(value: Value) -> ColumnElement[Any]:
    return collate(value.sql, _ORDER) if value.kind is Kind.TEXT else value.sql
