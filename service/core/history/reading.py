"""Reading rows of the layers, by key, place, field and moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    Text,
    and_,
    func,
    literal,
    select,
)

from service.core.history.moment import NOW, Moment, at_moment
from service.core.rows import columns_of, from_columns, selected
from service.core.schema import VERSIONED
from spatial.errors import InputError
from spatial.fields import FieldType, Layer

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
