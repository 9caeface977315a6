"""What storing rows would change: compared in the database, by key and field."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from geopandas import GeoDataFrame
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import array

from service.core import history
from service.core.history import NOW
from service.core.incoming import incoming
from service.core.schema import VERSIONED
from spatial.fields import FieldType, Layer


@dataclass(frozen=True)
class Difference:
    """What storing a frame would change.

    Parameters
    ----------
    added
        Keys the layer does not have, in order.
    reopened
        Keys of rows that were closed and will be open again, in order.
    changed
        Key to the fields that differ, in the order of keys.
    unchanged
        How many rows are stored as they are.
    gone
        Keys that are stored and open, and not in the frame; empty where nobody asked for them.
    digest
        Over all of this and the stored values that would be replaced: as long as it stays,
        storing does what was shown.
    """

    added: tuple[str, ...]
    reopened: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    unchanged: int
    gone: tuple[str, ...]
    digest: str


def compare(
    connection: Connection,
    layer: Layer,
    frame: GeoDataFrame,
    *,
    complete: bool = False,
    of: Mapping[str, object] | None = None,
    besides: Collection[str] = (),
    conditions: Collection[ColumnElement[bool]] = (),
) -> Difference:
    """Compare rows with what is stored.

    Parameters
    ----------
    frame
        Validated rows in EPSG:4326, each key once.
    complete
        True if the frame lists all there is, so that what is stored and not in it is gone.
    of
        Of what it lists all: field to the value it equals; None means the whole layer.
    besides
        Further keys that are not gone: of rows that were set aside.
    conditions
        Further conditions on the table of the layer, of what can be gone.
    """
    table = VERSIONED[layer.name]
    with incoming(connection, layer, frame) as rows:
        marks = [_mark(rows, table, name, layer.field(name).type) for name in layer.names]
        named: ColumnElement[Any] = array(marks)
        differing = func.array_remove(cast(named, ARRAY(Text)), None)
        key = rows.c[layer.key]
        statement = (
            select(
                key,
                table.c[layer.key].is_(None).label("is_new"),
                table.c.valid_to.is_not(None).label("was_closed"),
                case((table.c[layer.key].is_(None), None), else_=differing).label("fields"),
            )
            .select_from(
                rows.outerjoin(table, (key == table.c[layer.key]) & table.c.superseded_at.is_(None))
            )
            .order_by(key)
        )
        found = connection.execute(statement).all()
        gone: list[str] = []
        if complete:
            wanted = [*conditions, *history.field_conditions(layer, of or {})]
            gone = list(
                connection.execute(
                    select(table.c[layer.key])
                    .where(
                        *history.at_moment(table, NOW),
                        table.c.valid_to.is_(None),
                        ~select(key).where(key == table.c[layer.key]).exists(),
                        table.c[layer.key] != func.all(literal(list(besides), ARRAY(Text))),
                        *wanted,
                    )
                    .order_by(table.c[layer.key])
                ).scalars()
            )
    return _difference(found, gone)


def _difference(found: Collection[Any], gone: list[str]) -> Difference:
    added: list[str] = []
    reopened: list[str] = []
    changed: dict[str, tuple[str, ...]] = {}
    unchanged = 0
    digest = hashlib.sha256()
    for key, is_new, was_closed, marks in found:
        if is_new:
            added.append(key)
        elif was_closed:
            reopened.append(key)
        elif marks:
            changed[key] = tuple(mark.partition(":")[0] for mark in marks)
        else:
            unchanged += 1
            continue
        digest.update(repr((key, is_new, was_closed, marks)).encode())
    digest.update(repr(gone).encode())
    return Difference(
        tuple(added), tuple(reopened), changed, unchanged, tuple(gone), digest.hexdigest()
    )


def _mark(rows: Table, table: Table, name: str, type_: FieldType) -> ColumnElement[Any]:
    """Return ``field:hash of the stored value`` where the two differ, else null."""
    same = history.same_value(rows.c[name], table.c[name], type_)
    stored = func.md5(func.coalesce(cast(table.c[name], Text), ""))
    return case((same, None), else_=func.concat(f"{name}:", stored))
