"""Reading imported figures from a table: area, indicator, year, value and source."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from service.imports.cells import near
from service.imports.column_map import NOT_READ, ColumnMap
from service.imports.columns import name_columns
from service.imports.converting import convert
from service.imports.csv_table import read_csv
from service.imports.formats import check_file
from service.imports.raw import PLAIN, Reading
from service.imports.saved_mapping import SavedLayer, SavedMapping, saved_layer
from service.indicators.fields import INDICATORS, KEY
from spatial.errors import Fault, InputError, InputFaults

SUFFIX: Final = ".csv"
# More than a name ever needs, and little enough for the index of the register.
MAX_NAME_LENGTH: Final = 200
_NAMES: Final = ("area", "indicator")
_SHOWN: Final = 3


@dataclass(frozen=True)
class ReadIndicators:
    """Figures read from a file.

    Parameters
    ----------
    frame
        Columns ``area, indicator, year, value, source``, index 0..n-1 = data row - 1.
    warnings
        What was not read, one line each.
    shared_columns
        Which of the columns named for several files this file has.
    columns
        What each column was taken for.
    notes
        What was understood by the tables of headings, one line each.
    """

    frame: pd.DataFrame
    warnings: tuple[str, ...]
    shared_columns: frozenset[str] = frozenset()
    columns: ColumnMap = field(default_factory=ColumnMap)
    notes: tuple[str, ...] = ()

    def mapping(self, *, before: SavedLayer | None = None) -> SavedLayer:
        """Return what columns were taken for, on top of what was used for it."""
        return saved_layer(self.columns, {}, before=before)


def read_indicators(
    path: Path,
    *,
    columns: Mapping[str, str] = MappingProxyType({}),
    shared_columns: Mapping[str, str] = MappingProxyType({}),
    saved: SavedMapping | None = None,
    how: Reading = PLAIN,
) -> ReadIndicators:
    """Read a CSV of figures.

    Parameters
    ----------
    columns
        Column in the file to field, for columns that do not bear the field's name.
    shared_columns
        The same said of several files at once; see `service.imports.reader.read_layer`.
    saved
        A saved mapping, likewise.

    Raises
    ------
    InputError
        When the file is no CSV that can be used.
    InputFaults
        With every fault of every row.
    """
    check_file(path)
    if path.suffix.lower() != SUFFIX:
        raise InputError(f"{path}: figures are read from CSV, not from '{path.suffix}'")
    try:
        raw = read_csv(path, prefer=INDICATORS.name, table=None, how=how)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    shared = {
        column: target
        for column, target in shared_columns.items()
        if column in raw.frame.columns and target in (*INDICATORS.names, NOT_READ)
    }
    named = name_columns(
        raw.frame,
        INDICATORS,
        {**shared, **columns},
        source=str(path),
        saved=(saved or SavedMapping()).of(INDICATORS.name).columns,
        # Figures have no places, so no column is looked for that says where.
        placed=True,
    )
    frame = check_indicators(named.frame, source=str(path))
    warnings = named.warnings
    if not len(frame):
        warnings = (*warnings, f"{path}: has no rows")
    note = named.columns.note()
    return ReadIndicators(
        frame,
        warnings,
        frozenset(shared),
        named.columns,
        () if note is None else (f"{path}: {note}",),
    )


def check_indicators(frame: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """Check every cell and convert it to its field.

    Parameters
    ----------
    frame
        Columns named as the fields, of any dtypes; other columns are left out.
    source
        File name, for messages.

    Raises
    ------
    InputFaults
        With every fault, in the order of rows: a column or value that is missing or of another
        type, a year out of range, a key that stands there twice.
    """
    faults: list[Fault] = []
    index = pd.RangeIndex(len(frame))
    columns: dict[str, pd.Series[Any]] = {}
    for one in INDICATORS.fields:
        if one.name in frame:
            cells, wanted = frame[one.name].set_axis(index), one
        else:
            if one.required:
                message = "there is no such column, and it must be"
                faults.append(Fault(source, None, one.name, message))
            # One fault for the column says it; not one more a row.
            cells = pd.Series([None] * len(frame), index=index, dtype=object)
            wanted = replace(one, required=False)
        converted = convert(cells, wanted)
        columns[one.name] = converted.column
        faults += [Fault(source, at + 1, one.name, why) for at, why in converted.faults]
        if one.name in _NAMES:
            faults += [
                Fault(source, at, one.name, f"has more than {MAX_NAME_LENGTH} characters")
                for at, text in enumerate(converted.column, start=1)
                if isinstance(text, str) and len(text) > MAX_NAME_LENGTH
            ]
    checked = pd.DataFrame(columns, index=index)
    faults += _doubles(checked, source)
    if faults:
        rank = {name: number for number, name in enumerate(INDICATORS.names)}
        raise InputFaults(sorted(faults, key=lambda f: (f.row or 0, rank.get(f.field or "", -1))))
    return checked.astype({"year": "int64"})


def unanswered_figures(
    frame: pd.DataFrame,
    *,
    source: str,
    areas: Collection[str] | None,
    asked: Collection[str],
) -> list[str]:
    """Return warnings of figures nobody looks up: of unknown areas, or of no rule.

    Parameters
    ----------
    areas
        Codes of the areas; None where they are not known.
    asked
        Indicators that rules look up.
    """
    warnings: list[str] = []
    if areas is not None:
        unknown = sorted(set(frame["area"]) - set(areas))
        if unknown:
            rows = int(frame["area"].isin(unknown).sum())
            warnings.append(
                f"{source}: {rows} of {len(frame)} figures are of areas that are not known "
                f"({_some(unknown)})"
            )
    for name in sorted(set(frame["indicator"]) - set(asked)):
        guesses = near(name, asked)
        hint = f"; did you mean {guesses[0]}?" if guesses else ""
        warnings.append(f"{source}: no rule asks for the indicator {name}{hint}")
    return warnings


def _doubles(frame: pd.DataFrame, source: str) -> list[Fault]:
    """Name each row whose area, indicator and year stand in an earlier one."""
    keys = frame[list(KEY)]
    known = keys.notna().all(axis=1)
    first: dict[tuple[object, ...], int] = {}
    faults: list[Fault] = []
    for at, key in zip(frame.index[known], keys[known].itertuples(index=False), strict=True):
        earlier = first.setdefault(tuple(key), int(at))
        if earlier != at:
            said = ", ".join(map(str, key))
            faults.append(
                Fault(source, int(at) + 1, None, f"{said} is already in row {earlier + 1}")
            )
    return faults


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more
