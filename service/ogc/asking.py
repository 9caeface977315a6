"""What a request asks of the features of a collection: every parameter, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Boolean, ColumnElement, Date, Numeric, Text, func, literal, or_

from service.core.errors.request import InvalidParameterError
from service.core.paging import decode_cursor
from service.core.parameters import check_parameters
from service.core.settings import PageSettings
from service.ogc.collection import Collection
from service.ogc.cql.errors import FilterError
from service.ogc.cql.shapes import bound
from service.ogc.cql.temporal import OPEN, read_day, read_instant
from service.ogc.crs import ReferenceSystem
from service.ogc.filtering import PARAMETERS as FILTER_PARAMETERS
from service.ogc.filtering import filter_conditions, read_system
from service.ogc.negotiation import ITEM_FORMS, Form, read_form
from service.ogc.properties import Kind, Property
from service.ogc.sorting import PARAMETER as SORT_PARAMETER
from service.ogc.sorting import Place, SortKey, behind, read_sort, split_place

PAGING: Final = ("limit", "after")
NAMES: Final = (
    *("f", "crs", "bbox", "bbox-crs", "datetime", SORT_PARAMETER),
    *PAGING,
    *FILTER_PARAMETERS,
)

_WHOLE: Final = re.compile(r"-?\d{1,40}", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,60}(?:\.\d{1,60})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_CURSOR: Final = re.compile(r"(?P<counted>\d{1,12})(?P<place>\D.*)", re.ASCII | re.DOTALL)
_LARGEST_KEY: Final = 2**31 - 1


@dataclass(frozen=True)
class Asked:
    """One page of features.

    Parameters
    ----------
    form
        Of the answer.
    system
        CRS of the answer.
    conditions
        What features must meet beside the collection's own conditions.
    limit
        Most features of the page.
    sort
        What pages are sorted by before the order of the collection.
    behind
        What comes after the page before; None at the start.
    matched
        Features of all pages, as the first page counted them; None on the first.
    """

    form: Form
    system: ReferenceSystem
    conditions: tuple[ColumnElement[bool], ...]
    limit: int
    sort: tuple[SortKey, ...]
    behind: ColumnElement[bool] | None
    matched: int | None


def read_asked(
    request: Request,
    collection: Collection,
    *,
    systems: Mapping[str, ReferenceSystem],
    page: PageSettings,
) -> Asked:
    """Read the parameters of a page.

    Raises
    ------
    UnknownParameterError, InvalidParameterError
        If one is not known for this collection, given twice, or has a value that cannot be used.
    """
    check_parameters(request, {*NAMES, *collection.parameters})
    query = request.query_params
    sort = read_sort(query.get(SORT_PARAMETER), collection)
    matched, following = _read_cursor(query.get("after"), collection, sort)
    conditions = [
        *_box_conditions(query, collection, systems),
        *read_conditions(query, collection, systems=systems),
    ]
    return Asked(
        form=read_form(request, ITEM_FORMS),
        system=read_system(query, "crs", systems),
        conditions=tuple(conditions),
        limit=read_limit(query.get("limit"), page),
        sort=sort,
        behind=following,
        matched=matched,
    )


def read_conditions(
    query: Mapping[str, str], collection: Collection, *, systems: Mapping[str, ReferenceSystem]
) -> list[ColumnElement[bool]]:
    """Return what features must meet by datetime, filter and the names of properties.

    Raises
    ------
    InvalidParameterError
        If one of them has a value that cannot be used.
    """
    return [
        *_time_conditions(query.get("datetime"), collection),
        *filter_conditions(query, collection, systems),
        *(
            _equals(one, query[name])
            for name, one in collection.parameters.items()
            if name in query
        ),
    ]


def read_limit(text: str | None, page: PageSettings) -> int:
    """Return how many entries a page has.

    Raises
    ------
    InvalidParameterError
        If it is no whole number from 1.
    """
    if text is None:
        return min(page.default_limit, page.max_limit)
    if not re.fullmatch(r"\+?\d{1,1000}", text, re.ASCII) or not text.strip("+0"):
        raise InvalidParameterError.of("limit", "expected a whole number from 1")
    # OGC 17-069r4 /req/core/fc-limit-response-1 C: more than the maximum gives the maximum.
    digits = text.lstrip("+0")
    return page.max_limit if len(digits) > 9 else min(int(digits), page.max_limit)  # noqa: PLR2004  fits anywhere


def _read_cursor(
    text: str | None, collection: Collection, sort: tuple[SortKey, ...]
) -> tuple[int | None, ColumnElement[bool] | None]:
    """Return how many features the first page counted, and what comes after the page before."""
    if text is None:
        return None, None
    wrong = InvalidParameterError.of("after", "a cursor of another list")
    match = _CURSOR.fullmatch(decode_cursor(text))
    if match is None:
        raise wrong
    try:
        values, order = split_place(sort, match["place"])
        place = Place(values, _order_key(order, collection.order_kind))
        return int(match["counted"]), behind(sort, collection, place)
    except (ValueError, RecursionError):
        raise wrong from None


def _order_key(text: str, kind: Kind) -> str | int:
    if kind is Kind.TEXT:
        return text
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > _LARGEST_KEY:
        raise ValueError("no key")
    return int(text)


def _box_conditions(
    query: Mapping[str, str], collection: Collection, systems: Mapping[str, ReferenceSystem]
) -> list[ColumnElement[bool]]:
    system = read_system(query, "bbox-crs", systems)
    text = query.get("bbox")
    if text is None:
        return []
    try:
        numbers = [_finite(part) for part in text.split(",", maxsplit=7)]
        box = system.read_box(numbers)
    except ValueError as error:
        raise InvalidParameterError.of("bbox", str(error)) from None
    return [func.ST_Intersects(collection.geometry.column, bound(box))]


def _finite(text: str) -> float:
    if not _NUMBER.fullmatch(text.strip().removeprefix("+")):
        raise ValueError("expected 4 numbers: the lower corner and the upper corner")
    return float(text)


def _time_conditions(text: str | None, collection: Collection) -> list[ColumnElement[bool]]:
    """Read an instant or an interval; without a date of its own a feature always matches."""
    if text is None:
        return []
    start, end = _read_days(text)
    if collection.interval is None:
        return []
    begins, ends = (collection.parameters[name].column for name in collection.interval)
    conditions: list[ColumnElement[bool]] = []
    if end is not None:
        conditions.append(or_(begins.is_(None), begins <= literal(end, Date)))
    if start is not None:
        conditions.append(or_(ends.is_(None), ends >= literal(start, Date)))
    return conditions


def _read_days(text: str) -> tuple[date | None, date | None]:
    parts = text.split("/")
    if len(parts) > 2:  # noqa: PLR2004  start and end
        raise InvalidParameterError.of("datetime", "expected an instant or an interval start/end")
    try:
        if len(parts) == 1:
            day = _day(parts[0])
            return day, day
        start, end = (None if part in {"", OPEN} else _day(part) for part in parts)
    except FilterError as error:
        raise InvalidParameterError.of("datetime", str(error)) from None
    if start is not None and end is not None and start > end:
        raise InvalidParameterError.of("datetime", "ends before it starts")
    return start, end


def _day(text: str) -> date:
    if "T" not in text.upper():
        return read_day(text)
    instant: datetime = read_instant(text)
    return instant.astimezone(UTC).date()


def _equals(one: Property, text: str) -> ColumnElement[bool]:
    try:
        return one.column == _VALUES[one.kind](one, text)
    except ValueError as error:
        raise InvalidParameterError.of(one.name, str(error)) from None


def _text(one: Property, text: str) -> ColumnElement[Any]:
    if one.choices and text not in one.choices:
        raise ValueError(f"expected one of {', '.join(one.choices)}")
    return literal(text, Text)


def _whole(_: Property, text: str) -> ColumnElement[Any]:
    if not _WHOLE.fullmatch(text):
        raise ValueError("expected a whole number")
    return literal(Decimal(text), Numeric)


def _number(_: Property, text: str) -> ColumnElement[Any]:
    try:
        if _NUMBER.fullmatch(text) and abs((number := Decimal(text)).adjusted()) <= 400:  # noqa: PLR2004  fits
            return literal(number, Numeric)
    except InvalidOperation:
        pass
    raise ValueError("expected a number")


def _boolean(_: Property, text: str) -> ColumnElement[Any]:
    if text not in {"true", "false"}:
        raise ValueError("expected true or false")
    return literal(text == "true", Boolean)


def _date(_: Property, text: str) -> ColumnElement[Any]:
    return literal(read_day(text), Date)


_VALUES: Final = {
    Kind.TEXT: _text,
    Kind.INTEGER: _whole,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
}
