"""Temporal literals and predicates: comparisons of starts and ends, as CQL2 defines them.

A day or an instant starts and ends at itself; ``..`` is before or after everything. Days are
compared with days and instants with instants: which instant of a day was meant would be a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, DateTime, Text, and_, cast, literal, not_, or_

from service.core.parameters import parse_date
from service.ogc.cql.errors import FilterError
from service.ogc.properties import Kind

OPEN: Final = ".."
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


@dataclass(frozen=True)
class Period:
    """A stretch of time: `kind` is date or instant, or None where both ends are open."""

    start: ColumnElement[Any] | None
    end: ColumnElement[Any] | None
    kind: Kind | None


_Predicate = Callable[[Any, Any, Any, Any], ColumnElement[bool]]
TEMPORAL: Final[Mapping[str, _Predicate]] = MappingProxyType(
    {
        "t_after": lambda s1, _e1, _s2, e2: s1 > e2,
        "t_before": lambda _s1, e1, s2, _e2: e1 < s2,
        "t_disjoint": lambda s1, e1, s2, e2: or_(e1 < s2, s1 > e2),
        "t_intersects": lambda s1, e1, s2, e2: not_(or_(e1 < s2, s1 > e2)),
        "t_during": lambda s1, e1, s2, e2: and_(s1 > s2, e1 < e2),
        "t_contains": lambda s1, e1, s2, e2: and_(s1 < s2, e1 > e2),
        "t_equals": lambda s1, e1, s2, e2: and_(s1 == s2, e1 == e2),
        "t_meets": lambda _s1, e1, s2, _e2: e1 == s2,
        "t_metby": lambda s1, _e1, _s2, e2: s1 == e2,
        "t_starts": lambda s1, e1, s2, e2: and_(s1 == s2, e1 < e2),
        "t_startedby": lambda s1, e1, s2, e2: and_(s1 == s2, e1 > e2),
        "t_finishes": lambda s1, e1, s2, e2: and_(e1 == e2, s1 > s2),
        "t_finishedby": lambda s1, e1, s2, e2: and_(e1 == e2, s1 < s2),
        "t_overlaps": lambda s1, e1, s2, e2: and_(s1 < s2, e1 > s2, e1 < e2),
        "t_overlappedby": lambda s1, e1, s2, e2: and_(s1 > s2, s1 < e2, e1 > e2),
    }
)


def temporal(name: str, first: Period, second: Period) -> ColumnElement[bool]:
    """Return a temporal predicate of two periods.

    Raises
    ------
    FilterError
        If one is of days and the other of instants.
    """
    kinds = {period.kind for period in (first, second)} - {None}
    if len(kinds) > 1:
        raise FilterError("days are compared with DATE, instants with TIMESTAMP")
    kind = kinds.pop() if kinds else Kind.DATE
    ends = [
        _infinite(kind, sign) if end is None else end
        for period in (first, second)
        for end, sign in ((period.start, "-"), (period.end, ""))
    ]
    return TEMPORAL[name](*ends)


def _infinite(kind: Kind | None, sign: str) -> ColumnElement[Any]:
    type_ = Date() if kind is Kind.DATE else DateTime(timezone=True)
    return cast(literal(f"{sign}infinity", Text), type_)


def read_day(text: object) -> date:
    """Return a day written as ``2026-11-26``.

    Raises
    ------
    FilterError
        If it is none of the calendar.
    """
    try:
        day = parse_date(text)
    except ValueError as error:
        raise FilterError(f"DATE: {error}") from None
    if not isinstance(day, date):
        raise FilterError("DATE: expected a date like 2026-11-22")
    return day


def read_instant(text: object) -> datetime:
    """Return an instant written as RFC 3339 has it, with its time zone.

    Raises
    ------
    FilterError
        If it is none.
    """
    wanted = "TIMESTAMP: expected an instant like 2026-11-22T08:00:00Z"
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise FilterError(wanted)
    try:
        instant = datetime.fromisoformat(text.upper())
        # The database keeps UTC, which the first and last hours of the calendar may leave.
        instant.timestamp()
    except (ValueError, OverflowError):
        raise FilterError(wanted) from None
    if not 1 < instant.year < 9999:  # noqa: PLR2004  the years of the calendar
        raise FilterError(wanted)
    return instant


def day_literal(day: date) -> ColumnElement[Any]:
    """Return a day as a bound parameter."""
    return literal(day, Date)


def instant_literal(instant: datetime) -> ColumnElement[Any]:
    """Return an instant as a bound parameter."""
    return literal(instant, DateTime(timezone=True))
