"""The cells of a file as offices write them, made into what `service.imports.cells` reads.

Numbers with units, Chinese dates, yes and no, words for choices, and signs that something is not
known. Cells that are in order already pass untouched, and what is not understood is left for the
cells' own check to refuse: requests over HTTP, which are written by programs, go there directly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from service.imports.cells import CellError, is_missing
from service.imports.dates import read_date, read_date_number
from service.imports.kind_column import FilledKinds, fill_kinds, unknown_line
from service.imports.saved_mapping import SavedLayer
from service.imports.tables import one_width
from service.imports.units import Unit, exact_decimal, read_quantity
from service.imports.words import field_words, plain_word, plain_words
from spatial.errors import Fault
from spatial.fields import Field, FieldType, Layer

_SHAPES: Final = (FieldType.GEOMETRY, FieldType.POINTS)
_NUMBERS: Final = (FieldType.INTEGER, FieldType.DECIMAL)
_SEPARATORS: Final = ("、", "，", "；", "\n")
_ENDINGS: Final = frozenset({"closed_on"})


@dataclass(frozen=True)
class Values:
    """Cells made ready.

    Parameters
    ----------
    frame
        As given, cells translated; a cell at fault is missing.
    faults
        Cells that look like a value and are none, and rows without a kind.
    at_fault
        By field, the positions (from 0) those faults are about.
    unknown
        By field, how many cells say that the value is not known.
    whole_periods
        By field, how many dates name only a month or year.
    words
        By field, the words of cells that were taken for a choice.
    unknown_kinds
        The types of facility nobody knows, with the number of their rows.
    kinds_from_names
        The kinds taken from names, with the number of their rows.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...] = ()
    at_fault: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    whole_periods: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unknown_kinds: Mapping[str, int] = field(default_factory=dict)
    kinds_from_names: Mapping[str, int] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """Return what was read otherwise than given, one line each."""
        lines = []
        if self.unknown:
            parts = [f"{name} {count}" for name, count in self.unknown.items()]
            lines.append(
                f"cells that say that a value is not known, and are missing: {', '.join(parts)}"
            )
        for name, count in self.whole_periods.items():
            day = "first" if name in _ENDINGS else "last"
            lines.append(
                f"{count} dates of {name} give only a month or year: its {day} day is meant"
            )
        if self.kinds_from_names:
            parts = [f"{kind} {count}" for kind, count in self.kinds_from_names.items()]
            lines.append(f"kinds taken from names: {', '.join(parts)}")
        return lines


@dataclass
class _Told:
    """What is found while columns are read."""

    faults: list[tuple[int, str, str]] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    words: dict[str, dict[str, str]] = field(default_factory=dict)


class _Unknown:
    """Stands for a cell that says that its value is not known."""


@dataclass(frozen=True)
class _Whole:
    """A date of which only the month or year was given."""

    day: object


def read_values(
    frame: pd.DataFrame,
    layer: Layer,
    *,
    source: str,
    units: Mapping[str, Unit] = MappingProxyType({}),
    saved: SavedLayer | None = None,
    serial_dates: bool = False,
    kinds_from_names: bool = False,
    joined: bool = False,
) -> Values:
    """Translate the cells of a table whose columns bear the names of fields.

    Parameters
    ----------
    frame
        One row a feature, any dtypes.
    source
        File name, for messages; row n is the n-th of `frame`.
    units
        By field, the unit of cells that give none.
    saved
        Words for choices that go before those of the table.
    serial_dates
        True where numbers in columns of dates may be days as Excel counts them.
    kinds_from_names
        True to take the kind of a facility without a type from its name.
    joined
        True where the rows are joined to stored features: a kind not given is the stored one.

    Returns
    -------
    The cells, and what was done.
    """
    if not frame.columns.is_unique:
        # Which of two columns of one name is meant nobody knows; the check says so.
        return Values(frame)
    told = _Told()
    given = (saved or SavedLayer()).words
    columns: dict[str, pd.Series[Any]] = {}
    for one in layer.fields:
        if one.type in _SHAPES or one.name not in frame:
            continue
        column = frame[one.name]
        if _plain_numbers(column, one, units):
            continue
        words = {plain_word(word): choice for word, choice in given.get(one.name, {}).items()}
        if _says_itself(column, one, layer, words):
            continue
        read = _reader(one, layer, unit=units.get(one.name), words=words, serial=serial_dates)
        columns[one.name] = _translated(column, one, read, told)
    result = frame.assign(**columns)
    found = list(told.faults)
    kinds = FilledKinds(result)
    if layer.name == "facilities" and joined:
        kinds = fill_kinds(result, layer, skip=range(len(result)), from_names=False)
    elif layer.name == "facilities":
        skip = frozenset(at for at, name, _ in found if name == "kind")
        kinds = fill_kinds(result, layer, skip=skip, from_names=kinds_from_names)
        found += [(at, "kind", why) for at, why in kinds.faults]
    faults = [Fault(source, at + 1, name, why) for at, name, why in found]
    if sum(kinds.unknown.values()) > 1:
        faults.append(Fault(source, None, "kind", unknown_line(kinds.unknown)))
    at_fault: dict[str, set[int]] = {}
    for at, name, _ in found:
        at_fault.setdefault(name, set()).add(at)
    return Values(
        kinds.frame,
        tuple(faults),
        {name: frozenset(rows) for name, rows in at_fault.items()},
        dict(told.unknown),
        dict(told.whole),
        told.words,
        kinds.unknown,
        kinds.from_names,
    )


def _plain_numbers(column: pd.Series[Any], field: Field, units: Mapping[str, Unit]) -> bool:
    """Tell whether a column holds nothing but numbers in the unit of the field."""
    numbers = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb"
    return numbers and field.name not in units and field.type is not FieldType.DATE


def _says_itself(
    column: pd.Series[Any], field: Field, layer: Layer, words: Mapping[str, str]
) -> bool:
    """Tell whether every cell of a column is missing or a free text that stands for itself."""
    if field.type is not FieldType.TEXT or field.choices or words:
        return False
    cells = column.astype(object).tolist()
    if not {*map(type, cells)} <= {str, type(None)}:
        return False
    known = field_words(layer, field)
    special = known.unknown | known.choices.keys() | known.flags.keys()
    # What a word looks like in its plain form is asked once for all: line breaks part them.
    texts = [cell for cell in dict.fromkeys(cells) if cell is not None]
    lines = plain_words("\n".join(" ".join(cell.split()) for cell in texts))
    return special.isdisjoint(lines)


def _translated(
    column: pd.Series[Any], field: Field, read: Callable[[object], object], told: _Told
) -> pd.Series[Any]:
    """Translate each distinct text once, every other cell by itself."""
    known: dict[str, object] = {}
    cells = np.empty(len(column), dtype=object)
    for at, cell in enumerate(column.astype(object).tolist()):
        text = isinstance(cell, str)
        if text and cell in known:
            value = known[cell]
        elif is_missing(cell):
            value = cell
        else:
            try:
                value = read(cell)
            except CellError as error:
                value = error
            if text:
                known[cell] = value
        if isinstance(value, CellError):
            told.faults.append((at, field.name, str(value)))
            value = None
        elif isinstance(value, _Unknown):
            told.unknown[field.name] += 1
            value = None
        elif isinstance(value, _Whole):
            told.whole[field.name] += 1
            value = value.day
        elif text and field.choices and value != cell:
            told.words.setdefault(field.name, {})[cell.strip()] = str(value)
        cells[at] = value
    return pd.Series(cells, index=column.index, dtype=object)


def _reader(
    field: Field, layer: Layer, *, unit: Unit | None, words: Mapping[str, str], serial: bool
) -> Callable[[object], object]:
    """Return what translates one cell that is not missing; it raises CellError."""
    known = field_words(layer, field)

    def read(cell: object) -> object:
        if not isinstance(cell, str):
            return _number(cell, field, unit, serial=serial)
        word = plain_word(cell)
        if word in words:
            return words[word]
        if word in known.flags:
            return known.flags[word]
        if word in known.unknown:
            return _Unknown()
        if field.choices and cell.strip() not in field.choices:
            return known.choices.get(word, cell)
        return _text(cell, field, unit)

    return read


def _text(cell: str, field: Field, unit: Unit | None) -> object:
    if field.type in _NUMBERS:
        if unit is None and _is_number(cell):
            # Digit by digit as it stands; the cells' own check reads it.
            return cell
        number = read_quantity(cell, field.name, heading=unit)
        return cell if number is None else number
    if field.type is FieldType.DATE:
        said = one_width(cell)
        beginning = field.name not in _ENDINGS
        digits = said.isascii() and said.isdigit()
        # Text of digits is never Excel's count, whatever the file.
        found = (
            read_date_number(int(said), beginning=beginning, serial=False)
            if digits and len(said) <= len("20240630")
            else read_date(cell, beginning=beginning)
        )
        return cell if found is None else _Whole(found.day) if found.whole else found.day
    if field.type is FieldType.TEXTS and not cell.strip().startswith("["):
        for mark in _SEPARATORS:
            cell = cell.replace(mark, ";")
    return cell


def _is_number(text: str) -> bool:
    said = text.strip()
    return said.isascii() and said.replace(".", "", 1).isdigit()


def _number(cell: object, field: Field, unit: Unit | None, *, serial: bool) -> object:
    """Translate a cell that is no text: a number in the unit of the heading, a date in digits."""
    number = _exact(cell)
    if number is None:
        return cell
    if field.type is FieldType.DATE and number == number.to_integral_value():
        found = read_date_number(int(number), beginning=field.name not in _ENDINGS, serial=serial)
        return cell if found is None else _Whole(found.day) if found.whole else found.day
    if unit is None or field.type not in _NUMBERS:
        return cell
    return exact_decimal(Fraction(number) * unit.factor)


def _exact(cell: object) -> Decimal | None:
    """Return a finite number as it prints; None for anything else."""
    if isinstance(cell, (bool, np.bool_)):
        return None
    if isinstance(cell, (int, np.integer)):
        return Decimal(int(cell))
    if isinstance(cell, (float, np.floating)):
        number = Decimal(str(cell))
    elif isinstance(cell, Decimal):
        number = cell
    else:
        return None
    return number if number.is_finite() else None
