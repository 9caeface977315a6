"""From the columns of a file to the fields of a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from service.imports.cells import near
from service.imports.column_map import (
    NOT_READ,
    PLACES,
    ColumnMap,
    How,
    MappedColumn,
    UnreadColumn,
    Why,
)
from service.imports.headings import Meaning, heading_table, plain, understand, unit_in_heading
from service.imports.saved_mapping import SavedColumn
from service.imports.units import Unit, parse_unit
from spatial.errors import InputError
from spatial.fields import Layer


@dataclass(frozen=True)
class Named:
    """A table whose columns bear the names of fields.

    Parameters
    ----------
    frame
        Columns as in the file, renamed; those that name no field are still there.
    warnings
        Which columns are not read.
    columns
        What each column was taken for.
    """

    frame: pd.DataFrame
    warnings: tuple[str, ...]
    columns: ColumnMap


def target_names(layer: Layer) -> frozenset[str]:
    """Return what a column can be: a field of the layer, or a coordinate of a plain table."""
    return frozenset({*layer.names, *PLACES})


def name_columns(
    frame: pd.DataFrame,
    layer: Layer,
    mapping: Mapping[str, str],
    *,
    source: str,
    saved: Mapping[str, SavedColumn] = MappingProxyType({}),
    placed: bool = False,
) -> Named:
    """Rename columns to fields, and say what each was taken for and which are not read.

    A column is what `mapping` says; else what `saved` says; else the field whose name it bears;
    else what the table of headings makes of it, if that is one field and no other column is it.

    Parameters
    ----------
    frame
        As read.
    mapping
        Column in the file to field, or to `NOT_READ`; the coordinate columns of a CSV count as
        fields.
    saved
        The same from a saved mapping, with units; columns that are not there are passed over.
    placed
        True where the rows have geometries, so that no column is looked for that says where.

    Raises
    ------
    InputError
        When `mapping` names a column or field that is not there, or a field twice.
    """
    columns = [str(column) for column in frame.columns]
    given = _given(columns, layer, mapping, saved, source=source)
    ignored = [UnreadColumn(c, Why.IGNORED) for c in columns if given.get(c) == NOT_READ]
    chosen = {column: field for column, field in given.items() if field != NOT_READ}
    # What the user maps to a field wins over a column that happens to bear its name.
    displaced = [c for c in columns if c in chosen.values() and c not in given]
    # Beside geometries a column lon is one more that is not read.
    known = frozenset(layer.names) if placed else target_names(layer)
    named = [c for c in columns if c in known and c not in given and c not in displaced]
    rest = [c for c in columns if c not in given and c not in known]
    mapped = [
        MappedColumn(column, field, How.OPTION if column in mapping else How.SAVED, unit)
        for column, field in chosen.items()
        for unit in [_unit(column, field, saved if column not in mapping else {}, source)]
    ]
    mapped += [MappedColumn(column, column, How.NAME) for column in named]
    understood, unread = match_headings(
        rest, layer, taken={one.field: one.column for one in mapped}, places=not placed
    )
    mapped += understood
    unread += [UnreadColumn(column, Why.UNKNOWN) for column in displaced]
    order = {column: number for number, column in enumerate(columns)}
    found = ColumnMap(tuple(sorted(mapped, key=lambda one: order[one.column])), (*unread, *ignored))
    dropped = [*displaced, *(one.column for one in ignored)]
    renamed = (
        frame.set_axis(columns, axis=1)
        .drop(columns=dropped)
        .rename(columns={one.column: one.field for one in mapped})
    )
    return Named(renamed, tuple(f"{source}: {line}" for line in found.warnings()), found)


def _given(
    columns: Sequence[str],
    layer: Layer,
    mapping: Mapping[str, str],
    saved: Mapping[str, SavedColumn],
    *,
    source: str,
) -> dict[str, str]:
    """Return what the user says of the columns that are there, by option or saved mapping."""
    targets = target_names(layer)
    used: dict[str, str] = {}
    given: dict[str, str] = {}
    for column, field in mapping.items():
        if column not in columns:
            raise InputError(
                f"{source}: there is no column '{column}' to map to {field}; "
                f"{_guess(column, columns)}its columns are {', '.join(columns)}"
            )
        if field not in targets and field != NOT_READ:
            raise InputError(
                f"{source}: '{column}' is mapped to '{field}', which is no field of {layer.name}; "
                f"{_guess(field, layer.names)}its fields are {', '.join(layer.names)}"
            )
        if field in used:
            raise InputError(
                f"{source}: the columns '{used[field]}' and '{column}' are both mapped to {field}"
            )
        given[column] = field
        if field != NOT_READ:
            used[field] = column
    before = frozenset(used)
    for column, entry in saved.items():
        if column not in columns or column in mapping or entry.field in before:
            continue
        if entry.field in used:
            raise InputError(
                f"{source}: the saved mapping takes both '{used[entry.field]}' and '{column}' "
                f"for {entry.field}"
            )
        given[column] = entry.field
        if entry.field != NOT_READ:
            used[entry.field] = column
    return given


def _unit(column: str, field: str, saved: Mapping[str, SavedColumn], source: str) -> Unit | None:
    """Return the unit of a column the user named: the saved one, else the one in its heading."""
    entry = saved.get(column)
    if entry is not None and entry.unit is not None:
        return parse_unit(entry.unit, field)
    unit, other = unit_in_heading(column, field)
    if other is not None:
        raise InputError(f"{source}: '{column}' is in {other}, and {field} is not given in that")
    return unit


def match_headings(
    columns: Sequence[str], layer: Layer, *, taken: Mapping[str, str], places: bool
) -> tuple[list[MappedColumn], list[UnreadColumn]]:
    """Find out by the table of headings what columns mean that nobody has named.

    Parameters
    ----------
    columns
        Headings, in the order of the file.
    taken
        Field to the column that is already taken for it.
    places
        True where coordinates may be columns; where `taken` has some, no others are looked for.

    Returns
    -------
    The columns that mean one field no other column means, and all others with the reason.
    """
    located = bool(PLACES & taken.keys())
    meanings = {c: understand(c, layer, places=places) for c in columns}
    rivals: dict[str, list[str]] = {}
    for column, meaning in meanings.items():
        if meaning.field is not None:
            rivals.setdefault(meaning.field, []).append(column)
    missing = [name for name in layer.names if name not in taken and name not in rivals]
    mapped: list[MappedColumn] = []
    unread: list[UnreadColumn] = []
    for column, meaning in meanings.items():
        field = meaning.field
        if field is None:
            unread.append(_not_understood(column, meaning, layer, missing, places=places))
        elif field in taken:
            unread.append(UnreadColumn(column, Why.TAKEN, (field,), (taken[field],)))
        elif located and field in PLACES:
            others = tuple(taken[name] for name in sorted(PLACES & taken.keys()))
            unread.append(UnreadColumn(column, Why.TAKEN, (field,), others))
        elif len(rivals[field]) > 1:
            others = tuple(other for other in rivals[field] if other != column)
            unread.append(UnreadColumn(column, Why.CONFLICT, (field,), others))
        else:
            how = How.TRUNCATED if meaning.truncated else How.HEADING
            mapped.append(MappedColumn(column, field, how, meaning.unit))
    return mapped, unread


def _not_understood(
    column: str, meaning: Meaning, layer: Layer, missing: Sequence[str], *, places: bool
) -> UnreadColumn:
    # 序号 may be an identifier; where there is one already, there is nothing to ask.
    open_fields = tuple(field for field in meaning.candidates if field in missing)
    if open_fields:
        return UnreadColumn(column, Why.AMBIGUOUS, open_fields, detail=meaning.problem)
    table = heading_table(layer.name, places=places)
    fields = [table.fields[word] for word in near(plain(column), table.fields)]
    guesses = [*near(column, missing), *(field for field in fields if field in missing)]
    return UnreadColumn(column, Why.UNKNOWN, tuple(dict.fromkeys(guesses)), detail=meaning.problem)


def _guess(word: str, known: Sequence[str]) -> str:
    guesses = near(word, known)
    return f"did you mean {' or '.join(guesses)}? " if guesses else ""
