"""Which rows a key scoped to areas may see and write: the one place that decides it.

A scoped key covers its areas and everything under them. An area belongs to the scope by its
code; a district by its community, or where none is given by the place it is at; a building or
facility by its place. Areas themselves are written with keys without a scope only, because
whoever could redraw or rename an area could widen the scope.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    Text,
    and_,
    any_,
    collate,
    func,
    literal,
    or_,
    select,
)

from service.core.errors.rights import ForbiddenError
from service.core.keys import Principal
from service.core.schema import VERSIONED
from spatial.fields import AREAS, DISTRICTS, Layer


def area_codes(connection: Connection, principal: Principal) -> frozenset[str] | None:
    """Return the codes of a key's areas and all under them; None where the key has no scope."""
    if not principal.areas:
        return None
    area = VERSIONED[AREAS.name]
    tree = select(collate(func.unnest(_texts(principal.areas)), "C").label("code")).cte(
        "tree", recursive=True
    )
    tree = tree.union(
        select(area.c.code).where(area.c.parent == tree.c.code, area.c.superseded_at.is_(None))
    )
    return frozenset(connection.execute(select(tree.c.code)).scalars())


def conditions(
    connection: Connection, principal: Principal, layer: Layer
) -> list[ColumnElement[bool]]:
    """Return what a row of `layer` must meet to be in a key's scope; nothing without a scope."""
    codes = area_codes(connection, principal)
    if codes is None:
        return []
    table = VERSIONED[layer.name]
    if layer.name == AREAS.name:
        return [table.c.code == any_(_texts(codes))]
    inside = place_inside(principal, table.c.geometry)
    if layer.name == DISTRICTS.name:
        stated = table.c.community == any_(_texts(codes))
        return [or_(stated, and_(table.c.community.is_(None), inside))]
    return [inside]


def place_inside(principal: Principal, geometry: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a geometry's place lies in the areas of a scoped key."""
    area = VERSIONED[AREAS.name].alias("scope_area")
    return (
        select(area.c.code)
        .where(
            area.c.code == any_(_texts(principal.areas)),
            area.c.superseded_at.is_(None),
            func.ST_Covers(area.c.geometry, func.ST_PointOnSurface(geometry)),
        )
        .exists()
    )


def keys_outside(
    connection: Connection, principal: Principal, layer: Layer, keys: Sequence[str]
) -> set[str]:
    """Return which of `keys`, as stored now, a key's scope does not cover."""
    wanted = conditions(connection, principal, layer)
    if not wanted:
        return set()
    table = VERSIONED[layer.name]
    key = table.c[layer.key]
    statement = select(key).where(
        key == any_(_texts(keys)), table.c.superseded_at.is_(None), *wanted
    )
    return set(keys) - set(connection.execute(statement).scalars())


def existing(connection: Connection, layer: Layer, keys: Sequence[str]) -> set[str]:
    """Return which of `keys` a layer has, closed ones included, in or out of any scope."""
    table = VERSIONED[layer.name]
    key = table.c[layer.key]
    statement = select(key).where(key == any_(_texts(keys)), table.c.superseded_at.is_(None))
    return set(connection.execute(statement).scalars())


def require_writable(principal: Principal, layer: Layer) -> None:
    """Refuse a scoped key that would write areas."""
    if principal.areas and layer.name == AREAS.name:
        raise ForbiddenError("Areas are written with keys that are not scoped to areas.")


def require_area(connection: Connection, principal: Principal, code: str | None) -> None:
    """Refuse a scoped key that asks for an area outside its scope, or for everything."""
    codes = area_codes(connection, principal)
    if codes is not None and code not in codes:
        raise ForbiddenError(
            f"The key is scoped to {', '.join(principal.areas)}; ask for one of its areas."
        )


def require_place(connection: Connection, principal: Principal, *, lon: float, lat: float) -> None:
    """Refuse a scoped key that asks about a place outside its areas."""
    if not principal.areas:
        return
    area = VERSIONED[AREAS.name]
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    statement = select(area.c.code).where(
        area.c.code == any_(_texts(principal.areas)),
        area.c.superseded_at.is_(None),
        func.ST_Covers(area.c.geometry, point),
    )
    if connection.execute(statement.limit(1)).first() is None:
        raise ForbiddenError(f"The key is scoped to {', '.join(principal.areas)}.")


def places_outside(
    connection: Connection, principal: Principal, places: NDArray[Any]
) -> NDArray[np.bool_]:
    """Tell which places a key's scope does not cover.

    Parameters
    ----------
    places
        Geometries in EPSG:4326, shape (n,); None and empty ones are in nobody's way.
    """
    if not principal.areas:
        return np.zeros(len(places), dtype=bool)
    area = VERSIONED[AREAS.name]
    statement = select(func.ST_AsBinary(area.c.geometry)).where(
        area.c.code == any_(_texts(principal.areas)),
        area.c.superseded_at.is_(None),
        area.c.geometry.is_not(None),
    )
    own = shapely.union_all(
        shapely.from_wkb([bytes(shape) for shape in connection.execute(statement).scalars()])
    )
    shapely.prepare(own)
    asked = ~(shapely.is_missing(places) | shapely.is_empty(places))
    return np.asarray(asked & ~shapely.covers(own, places), dtype=bool)


def in_area(connection: Connection, code: str, layer: Layer) -> list[ColumnElement[bool]]:
    """Return what a row of `layer` must meet to be in an area, by the rules of a key's scope."""
    asker = Principal(id="", name="", role="viewer", areas=(code,))
    return conditions(connection, asker, layer)


def _texts(values: Collection[str]) -> BindParameter[list[str]]:
    return literal(list(values), ARRAY(Text))
