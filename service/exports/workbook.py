"""A workbook for people: a sheet a table, of an evaluation 居住区, 规则结果 and 汇总, and 说明."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from service.exports.arrow import wkt_texts
from service.exports.columns import ColumnKind
from service.exports.field_headings import GEOMETRY_HEADING
from service.exports.package import Chunk, Package, Table
from service.exports.sheet_cells import MAX_CELL_CHARACTERS, cell, heading_cell
from service.exports.sheet_summary import add_notes, add_summary
from spatial.errors import InputError

MAX_ROWS: Final = 1_048_576
# What stands above the table of areas: a line a rule and verdict of each pack, and notices.
_MOST_SUMMARY_ROWS: Final = 10_000
_TEXTUAL: Final = (ColumnKind.POINTS,)


def write_workbook(path: Path, package: Package) -> None:
    """Write the sheets, text that looks like a formula as text.

    Identifiers (flags, verdicts, rule ids) stay English and are explained in 汇总; lists of texts
    stand one a line, other lists as JSON. Of an evaluation 汇总 has, below the summary, the table
    of areas: numerator, denominator, value, target and gap of each area and rule. Geometries stand
    as WKT in the last column, but for an evaluation, whose workbook is a report; one too long for
    a cell is left out, and 说明 says how many are.

    Raises
    ------
    InputError
        When a table has more rows than a sheet.
    """
    for table in package.tables:
        _refuse_rows(path, table, table.rows or 0)
    book = Workbook(write_only=True)
    try:
        _fill(book, path, package)
    finally:
        # A sheet left open would complain of it when it is collected.
        for sheet in book.worksheets:
            sheet.close()
    book.save(path)


def _fill(book: Workbook, path: Path, package: Package) -> None:
    evaluation = package.members.get("evaluation")
    tables = {table.name: table for table in package.tables}
    left_out = 0
    if evaluation is not None and {"districts", "areas"} <= tables.keys():
        for name in ("districts", "findings"):
            _add_sheet(book, path, package, tables[name], places=False)
        add_summary(book, evaluation, package, tables["areas"])
    else:
        for table in package.tables:
            left_out += _add_sheet(book, path, package, table, places=table.placed)
    add_notes(book, package, left_out=left_out)


def _refuse_rows(path: Path, table: Table, rows: int) -> None:
    if rows >= MAX_ROWS - _MOST_SUMMARY_ROWS:
        what = "area rows" if table.name == "areas" else table.name
        raise InputError(
            f"{path.suffix}: a sheet holds {MAX_ROWS - _MOST_SUMMARY_ROWS - 1:,} {what}, "
            f"there are {rows:,}; write .gpkg instead"
        )


def _add_sheet(book: Workbook, path: Path, package: Package, table: Table, *, places: bool) -> int:
    """Write a table; return how many geometries were too long for a cell."""
    sheet = book.create_sheet(table.title.zh)
    headings = [column.heading for column in table.columns]
    if places:
        headings.append(GEOMETRY_HEADING)
    _lay_out(sheet, [heading.width for heading in headings], rows=table.rows)
    texts = [h.zh if package.lang == "zh" else h.en for h in headings]
    sheet.append([heading_cell(text, sheet) for text in texts])
    rows, left_out = 0, 0
    for chunk in package.chunks(table):
        rows += chunk.rows
        _refuse_rows(path, table, rows)
        columns = _columns(chunk, table)
        if places and chunk.shapes is not None:
            shapes = wkt_texts(chunk.shapes)
            long = [text is not None and len(text) > MAX_CELL_CHARACTERS for text in shapes]
            left_out += sum(long)
            columns.append([None if cut else t for t, cut in zip(shapes, long, strict=True)])
        for row in zip(*columns, strict=True):
            sheet.append([cell(value, sheet) for value in row])
    return left_out


def _columns(chunk: Chunk, table: Table) -> list[Sequence[object]]:
    return [
        wkt_texts(values) if column.kind in _TEXTUAL else values
        for values, column in zip(chunk.columns, table.columns, strict=True)
    ]


def _lay_out(sheet: WriteOnlyWorksheet, widths: Sequence[int], *, rows: int | None) -> None:
    laid: Any = sheet  # the stubs miss half of a write-only sheet
    # A write-only sheet takes these before its first row, or not at all.
    laid.freeze_panes = "B2"
    if rows is not None:
        laid.auto_filter.ref = f"A1:{get_column_letter(len(widths))}{rows + 1}"
    for number, width in enumerate(widths, start=1):
        laid.column_dimensions[get_column_letter(number)].width = width
