"""The body of a change: a GeoJSON feature or a merge patch, in the CRS the request names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import shapely
from fastapi import Request
from shapely.geometry.base import BaseGeometry

from service.core.errors.problem import pointer
from service.core.errors.request import InvalidBodyError, InvalidParameterError
from service.core.geometry_input import GEOMETRY_FIELD, ShapeError, read_geometry, refuse_other_crs
from service.core.json_input import parse_json, require_media_type
from service.ogc.address import GEOJSON, JSON
from service.ogc.crs import CRS84, ReferenceSystem
from spatial.fields import FieldType, Layer

FEATURE_TYPES: Final = (GEOJSON, JSON)
PATCH_TYPES: Final = ("application/merge-patch+json", JSON)

_HEADER: Final = "Content-Crs"
_URI: Final = re.compile(r"\s*<([^<>]+)>\s*")
# What is shown is rounded to 9 decimals of a degree, or 4 of a metre.
_SHOWN_WITHIN: Final = 3e-9


def read_content_crs(request: Request, systems: Mapping[str, ReferenceSystem]) -> ReferenceSystem:
    """Return the CRS of a body: the header Content-Crs, else CRS84.

    Raises
    ------
    InvalidParameterError
        If the header cannot be read, or names a CRS that is not offered.
    """
    header = request.headers.get(_HEADER)
    if header is None:
        return systems[CRS84]
    match = _URI.fullmatch(header)
    # Clients have been seen to leave the brackets out.
    found = systems.get(match[1] if match else header.strip())
    if found is None:
        raise InvalidParameterError.of_header(
            _HEADER, "expected <URI> of a CRS that the member crs of the collection lists"
        )
    return found


def read_feature_body(
    request: Request, body: bytes, layer: Layer, system: ReferenceSystem
) -> dict[str, Any]:
    """Return a GeoJSON feature, its coordinates as longitude and latitude.

    Raises
    ------
    UnsupportedMediaTypeError, InvalidBodyError
        If the body is none, or has places its CRS has not.
    """
    require_media_type(request, FEATURE_TYPES)
    document = parse_json(body)
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        raise InvalidBodyError.of(
            "/type",
            "expected Feature: one feature at a time; a FeatureCollection of many is taken "
            "by the routes under /v1",
        )
    if kind != "Feature":
        raise InvalidBodyError.of("/type", "expected Feature")
    refuse_other_crs(document)
    return _in_storage(document, layer, system)


def read_patch_body(
    request: Request, body: bytes, layer: Layer, system: ReferenceSystem
) -> dict[str, Any]:
    """Return a JSON merge patch of a feature, its coordinates as longitude and latitude.

    Raises
    ------
    UnsupportedMediaTypeError, InvalidBodyError
        As `read_feature_body`.
    """
    require_media_type(request, PATCH_TYPES)
    patch = parse_json(body)
    if not isinstance(patch, dict):
        raise InvalidBodyError.of("", "expected an object")
    refuse_other_crs(patch)
    return _in_storage(patch, layer, system)


def is_shown(stored: BaseGeometry, given: BaseGeometry) -> bool:
    """Tell whether a geometry is a stored one as it is shown here, in whatever CRS.

    A client that sends a feature back with another name must not move it by a rounding.
    """
    first, second = (shapely.orient_polygons(shapely.force_2d(shape)) for shape in (stored, given))
    return bool(shapely.equals_exact(first, second, _SHOWN_WITHIN))


def _in_storage(
    document: Mapping[str, Any], layer: Layer, system: ReferenceSystem
) -> dict[str, Any]:
    """Return a document with every geometry brought to longitude and latitude."""
    moved = dict(document)
    if system.uri == CRS84:
        return moved
    if moved.get(GEOMETRY_FIELD) is not None:
        moved[GEOMETRY_FIELD] = _geometry(moved[GEOMETRY_FIELD], system, GEOMETRY_FIELD)
    properties = moved.get("properties")
    if isinstance(properties, dict):
        points = [field.name for field in layer.fields if field.type is FieldType.POINTS]
        moved["properties"] = {
            name: _geometry(value, system, "properties", name)
            if name in points and value is not None
            else value
            for name, value in properties.items()
        }
    return moved


def _geometry(value: Any, system: ReferenceSystem, *place: str) -> Any:  # noqa: ANN401  JSON
    try:
        shape = read_geometry(value)
        if shape is None or not np.isfinite(shapely.get_coordinates(shape)).all():
            raise ShapeError("has numbers that are not finite")
        moved = system.place_of(shapely.force_2d(shape))
    except ValueError as error:
        raise InvalidBodyError.of(pointer(*place), str(error)) from None
    return json.loads(str(shapely.to_geojson(moved)), parse_float=Decimal)
