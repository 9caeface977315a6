"""The SQL of a page of features: the database writes each feature as GeoJSON text.

Numbers keep the digits they are stored with, and nothing but finished text passes through Python,
so a page costs little more than its query.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Table,
    Text,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.sql.visitors import iterate

from service.ogc.asking import Asked
from service.ogc.collection import Collection
from service.ogc.crs import ReferenceSystem
from service.ogc.extents import corners
from service.ogc.properties import Kind, Property


def page_query(collection: Collection, asked: Asked) -> Select[Any]:
    """Select a page and one feature more: columns text, place and, of layers, source."""
    query = _features(collection, asked.system).where(*collection.conditions, *asked.conditions)
    if asked.after is not None:
        query = query.where(collection.order > asked.after)
    # One row more than asked for tells whether there is a next page.
    return query.order_by(collection.order).limit(asked.limit + 1)


def one_query(collection: Collection, key: str | int, system: ReferenceSystem) -> Select[Any]:
    """Select the feature of an id: columns as `page_query`, and its version."""
    query = _features(collection, system).where(*collection.conditions, collection.key == key)
    version = literal(None) if collection.version is None else collection.version
    return query.add_columns(version.label("version"))


def count_features(connection: Connection, collection: Collection, asked: Asked) -> int:
    """Count the features of all pages."""
    statement = select(func.count()).select_from(collection.source)
    statement = statement.where(*collection.conditions, *asked.conditions)
    return connection.execute(statement).scalar_one()


def box_of(
    connection: Connection, collection: Collection, query: Select[Any]
) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north in degrees of the features a query selects."""
    geometry = collection.geometry.column
    shapes = query.with_only_columns(geometry.label("shape"), maintain_column_froms=True)
    extent = func.ST_Extent(shapes.subquery().c.shape)
    row = connection.execute(select(*corners(extent))).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def _features(collection: Collection, system: ReferenceSystem) -> Select[Any]:
    # || and row_to_json cost the database half of what concat and json_build_object do.
    text = (
        literal('{"type": "Feature", "id": ', Text)
        + cast(func.to_json(collection.key), Text)
        + literal(', "geometry": ', Text)
        + func.coalesce(_geojson(collection.geometry.column, system), "null")
        + literal(', "properties": ', Text)
        + cast(func.row_to_json(_properties(collection, system)), Text)
        + literal("}", Text)
    )
    source = literal(None) if collection.source_text is None else collection.source_text
    return select(
        text.label("text"), collection.order.label("place"), source.label("source")
    ).select_from(collection.source)


def _properties(collection: Collection, system: ReferenceSystem) -> ScalarSelect[Any]:
    """Return the properties of a feature as one record, whose fields have their names."""
    tables = [one for one in iterate(collection.source) if isinstance(one, Table)]
    values = [_value(one, system).label(one.name) for one in collection.properties]
    record = select(*values).correlate(*tables).lateral("properties")
    return select(record.table_valued()).scalar_subquery()


def _value(one: Property, system: ReferenceSystem) -> ColumnElement[Any]:
    if one.kind is Kind.GEOMETRY:
        return cast(_geojson(one.column, system), JSON())
    return one.column


def _geojson(geometry: ColumnElement[Any], system: ReferenceSystem) -> ColumnElement[Any]:
    # RFC 7946, 3.1.6: the outer ring counterclockwise, as seen with east to the right.
    shown = system.shown(func.ST_ForcePolygonCCW(geometry))
    return func.ST_AsGeoJSON(shown, system.decimals, 0)
