"""The parameter sortby (Features Part 8): an order, and where in it a page goes on.

Missing values come last in either direction. The order of the collection itself settles what is
equal, so that every page follows from the last feature of the one before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Numeric,
    Text,
    and_,
    cast,
    collate,
    false,
    func,
    literal,
    or_,
)

from service.core.errors.request import InvalidParameterError
from service.core.text_formats import SORT_KEY
from service.ogc.collection import Collection
from service.ogc.cql.temporal import read_day
from service.ogc.properties import Kind, Property

# The draft of Part 8 (OGC 24-030), Annex A.
CONFORMANCE: Final = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/{name}"
    for name in ("sortables", "sorting", "features-sorting")
)
PARAMETER: Final = "sortby"
MAX_KEYS: Final = 4
# As OGC 24-030, /req/sorting/sortby-definition has it; no more than `MAX_KEYS`.
SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_KEYS,
        "items": {"type": "string", "pattern": r"^[+-]?[^+\-\s].*$", "format": SORT_KEY},
    }
)
# Texts are sorted by so many of their first characters: their values stand in links.
SORTED_LENGTH: Final = 200

_UNSORTED, _SORTED = ":", "~"
_NUMBER: Final = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True)
class SortKey:
    """One property to sort by.

    Parameters
    ----------
    sorted_by
        Which one.
    descending
        True from the largest to the smallest.
    """

    sorted_by: Property
    descending: bool

    @property
    def written(self) -> str:
        """As the parameter has it, always with a sign."""
        return f"{'-' if self.descending else '+'}{self.sorted_by.name}"

    @property
    def value(self) -> ColumnElement[Any]:
        """What is compared."""
        if self.sorted_by.kind is Kind.TEXT:
            # Byte order is the order of code points, whatever the locale of the database.
            return collate(func.left(self.sorted_by.column, SORTED_LENGTH), "C")
        return self.sorted_by.column

    @property
    def order(self) -> ColumnElement[Any]:
        """What a query is ordered by."""
        value = self.value
        return (value.desc() if self.descending else value.asc()).nulls_last()

    def behind(self, text: str | None) -> ColumnElement[bool]:
        """Return the condition that a value comes after another one."""
        if text is None:
            return false()
        given = _read(self.sorted_by.kind, text)
        value = self.value
        return or_(value < given if self.descending else value > given, value.is_(None))

    def same(self, text: str | None) -> ColumnElement[bool]:
        """Return the condition that a value is the same as another one."""
        return (
            self.value.is_(None) if text is None else self.value == _read(self.sorted_by.kind, text)
        )


@dataclass(frozen=True)
class Place:
    """Where a page ends: the values its last feature is sorted by, as texts, and its order key."""

    values: tuple[str | None, ...]
    order: Any


def read_sort(text: str | None, collection: Collection) -> tuple[SortKey, ...]:
    """Read the parameter; without it the collection keeps its own order.

    Raises
    ------
    InvalidParameterError
        If a name is no sortable of the collection, stands twice, or there are too many.
    """
    if text is None:
        return ()
    keys = [_key(part, collection) for part in text.split(",", maxsplit=MAX_KEYS)]
    if len(keys) > MAX_KEYS:
        raise InvalidParameterError.of(PARAMETER, f"at most {MAX_KEYS} properties")
    names = [key.sorted_by.name for key in keys]
    if len(set(names)) < len(names):
        raise InvalidParameterError.of(PARAMETER, "a property stands twice")
    return tuple(keys)


def _key(part: str, collection: Collection) -> SortKey:
    # A plus sign that is not encoded reaches us as a blank.
    name = part[1:] if part[:1] in {"+", " ", "-"} else part
    found = collection.sortables.get(name)
    if found is None:
        shown = name if len(name) <= 60 else f"{name[:60]}…"  # noqa: PLR2004  fits a line
        raise InvalidParameterError.of(PARAMETER, f"{shown!r} is no sortable of this collection")
    return SortKey(found, descending=part.startswith("-"))


def behind(sort: Sequence[SortKey], collection: Collection, place: Place) -> ColumnElement[bool]:
    """Return the condition that a feature comes after a place.

    Raises
    ------
    ValueError
        If the values of the place are none of the properties'.
    """
    same: list[ColumnElement[bool]] = []
    ways: list[ColumnElement[bool]] = []
    for key, text in zip(sort, place.values, strict=True):
        ways.append(and_(*same, key.behind(text)))
        same.append(key.same(text))
    return or_(*ways, and_(*same, collection.order > place.order))


def shown_values(sort: Sequence[SortKey]) -> list[ColumnElement[Any]]:
    """Return the columns that tell the values of a `Place`."""
    return [cast(key.value, Text).label(f"sort{number}") for number, key in enumerate(sort)]


def place_of(sort: Sequence[SortKey], row: Any) -> Place:  # noqa: ANN401  a row
    """Return the place of a row selected with `shown_values` and its order as ``place``."""
    values = tuple(getattr(row, f"sort{number}") for number in range(len(sort)))
    return Place(values, row.place)


def write_place(sort: Sequence[SortKey], place: Place) -> str:
    """Return a place as a cursor holds it, a mark first: of a list in its own order, or sorted."""
    if not sort:
        return f"{_UNSORTED}{place.order}"
    written = ",".join(key.written for key in sort)
    members = [written, list(place.values), str(place.order)]
    return f"{_SORTED}{json.dumps(members, ensure_ascii=False)}"


def split_place(sort: Sequence[SortKey], text: str) -> tuple[tuple[str | None, ...], str]:
    """Return the values and the order key of a cursor.

    Raises
    ------
    ValueError
        If it was made for another order.
    """
    if text[:1] != (_SORTED if sort else _UNSORTED):
        raise ValueError("another order")
    if not sort:
        return (), text[1:]
    members = json.loads(text[1:])
    written = ",".join(key.written for key in sort)
    if not isinstance(members, list) or len(members) != 3 or members[0] != written:  # noqa: PLR2004  as written
        raise ValueError("another order")
    _, values, order = members
    if (
        not isinstance(values, list)
        or len(values) != len(sort)
        or not isinstance(order, str)
        or not all(value is None or isinstance(value, str) for value in values)
    ):
        raise ValueError("another order")
    return tuple(values), order


def _read(kind: Kind, text: str) -> ColumnElement[Any]:
    if kind in {Kind.INTEGER, Kind.NUMBER}:
        if not _NUMBER.fullmatch(text):
            raise ValueError("no number")
        return literal(Decimal(text), Numeric)
    if kind is Kind.BOOLEAN:
        if text not in {"true", "false"}:
            raise ValueError("no truth value")
        return literal(text == "true", Boolean)
    if kind is Kind.DATE:
        return literal(read_day(text), Date)
    return literal(text, Text)
