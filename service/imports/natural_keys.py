"""Rows without an identifier, known by other fields: a name, a community, a date.

The identifier is made of the values themselves, so that the same row gets the same one each time
it is read; one that is stored under another identifier keeps that (`service.uploads.matching`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from service.imports.raw import RawTable
from spatial.errors import Fault, InputError
from spatial.fields import FieldType, Layer

NATURAL_ROW: Final = "row-"
_UNFIT: Final = (FieldType.GEOMETRY, FieldType.POINTS, FieldType.TEXTS)
_DIGITS: Final = 16


@dataclass(frozen=True)
class Keyed:
    """Rows with identifiers made of other fields, and those that could not get one."""

    frame: GeoDataFrame
    rows: NDArray[np.int64]
    faults: tuple[Fault, ...]


def check_key(key: Sequence[str], layer: Layer) -> None:
    """Refuse fields that cannot identify a row.

    Raises
    ------
    InputError
        When one is no field of the layer, its identifier, a list or a geometry, or named twice.
    """
    fit = [f.name for f in layer.fields if f.type not in _UNFIT and f.name != layer.key]
    for name in key:
        if name not in fit:
            raise InputError(
                f"key: rows of {layer.name} cannot be known by '{name}'; "
                f"they can by {', '.join(fit)}"
            )
    if len(set(key)) < len(key):
        raise InputError("key: a field is named twice")


def with_row_keys(
    raw: RawTable, layer: Layer, columns: Mapping[str, str]
) -> tuple[RawTable, dict[str, str]]:
    """Return a table that has its row numbers for identifiers, whatever stood there before."""
    kept = {column: target for column, target in columns.items() if target != layer.key}
    dropped = [column for column in columns if column not in kept and column in raw.frame]
    if layer.key in raw.frame and layer.key not in kept:
        dropped.append(layer.key)
    frame = raw.frame.drop(columns=dropped)
    numbers = [f"{NATURAL_ROW}{number}" for number in range(1, len(frame) + 1)]
    frame = frame.assign(**{layer.key: pd.Series(numbers, index=frame.index, dtype=object)})
    return replace(raw, frame=frame, feature_ids=None), kept


def assign_keys(
    frame: GeoDataFrame,
    layer: Layer,
    key: Sequence[str],
    *,
    source: str,
    rows: NDArray[np.int64],
) -> Keyed:
    """Give checked rows identifiers made of the fields of the key.

    Parameters
    ----------
    rows
        Numbers of the rows in the file.

    Returns
    -------
    Rows with all fields of the key, the first of each; a fault for each of the others.
    """
    values = [key_values(frame, at, key) for at in range(len(frame))]
    first: dict[tuple[str, ...], int] = {}
    faults: list[Fault] = []
    keep = np.zeros(len(frame), dtype=bool)
    for at, found in enumerate(values):
        row = int(rows[at])
        if found is None:
            lacking = next(name for name in key if pd.isna(frame[name].iloc[at]))
            faults.append(Fault(source, row, lacking, "is missing, and rows are known by it"))
        elif found in first:
            words = ", ".join(found)
            faults.append(Fault(source, row, key[0], f"'{words}' is already in row {first[found]}"))
        else:
            first[found] = row
            keep[at] = True
    kept = frame.loc[keep].reset_index(drop=True)
    kept[layer.key] = pd.Series(
        [made_key(layer, found) for found, stays in zip(values, keep, strict=True) if stays],
        index=kept.index,
        dtype=object,
    )
    return Keyed(kept, rows[keep], tuple(faults))


def key_values(frame: GeoDataFrame, at: int, key: Sequence[str]) -> tuple[str, ...] | None:
    """Return what a row has in the fields of the key, as text; None where one is missing."""
    values = [frame[name].iloc[at] for name in key]
    return None if any(pd.isna(value) for value in values) else tuple(map(_text, values))


def made_key(layer: Layer, values: tuple[str, ...] | None) -> str:
    """Return the identifier made of the values of a key."""
    text = json.dumps(values, ensure_ascii=False)
    return f"{layer.name}-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def _text(value: Any) -> str:  # noqa: ANN401  # a cell of any field
    return str(value)
