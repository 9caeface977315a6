"""Reading a GeoJSON body as rows of a layer, every fault with its JSON pointer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.geometry_input import (
    GEOMETRY_FIELD,
    ShapeError,
    is_number,
    read_geometry,
    refuse_other_crs,
)
from service.core.json_input import Json
from service.core.layer_schemas import MAX_FEATURES
from service.core.parameters import MAX_ID_LENGTH
from spatial.fields import Field, FieldType, Layer

MAX_COORDINATES: Final = 1_000_000

_SHOWN_LENGTH: Final = 60


@dataclass(frozen=True)
class Row:
    """One feature of a body.

    Parameters
    ----------
    index
        Its place in the body, from 0.
    prefix
        JSON pointer of the feature; empty when it is the whole body.
    cells
        Field name to value, in the types JSON has; geometries are shapely objects.
    faults
        What is wrong already, with absolute pointers.
    """

    index: int
    prefix: str
    cells: Mapping[str, Any]
    faults: tuple[Detail, ...]


@dataclass(frozen=True)
class Derivation:
    """Fields of a layer that follow from another field of it.

    Parameters
    ----------
    origin
        The field they follow from.
    fields
        Those that follow, the geometry among them where it does.
    fill
        From a Feature to the same one with those fields filled in, and what is wrong with it;
        pointers are from the Feature on. A given value that differs is a fault.
    """

    origin: str
    fields: tuple[str, ...]
    fill: Callable[[dict[str, Json]], tuple[dict[str, Json], list[Detail]]]

    def leave_out(self, document: dict[str, Json]) -> dict[str, Json]:
        """Return a Feature without what is derived, to be patched and filled again."""
        left = {
            name: value for name, value in document["properties"].items() if name not in self.fields
        }
        kept = {name: value for name, value in document.items() if name not in self.fields}
        return {**kept, "properties": left}


def read_features(
    document: Json, layer: Layer, *, derivation: Derivation | None = None
) -> tuple[list[Row], bool]:
    """Read a Feature or a FeatureCollection.

    Parameters
    ----------
    derivation
        See `Derivation`; None where every field is given.

    Returns
    -------
    The rows in order, and whether the body was a single Feature.

    Raises
    ------
    InvalidBodyError
        If the body is neither, declares another CRS than CRS84, has no features, or is beyond
        `MAX_FEATURES` or `MAX_COORDINATES`.
    """
    members = _as_object(document, "")
    refuse_other_crs(members)
    kind = members.get("type")
    if kind == "Feature":
        rows = [read_feature(members, layer, index=0, prefix="", derivation=derivation)]
    elif kind == "FeatureCollection":
        features = members.get("features")
        if not isinstance(features, list) or not features:
            raise InvalidBodyError.of("/features", "expected a list of at least one feature")
        if len(features) > MAX_FEATURES:
            raise InvalidBodyError.of(
                "/features", f"{len(features)} features; at most {MAX_FEATURES} in one request"
            )
        rows = [
            read_feature(
                feature,
                layer,
                index=index,
                prefix=pointer("features", index),
                derivation=derivation,
            )
            for index, feature in enumerate(features)
        ]
    else:
        raise InvalidBodyError.of("/type", "expected Feature or FeatureCollection")
    shapes = [value for row in rows for value in row.cells.values() if _is_shape(value)]
    coordinates = int(shapely.count_coordinates(shapes))
    if coordinates > MAX_COORDINATES:
        raise InvalidBodyError.of(
            "", f"{coordinates} coordinates; at most {MAX_COORDINATES} in one request"
        )
    return rows, kind == "Feature"


def read_feature(
    document: Json,
    layer: Layer,
    *,
    index: int,
    prefix: str,
    key: str | None = None,
    derivation: Derivation | None = None,
) -> Row:
    """Read one Feature, keeping every fault.

    The identifier may be the member ``id``, the property, or both if they agree. A layer whose
    key is ``id`` gets a new one where none is given.

    Parameters
    ----------
    key
        The identifier the feature must have, where the address names it.
    derivation
        See `Derivation`; None where every field is given.
    """
    if not isinstance(document, dict):
        return Row(index, prefix, {}, (Detail("expected an object", pointer=prefix),))
    faults: list[Detail] = []
    if derivation is not None:
        document, found = derivation.fill(document)
        faults += [Detail(one.detail, pointer=f"{prefix}{one.pointer or ''}") for one in found]

    def fault(detail: str, *parts: str) -> None:
        faults.append(Detail(detail, pointer=prefix + pointer(*parts)))

    if document.get("type") != "Feature":
        fault("expected Feature", "type")
    properties = document.get("properties")
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        fault("expected an object or null", "properties")
        properties = {}
    fields = {field.name: field for field in layer.fields if field.name != GEOMETRY_FIELD}
    values: dict[str, Any] = dict.fromkeys(layer.names)
    for name, given in properties.items():
        if name not in fields:
            fault(f"{layer.name} have no such field", "properties", name)
            continue
        try:
            values[name] = _typed(given, fields[name], is_key=name == layer.key)
        except ShapeError as error:
            fault(str(error), "properties", name)
    try:
        values[GEOMETRY_FIELD] = read_geometry(document.get("geometry"))
    except ShapeError as error:
        fault(str(error), "geometry")
    _settle_key(document, values, layer, required=key, fault=fault)
    return Row(index, prefix, values, tuple(faults))


def _is_shape(value: Json) -> bool:
    return isinstance(value, BaseGeometry)


def _as_object(value: Json, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidBodyError.of(place, "expected an object")
    return value


def _settle_key(
    document: Mapping[str, Any],
    values: dict[str, Any],
    layer: Layer,
    *,
    required: str | None,
    fault: Callable[..., None],
) -> None:
    member = document.get("id")
    if isinstance(member, int) and not isinstance(member, bool):
        member = str(member)
    if member is not None and not isinstance(member, str):
        fault("expected a text or a whole number", "id")
        member = None
    given = values[layer.key]
    if member is not None and given is not None and member != given:
        fault(f"differs from the property {layer.key}", "id")
    key = given if given is not None else member
    if required is not None and key is not None and key != required:
        place = ("properties", layer.key) if given is not None else ("id",)
        fault("differs from the identifier in the address, which cannot change", *place)
    if key is None:
        key = required
    if key is None and layer.key == "id":
        key = str(uuid.uuid4())
    if key is not None and len(key) > MAX_ID_LENGTH:
        fault(f"an identifier has at most {MAX_ID_LENGTH} characters", "properties", layer.key)
    values[layer.key] = key


def _typed(value: Json, field: Field, *, is_key: bool) -> object:
    """Return a JSON value if it is of the field's type; text is never read as a number."""
    if value is None:
        return None
    if is_key and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if field.type is FieldType.POINTS:
        return read_geometry(value)
    expected, fits = _EXPECTED[field.type]
    if not fits(value):
        raise ShapeError(f"expected {expected}, not {_shown(value)}")
    return tuple(value) if isinstance(value, list) else value


_EXPECTED: Final[Mapping[FieldType, tuple[str, Any]]] = MappingProxyType(
    {
        FieldType.TEXT: ("a text", lambda value: isinstance(value, str)),
        FieldType.DATE: ("a date like 2026-11-22", lambda value: isinstance(value, str)),
        FieldType.TEXTS: (
            "a list of texts",
            lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value),
        ),
        FieldType.INTEGER: ("a whole number", is_number),
        FieldType.DECIMAL: ("a number", is_number),
        FieldType.DOCUMENT: ("an object", lambda value: isinstance(value, dict)),
        FieldType.BOOLEAN: ("true or false", lambda value: isinstance(value, bool)),
    }
)


def _shown(value: Json) -> str:
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "true" if value is True else "false" if value is False else str(value)
