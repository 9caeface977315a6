"""Ending many rows at once, and taking back all that was written between two instants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    Text,
    and_,
    any_,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from service.core import history
from service.core.history import Origin, origin_values
from service.core.schema import VERSIONED
from spatial.errors import Fault, InputFaults
from spatial.fields import FieldType, Layer

# What a version has of its own, and another of the same content has not.
_OF_THE_VERSION: Final = frozenset({"version", "recorded_at", "superseded_at", "recorded_by"})


@dataclass(frozen=True)
class Versions:
    """A table of versions, and what its rows are known by.

    Parameters
    ----------
    table
        With the columns every version has.
    key
        Names of the columns a row is known by.
    types
        Of its fields, so far as they are compared in a way of their own.
    """

    table: Table
    key: tuple[str, ...]
    types: Mapping[str, FieldType]

    def key_of(self, alias: FromClause) -> list[ColumnElement[Any]]:
        """Return the columns of the key of the table, or of an alias of it."""
        return [alias.c[name] for name in self.key]

    def same_row(self, one: FromClause, other: FromClause) -> ColumnElement[bool]:
        """Return whether two versions are of one row."""
        return and_(*(one.c[name] == other.c[name] for name in self.key))


def versions_of(layer: Layer) -> Versions:
    """Return the versions of the rows of a layer."""
    types = {field.name: field.type for field in layer.fields}
    return Versions(VERSIONED[layer.name], (layer.key,), types)


@dataclass(frozen=True)
class LaterEdit:
    """A row that was written again after what is to be taken back.

    Parameters
    ----------
    key
        Of the row.
    version, recorded_at, recorded_by, source_file
        Of its last version; where the row was taken out, of the one taken out.
    """

    key: str
    version: int
    recorded_at: datetime
    recorded_by: str
    source_file: str


@dataclass(frozen=True)
class Reverted:
    """How many rows got their earlier version again, and how many are as if never added."""

    restored: int
    withdrawn: int


def close_all(
    connection: Connection, layer: Layer, keys: Sequence[str], *, on: date, origin: Origin
) -> int:
    """End open rows in the world on one day, as `history.close` does with one of them.

    Returns
    -------
    How many were ended; rows that were ended before are left alone.

    Raises
    ------
    InputFaults
        Naming each row that began after `on`.
    """
    if not keys:
        return 0
    table = VERSIONED[layer.name]
    history.lock(connection)
    named = and_(
        table.c[layer.key] == any_(literal(list(keys), ARRAY(Text))),
        table.c.superseded_at.is_(None),
        table.c.valid_to.is_(None),
    )
    began: ColumnElement[Any] = table.c.valid_from
    if "opened_on" in table.c:
        began = func.coalesce(table.c.valid_from, table.c.opened_on)
    late = connection.execute(
        select(table.c[layer.key], began).where(named, began > on).order_by(table.c[layer.key])
    ).all()
    if late:
        raise InputFaults(
            [
                Fault(layer.name, None, None, f"{key} cannot be closed on {on}: it began on {day}")
                for key, day in late
            ]
        )
    instant = history.advance(connection)
    ended = connection.execute(update(table).where(named).values(superseded_at=instant)).rowcount
    replaced: dict[str, ColumnElement[Any]] = {
        "version": table.c.version + 1,
        "recorded_at": literal(instant),
        "superseded_at": literal(None, table.c.superseded_at.type),
        "valid_to": literal(on),
        "source_row": literal(None, table.c.source_row.type),
    }
    replaced |= {name: literal(value, Text) for name, value in origin_values(origin).items()}
    if "closed_on" in table.c:
        replaced["closed_on"] = func.coalesce(table.c.closed_on, on)
    _copy(connection, table, replaced, table.c.superseded_at == instant)
    return ended


def later_edits(
    connection: Connection, versions: Versions, *, after: datetime, until: datetime
) -> list[LaterEdit]:
    """Return the rows written in an interval of instants that are no longer as written there.

    A row that was written again and is in every field and source as it was, because that was
    taken back in turn, is none of them.
    """
    table = versions.table
    written, last = table.alias("written"), table.alias("last")
    in_interval = (
        select(func.max(last.c.version))
        .where(
            versions.same_row(last, written),
            last.c.recorded_at > after,
            last.c.recorded_at <= until,
        )
        .scalar_subquery()
    )
    newest = (
        select(func.max(last.c.version)).where(versions.same_row(last, table)).scalar_subquery()
    )
    same = [
        history.same_value(
            column, written.c[column.name], versions.types.get(column.name, FieldType.TEXT)
        )
        for column in table.c
        if column.name not in _OF_THE_VERSION
    ]
    key = versions.key_of(table)
    statement = (
        select(
            func.concat_ws(", ", *key),
            table.c.version,
            table.c.recorded_at,
            table.c.recorded_by,
            table.c.source_file,
        )
        .join_from(table, written, versions.same_row(written, table))
        .where(
            written.c.recorded_at > after,
            written.c.recorded_at <= until,
            written.c.version == in_interval,
            table.c.version == newest,
            or_(table.c.superseded_at.is_not(None), not_(and_(*same))),
        )
        .order_by(*key)
    )
    return [LaterEdit(*row) for row in connection.execute(statement)]


def keys_written(
    connection: Connection, layer: Layer, *, after: datetime, until: datetime
) -> list[str]:
    """Return the keys of the rows written in an interval of instants, in order."""
    table = VERSIONED[layer.name]
    statement = (
        select(table.c[layer.key])
        .where(table.c.recorded_at > after, table.c.recorded_at <= until)
        .distinct()
        .order_by(table.c[layer.key])
    )
    return list(connection.execute(statement).scalars())


def revert(
    connection: Connection, versions: Versions, *, after: datetime, until: datetime, actor: str
) -> Reverted:
    """Take back what was written after one instant and up to another.

    A row that was there before gets a new version equal to the one it had, its source included;
    one that was not is as if it had never been added, though its history is still told. The
    caller holds the lock, and has asked for `later_edits`: there must be none.

    Parameters
    ----------
    actor
        Who takes it back.
    """
    table = versions.table
    history.lock(connection)
    instant = history.advance(connection)
    other = table.alias("other")
    written = select(*versions.key_of(other)).where(
        other.c.recorded_at > after, other.c.recorded_at <= until
    )
    taken_back = connection.execute(
        update(table)
        .where(tuple_(*versions.key_of(table)).in_(written), table.c.superseded_at.is_(None))
        .values(superseded_at=instant)
    ).rowcount
    newest = (
        select(func.max(other.c.version)).where(versions.same_row(other, table)).scalar_subquery()
    )
    replaced: dict[str, ColumnElement[Any]] = {
        "version": newest + 1,
        "recorded_at": literal(instant),
        "superseded_at": literal(None, table.c.superseded_at.type),
        "recorded_by": literal(actor, Text),
    }
    # Whatever was superseded in the interval was superseded by what is taken back.
    restored = _copy(
        connection,
        table,
        replaced,
        table.c.recorded_at <= after,
        table.c.superseded_at > after,
        table.c.superseded_at <= until,
    )
    return Reverted(restored=restored, withdrawn=taken_back - restored)


def _copy(
    connection: Connection,
    table: Table,
    replaced: dict[str, ColumnElement[Any]],
    *conditions: ColumnElement[bool],
) -> int:
    """Insert versions again, with some of their columns replaced; return how many."""
    values = [replaced.get(column.name, column) for column in table.c]
    statement = insert(table).from_select(
        [column.name for column in table.c], select(*values).where(*conditions)
    )
    connection.execute(statement)
    instant = replaced["recorded_at"]
    written = select(func.count()).select_from(table).where(table.c.recorded_at == instant)
    return connection.execute(written).scalar_one()
