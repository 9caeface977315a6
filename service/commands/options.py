"""Reading the values of options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Final

from service.core.settings import load_settings
from service.exports.content import Language
from service.imports.encoding_names import parse_encoding
from service.imports.raw import PLAIN, Reading
from service.imports.saved_mapping import SavedLayer, SavedMapping, check_mapping_name, load_mapping
from service.indicators.fields import FIRST_YEAR, LAST_YEAR
from spatial.errors import InputError
from spatial.fields import LAYERS

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KINDS: Final = (*LAYERS, "network", "barriers", "indicators", "points")


@dataclass(frozen=True)
class FileOptions:
    """What ``--crs`` and ``--map`` say of the files of a command.

    Parameters
    ----------
    crs
        System by kind of file; under None what holds for all of them.
    columns
        Column to field by kind of file; under None what holds wherever there is such a column.
    saved
        What ``--mapping`` says; None where it is not given.
    kinds_from_names
        True where ``--kinds-from-names`` lets names say what a facility is.
    save_to
        File that ``--save-mapping`` names; None where it is not given.
    planarize
        True to split street lines where they cross or touch without a common end.
    crs_as_declared
        True to believe what is said of the coordinates whatever the evidence.
    how
        What ``--encoding`` and ``--heading-row`` say, and what reading one file may cost.
    """

    crs: Mapping[str | None, str]
    columns: Mapping[str | None, Mapping[str, str]]
    saved: SavedMapping | None = None
    kinds_from_names: bool = False
    save_to: Path | None = None
    planarize: bool = False
    crs_as_declared: bool = False
    how: Reading = PLAIN

    def crs_of(self, kind: str) -> str | None:
        """Return what is said of the coordinates of one kind of file; None if nothing."""
        return self.crs.get(kind, self.crs.get(None))

    def saved_of(self, kind: str) -> SavedLayer | None:
        """Return what the saved mapping says of one kind of file; None if none is given."""
        return None if self.saved is None else self.saved.of(kind)

    def columns_of(self, kind: str | None) -> Mapping[str, str]:
        """Return what is said of the columns of one kind of file, or under None of all."""
        return self.columns.get(kind, {})


def parse_reading(encoding: str | None = None, heading_row: int | None = None) -> Reading:
    """Return what ``--encoding`` and ``--heading-row`` say, under the limits of the settings.

    Raises
    ------
    InputError
        When there is no such encoding.
    """
    if encoding is not None:
        parse_encoding(encoding)
    limits = load_settings().imports.limits()
    return Reading(encoding=encoding, heading_row=heading_row, limits=limits)


def parse_file_options(
    crs: Sequence[str],
    columns: Sequence[str],
    *,
    mapping: Path | None = None,
    kinds_from_names: bool = False,
    save_to: Path | None = None,
    crs_as_declared: bool = False,
) -> FileOptions:
    """Read ``--crs CRS`` or ``--crs KIND=CRS``, ``--map [KIND:]COLUMN=FIELD`` and ``--mapping``.

    Raises
    ------
    InputError
        When one is not of that form, or two say different things of the same.
    """
    systems: dict[str | None, str] = {}
    for text in crs:
        kind, mark, system = text.partition("=")
        key = kind if mark and kind in _KINDS else None
        value = (system if key else text).strip()
        if systems.setdefault(key, value) != value:
            raise InputError(f"--crs: says both {systems[key]} and {value}")
    mapped: dict[str | None, dict[str, str]] = {}
    for text in columns:
        # A column may hold an equals sign, a field never does.
        column, mark, field = text.rpartition("=")
        kind, colon, rest = column.partition(":")
        key = kind if colon and kind in _KINDS else None
        column = (rest if key else column).strip()
        field = field.strip()
        if not mark or not column or not field:
            raise InputError(f"--map: must be column=field, not '{text}'")
        if mapped.setdefault(key, {}).setdefault(column, field) != field:
            raise InputError(f"--map: the column '{column}' is mapped twice")
    saved = None if mapping is None else load_mapping(mapping)
    if save_to is not None:
        check_mapping_name(save_to, option="--save-mapping")
    return FileOptions(
        systems,
        mapped,
        saved,
        kinds_from_names,
        save_to,
        crs_as_declared=crs_as_declared,
        how=parse_reading(),
    )


def parse_date(text: str | None, *, option: str) -> date:
    """Return the date an option names; if it is not given, today where this machine stands.

    Raises
    ------
    InputError
        When the text is no date.
    """
    if text is None:
        return datetime.now().astimezone().date()
    problem = InputError(f"{option}: must be a date like 2024-06-30, not '{text}'")
    if not _DATE.fullmatch(text):
        raise problem
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise problem from None


def parse_target_year(year: int | None) -> int | None:
    """Return the year whose targets are compared with, if one is named.

    Raises
    ------
    InputError
        When no plan could be for that year.
    """
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise InputError(f"--target-year: must be a year from {FIRST_YEAR} to {LAST_YEAR}")
    return year


def parse_seconds(value: float | None, *, option: str) -> Fraction:
    """Return the seconds an option names, exactly as written; none where it is not given.

    Raises
    ------
    InputError
        When it is no number.
    """
    if value is None:
        return Fraction(0)
    if not isfinite(value):
        raise InputError(f"{option}: must be a number of seconds, not {value}")
    return Fraction(repr(value))


def parse_language(text: str) -> Language:
    """Return the language an option names.

    Raises
    ------
    InputError
        When it is neither ``zh`` nor ``en``.
    """
    if text == "zh":
        return "zh"
    if text == "en":
        return "en"
    raise InputError(f"--lang: must be zh or en, not '{text}'")
