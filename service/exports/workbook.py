"""A workbook for people: the sheets 居住区, 规则结果 and 汇总."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from service.exports.content import DISTRICT_COLUMNS, Content, compact_json, plain
from service.exports.headings import (
    AREA_HEADINGS,
    FLAG_WORDS,
    HEADINGS,
    LEVEL_WORDS,
    PART_WORDS,
    SUMMARY_WORDS,
    VERDICT_WORDS,
)
from spatial.errors import InputError
from spatial.policy.findings import OUTPUT_COLUMNS

DISTRICTS_SHEET: Final = "居住区"
FINDINGS_SHEET: Final = "规则结果"
SUMMARY_SHEET: Final = "汇总"
MAX_ROWS: Final = 1_048_576
MAX_CELL_CHARACTERS: Final = 32_767
# What stands above the table of areas: a line a rule and verdict of each pack, and notices.
_MOST_SUMMARY_ROWS: Final = 10_000
_WIDTHS: Final = (34, 34, 26, 12)

_HEADING_FONT: Final = Font(bold=True)
_HEADING_FILL: Final = PatternFill("solid", fgColor="E8EEF4")
_HEADING_ALIGNMENT: Final = Alignment(wrap_text=True, vertical="center")
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def write_workbook(path: Path, content: Content) -> None:
    """Write the three sheets, text that looks like a formula as text.

    Identifiers (flags, verdicts, rule ids) stay English and are explained in 汇总; lists of
    reasons stand one a line, other lists as JSON. Below the summary 汇总 has the table of areas:
    numerator, denominator, value, target and gap of each area and rule.

    Raises
    ------
    InputError
        When there are more findings or area rows than a sheet has rows.
    """
    for what, frame in (("findings", content.findings), ("area rows", content.areas)):
        if len(frame) >= MAX_ROWS - _MOST_SUMMARY_ROWS:
            raise InputError(
                f"{path.suffix}: a sheet holds {MAX_ROWS - _MOST_SUMMARY_ROWS - 1:,} {what}, "
                f"there are {len(frame):,}; write .gpkg instead"
            )
    book = Workbook(write_only=True)
    _table(book, DISTRICTS_SHEET, content.districts, DISTRICT_COLUMNS, content.lang)
    _table(book, FINDINGS_SHEET, content.findings, ("district_id", *OUTPUT_COLUMNS), content.lang)
    _summary(book, content)
    book.save(path)


def _table(
    book: Workbook, title: str, frame: pd.DataFrame, columns: Sequence[str], lang: str
) -> None:
    sheet = book.create_sheet(title)
    headings = [HEADINGS[name] for name in columns]
    _lay_out(sheet, [heading.width for heading in headings], rows=len(frame) + 1)
    sheet.append([_heading(h.zh if lang == "zh" else h.en, sheet) for h in headings])
    cells = [frame[name].astype(object).tolist() for name in columns]
    for row in zip(*cells, strict=True):
        sheet.append([_cell(value, sheet) for value in row])


def _lay_out(sheet: Any, widths: Sequence[int], *, rows: int) -> None:  # noqa: ANN401  # the stubs miss half of a write-only sheet
    # A write-only sheet takes these before its first row, or not at all.
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(widths))}{rows}"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def _heading(text: str, sheet: WriteOnlyWorksheet) -> Cell:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = _HEADING_FONT
    cell.fill = _HEADING_FILL
    cell.alignment = _HEADING_ALIGNMENT
    return cell


def _cell(value: object, sheet: WriteOnlyWorksheet) -> Any:  # noqa: ANN401  # what openpyxl takes
    """Return a value as openpyxl takes it: numbers as numbers, all else as text."""
    data = plain(value)
    if isinstance(data, list) and all(isinstance(item, str) for item in data):
        data = "\n".join(data)
    elif isinstance(data, (list, dict)):
        data = compact_json(data)
    if not isinstance(data, str):
        return data
    text = ILLEGAL_CHARACTERS_RE.sub("", data)
    if len(text) > MAX_CELL_CHARACTERS:
        note = f"… ({len(text)} characters, cut)"
        text = text[: MAX_CELL_CHARACTERS - len(note)] + note
    if not _FORMULA.match(text):
        return text or None
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    # Excel then keeps it text even when somebody edits the cell.
    cell.quotePrefix = True
    return cell


def _summary(book: Workbook, content: Content) -> None:
    sheet: Any = book.create_sheet(SUMMARY_SHEET)
    column = 0 if content.lang == "zh" else 1
    widths = (
        [heading.width for heading in AREA_HEADINGS.values()] if len(content.areas) else _WIDTHS
    )
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    heads = ("item", "value", "verdict", "count")
    sheet.append([_heading(SUMMARY_WORDS[name][column], sheet) for name in heads])
    for row in _summary_rows(content.summary, content.notices, column):
        sheet.append([_cell(value, sheet) for value in row])
    if len(content.areas):
        sheet.append([])
        sheet.append([_heading((h.zh, h.en)[column], sheet) for h in AREA_HEADINGS.values()])
        for row in _area_rows(content.areas, column):
            sheet.append([_cell(value, sheet) for value in row])


def _area_rows(areas: pd.DataFrame, column: int) -> Iterator[Sequence[object]]:
    """Yield the cells of `AREA_HEADINGS`; words beside the identifiers of verdict and level."""
    words = {"verdict": VERDICT_WORDS, "level": LEVEL_WORDS, "part": PART_WORDS}
    cells = []
    for name in AREA_HEADINGS:
        values = areas[name].astype(object).tolist()
        if name in words:
            known = words[name]
            values = [f"{v} {known[v][column]}" if v in known else v for v in values]
        cells.append(values)
    yield from zip(*cells, strict=True)


def _summary_rows(
    summary: Mapping[str, Any], notices: Iterable[str], column: int
) -> Iterator[Sequence[object]]:
    words = {name: pair[column] for name, pair in SUMMARY_WORDS.items()}
    for notice in notices:
        yield words["notice"], notice
    packs = summary["pack"]
    yield words["pack"], packs if isinstance(packs, str) else ", ".join(packs)
    region = summary["region"]
    for pack, where in region.items() if isinstance(region, Mapping) else [("", region)]:
        yield words["region"], f"{pack}: {where}" if pack else where
    yield words["as_of"], summary["as_of"]
    yield words["districts"], None, None, summary["districts"]
    for flag, count in summary["flags"].items():
        yield words["flag"], flag, FLAG_WORDS[flag][column], count
    for rule, verdicts in summary["rules"].items():
        for verdict, count in verdicts.items():
            yield words["rule"], rule, f"{verdict} {VERDICT_WORDS[verdict][column]}", count
    for rule, verdicts in summary["areas"].items():
        for verdict, count in verdicts.items():
            yield words["area_rule"], rule, f"{verdict} {VERDICT_WORDS[verdict][column]}", count
