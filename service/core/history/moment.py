"""Instants of writes, and which versions there were at one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    func,
    or_,
    select,
    update,
)

from service.core.schema import DATA_STATE


@dataclass(frozen=True)
class Moment:
    """Which versions to read.

    Parameters
    ----------
    known_at
        As the database knew it at this instant; None means now.
    valid_on
        Only what was so in the world on this day: from `valid_from`, up to but without
        `valid_to`. None means the day of `known_at`, or today.
    """

    known_at: datetime | None = None
    valid_on: date | None = None


NOW: Final = Moment()


def at_moment(table: FromClause, moment: Moment) -> list[ColumnElement[bool]]:
    """Return the conditions that pick the versions of a moment in a version table or its alias."""
    known_at, valid_on = moment.known_at, moment.valid_on
    day: Any = valid_on
    if day is None:
        day = func.current_date() if known_at is None else known_at.date()
    known = (
        [table.c.superseded_at.is_(None)]
        if known_at is None
        else [
            table.c.recorded_at <= known_at,
            or_(table.c.superseded_at.is_(None), table.c.superseded_at > known_at),
        ]
    )
    return [
        *known,
        or_(table.c.valid_from.is_(None), table.c.valid_from <= day),
        or_(table.c.valid_to.is_(None), table.c.valid_to > day),
    ]


def data_instant(connection: Connection) -> datetime:
    """Return the instant of the last write the transaction sees, in UTC; strictly increasing."""
    instant: datetime = connection.execute(select(DATA_STATE.c.instant)).scalar_one()
    return instant


def lock(connection: Connection) -> None:
    """Make other writers wait until the transaction ends.

    Whoever reads a version, decides and then writes calls this before reading.
    """
    connection.execute(select(DATA_STATE.c.instant).with_for_update())


def advance(connection: Connection) -> datetime:
    """Take the instant of a write, for whoever holds the `lock`; later than any before."""
    later = DATA_STATE.c.instant + timedelta(microseconds=1)
    instant: datetime = connection.execute(
        update(DATA_STATE)
        .values(instant=func.greatest(func.clock_timestamp(), later))
        .returning(DATA_STATE.c.instant)
    ).scalar_one()
    return instant
