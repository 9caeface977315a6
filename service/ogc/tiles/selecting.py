"""The SQL of a tile: the database cuts, generalises and encodes, and hands over finished bytes.

What a level shows follows from the level and the feature alone, so a tile is the same whenever and
however often it is made:

- Streets appear by class: main streets from afar, footways only from level 14.
- Below level 14 lines and edges lose what is finer than a quarter of a cell (1/1024 of a tile).
- An area smaller than a cell (1/256 of a tile) in both directions is drawn as a square of one cell
  around its centre, so that a small district with a flag does not vanish from a map of the city;
  buildings that small are left out.
- A tile holds so many features at most: the first ones in the order of the collection, which for
  evaluations is the worst served first; streets come by class and then by number.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    select,
)

from service.core.schema import NETWORK_EDGE
from service.ogc.collection import Collection
from service.ogc.crs import STORED_SRID
from service.ogc.properties import Kind, Property
from service.ogc.tiles.cache import MadeTile
from service.ogc.tiles.matrix_sets import TileAddress

EXTENT: Final = 4096
BUFFER: Final = 64
KEY: Final = "id"

_CELLS: Final = 256
_WHOLE_FROM: Final = 14
_SIMPLER: Final = 1024
_SHAPE: Final = "geom"
_NUMBER: Final = "feature_number"
# From which level streets of a class are drawn; what is not named here, or has no class, from 14.
_STREETS_FROM: Final = (
    (0, ("motorway", "trunk")),
    (8, ("primary",)),
    (10, ("secondary",)),
    (11, ("tertiary",)),
    (13, ("unclassified", "residential", "living_street", "pedestrian")),
)
_LINK: Final = "_link"
# Web Mercator has no poles: what lies beyond is cut off before it is projected.
_MERCATOR_SRID: Final = 3857
_MERCATOR_LATITUDE: Final = 85.06


def make_tile(
    connection: Connection,
    collection: Collection,
    address: TileAddress,
    *,
    conditions: Sequence[ColumnElement[bool]],
    max_features: int,
) -> MadeTile:
    """Make one tile of a collection, as its key may see it.

    Parameters
    ----------
    conditions
        What features must meet beside the conditions of the collection.
    max_features
        Most features of the tile.
    """
    row = connection.execute(
        tile_query(collection, address, conditions=conditions, max_features=max_features)
    ).one()
    # The quickest level: a tile waits for it once, and is a third of its size.
    packed = gzip.compress(row.content, compresslevel=1, mtime=0) if row.drawn else b""
    return MadeTile(packed, full=row.found >= max_features)


def tile_query(
    collection: Collection,
    address: TileAddress,
    *,
    conditions: Sequence[ColumnElement[bool]],
    max_features: int,
) -> Select[Any]:
    """Select the content of a tile, how many features were found and how many are drawn."""
    chosen = _rows(collection, address, conditions=conditions, max_features=max_features)
    rows = chosen.subquery("tile")
    number = [literal(_NUMBER)] if collection.key_kind is Kind.INTEGER else []
    content = func.ST_AsMVT(
        rows.table_valued(), literal(collection.id), EXTENT, literal(_SHAPE), *number
    )
    shown = rows.c[_SHAPE].is_not(None)
    return select(
        content.filter(shown).label("content"),
        func.count().label("found"),
        func.count().filter(shown).label("drawn"),
    ).select_from(rows)


def carried(collection: Collection) -> tuple[Property, ...]:
    """Return the properties tiles carry beside ``id``: all, as texts where MVT has no such type."""
    return tuple(one for one in collection.properties if one.name != KEY)


def _rows(
    collection: Collection,
    address: TileAddress,
    *,
    conditions: Sequence[ColumnElement[bool]],
    max_features: int,
) -> Select[Any]:
    columns = [
        _drawn(collection, address).label(_SHAPE),
        collection.key.label(KEY),
        *(_value(one).label(one.name) for one in carried(collection)),
    ]
    if collection.key_kind is Kind.INTEGER:
        columns.append(collection.key.label(_NUMBER))
    return (
        select(*columns)
        .select_from(collection.source)
        .where(
            *collection.conditions,
            *conditions,
            collection.geometry.column.op("&&")(_search_box(address)),
            *_worth_drawing(collection, address),
        )
        .order_by(*_order(collection))
        .limit(max_features)
    )


def _value(one: Property) -> ColumnElement[Any]:
    # ST_AsMVT writes numeric as text, and an array not at all.
    match one.kind:
        case Kind.NUMBER:
            return cast(one.column, Double)
        case Kind.GEOMETRY:
            return func.ST_AsGeoJSON(one.column, 9, 0)
        case Kind.LIST:
            return cast(func.to_json(one.column), Text)
        case Kind.DATE:
            return func.to_char(one.column, literal("YYYY-MM-DD"))
        case _:
            return one.column


def _drawn(collection: Collection, address: TileAddress) -> ColumnElement[Any]:
    stored = collection.geometry.column
    projected = func.ST_Transform(_projectable(stored, address), address.srid)
    shape: ColumnElement[Any] = projected
    if address.level < _WHOLE_FROM:
        cell = address.width / _CELLS
        shape = func.ST_Simplify(projected, address.width / _SIMPLER, True)  # noqa: FBT003  SQL
        if collection.geometry.shape != "linestring":
            square = func.ST_Expand(func.ST_Centroid(projected), cell / 2)
            shape = case((_is_tiny(stored, address), square), else_=shape)
    return func.ST_AsMVTGeom(shape, _envelope(address), EXTENT, BUFFER, True)  # noqa: FBT003  SQL


def _projectable(stored: ColumnElement[Any], address: TileAddress) -> ColumnElement[Any]:
    if address.srid != _MERCATOR_SRID:
        return stored
    world = func.ST_MakeEnvelope(-180, -_MERCATOR_LATITUDE, 180, _MERCATOR_LATITUDE, STORED_SRID)
    return case(
        (stored.op("@")(world), stored), else_=func.ST_ClipByBox2D(stored, func.Box2D(world))
    )


def _envelope(address: TileAddress) -> ColumnElement[Any]:
    return func.Box2D(func.ST_MakeEnvelope(*address.bounds, address.srid))


def _search_box(address: TileAddress) -> ColumnElement[Any]:
    """Return the tile and the margin around it in degrees: both CRSs have straight meridians."""
    west, south, east, north = address.degrees
    # The margin of a tile is as many cells everywhere, and Mercator's cells are widest in degrees
    # of latitude at the equator, where they are as high as they are wide.
    margin = (east - west) * BUFFER / EXTENT
    return func.ST_MakeEnvelope(
        west - margin, south - margin, east + margin, north + margin, STORED_SRID
    )


def _is_tiny(stored: ColumnElement[Any], address: TileAddress) -> ColumnElement[bool]:
    west, south, east, north = address.degrees
    return and_(
        func.ST_Dimension(stored) > 1,
        func.ST_XMax(stored) - func.ST_XMin(stored) < (east - west) / _CELLS,
        func.ST_YMax(stored) - func.ST_YMin(stored) < (north - south) / _CELLS,
    )


def _worth_drawing(collection: Collection, address: TileAddress) -> list[ColumnElement[bool]]:
    if address.level >= _WHOLE_FROM:
        return []
    if collection.network is not None:
        classes = [
            name
            for level, names in _STREETS_FROM
            if level <= address.level
            for one in names
            for name in (one, one + _LINK)
        ]
        return [NETWORK_EDGE.c.highway.in_(classes)]
    if collection.id == "buildings":
        stored = collection.geometry.column
        return [not_(_is_tiny(stored, address))]
    return []


def _order(collection: Collection) -> list[ColumnElement[Any]]:
    if collection.network is None:
        return [collection.order]
    ranks = [
        (NETWORK_EDGE.c.highway.in_([*names, *(name + _LINK for name in names)]), rank)
        for rank, (_, names) in enumerate(_STREETS_FROM)
    ]
    return [case(*ranks, else_=len(ranks)), collection.order]
