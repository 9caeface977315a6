"""Reading workbooks (XLSX): one sheet as a table, its cells as the workbook holds them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from service.imports.archive import opened_archive
from service.imports.limits import refuse_many_rows
from service.imports.raw import RawTable, Reading
from service.imports.vector_tables import named_table, several_tables
from spatial.errors import InputError

# Titles, notes and groups stand above a heading; it stands no lower.
HEADING_ROWS: Final = 20
MAX_COLUMNS: Final = 2_000
_ERRORS: Final = frozenset(
    {"#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!"}
)
_SHOWN: Final = 8
# A row with texts over so many of the columns is a heading.
_MOSTLY: Final = 2 / 3

_Row = tuple[Any, ...]


def read_workbook(path: Path, *, prefer: str, table: str | None, how: Reading) -> RawTable:
    """Read one sheet: the one named, else the only one with cells, else the one preferred.

    The heading is the first row that has a text over every column in use; where two rows share
    the work, as merged cells make them, the lower one with the upper one's text above its gaps.
    Formulas count as the values the workbook keeps of them. Blank rows are no rows.

    Raises
    ------
    InputError
        When the file is no workbook, is larger than allowed once unpacked, does not say which
        sheet is meant, or has no row that can be its heading.
    """
    source = str(path)
    with opened_archive(path, limits=how.limits, source=source) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            raise InputError(f"{source}: is no XLSX workbook")
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            sheets = {sheet.title: sheet for sheet in book.worksheets}
            name = _sheet(sheets, prefer=prefer, table=table, source=source)
            rows = list(_rows(sheets[name], how, source))
        finally:
            book.close()
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        EOFError,
    ) as error:
        if isinstance(error, InputError):
            raise
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{source}: is no workbook that can be read: {reason}") from None
    frame, warnings = _table(rows, how, f"{source}, sheet {name}")
    return RawTable(frame, placed=False, warnings=tuple(warnings), serial_dates=True)


def _sheet(sheets: dict[str, Any], *, prefer: str, table: str | None, source: str) -> str:
    if table is not None:
        return named_table(table, sheets, source=source)
    used = [name for name, sheet in sheets.items() if _in_use(sheet)]
    if not used:
        raise InputError(f"{source}: has no sheet with cells")
    if len(used) == 1:
        return used[0]
    if prefer in used:
        return prefer
    raise several_tables(used, source=source)


def _in_use(sheet: Any) -> bool:  # noqa: ANN401  # a sheet openpyxl reads has no public type
    rows = sheet.iter_rows(max_row=HEADING_ROWS, max_col=MAX_COLUMNS, values_only=True)
    return any(_filled(cell) for row in rows for cell in row)


def _rows(sheet: Any, how: Reading, source: str) -> Iterator[_Row]:  # noqa: ANN401  # likewise
    # What a sheet claims of its size is often wrong, and would be believed.
    sheet.reset_dimensions()
    found = 0
    for row in sheet.iter_rows(values_only=True):
        if len(row) > MAX_COLUMNS and any(_filled(cell) for cell in row[MAX_COLUMNS:]):
            raise InputError(f"{source}: has more than {MAX_COLUMNS:,} columns")
        found += any(_filled(cell) for cell in row)
        if found > how.limits.rows + HEADING_ROWS:
            refuse_many_rows(found, how.limits, source=source)
        yield row[:MAX_COLUMNS]


def _filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _table(rows: list[_Row], how: Reading, source: str) -> tuple[pd.DataFrame, list[str]]:
    at, heading = _heading(rows, how, source)
    data = [row for row in rows[at + 1 :] if any(_filled(cell) for cell in row)]
    refuse_many_rows(len(data), how.limits, source=source)
    used = [column for column, name in enumerate(heading) if name]
    index = pd.RangeIndex(len(data))
    errors = 0
    columns: dict[str, pd.Series[Any]] = {}
    for column in used:
        cells = [row[column] if column < len(row) else None for row in data]
        broken = [isinstance(cell, str) and cell in _ERRORS for cell in cells]
        errors += sum(broken)
        values = [None if bad else cell for cell, bad in zip(cells, broken, strict=True)]
        columns[heading[column]] = pd.Series(values, index=index, dtype=object)
    warnings = []
    if at:
        warnings.append(f"{source}: its heading is row {at + 1}; the rows above are not read")
    if errors:
        warnings.append(f"{source}: {errors} cells hold an error instead of a value, read as empty")
    return pd.DataFrame(columns, index=index), warnings


def _heading(rows: list[_Row], how: Reading, source: str) -> tuple[int, list[str]]:
    """Return the position of the heading row, and a text for each column, empty if not in use."""
    if how.heading_row is not None:
        at = how.heading_row - 1
        if not 0 <= at < len(rows):
            raise InputError(f"{source}: has no row {how.heading_row} to be its heading")
        names = _names(rows[at], rows[at - 1] if at else ())
        fault = _fault(names, rows[at + 1 :])
        if fault:
            raise InputError(f"{source}: row {how.heading_row} cannot be its heading: {fault}")
        return at, names
    nearest = ""
    heads: int | None = None
    fewest = MAX_COLUMNS
    for at, row in enumerate(rows[:HEADING_ROWS]):
        if sum(_filled(cell) for cell in row) < min(2, _width(rows)):
            continue
        if heads is not None and _may_be_data(row, rows[at + 1 :]):
            break
        names = _names(row, rows[at - 1] if at else ())
        fault = _fault(names, rows[at + 1 :])
        if not fault:
            return at, names
        if sum(map(_is_heading, row)) >= _MOSTLY * _width(rows):
            # It is one, but for a gap: no row of data may take its place.
            heads = at if heads is None else heads
        gaps = _width(rows) - sum(bool(name) for name in names)
        if gaps < fewest:
            fewest, nearest = gaps, f"; row {at + 1} comes nearest: {fault}"
    raise InputError(
        f"{source}: none of its first {HEADING_ROWS} rows can be its heading, which has a text "
        f"over every column in use{nearest}; say which it is with --heading-row"
    )


def _may_be_data(row: _Row, below: Sequence[_Row]) -> bool:
    """Tell whether a row of texts has but texts below it, and so is no more a heading than they."""
    texts = [at for at, cell in enumerate(row) if _is_heading(cell)]
    return not any(
        _filled(other[at]) and not isinstance(other[at], str)
        for other in below
        for at in texts
        if at < len(other)
    )


def _width(rows: Sequence[_Row]) -> int:
    return max((at + 1 for row in rows for at, cell in enumerate(row) if _filled(cell)), default=0)


def _names(row: _Row, above: _Row) -> list[str]:
    """Return the texts of a row, a gap filled from the cell above, as merged cells mean it."""
    names = []
    for column in range(max(len(row), len(above))):
        cell = row[column] if column < len(row) else None
        if not _filled(cell) and column < len(above) and _is_heading(above[column]):
            cell = above[column]
        names.append(" ".join(str(cell).split()) if _is_heading(cell) else "")
    return names


def _is_heading(cell: object) -> bool:
    return isinstance(cell, str) and bool(cell.strip())


def _fault(names: Sequence[str], below: Sequence[_Row]) -> str:
    """Return why these texts cannot head the rows below; nothing where they can."""
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        return f"two columns are headed '{doubled[0]}'"
    used = {at for row in below for at, cell in enumerate(row) if _filled(cell)}
    gaps = sorted(at for at in used if at >= len(names) or not names[at])
    if gaps:
        letters = [get_column_letter(at + 1) for at in gaps]
        shown = ", ".join(letters[:_SHOWN]) + (" …" if len(letters) > _SHOWN else "")
        what = f"columns {shown} have" if len(letters) > 1 else f"column {shown} has"
        return f"{what} no text in it"
    if not any(names):
        return "it has no text"
    return ""
