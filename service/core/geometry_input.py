"""Reading GeoJSON geometries, in longitude and latitude (RFC 7946, section 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from service.core.errors.request import InvalidBodyError
from service.core.json_input import Json

GEOMETRY_FIELD: Final = "geometry"

_CRS84_NAMES: Final = frozenset(
    {
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:OGC::CRS84",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    }
)
# How deep the positions of each type lie in its coordinates.
_POSITION_DEPTH: Final[Mapping[str, int]] = MappingProxyType(
    {
        "Point": 0,
        "MultiPoint": 1,
        "LineString": 1,
        "MultiLineString": 2,
        "Polygon": 2,
        "MultiPolygon": 3,
    }
)
_POSITION_LENGTHS: Final = (2, 3)


class ShapeError(ValueError):
    """A value that is no GeoJSON geometry; the text says why."""


def refuse_other_crs(members: Mapping[str, Any]) -> None:
    """Refuse a GeoJSON object that declares another system than CRS84.

    Raises
    ------
    InvalidBodyError
        Naming the member.
    """
    crs = members.get("crs")
    if crs is None:
        return
    named = crs.get("properties") if isinstance(crs, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    if name not in _CRS84_NAMES:
        raise InvalidBodyError.of(
            "/crs", "coordinates must be longitude and latitude in WGS 84 (RFC 7946, section 4)"
        )


def read_geometry(value: Json) -> BaseGeometry | None:
    """Read a GeoJSON geometry; null is None.

    Raises
    ------
    ShapeError
        When it is none, or of no type that has a place.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ShapeError("expected a geometry object")
    kind = value.get("type")
    depth = _POSITION_DEPTH.get(kind) if isinstance(kind, str) else None
    if depth is None:
        raise ShapeError(f"expected the type {', '.join(_POSITION_DEPTH)}")
    coordinates = _floats(value.get("coordinates"), depth)
    try:
        geometry = shapely.from_geojson(json.dumps({"type": kind, "coordinates": coordinates}))
    except (ShapelyError, ValueError) as error:
        raise ShapeError(f"not a {kind}: {str(error).splitlines()[0]}") from None
    if not isinstance(geometry, BaseGeometry):
        raise ShapeError(f"not a {kind}")
    return geometry


def _floats(value: Json, depth: int) -> list[Any]:
    if not isinstance(value, list):
        raise ShapeError("the coordinates are not nested as the type asks")
    if depth:
        return [_floats(item, depth - 1) for item in value]
    if len(value) not in _POSITION_LENGTHS or not all(map(is_number, value)):
        raise ShapeError("a position is not 2 or 3 numbers")
    return [float(number) for number in value]


def is_number(value: Json) -> bool:
    """Tell whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
