"""Storing rows by key, and ending them: a new version each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame
from pyproj import CRS
from sqlalchemy import (
    ARRAY,
    Connection,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from service.core.history.moment import advance, lock
from service.core.history.origin import Origin, Stored, origin_values
from service.core.history.sameness import same_value
from service.core.incoming import ROW_COLUMN, append_first, constant, incoming
from service.core.schema import VERSIONED
from spatial.errors import InputError
from spatial.fields import Layer

# Fewer rows are found one by one, through the index.
_LARGE_ROWS: Final = 1_000
# A frame read with `current` may be stored again as it is.
_IGNORED_COLUMNS: Final = frozenset({ROW_COLUMN, "version"})


def store(connection: Connection, layer: Layer, frame: GeoDataFrame, *, origin: Origin) -> Stored:
    """Store rows by key: a new key is added, a changed row gets a new version.

    A row that is the same in every field and coordinate is left alone, so that storing the same
    file twice writes nothing and `data_instant` stays. A closed row that is stored again is open
    again. The caller's transaction must be READ COMMITTED; other writers wait until it ends.

    Parameters
    ----------
    frame
        Validated rows in EPSG:4326. A field the frame lacks is taken as missing. The row number
        kept as origin is column ``_row``, else the whole-number index plus 1.
    origin
        Where the rows come from.

    Raises
    ------
    InputError
        When the frame is in another CRS, has an unknown column, or a key is missing or double.
    sqlalchemy.exc.IntegrityError
        When a value breaks a constraint of the table; validation reports those before.
    """
    _refuse_unusable(frame, layer)
    lock(connection)
    is_known = frame[layer.key].isin(_known(connection, layer, frame[layer.key]))
    known, unknown = frame[is_known], frame[~is_known]
    stored, instant = Stored(added=0, changed=0, unchanged=0), None
    if len(known):
        stored, instant = _store_known(connection, layer, known, origin=origin)
    if len(unknown):
        instant = instant or advance(connection)
        _store_unknown(connection, layer, unknown, instant=instant, origin=origin)
    return replace(stored, added=stored.added + len(unknown))


def _known(connection: Connection, layer: Layer, keys: pd.Series[Any]) -> list[str]:
    """Return those of the keys that have a version, be it current or not."""
    column = VERSIONED[layer.name].c[layer.key]
    # Of an empty table, as the first import finds it, nothing need be asked.
    if not connection.execute(select(select(column).exists())).scalar_one():
        return []
    wanted = func.any(literal([str(key) for key in keys], ARRAY(Text)))
    return list(connection.execute(select(column).where(column == wanted).distinct()).scalars())


def _store_unknown(
    connection: Connection,
    layer: Layer,
    frame: GeoDataFrame,
    *,
    instant: datetime,
    origin: Origin,
) -> None:
    """Store first versions: they need no comparison, and so no table in between."""
    values = {
        "version": constant("version", "int4", 1),
        "recorded_at": constant("recorded_at", "timestamptz", instant),
        **{
            name: constant(name, "text", value)
            for name, value in origin_values(origin).items()
            if value is not None
        },
    }
    append_first(connection, VERSIONED[layer.name], layer, frame, values=values)


def _store_known(
    connection: Connection, layer: Layer, frame: GeoDataFrame, *, origin: Origin
) -> tuple[Stored, datetime | None]:
    """Store rows whose keys have versions; return the instant too, None if nothing changed."""
    table = VERSIONED[layer.name]
    with (
        incoming(connection, layer, frame) as rows,
        _set_by_set(connection, len(frame)),
    ):
        same = delete(rows).where(
            rows.c[layer.key] == table.c[layer.key],
            table.c.superseded_at.is_(None),
            table.c.valid_to.is_(None),
            *(
                same_value(rows.c[field.name], table.c[field.name], field.type)
                for field in layer.fields
            ),
        )
        unchanged = connection.execute(same).rowcount
        left = len(frame) - unchanged
        if left == 0:
            return Stored(added=0, changed=0, unchanged=unchanged), None
        instant = advance(connection)
        supersede = (
            update(table)
            .where(table.c[layer.key] == rows.c[layer.key], table.c.superseded_at.is_(None))
            .values(superseded_at=instant)
        )
        changed = connection.execute(supersede).rowcount
        former = (
            select(table.c[layer.key], func.max(table.c.version).label("version"))
            .where(table.c[layer.key].in_(select(rows.c[layer.key])))
            .group_by(table.c[layer.key])
            .subquery()
        )
        values: dict[str, Any] = {field: rows.c[field] for field in layer.names}
        values |= {
            "version": former.c.version + 1,
            "recorded_at": literal(instant),
            "source_row": rows.c[ROW_COLUMN],
        }
        values |= {name: literal(value, Text) for name, value in origin_values(origin).items()}
        joined = rows.join(former, former.c[layer.key] == rows.c[layer.key])
        again = select(*values.values()).select_from(joined)
        connection.execute(insert(table).from_select(list(values), again))
    return Stored(added=left - changed, changed=changed, unchanged=unchanged), instant


def close(connection: Connection, layer: Layer, key: str, *, on: date, origin: Origin) -> bool:
    """End a row in the world: it is not there on `on` or later, and stays readable before.

    A facility that has no `closed_on` gets this one.

    Returns
    -------
    False when the layer has no such row, or it was ended before.

    Raises
    ------
    InputError
        When `on` lies before the row began or the facility opened.
    """
    table = VERSIONED[layer.name]
    lock(connection)
    row = (
        connection.execute(
            select(table).where(table.c[layer.key] == key, table.c.superseded_at.is_(None))
        )
        .mappings()
        .one_or_none()
    )
    if row is None or row["valid_to"] is not None:
        return False
    began = row["valid_from"] or row.get("opened_on")
    if began is not None and on < began:
        raise InputError(f"{key} cannot be closed on {on}: it began on {began}")
    instant = advance(connection)
    former = (table.c[layer.key] == key, table.c.version == row["version"])
    connection.execute(update(table).where(*former).values(superseded_at=instant))
    replaced: dict[str, Any] = {
        "version": row["version"] + 1,
        "recorded_at": instant,
        "superseded_at": None,
        "valid_to": on,
        "source_row": None,
        **origin_values(origin),
    }
    if "closed_on" in table.c and row["closed_on"] is None:
        replaced["closed_on"] = on
    values = [
        literal(replaced[column.name], column.type) if column.name in replaced else column
        for column in table.c
    ]
    connection.execute(
        insert(table).from_select(
            [column.name for column in table.c], select(*values).where(*former)
        )
    )
    return True


@contextmanager
def _set_by_set(connection: Connection, rows: int) -> Iterator[None]:
    """Have large tables joined as a whole.

    Where many rows come in at once, what the server believes of the size of a table is old: it may
    take a full one for empty, and go through all of it once for each row.
    """
    if rows < _LARGE_ROWS:
        yield
        return
    connection.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    connection.execute(text("SET LOCAL enable_nestloop = DEFAULT"))


def _refuse_unusable(frame: GeoDataFrame, layer: Layer) -> None:
    if frame.crs is None or frame.crs != CRS.from_epsg(4326):
        raise InputError(f"{layer.name} must be in EPSG:4326 to be stored, not {frame.crs}")
    unknown = set(frame.columns) - set(layer.names) - _IGNORED_COLUMNS
    if unknown:
        raise InputError(f"{layer.name} have no field {', '.join(sorted(map(str, unknown)))}")
    keys = frame[layer.key]
    if keys.isna().any():
        raise InputError(f"{layer.name}: a row has no {layer.key}")
    if keys.duplicated().any():
        raise InputError(f"{layer.name}: {layer.key} {keys[keys.duplicated()].iloc[0]} is double")
