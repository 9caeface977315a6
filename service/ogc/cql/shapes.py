"""Spatial literals of filters, and the whitelist of spatial predicates.

The literal is brought into the CRS of the stored geometries before it is bound, so that the
index over the column stays usable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, func, literal, not_
from sqlalchemy.types import LargeBinary

from service.ogc.cql.errors import FilterError

# Brings x and y as a filter gives them into longitude and latitude; ValueError where it cannot.
ToStorage = Callable[[BaseGeometry], BaseGeometry]
ReadBox = Callable[[list[float]], BaseGeometry]

_NAMES: Final = MappingProxyType(
    {
        "s_intersects": func.ST_Intersects,
        "s_equals": func.ST_Equals,
        "s_touches": func.ST_Touches,
        "s_crosses": func.ST_Crosses,
        "s_within": func.ST_Within,
        "s_contains": func.ST_Contains,
        "s_overlaps": func.ST_Overlaps,
    }
)
SPATIAL: Final = frozenset({*_NAMES, "s_disjoint"})
# PostGIS computes these two for collections of mixed types as well.
_ANY_TYPE: Final = frozenset({"s_intersects", "s_disjoint"})
_GEOMETRY_TYPES: Final = frozenset(
    {
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    }
)


def read_geometry(node: Mapping[str, Any], *, to_storage: ToStorage) -> BaseGeometry:
    """Return a GeoJSON literal in longitude and latitude.

    Raises
    ------
    FilterError
        If it is no geometry, empty, not valid, or has places the CRS has not.
    """
    if not isinstance(node["type"], str) or node["type"] not in _GEOMETRY_TYPES:
        raise FilterError("a geometry of an unknown type")
    try:
        shape = shapely.force_2d(_shape(node))
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise FilterError("a geometry that cannot be read") from None
    if shape.is_empty:
        raise FilterError("an empty geometry")
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise FilterError("a geometry with numbers that are not finite")
    if not shape.is_valid:
        raise FilterError("a geometry that is not valid, as a polygon that crosses itself")
    try:
        return to_storage(shape)
    except ValueError as error:
        raise FilterError(str(error)) from None


def bound(shape: BaseGeometry) -> ColumnElement[Any]:
    """Return a geometry as a bound parameter, EPSG:4326."""
    return func.ST_GeomFromWKB(literal(shapely.to_wkb(shape), LargeBinary), 4326)


def spatial(
    name: str,
    first: ColumnElement[Any] | BaseGeometry,
    second: ColumnElement[Any] | BaseGeometry,
) -> ColumnElement[bool]:
    """Return a spatial predicate; ``s_disjoint`` is what does not intersect."""
    operands = [
        bound(_uniform(side, name)) if isinstance(side, BaseGeometry) else side
        for side in (first, second)
    ]
    if name == "s_disjoint":
        return not_(func.ST_Intersects(*operands))
    predicate: ColumnElement[bool] = _NAMES[name](*operands)
    return predicate


def _uniform(shape: BaseGeometry, name: str) -> BaseGeometry:
    """Return a collection as one multi-geometry where the predicate is not defined for it."""
    if name in _ANY_TYPE or shape.geom_type != "GeometryCollection":
        return shape
    merged = shapely.union_all(np.asarray(shapely.get_parts(shape), dtype=object))
    if merged.geom_type == "GeometryCollection":
        raise FilterError(f"{name.upper()} is not defined for a collection of mixed types")
    return merged


def _shape(node: Mapping[str, Any]) -> BaseGeometry:
    """Build a geometry by hand: texts and missing members must not pass as numbers."""
    if node["type"] == "GeometryCollection":
        members = node["geometries"]
        if any(member["type"] == "GeometryCollection" for member in members):
            raise FilterError("a collection within a collection")
        return shapely.GeometryCollection([_shape(member) for member in members])
    return _BUILDERS[node["type"]](node["coordinates"])


def _positions(values: Any) -> list[tuple[float, float]]:  # noqa: ANN401  unchecked JSON
    return [_position(value) for value in values]


def _position(value: Any) -> tuple[float, float]:  # noqa: ANN401  unchecked JSON
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise TypeError
    if any(isinstance(number, bool | str) for number in value):
        raise TypeError
    return float(value[0]), float(value[1])


def _polygon(rings: Any) -> shapely.Polygon:  # noqa: ANN401  unchecked JSON
    shell, *holes = [_positions(ring) for ring in rings]
    return shapely.Polygon(shell, holes)


_BUILDERS: Final[Mapping[str, Callable[[Any], BaseGeometry]]] = MappingProxyType(
    {
        "Point": lambda value: shapely.Point(_position(value)),
        "LineString": lambda value: shapely.LineString(_positions(value)),
        "Polygon": _polygon,
        "MultiPoint": lambda value: shapely.MultiPoint(_positions(value)),
        "MultiLineString": lambda value: shapely.MultiLineString(
            [_positions(line) for line in value]
        ),
        "MultiPolygon": lambda value: shapely.MultiPolygon([_polygon(part) for part in value]),
    }
)
