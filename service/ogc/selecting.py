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
from service.ogc.sorting import shown_values


def page_query(collection: Collection, asked: Asked) -> Select[Any]:
    """Select a page and one feature more, which tells whether there is a next page.

    Columns text, place, those of `service.ogc.sorting.shown_values` and, of layers, source.
    """
    query = _features(collection, asked.system).add_columns(*shown_values(asked.sort))
    return _paged(query, collection, asked).limit(asked.limit + 1)


def row_query(collection: Collection, asked: Asked) -> Select[Any]:
    """Select the rows of a page: every property by its name, shapes as WKB in EPSG:4326."""
    columns = [
        (func.ST_AsBinary(one.column) if one.kind is Kind.GEOMETRY else one.column).label(one.name)
        for one in (*collection.properties, collection.geometry)
    ]
    query = select(*columns).select_from(collection.source)
    return _paged(query, collection, asked).limit(asked.limit)


def end_query(collection: Collection, asked: Asked) -> Select[Any]:
    """Select the place of the last feature of a full page, and one more if there is a next page."""
    query = select(collection.order.label("place"), *shown_values(asked.sort))
    query = query.select_from(collection.source)
    return _paged(query, collection, asked).offset(asked.limit - 1).limit(2)


def source_query(collection: Collection, asked: Asked) -> Select[Any]:
    """Select what the features of all pages say of their origin, each saying once."""
    source = collection.source_text
    chosen = literal(None, Text) if source is None else source
    query = select(chosen).select_from(collection.source).distinct()
    return query.where(*collection.conditions, *asked.conditions)


def _paged(query: Select[Any], collection: Collection, asked: Asked) -> Select[Any]:
    query = query.where(*collection.conditions, *asked.conditions)
    if asked.behind is not None:
        query = query.where(asked.behind)
    return query.order_by(*(key.order for key in asked.sort), collection.order)


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
