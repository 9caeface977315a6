"""Storing and reading the register of imported figures.

A figure is known by area, indicator and year, and has the history of a layer's row: a change is a
new version, `data_instant` moves with every write, and a moment of the past can be read again.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Table,
    Text,
    and_,
    any_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)

from service.core import history
from service.core.copying import copy_rows
from service.core.history import NOW, Moment, Origin, Stored
from service.core.incoming import ROW_COLUMN
from service.core.rows import columns_of, object_array
from service.core.schema import VERSIONED
from service.indicators.fields import INDICATORS, KEY
from service.indicators.tables import INDICATOR
from spatial.errors import InputError
from spatial.fields import AREAS

COLUMNS: Final = INDICATORS.names


class Key(NamedTuple):
    """What a figure is known by."""

    area: str
    indicator: str
    year: int


def store(connection: Connection, frame: pd.DataFrame, *, origin: Origin) -> Stored:
    """Store figures by area, indicator and year: a changed one gets a new version.

    A figure that is the same is left alone, so that storing the same file twice writes nothing.
    The caller's transaction must be READ COMMITTED; other writers wait until it ends.

    Parameters
    ----------
    frame
        Columns ``area, indicator, year, value, source``, each key once; a value of None withdraws
        a figure. The row number kept as origin is the whole-number index plus 1.
    origin
        Where the rows come from; a register has no CRS.

    Raises
    ------
    InputError
        When a key is double.
    """
    twice = frame.duplicated(list(KEY))
    if twice.any():
        key = ", ".join(str(frame.loc[twice, name].iloc[0]) for name in KEY)
        raise InputError(f"indicators: {key} is double")
    history.lock(connection)
    with _incoming(connection, frame) as rows:
        is_current = and_(_same_key(rows), INDICATOR.c.superseded_at.is_(None))
        same = delete(rows).where(
            is_current,
            *(
                rows.c[name].is_not_distinct_from(INDICATOR.c[name])
                for name in COLUMNS
                if name not in KEY
            ),
        )
        unchanged = connection.execute(same).rowcount
        # There is nothing to withdraw where nothing is stored.
        unknown = delete(rows).where(
            rows.c.value.is_(None), ~select(INDICATOR.c.area).where(is_current).exists()
        )
        unchanged += connection.execute(unknown).rowcount
        left = len(frame) - unchanged
        if left == 0:
            return Stored(added=0, changed=0, unchanged=unchanged)
        instant = history.advance(connection)
        changed = connection.execute(
            update(INDICATOR).where(is_current).values(superseded_at=instant)
        ).rowcount
        former = (
            select(func.max(INDICATOR.c.version))
            .where(_same_key(rows))
            .correlate(rows)
            .scalar_subquery()
        )
        values = {name: rows.c[name] for name in COLUMNS} | {
            "version": func.coalesce(former, 0) + 1,
            "recorded_at": literal(instant),
            "source_file": literal(origin.file, Text),
            "source_row": rows.c[ROW_COLUMN],
            "recorded_by": literal(origin.actor, Text),
        }
        connection.execute(insert(INDICATOR).from_select(list(values), select(*values.values())))
    return Stored(added=left - changed, changed=changed, unchanged=unchanged)


def current(
    connection: Connection,
    *,
    areas: Collection[str] | None = None,
    indicator: str | None = None,
    year: int | None = None,
    after: Key | None = None,
    limit: int | None = None,
    moment: Moment = NOW,
) -> pd.DataFrame:
    """Read figures, ordered by area, indicator and year; withdrawn ones are left out.

    Parameters
    ----------
    areas
        Only of these areas; None means all.
    indicator, year
        Only these.
    after
        Only behind this key: the last of the page before.
    limit
        At most so many.
    moment
        Which versions; ``valid_on`` does not matter, figures have a year of their own.

    Returns
    -------
    ``area, indicator, year, value, source, version``; values are `decimal.Decimal`.
    """
    table = INDICATOR.c
    wanted = _conditions(areas=areas, indicator=indicator, year=year, moment=moment)
    if after is not None:
        wanted.append(tuple_(*(table[name] for name in KEY)) > tuple_(*map(literal, after)))
    query = (
        select(*(table[name] for name in COLUMNS), table.version)
        .where(*wanted)
        .order_by(*(table[name] for name in KEY))
        .limit(limit)
    )
    columns = columns_of(connection, query)
    return pd.DataFrame(
        {
            name: np.array(values, dtype=np.int64)
            if name in {"year", "version"}
            else pd.Series(object_array(values), dtype=object)
            for name, values in columns.items()
        }
    )


def areas_written(connection: Connection, *, after: datetime, until: datetime) -> frozenset[str]:
    """Return the areas of the figures written after one instant and up to another."""
    statement = select(INDICATOR.c.area).where(
        INDICATOR.c.recorded_at > after, INDICATOR.c.recorded_at <= until
    )
    return frozenset(connection.execute(statement).scalars())


def count(
    connection: Connection,
    *,
    areas: Collection[str] | None = None,
    indicator: str | None = None,
    year: int | None = None,
) -> int:
    """Count the figures `current` would return without paging."""
    wanted = _conditions(areas=areas, indicator=indicator, year=year, moment=NOW)
    statement = select(func.count()).select_from(INDICATOR).where(*wanted)
    return connection.execute(statement).scalar_one()


def sources(connection: Connection, moment: Moment = NOW) -> set[str | None]:
    """Return what the figures say of their origin, each text once."""
    wanted = _conditions(areas=None, indicator=None, year=None, moment=moment)
    return set(connection.execute(select(INDICATOR.c.source).where(*wanted).distinct()).scalars())


def indicator_names(connection: Connection) -> frozenset[str]:
    """Return every indicator the register has a figure of."""
    wanted = _conditions(areas=None, indicator=None, year=None, moment=NOW)
    return frozenset(
        connection.execute(select(INDICATOR.c.indicator).where(*wanted).distinct()).scalars()
    )


def unknown_areas(connection: Connection, codes: Collection[str]) -> list[str]:
    """Return which of `codes` no stored area has, in order."""
    area = VERSIONED[AREAS.name]
    known = connection.execute(
        select(area.c.code).where(
            area.c.code == any_(literal(list(codes), ARRAY(Text))),
            *history.at_moment(area, NOW),
        )
    ).scalars()
    return sorted(set(codes) - set(known))


def _conditions(
    *,
    areas: Collection[str] | None,
    indicator: str | None,
    year: int | None,
    moment: Moment,
) -> list[ColumnElement[bool]]:
    table = INDICATOR.c
    wanted: list[ColumnElement[bool]] = [table.value.is_not(None)]
    if moment.known_at is None:
        wanted.append(table.superseded_at.is_(None))
    else:
        wanted += [
            table.recorded_at <= moment.known_at,
            or_(table.superseded_at.is_(None), table.superseded_at > moment.known_at),
        ]
    if areas is not None:
        wanted.append(table.area == any_(literal(list(areas), ARRAY(Text))))
    if indicator is not None:
        wanted.append(table.indicator == indicator)
    if year is not None:
        wanted.append(table.year == year)
    return wanted


def _same_key(rows: Table) -> ColumnElement[bool]:
    return and_(*(rows.c[name] == INDICATOR.c[name] for name in KEY))


@contextmanager
def _incoming(connection: Connection, frame: pd.DataFrame) -> Iterator[Table]:
    """Hold the rows in a temporary table, so that they are stored set by set."""
    rows = Table(
        f"incoming_{secrets.token_hex(8)}",
        MetaData(),
        *(Column(name, INDICATOR.c[name].type) for name in COLUMNS),
        Column(ROW_COLUMN, BigInteger),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    rows.create(connection)
    texts = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in COLUMNS}
    # A value that is no number must not pass for a figure withdrawn: the table refuses it.
    columns = [(texts | {"value": frame["value"].astype(object)})[name] for name in COLUMNS]
    numbers = [int(number) + 1 for number in frame.index]
    copy_rows(connection, rows, [*COLUMNS, ROW_COLUMN], zip(*columns, numbers, strict=True))
    connection.execute(text(f"ANALYZE {rows.name}"))
    yield rows
    rows.drop(connection)
