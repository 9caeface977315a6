"""Turning a GeoJSON body into the validated rows of a layer, every fault with its JSON pointer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from service.core.errors import Detail, InvalidBodyError, pointer
from service.core.json_input import Json
from service.core.layer_schemas import MAX_FEATURES
from service.core.parameters import MAX_ID_LENGTH
from service.imports.validation import check
from spatial.errors import Fault, InputFaults
from spatial.fields import Field, FieldType, Layer

MAX_COORDINATES: Final = 1_000_000
SOURCE: Final = "request"
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
_SHOWN_LENGTH: Final = 60


class ShapeError(ValueError):
    """A value that is no GeoJSON geometry; the text says why."""


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


@dataclass(frozen=True)
class CheckedRows:
    """The rows of a body after validation.

    Parameters
    ----------
    frame
        The good rows, in the fields and dtypes of the layer; its index is the row's place in
        the body, from 0.
    faults
        Place of each bad row, from 0, to what is wrong with it.
    """

    frame: GeoDataFrame
    faults: Mapping[int, tuple[Detail, ...]]


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


def check_rows(rows: Sequence[Row], layer: Layer) -> CheckedRows:
    """Validate rows as every other input is validated (`service.imports.validation`).

    A row with a fault is reported with all its faults and is not in the frame; the others are.
    """
    faults: dict[int, list[Detail]] = {}
    for row in rows:
        if row.faults:
            faults.setdefault(row.index, []).extend(row.faults)
    found: Sequence[Fault] = ()
    checked = None
    try:
        checked = check(_frame(rows, layer), layer, source=SOURCE).frame
    except InputFaults as error:
        found = error.faults
    for fault in found:
        # Row numbers of faults count from 1; a fault without one concerns every row.
        for row in [rows[fault.row - 1]] if fault.row is not None else rows:
            place = row.prefix + _field_pointer(fault.field)
            listed = faults.setdefault(row.index, [])
            if not any(_covers(detail, place) for detail in row.faults):
                listed.append(Detail(fault.message, pointer=place))
    good = [row for row in rows if row.index not in faults]
    if checked is None or len(good) < len(rows):
        checked = _frame(good, layer)
        if good:
            checked = check(checked, layer, source=SOURCE).frame
    checked.index = pd.Index([row.index for row in good], dtype="int64")
    return CheckedRows(checked, {index: tuple(details) for index, details in faults.items()})


def merge_patch(target: Json, patch: Json) -> Json:
    """Return `target` changed by a JSON merge patch (RFC 7396); neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def as_document(frame: GeoDataFrame, layer: Layer) -> dict[str, Any]:
    """Return the only row of `frame` as a Feature in the types of `parse_json`, for patching.

    Coordinates are not rounded, so that what a patch leaves alone stays exactly the same.
    """
    row = frame.iloc[0]
    properties: dict[str, Any] = {}
    for field in layer.fields:
        value = row[field.name]
        if field.name == GEOMETRY_FIELD or value is None or value is pd.NA:
            continue
        properties[field.name] = _as_json(value, field)
    geometry = json.loads(str(shapely.to_geojson(row[GEOMETRY_FIELD])), parse_float=Decimal)
    # Without the member `id`: the property says the same, and a patch may change only one.
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def patched_feature(
    before: GeoDataFrame,
    patch: Mapping[str, Json],
    layer: Layer,
    *,
    key: str,
    derivation: Derivation | None,
) -> Row:
    """Read the Feature that a merge patch makes of the only row of a frame.

    Parameters
    ----------
    key, derivation
        As in `read_feature`.
    """
    stored = as_document(before, layer)
    if derivation is not None:
        stored = derivation.leave_out(stored)
    changed = merge_patch(stored, patch)
    return read_feature(changed, layer, index=0, prefix="", key=key, derivation=derivation)


def _as_json(value: Json, field: Field) -> Json:
    if field.type is FieldType.DATE:
        return value.isoformat()
    if field.type is FieldType.TEXTS:
        return list(value)
    if field.type is FieldType.POINTS:
        return json.loads(str(shapely.to_geojson(value)), parse_float=Decimal)
    if field.type is FieldType.INTEGER:
        return int(value)
    if field.type is FieldType.BOOLEAN:
        return bool(value)
    return value


def _is_shape(value: Json) -> bool:
    return isinstance(value, BaseGeometry)


def _covers(detail: Detail, place: str) -> bool:
    """Tell whether a fault already reported explains one found later at `place`."""
    known = detail.pointer or ""
    return place == known or place.startswith(f"{known}/")


def _field_pointer(name: str | None) -> str:
    if name is None:
        return ""
    return pointer(name) if name == GEOMETRY_FIELD else pointer("properties", name)


def _frame(rows: Sequence[Row], layer: Layer) -> GeoDataFrame:
    columns = {
        name: pd.Series([row.cells.get(name) for row in rows], dtype=object)
        for name in layer.names
        if name != GEOMETRY_FIELD
    }
    shapes = np.array([row.cells.get(GEOMETRY_FIELD) for row in rows], dtype=object)
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"))


def _as_object(value: Json, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidBodyError.of(place, "expected an object")
    return value


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


def _is_number(value: Json) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


_EXPECTED: Final[Mapping[FieldType, tuple[str, Any]]] = MappingProxyType(
    {
        FieldType.TEXT: ("a text", lambda value: isinstance(value, str)),
        FieldType.DATE: ("a date like 2026-11-22", lambda value: isinstance(value, str)),
        FieldType.TEXTS: (
            "a list of texts",
            lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value),
        ),
        FieldType.INTEGER: ("a whole number", _is_number),
        FieldType.DECIMAL: ("a number", _is_number),
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
    if len(value) not in _POSITION_LENGTHS or not all(map(_is_number, value)):
        raise ShapeError("a position is not 2 or 3 numbers")
    return [float(number) for number in value]
