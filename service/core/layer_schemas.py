"""JSON Schemas of the features of a layer as requests carry them, drawn from its fields.

What needs more than one field (a claim and its record, a kind and its service) or more than the
numbers (a ring that crosses itself) no schema says; those are told by the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from service.core.parameters import MAX_ID_LENGTH
from service.core.text_formats import NO_NUL
from service.imports.cells import MAX_INTEGER
from spatial.fields import Field, FieldType, Layer

MAX_FEATURES: Final = 10_000

_GEOMETRY: Final = "geometry"
_LEAST_RING: Final = 4
_TYPES: Final[Mapping[FieldType, Mapping[str, Any]]] = MappingProxyType(
    {
        FieldType.TEXT: {"type": "string", "pattern": NO_NUL},
        FieldType.TEXTS: {"type": "array", "items": {"type": "string", "pattern": NO_NUL}},
        FieldType.INTEGER: {"type": "integer"},
        FieldType.DECIMAL: {"type": "number"},
        FieldType.BOOLEAN: {"type": "boolean"},
        FieldType.DATE: {"type": "string", "format": "date"},
        FieldType.DOCUMENT: {"type": "object"},
    }
)


@dataclass(frozen=True)
class BodyNames:
    """What the schemas of the bodies of a layer are called in an API document."""

    feature: str
    collection: str
    patch: str

    @classmethod
    def of(cls, layer: Layer) -> BodyNames:
        """Return those of a layer."""
        stem = layer.name.capitalize()
        return cls(f"{stem}Feature", f"{stem}Collection", f"{stem}Patch")


def feature_schema(layer: Layer, *, derived: Collection[str] = (), lonlat: bool) -> dict[str, Any]:
    """Return the schema of a Feature of a layer that is added or replaced.

    Parameters
    ----------
    derived
        Fields that follow from another one, and need not be given.
    lonlat
        Whether coordinates are always longitude and latitude, whose bounds are then told.
    """
    needed = [
        field.name
        for field in layer.fields
        # The identifier may be the member `id`, or the address, as well.
        if field.required and field.name not in {_GEOMETRY, layer.key, *derived}
    ]
    geometry = _geometry(layer.geometry_types, lonlat=lonlat)
    if _GEOMETRY in derived:
        geometry = _or_null(geometry)
    properties = {
        field.name: _field(field, nullable=field.name not in needed, lonlat=lonlat)
        for field in layer.fields
        if field.name != _GEOMETRY
    }
    return {
        "type": "object",
        "description": f"RFC 7946 Feature of the layer {layer.name}",
        "required": ["type", _GEOMETRY, "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {
                "type": ["string", "integer", "null"],
                "maxLength": MAX_ID_LENGTH,
                "description": f"May stand here or as the property {layer.key}",
            },
            _GEOMETRY: geometry,
            "properties": {
                "type": "object" if needed else ["object", "null"],
                "additionalProperties": False,
                "required": needed,
                "properties": properties,
            },
        },
    }


def collection_schema(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a FeatureCollection of features of a schema."""
    return {
        "type": "object",
        "description": "RFC 7946 FeatureCollection",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_FEATURES,
                "items": dict(feature),
            },
        },
    }


def patch_schema(layer: Layer, *, lonlat: bool) -> dict[str, Any]:
    """Return the schema of a JSON merge patch of a feature of a layer; see `feature_schema`.

    A patch may be of a part of a geometry, as of its coordinates alone.
    """
    properties = {
        field.name: _field(field, nullable=not field.required, lonlat=lonlat)
        for field in layer.fields
        if field.name != _GEOMETRY and field.type is not FieldType.POINTS
    }
    points = [field.name for field in layer.fields if field.type is FieldType.POINTS]
    return {
        "type": "object",
        "description": "JSON merge patch (RFC 7396) of a Feature: null removes a value",
        "properties": {
            "type": {"const": "Feature"},
            _GEOMETRY: {"type": "object"},
            "properties": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {
                    **properties,
                    **{name: {"type": ["object", "null"]} for name in points},
                },
            },
        },
    }


def _field(field: Field, *, nullable: bool, lonlat: bool) -> dict[str, Any]:
    if field.type is FieldType.POINTS:
        points = _geometry(("MultiPoint",), lonlat=lonlat)
        return _or_null(points) if nullable else points
    schema = dict(_TYPES[field.type])
    if field.choices:
        del schema["pattern"]
        schema["enum"] = [*field.choices, *([None] if nullable else [])]
    if field.type is FieldType.INTEGER:
        schema |= {"minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}
    if field.minimum is not None:
        schema["minimum"] = int(field.minimum)
    if field.maximum is not None:
        schema["maximum"] = int(field.maximum)
    if nullable:
        schema["type"] = [schema["type"], "null"]
    return schema


def _geometry(types: Collection[str], *, lonlat: bool) -> dict[str, Any]:
    """Return the schema of a GeoJSON geometry of one of these types."""
    return {"oneOf": [_of_type(name, lonlat=lonlat) for name in types]}


def _or_null(geometry: Mapping[str, Any]) -> dict[str, Any]:
    # As anyOf: OpenAPI 3.0 writes the null into every choice, and would find more than one.
    return {"anyOf": [*geometry["oneOf"], {"type": "null"}]}


def _of_type(name: str, *, lonlat: bool) -> dict[str, Any]:
    number: dict[str, Any] = {"type": "number"}
    position: dict[str, Any] = {"type": "array", "minItems": 2, "maxItems": 3, "items": number}
    if lonlat:
        position["prefixItems"] = [
            {"type": "number", "minimum": -180, "maximum": 180},
            {"type": "number", "minimum": -90, "maximum": 90},
        ]
    ring = {"type": "array", "minItems": _LEAST_RING, "items": position}
    polygon = {"type": "array", "minItems": 1, "items": ring}
    coordinates = {
        "Point": position,
        "MultiPoint": {"type": "array", "minItems": 1, "items": position},
        "Polygon": polygon,
        "MultiPolygon": {"type": "array", "minItems": 1, "items": polygon},
    }[name]
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"const": name}, "coordinates": coordinates},
    }
