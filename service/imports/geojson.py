"""Reading GeoJSON (RFC 7946, and the ``crs`` member of its forerunner).

Read without GDAL, which guesses types, turns lists into text and geometries it cannot read into
none at all: here a row keeps its number and its fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pyproj import CRS

from service.imports.cells import shown
from service.imports.limits import refuse_many_rows
from service.imports.raw import PLAIN, RawTable, Reading
from service.imports.systems import parse_base
from service.imports.text import read_utf8
from spatial.errors import Fault, InputError, InputFaults, UnknownCRSError
from spatial.webmap_crs import WebMap

CRS84: Final = CRS("OGC:CRS84")


def read_geojson(
    path: Path,
    *,
    prefer: str,  # noqa: ARG001  # one signature for all formats
    table: str | None,  # noqa: ARG001  # likewise
    how: Reading = PLAIN,
) -> RawTable:
    """Read a FeatureCollection, or a single Feature as one row.

    Raises
    ------
    InputError
        When the file is no GeoJSON, or a feature of it none: naming the row.
    """
    source = str(path)
    document = _document(read_utf8(path, how=how), source)
    features = document.get("features") if document["type"] == "FeatureCollection" else [document]
    if not isinstance(features, list):
        raise InputError(f"{source}: its features are not a list")
    refuse_many_rows(len(features), how.limits, source=source)
    properties: list[Mapping[str, Any]] = []
    geometries: list[object] = []
    ids: list[object] = []
    faults: list[Fault] = []
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            faults.append(Fault(source, number, None, f"is no Feature: {shown(feature)}"))
            continue
        values = feature.get("properties")
        if not isinstance(values, (dict, type(None))):
            faults.append(Fault(source, number, "properties", f"is no object: {shown(values)}"))
            continue
        properties.append(values or {})
        geometries.append(feature.get("geometry"))
        ids.append(feature.get("id"))
    if faults:
        raise InputFaults(faults)
    names = dict.fromkeys(name for values in properties for name in values)
    frame = pd.DataFrame(
        {
            name: pd.Series([values.get(name) for values in properties], dtype=object)
            for name in names
        },
        index=pd.RangeIndex(len(properties)),
    )
    # A property may bear the name; the geometry member is the geometry.
    frame["geometry"] = pd.Series(geometries, index=frame.index, dtype=object)
    return RawTable(
        frame,
        placed=True,
        declared_crs=_legacy_crs(document, source),
        assumed_crs=CRS84,
        feature_ids=("id", ids) if ids and all(i is not None for i in ids) else None,
    )


def _document(text: str, source: str) -> dict[str, Any]:
    try:
        # The words NaN and Infinity are no JSON. Kept as text, they are a fault of their cell.
        document = json.loads(text, parse_constant=str)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{source}: is no valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{source}: is no JSON that can be read: {error}") from None
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(document, dict) or kind not in ("FeatureCollection", "Feature"):
        raise InputError(
            f"{source}: is no GeoJSON FeatureCollection" + (f" but a {kind}" if kind else "")
        )
    return document


def _legacy_crs(document: Mapping[str, Any], source: str) -> CRS | WebMap | None:
    """Return the system of the ``crs`` member of GeoJSON 2008; None without one."""
    member = document.get("crs")
    if member is None:
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        raise UnknownCRSError(f"{source}: its crs member names no system: {shown(member)}")
    return parse_base(name, source=source)
