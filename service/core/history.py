"""The append-only history of areas, districts, buildings, facilities and parks.

Every write takes the one row of `data_state` first, so writes follow one another and each gets
an instant of its own, later than every instant before. The instant a snapshot reads there
therefore names exactly the data it sees, and reading as of that instant later gives the same
data again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame
from pyproj import CRS
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    and_,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from service.core.incoming import ROW_COLUMN, append_first, constant, incoming
from service.core.rows import columns_of, from_columns, selected
from service.core.schema import DATA_STATE, VERSIONED
from spatial.errors import InputError
from spatial.fields import FieldType, Layer

# Fewer rows are found one by one, through the index.
_LARGE_ROWS: Final = 1_000
# A frame read with `current` may be stored again as it is.
_IGNORED_COLUMNS: Final = frozenset({ROW_COLUMN, "version"})
# What a filter's value must be, by type of field; a date is no datetime, a bool no number.
_COMPARABLE: Final[Mapping[FieldType, tuple[type, ...]]] = MappingProxyType(
    {
        FieldType.TEXT: (str,),
        FieldType.INTEGER: (int,),
        FieldType.DECIMAL: (Decimal, int),
        FieldType.BOOLEAN: (bool,),
        FieldType.DATE: (date,),
    }
)


@dataclass(frozen=True)
class Origin:
    """Where the rows of one write come from.

    Parameters
    ----------
    file
        File name, or the request that brought them.
    crs
        CRS the coordinates were given in, as ``EPSG:4547``.
    transformation
        The pipeline that brought them to EPSG:4326; None when they were given in it.
    actor
        Who wrote: a key's id or the name of a command.
    """

    file: str
    crs: str
    transformation: str | None
    actor: str


@dataclass(frozen=True)
class Stored:
    """How many rows a write added, changed and left as they were."""

    added: int
    changed: int
    unchanged: int


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


def data_instant(connection: Connection) -> datetime:
    """Return the instant of the last write the transaction sees, in UTC; strictly increasing."""
    instant: datetime = connection.execute(select(DATA_STATE.c.instant)).scalar_one()
    return instant


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
    with _writing(connection):
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
    with _writing(connection):
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


def current(
    connection: Connection,
    layer: Layer,
    *conditions: ColumnElement[bool],
    keys: Collection[str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    after: str | None = None,
    limit: int | None = None,
    filters: Mapping[str, object] | None = None,
    moment: Moment = NOW,
) -> GeoDataFrame:
    """Read rows of a layer, ordered by key.

    Parameters
    ----------
    *conditions
        Further conditions on the table of the layer.
    keys
        Only these; None means all.
    bbox
        Only what intersects west, south, east, north, degrees in EPSG:4326, borders included.
    after
        Only keys behind this one: the last of the page before.
    limit
        At most so many rows.
    filters
        Field name to the value it must equal; None means missing.
    moment
        Which versions.

    Returns
    -------
    A validated frame with one more column, ``version``.

    Raises
    ------
    InputError
        When a filter names no comparable field or its value is of another type.
    """
    table = VERSIONED[layer.name]
    wanted = [*conditions, *_conditions(layer, keys=keys, bbox=bbox, filters=filters)]
    if after is not None:
        wanted.append(table.c[layer.key] > after)
    return read(connection, layer, *wanted, limit=limit, moment=moment)


def read(
    connection: Connection,
    layer: Layer,
    *conditions: ColumnElement[bool],
    limit: int | None = None,
    moment: Moment = NOW,
) -> GeoDataFrame:
    """Read the rows of a layer that meet SQLAlchemy conditions on its table; see `current`."""
    table = VERSIONED[layer.name]
    statement = (
        select(*selected(table, layer), table.c.version)
        .where(*at_moment(table, moment), *conditions)
        .order_by(table.c[layer.key])
        .limit(limit)
    )
    return _framed(connection, layer, statement)


def _framed(connection: Connection, layer: Layer, statement: Select[Any]) -> GeoDataFrame:
    columns = columns_of(connection, statement)
    frame = from_columns(columns, layer)
    frame["version"] = pd.array(list(columns["version"]), dtype="int64")
    return frame


def read_versions(
    connection: Connection, layer: Layer, versions: Mapping[str, int]
) -> GeoDataFrame:
    """Read given versions of rows, superseded or not, ordered by key; see `current`.

    Parameters
    ----------
    versions
        Version by key; what is not there is left out.
    """
    table = VERSIONED[layer.name]
    given = literal(list(versions), ARRAY(Text)), literal(list(versions.values()), ARRAY(Integer))
    wanted = func.unnest(*given).table_valued("key", "version", name="wanted").render_derived()
    statement = (
        select(*selected(table, layer), table.c.version)
        .join(
            wanted,
            and_(table.c[layer.key] == wanted.c.key, table.c.version == wanted.c.version),
        )
        .order_by(table.c[layer.key])
    )
    return _framed(connection, layer, statement)


def count(
    connection: Connection,
    layer: Layer,
    *conditions: ColumnElement[bool],
    bbox: tuple[float, float, float, float] | None = None,
    filters: Mapping[str, object] | None = None,
    moment: Moment = NOW,
) -> int:
    """Count the rows `current` would return without paging."""
    table = VERSIONED[layer.name]
    wanted = [*conditions, *_conditions(layer, keys=None, bbox=bbox, filters=filters)]
    statement = select(func.count()).select_from(table).where(*at_moment(table, moment), *wanted)
    return connection.execute(statement).scalar_one()


def sources(
    connection: Connection,
    layer: Layer,
    *conditions: ColumnElement[bool],
    bbox: tuple[float, float, float, float] | None = None,
    filters: Mapping[str, object] | None = None,
    moment: Moment = NOW,
) -> list[str | None]:
    """Return, each once, what the rows `current` would return say of their origin."""
    table = VERSIONED[layer.name]
    wanted = [*conditions, *_conditions(layer, keys=None, bbox=bbox, filters=filters)]
    statement = select(table.c.source).where(*at_moment(table, moment), *wanted).distinct()
    return list(connection.execute(statement).scalars())


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


def _conditions(
    layer: Layer,
    *,
    keys: Collection[str] | None,
    bbox: tuple[float, float, float, float] | None,
    filters: Mapping[str, object] | None,
) -> list[ColumnElement[bool]]:
    table = VERSIONED[layer.name]
    conditions: list[ColumnElement[bool]] = []
    if keys is not None:
        conditions.append(table.c[layer.key] == func.any(literal(list(keys), ARRAY(Text))))
    if bbox is not None:
        conditions.append(func.ST_Intersects(table.c.geometry, func.ST_MakeEnvelope(*bbox, 4326)))
    return [*conditions, *field_conditions(layer, filters or {})]


def field_conditions(layer: Layer, filters: Mapping[str, object]) -> list[ColumnElement[bool]]:
    """Return what a row must meet whose fields equal the values given; None means missing.

    Raises
    ------
    InputError
        When a filter names no comparable field or its value is of another type.
    """
    table = VERSIONED[layer.name]
    return [_equals(layer, table, name, value) for name, value in filters.items()]


def _equals(layer: Layer, table: Table, name: str, value: object) -> ColumnElement[bool]:
    comparable = {field.name: field.type for field in layer.fields if field.type in _COMPARABLE}
    if name not in comparable:
        raise InputError(f"{layer.name} cannot be filtered by {name!r}")
    wanted = _COMPARABLE[comparable[name]]
    if value is None:
        return table.c[name].is_(None)
    if type(value) not in wanted:
        raise InputError(f"{layer.name}.{name} cannot equal {value!r}: it is {comparable[name]}")
    return table.c[name] == value


@contextmanager
def _writing(connection: Connection) -> Iterator[None]:
    lock(connection)
    yield


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


def same_value(
    new: ColumnElement[Any], stored: ColumnElement[Any], type_: FieldType
) -> ColumnElement[bool]:
    """Return whether an incoming value of a field is the stored one, to the last bit.

    Where a ring begins and which way it runs says nothing of a place, and formats differ in it: a
    Shapefile's outer rings run clockwise, GeoJSON's the other way.
    """
    if type_ not in {FieldType.GEOMETRY, FieldType.POINTS}:
        return new.is_not_distinct_from(stored)
    # The operator = of PostGIS compares only what its sort order sees; bytes are exact. The
    # normal form is asked for only where they differ.
    exact = func.ST_AsBinary(new).is_not_distinct_from(func.ST_AsBinary(stored))
    normal = func.ST_AsBinary(func.ST_Normalize(new)) == func.ST_AsBinary(func.ST_Normalize(stored))
    return or_(exact, func.coalesce(normal, false()))


def origin_values(origin: Origin) -> dict[str, Any]:
    """Return the columns of a version that say where it comes from, but for the row."""
    return {
        "source_file": origin.file,
        "source_crs": origin.crs,
        "transformation": origin.transformation,
        "recorded_by": origin.actor,
    }
