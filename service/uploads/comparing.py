"""What storing the rows of a file would change, as a report and a digest that stands for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import ARRAY, ColumnElement, Connection, Text, any_, literal, select

from service.core import history
from service.core.differences import Difference, compare
from service.core.incoming import ROW_COLUMN
from service.core.rows import selected
from service.core.schema import VERSIONED
from service.imports.natural_keys import key_values
from service.imports.twins import find_twins
from service.uploads.reading import LISTED
from service.uploads.request import ImportRequest
from spatial.errors import InputError
from spatial.fields import FieldType, Layer

FIRST_ROWS: Final = 10
# Changes whose values are shown, before and after.
SHOWN_CHANGES: Final = 50
MAP_FEATURES: Final = 300
_MAP_PARTS: Final = 400


@dataclass(frozen=True)
class Compared:
    """Rows ready to be stored, and what storing them would change.

    Parameters
    ----------
    frame
        The rows, under the identifiers they will have.
    difference
        By key and field.
    told
        The part of the report that is about what is stored, fit for JSON.
    """

    frame: GeoDataFrame
    difference: Difference
    told: Mapping[str, Any]


def compare_rows(
    connection: Connection,
    frame: GeoDataFrame,
    request: ImportRequest,
    *,
    set_aside: Mapping[str, Any],
    conditions: Collection[ColumnElement[bool]] = (),
) -> Compared:
    """Compare the rows of a file with what is stored.

    Parameters
    ----------
    frame
        Checked rows with their numbers in the file.
    set_aside
        ``ids`` of the rows set aside, and how many are ``unnamed``.
    conditions
        Conditions on the table of the layer, of what the file may close.

    Raises
    ------
    InputError
        When the file is to be complete and nobody can tell which rows were set aside, or several
        stored rows have the key of one row.
    """
    layer = request.layer
    if request.complete and set_aside["unnamed"]:
        raise InputError(
            f"complete: {set_aside['unnamed']} rows set aside have no identifier that can be read, "
            "so nobody can tell what is gone; correct them first"
        )
    if request.reading.key:
        frame = matched(connection, layer, frame, request.reading.key)
    difference = compare(
        connection,
        layer,
        frame,
        complete=request.complete,
        of=request.filters,
        besides=set_aside["ids"],
        conditions=conditions,
    )
    told = {
        "diff": _told(connection, layer, frame, difference, request),
        "stored_elsewhere": _stored_twins(connection, layer, frame),
        "first_rows": [_row(frame, at, layer) for at in range(min(FIRST_ROWS, len(frame)))],
        "map": _map(frame, layer, difference),
    }
    return Compared(frame, difference, told)


def matched(
    connection: Connection, layer: Layer, frame: GeoDataFrame, key: Sequence[str]
) -> GeoDataFrame:
    """Return rows under the identifiers of stored rows that have the same key.

    Raises
    ------
    InputError
        When several stored rows have it.
    """
    table = VERSIONED[layer.name]
    stored = history.read(connection, layer, *(table.c[name].is_not(None) for name in key))
    known: dict[tuple[str, ...], str] = {}
    for at in range(len(stored)):
        values = key_values(stored, at, key)
        if values is None:
            continue
        identifier = str(stored[layer.key].iloc[at])
        other = known.setdefault(values, identifier)
        if other != identifier:
            known[values] = ""
    identifiers: list[object] = []
    for at in range(len(frame)):
        values = key_values(frame, at, key)
        found = known.get(values) if values is not None else None
        if found == "":
            raise InputError(
                f"row {frame[ROW_COLUMN].iloc[at]}: several stored {layer.name} have the "
                f"{', '.join(key)} {', '.join(values or ())}; rows cannot be known by that"
            )
        identifiers.append(found or frame[layer.key].iloc[at])
    result = frame.copy()
    result[layer.key] = pd.Series(identifiers, index=frame.index, dtype=object)
    return result


def _told(
    connection: Connection,
    layer: Layer,
    frame: GeoDataFrame,
    difference: Difference,
    request: ImportRequest,
) -> dict[str, Any]:
    shown = list(difference.changed)[:SHOWN_CHANGES]
    before = _stored_rows(connection, layer, shown)
    positions = {key: at for at, key in enumerate(frame[layer.key])}
    changes = []
    for key, fields in list(difference.changed.items())[:LISTED]:
        entry: dict[str, Any] = {"id": key, "fields": list(fields)}
        if key in before:
            entry["values"] = {
                name: [
                    before[key][name],
                    cell(frame[name].iloc[positions[key]], layer.field(name).type),
                ]
                for name in fields
            }
        changes.append(entry)
    by_field: dict[str, int] = {}
    for fields in difference.changed.values():
        for name in fields:
            by_field[name] = by_field.get(name, 0) + 1
    return {
        "added": len(difference.added),
        "changed": len(difference.changed),
        "reopened": len(difference.reopened),
        "unchanged": difference.unchanged,
        "gone": len(difference.gone),
        "complete": request.complete,
        "changed_fields": by_field,
        "added_ids": list(difference.added[:LISTED]),
        "changes": changes,
        "reopened_ids": list(difference.reopened[:LISTED]),
        "gone_ids": list(difference.gone[:LISTED]),
    }


def _stored_rows(
    connection: Connection, layer: Layer, keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    table = VERSIONED[layer.name]
    statement = select(*selected(table, layer)).where(
        table.c[layer.key] == any_(literal(list(keys), ARRAY(Text))),
        table.c.superseded_at.is_(None),
    )
    return {
        row[layer.key]: {field.name: cell(row[field.name], field.type) for field in layer.fields}
        for row in connection.execute(statement).mappings()
    }


def cell(value: Any, type_: FieldType) -> Any:  # noqa: ANN401  # a cell of any field
    """Return a stored or checked value as it is shown; geometries as short WKT."""
    if type_ in (FieldType.GEOMETRY, FieldType.POINTS):
        shape = shapely.from_wkb(value) if isinstance(value, bytes | memoryview) else value
        if shape is None:
            return None
        text = shapely.to_wkt(shape, rounding_precision=7, trim=True)
        return text if len(text) <= _MAP_PARTS else f"{text[:_MAP_PARTS]}…"
    if isinstance(value, tuple | list):
        return list(value)
    return None if pd.isna(value) else value


def _row(frame: GeoDataFrame, at: int, layer: Layer) -> dict[str, Any]:
    values = {field.name: cell(frame[field.name].iloc[at], field.type) for field in layer.fields}
    known = {name: value for name, value in values.items() if value is not None}
    return {"row": int(frame[ROW_COLUMN].iloc[at]), **known}


def _stored_twins(connection: Connection, layer: Layer, frame: GeoDataFrame) -> dict[str, Any]:
    """Return rows that are stored under another identifier: of one name, at one place."""
    if "name" not in frame or not len(frame):
        return {"count": 0, "pairs": []}
    table = VERSIONED[layer.name]
    names = sorted({name for name in frame["name"] if isinstance(name, str)})
    stored = history.read(connection, layer, table.c.name == any_(literal(names, ARRAY(Text))))
    stored = stored[~stored[layer.key].isin(frame[layer.key])].reset_index(drop=True)
    if not len(stored):
        return {"count": 0, "pairs": []}
    twins = find_twins(
        frame["name"],
        frame.geometry.to_numpy(),
        among=(stored["name"], stored.geometry.to_numpy()),
    )
    return {
        "count": len(twins),
        "pairs": [
            {
                "row": int(frame[ROW_COLUMN].iloc[twin.at]),
                "id": frame[layer.key].iloc[twin.at],
                "stored_id": stored[layer.key].iloc[twin.other],
                "name": twin.name,
                "apart_m": twin.apart_m,
            }
            for twin in twins[:LISTED]
        ],
    }


def _map(frame: GeoDataFrame, layer: Layer, difference: Difference) -> dict[str, Any] | None:
    """Return where the rows lie, and some of them as GeoJSON, each with what becomes of it."""
    if not len(frame):
        return None
    west, south, east, north = (float(edge) for edge in frame.total_bounds)
    picked = np.unique(np.linspace(0, len(frame) - 1, min(MAP_FEATURES, len(frame))).astype(int))
    shapes = frame.geometry.to_numpy()[picked]
    tolerance = max(east - west, north - south) / _MAP_PARTS
    simple = shapely.simplify(shapes, tolerance, preserve_topology=True)
    becomes = {
        **dict.fromkeys(difference.added, "added"),
        **dict.fromkeys(difference.reopened, "reopened"),
        **dict.fromkeys(difference.changed, "changed"),
    }
    features = [
        {
            "type": "Feature",
            "id": key,
            "geometry": shape,
            "properties": {"becomes": becomes.get(key, "unchanged")},
        }
        for key, shape in zip(frame[layer.key].iloc[picked], simple, strict=True)
    ]
    return {
        "bbox": [west, south, east, north],
        "of": len(frame),
        "features": {"type": "FeatureCollection", "features": features},
    }
