"""The sheets of a workbook that sum up and explain: 汇总 and 说明."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from openpyxl import Workbook

from service.exports.headings import (
    AREA_HEADINGS,
    FLAG_WORDS,
    LEVEL_WORDS,
    NOTE_WORDS,
    PART_WORDS,
    SUMMARY_WORDS,
    VERDICT_WORDS,
)
from service.exports.package import Chunk, Package, Table
from service.exports.sheet_cells import cell, heading_cell

SUMMARY_SHEET: Final = "汇总"
NOTES_SHEET: Final = "说明"
_WIDTHS: Final = (34, 34, 26, 12)
_NOTE_WIDTHS: Final = (20, 24, 24, 60)


def add_summary(book: Workbook, summary: Mapping[str, Any], package: Package, areas: Table) -> None:
    """Add 汇总: what an evaluation found in numbers, and below it the table of areas.

    Parameters
    ----------
    summary
        The object ``--json`` prints.
    """
    sheet: Any = book.create_sheet(SUMMARY_SHEET)
    at = 0 if package.lang == "zh" else 1
    with_areas = areas.rows != 0
    widths = [heading.width for heading in AREA_HEADINGS.values()] if with_areas else _WIDTHS
    _lay_out(sheet, widths)
    heads = ("item", "value", "verdict", "count")
    sheet.append([heading_cell(SUMMARY_WORDS[name][at], sheet) for name in heads])
    for row in _summary_rows(summary, package.notices, at):
        sheet.append([cell(value, sheet) for value in row])
    if not with_areas:
        return
    sheet.append([])
    sheet.append([heading_cell((h.zh, h.en)[at], sheet) for h in AREA_HEADINGS.values()])
    for chunk in package.chunks(areas):
        for row in _area_rows(chunk, areas, at):
            sheet.append([cell(value, sheet) for value in row])


def add_notes(book: Workbook, package: Package, *, left_out: int) -> None:
    """Add 说明: the notices, the system of the coordinates, and what each column is called.

    Parameters
    ----------
    left_out
        Geometries that were too long for a cell.
    """
    sheet: Any = book.create_sheet(NOTES_SHEET)
    at = 0 if package.lang == "zh" else 1
    words = {name: pair[at] for name, pair in NOTE_WORDS.items()}
    _lay_out(sheet, _NOTE_WIDTHS)
    sheet.append([heading_cell(words[name], sheet) for name in ("item", "heading", "name", "text")])
    rows: list[Sequence[object]] = [
        (words["notice"], None, None, notice) for notice in package.notices
    ]
    rows.append((words["crs"], None, package.system.name, words["axes"]))
    if left_out:
        rows.append((words["left_out"], None, None, left_out))
    for table in package.tables:
        title = (table.title.zh, table.title.en)[at]
        rows += [
            (title, table.heading(column, package.lang), column.name, None)
            for column in table.columns
        ]
    for row in rows:
        sheet.append([cell(value, sheet) for value in row])


def _lay_out(sheet: Any, widths: Sequence[int]) -> None:  # noqa: ANN401  # the stubs miss half of a write-only sheet
    for number, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + number)].width = width
    sheet.freeze_panes = "A2"


def _area_rows(chunk: Chunk, table: Table, at: int) -> Iterator[Sequence[object]]:
    """Yield the cells of `AREA_HEADINGS`; words beside the identifiers of verdict and level."""
    words = {"verdict": VERDICT_WORDS, "level": LEVEL_WORDS, "part": PART_WORDS}
    names = [column.name for column in table.columns]
    columns = []
    for name in AREA_HEADINGS:
        values = chunk.columns[names.index(name)]
        if name in words:
            known = words[name]
            values = [f"{v} {known[v][at]}" if v in known else v for v in values]
        columns.append(values)
    yield from zip(*columns, strict=True)


def _summary_rows(
    summary: Mapping[str, Any], notices: Iterable[str], at: int
) -> Iterator[Sequence[object]]:
    words = {name: pair[at] for name, pair in SUMMARY_WORDS.items()}
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
        yield words["flag"], flag, FLAG_WORDS[flag][at], count
    for kind, rules in (("rule", summary["rules"]), ("area_rule", summary["areas"])):
        for rule, verdicts in rules.items():
            for verdict, count in verdicts.items():
                said = f"{verdict} {VERDICT_WORDS[verdict][at]}"
                yield words[kind], rule, said, count
