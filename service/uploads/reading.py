"""From a file to rows that can be compared and stored, with all there is to say of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from geopandas import GeoDataFrame

from service.core.incoming import ROW_COLUMN
from service.imports.aside_places import (
    Position,
    positions_of,
    positions_of_joined,
    says_where,
)
from service.imports.column_map import ColumnMap
from service.imports.encoding import EncodingEvidence
from service.imports.quarantine import quarantine_suffix, write_quarantine
from service.imports.reader import ReadLayer
from service.imports.sifting import LayerReading, Sifted, row_keys, sift_layer
from service.imports.twins import find_twins
from spatial.fields import Layer

# A report is looked at by people; what does not fit is counted, and in the file set aside.
LISTED: Final = 200

Tell = Callable[[str, int | None], None]


@dataclass(frozen=True)
class ReadFile:
    """What was read of a file.

    Parameters
    ----------
    read
        The good rows as they were read.
    frame
        The same, with column `ROW_COLUMN`: their numbers in the file.
    told
        The part of the report that is about the file alone, fit for JSON.
    quarantine
        The file of the rows set aside; None when there are none.
    """

    read: ReadLayer
    frame: GeoDataFrame
    told: Mapping[str, Any]
    quarantine: Path | None


def read_file(
    path: Path,
    layer: Layer,
    reading: LayerReading,
    *,
    label: str,
    quarantine: Path,
    tell: Tell = lambda _stage, _rows: None,
    wording: Callable[[str], str] = str,
) -> ReadFile:
    """Read a file, set the rows at fault aside and write them into a file of their own.

    Parameters
    ----------
    label
        What the file is called in messages and in what is stored.
    quarantine
        Folder for the file of rows set aside, or the file itself where it has a suffix.
    tell
        Called with the stage and the rows done.
    wording
        What makes the reasons in the file of rows set aside such as their reader takes them
        (`service.imports.phrases`); the report stays in English, and is told later.

    Raises
    ------
    InputError
        When the file as a whole cannot be used.
    """
    tell("reading", None)
    sifted = sift_layer(path, layer, reading, source=label)
    tell("checking", len(sifted.raw.frame))
    aside = sifted.set_aside
    written: Path | None = None
    if len(aside):
        written = quarantine
        if not quarantine.suffix:
            written = quarantine / f"quarantine{quarantine_suffix(path.suffix, sifted.raw)}"
        write_quarantine(sifted.raw, aside, sifted.faults, written, wording=wording)
    keys = row_keys(sifted, layer) if not reading.key else [None] * len(aside)
    told = _told_of_rows(sifted, _positions(sifted, layer, reading, label)) | {
        # What is set aside is in the file, so it is not gone; without a name nobody can tell.
        "set_aside": {
            "ids": [key for key in keys if key is not None],
            "unnamed": sum(key is None for key in keys),
        }
    }
    return read_rows(
        sifted.read, layer, rows=sifted.rows, told=told, reading=reading, quarantine=written
    )


def read_rows(
    read: ReadLayer,
    layer: Layer,
    *,
    rows: np.ndarray[Any, Any] | None = None,
    told: Mapping[str, Any] | None = None,
    reading: LayerReading,
    quarantine: Path | None = None,
) -> ReadFile:
    """Describe rows that were read without a fault, or whose faults are in `told` already."""
    frame = read.frame.copy()
    count = len(frame)
    frame[ROW_COLUMN] = np.arange(1, count + 1) if rows is None else rows
    whole = {
        "rows": {"read": count, "accepted": count, "repaired": 0, "quarantined": 0},
        "repairs": [],
        "quarantined": [],
        "same_id": 0,
        "set_aside": {"ids": [], "unnamed": 0},
    }
    numbers = frame[ROW_COLUMN].to_numpy()
    names = frame["name"] if "name" in frame else [None] * count
    twins = find_twins(names, frame.geometry.to_numpy())
    report: dict[str, Any] = {
        **(told or whole),
        "crs": {
            "origin": read.origin_crs,
            "declared": reading.crs,
            "transformation": read.transformation,
        },
        "encoding": _encoding(read.encoding),
        "columns": told_columns(
            read.columns,
            key=reading.key or (layer.key,),
            # Its identifier is made of the key then.
            besides={layer.key} if reading.key else set(),
        ),
        "same_name_and_place": {
            "count": len(twins),
            "pairs": [
                {
                    "rows": [int(numbers[twin.other]), int(numbers[twin.at])],
                    "name": twin.name,
                    "apart_m": twin.apart_m,
                }
                for twin in twins[:LISTED]
            ],
        },
        "notes": list(read.notes),
        "warnings": list(read.warnings),
    }
    return ReadFile(read, frame, report, quarantine)


def _encoding(evidence: EncodingEvidence | None) -> dict[str, Any] | None:
    """Return how the text was read and why; None where the format leaves no choice."""
    if evidence is None:
        return None
    return {
        "name": evidence.name,
        "decided_by": evidence.rule,
        "declared": evidence.declared,
        "doubtful": evidence.doubtful,
        "sample": list(evidence.sample),
    }


def told_columns(
    columns: ColumnMap, *, key: Sequence[str], besides: Collection[str] = frozenset()
) -> dict[str, Any]:
    """Return which column was taken for which field and why, and by what each row is known."""
    return {
        "mapped": [
            {
                "column": one.column,
                "field": one.field,
                "how": one.how.value,
                "unit": None if one.unit is None else one.unit.text,
            }
            for one in columns.mapped
            if one.field not in besides
        ],
        "unread": [
            {"column": one.column, "why": one.why.value, "may_be": list(one.fields)}
            for one in columns.unread
        ],
        "key": list(key),
    }


def _positions(
    sifted: Sifted, layer: Layer, reading: LayerReading, label: str
) -> Mapping[int, Position | None]:
    """Return where the rows are whose faults are listed, by their numbers."""
    rows = np.unique([fault.row for fault in sifted.faults[:LISTED] if fault.row is not None])
    read = sifted.read
    if not len(rows):
        return {}
    if reading.stored is not None and not says_where(sifted.raw, read.columns):
        found = positions_of_joined(
            sifted.raw, rows, columns=read.columns, layer=layer, stored=reading.stored
        )
    else:
        found = positions_of(
            sifted.raw, rows, columns=read.columns, subject=read.subject, source=label
        )
    return dict(zip(rows.tolist(), found, strict=True))


def _told_of_rows(sifted: Sifted, positions: Mapping[int, Position | None]) -> dict[str, Any]:
    doubles = [fault for fault in sifted.faults if "is already in row" in fault.message]
    repaired = {one.row for one in sifted.repairs}
    return {
        "rows": {
            "read": len(sifted.raw.frame),
            "accepted": len(sifted.rows),
            "repaired": len(repaired),
            "quarantined": len(sifted.set_aside),
        },
        "repairs": [
            {"row": one.row, "what": one.what, "detail": one.detail}
            for one in sifted.repairs[:LISTED]
        ],
        "quarantined": [
            {
                "row": fault.row,
                "field": fault.field,
                "reason": fault.message,
                "position": None if fault.row is None else positions.get(fault.row),
            }
            for fault in sifted.faults[:LISTED]
        ],
        "same_id": len({fault.row for fault in doubles}),
    }
