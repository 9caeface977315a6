"""Reading a layer row by row: the good rows, and the others with the reason they were set aside.

`read_layer` refuses a file for one faulty row. Here the rows at fault are taken out and the rest
is read again, until nothing is wrong with it: what is kept has passed the very same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from service.imports.formats import read_raw
from service.imports.natural_keys import assign_keys, check_key, with_row_keys
from service.imports.raw import PLAIN, RawTable, Reading, without_reasons
from service.imports.reader import ReadLayer, read_layer
from service.imports.repairs import Repair, repair
from service.imports.saved_mapping import SavedMapping
from spatial.errors import Fault, InputFaults
from spatial.fields import Layer

# Checks of several fields come after those of one, those of several rows after both.
_MAX_PASSES: Final = 6


@dataclass(frozen=True)
class LayerReading:
    """How a file is to be read.

    Parameters
    ----------
    crs
        The system of the coordinates, where the file does not say.
    columns
        Column in the file to field.
    assume_status
        Status of facilities that give neither a status nor a date.
    key
        Fields that identify a row in place of an identifier; empty means the identifier.
    saved
        A saved mapping of columns; None without one.
    kinds_from_names
        True to take the kind of a facility without a type from its name.
    crs_as_declared
        True to believe what is said of the system whatever the places say.
    how
        What is said of encoding and heading, and what reading may cost.
    stored
        The features stored already, for tables that do not say where their rows are.
    """

    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    assume_status: str | None = None
    key: tuple[str, ...] = ()
    saved: SavedMapping | None = None
    kinds_from_names: bool = False
    crs_as_declared: bool = False
    how: Reading = PLAIN
    stored: Callable[[], GeoDataFrame] | None = None


@dataclass(frozen=True)
class Sifted:
    """The rows of a file, good ones and others.

    Parameters
    ----------
    read
        The good rows, checked.
    raw
        All rows as they stand in the file.
    rows
        Numbers of the good rows in the file, from 1, in order.
    faults
        Why the others were set aside; each has a row.
    repairs
        What was done to good rows.
    """

    read: ReadLayer
    raw: RawTable
    rows: NDArray[np.int64]
    faults: tuple[Fault, ...]
    repairs: tuple[Repair, ...]

    @property
    def set_aside(self) -> NDArray[np.int64]:
        """Numbers of the rows that were set aside, from 1, in order."""
        return np.setdiff1d(np.arange(1, len(self.raw.frame) + 1), self.rows)


def sift_layer(
    path: Path,
    layer: Layer,
    reading: LayerReading,
    *,
    source: str | None = None,
) -> Sifted:
    """Read a file, setting the rows at fault aside and repairing geometries.

    Parameters
    ----------
    source
        What the file is called in messages; None means its path.

    Raises
    ------
    InputError
        As `read_layer`, when the file as a whole cannot be used.
    """
    check_key(reading.key, layer)
    raw = without_reasons(read_raw(path, prefer=layer.name, how=reading.how))
    repaired = repair(raw, reading.columns)
    columns = dict(reading.columns)
    table = repaired.raw
    if reading.key:
        table, columns = with_row_keys(table, layer, columns)
    rows = np.arange(1, len(table.frame) + 1)
    faults: list[Fault] = []
    first: InputFaults | None = None
    for _ in range(_MAX_PASSES):
        try:
            read = read_layer(
                path,
                layer,
                crs=reading.crs,
                columns=columns,
                assume_status=reading.assume_status,
                saved=reading.saved,
                kinds_from_names=reading.kinds_from_names,
                stored=reading.stored,
                raw=table,
                source=source,
            )
            break
        except InputFaults as error:
            first = first or error
            if any(fault.row is None for fault in error.faults):
                raise
            bad = {fault.row - 1 for fault in error.faults if fault.row is not None}
            faults += [_renumbered(fault, rows) for fault in error.faults]
            keep = np.array([at not in bad for at in range(len(rows))], dtype=bool)
            table, rows = _taken(table, keep), rows[keep]
    else:
        # What is wrong with one row after the other is wrong with the file.
        raise first or InputFaults([])
    if reading.key:
        keyed = assign_keys(read.frame, layer, reading.key, source=source or str(path), rows=rows)
        read, rows = replace(read, frame=keyed.frame), keyed.rows
        faults += keyed.faults
    kept = set(rows.tolist())
    return Sifted(
        read,
        raw,
        rows,
        tuple(sorted(faults, key=lambda fault: fault.row or 0)),
        tuple(one for one in repaired.repairs if one.row in kept),
    )


def row_keys(sifted: Sifted, layer: Layer) -> Sequence[str | None]:
    """Return the identifiers of the rows set aside, as far as they can be read; None where not."""
    raw = sifted.raw
    at = sifted.set_aside - 1
    named = [one.column for one in sifted.read.columns.mapped if one.field == layer.key]
    column = named[0] if named else layer.key
    values: list[Any]
    if column in raw.frame:
        values = raw.frame[column].iloc[at].tolist()
    elif raw.feature_ids is not None:
        values = [raw.feature_ids[1][position] for position in at.tolist()]
    else:
        return [None] * len(at)
    texts = [
        str(int(value)) if isinstance(value, float) and value.is_integer() else value
        for value in values
    ]
    return [
        str(text).strip() or None if isinstance(text, str | int | np.integer) else None
        for text in texts
    ]


def _renumbered(fault: Fault, rows: NDArray[np.int64]) -> Fault:
    return fault if fault.row is None else replace(fault, row=int(rows[fault.row - 1]))


def _taken(raw: RawTable, keep: NDArray[np.bool_]) -> RawTable:
    frame: pd.DataFrame = raw.frame.loc[keep].reset_index(drop=True)
    ids = raw.feature_ids
    if ids is not None:
        name, values = ids
        ids = (name, [value for value, kept in zip(values, keep, strict=True) if kept])
    return replace(raw, frame=frame, feature_ids=ids)
