"""JSON merge patches (RFC 7396) of stored features."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
import shapely
from geopandas import GeoDataFrame

from service.core.feature_input import Derivation, Row, read_feature
from service.core.geometry_input import GEOMETRY_FIELD
from service.core.json_input import Json
from spatial.fields import Field, FieldType, Layer


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
