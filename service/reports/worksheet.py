"""The worksheet of a review (审查工作表) as XLSX: figures as numbers, calculations as text.

No cell is a formula: what a reader wrote into a project cannot compute in somebody's spreadsheet.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter

from service.exports.sheet_cells import cell, heading_cell
from service.reports.opinion import Opinion
from service.reports.opinion_facts import (
    data_rows,
    day_of,
    facility_state,
    kind_name,
    project_rows,
)
from service.reports.opinion_findings import numbered
from service.reports.opinion_words import Say
from spatial.policy.explaining.letter import alternatives as other_readings
from spatial.policy.missing_wording import missing_list
from spatial.policy.review.words import verdict_word

_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_FINDING_WIDTHS: Final = (6, 16, 30, 12, 12, 8, 10, 16, 44, 12, 12, 12, 8, 44, 44, 40, 30, 30, 44)
_STEP_WIDTHS: Final = (6, 30, 18, 12, 12, 8, 14, 12, 12, 12, 8, 14, 14, 50)


def worksheet_xlsx(opinion: Opinion) -> bytes:
    """Write the worksheet: project, findings, steps of the gates, neighbours, data."""
    say = Say(opinion.lang)
    book = Workbook(write_only=True)
    _project(book, opinion, say)
    _findings(book, opinion, say)
    _steps(book, opinion, say)
    _neighbours(book, opinion, say)
    _add(book, say("sheet_data"), [say("field"), say("value")], data_rows(opinion), (22, 90))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _project(book: Workbook, opinion: Opinion, say: Say) -> None:
    review = opinion.review
    verdict = verdict_word(opinion.verdict, lang=opinion.lang)
    if review["illustration"]:
        verdict += say("illustration")
    status = say("draft_line") if opinion.draft else opinion.number
    rows: list[Sequence[object]] = [
        (say("worksheet"), status),
        (say("conclusion"), verdict),
        *project_rows(opinion),
        (),
        tuple(
            say(name) for name in ("facility", "kind", "phase", "floor_area", "site_area", "state")
        ),
    ]
    rows += [
        (
            one.id,
            kind_name(one.kind, lang=opinion.lang),
            one.phase,
            one.floor_area_m2,
            one.site_area_m2,
            say.apart(facility_state(one, say, as_of=day_of(opinion))),
        )
        for one in opinion.project.facilities
    ]
    _add(
        book,
        say("sheet_project"),
        [say("field"), say("value")],
        rows,
        (22, 44, 14, 16, 16, 40),
    )


def _findings(book: Workbook, opinion: Opinion, say: Say) -> None:
    lang = opinion.lang
    names = (
        *("no", "pack", "rule", "found", "original", "gate", "binds", "clause", "quote"),
        *("needed", "provided", "deficit", "unit", "found_column", "computation"),
        *("remedy_column", "missing_column", "alternatives", "reading_column"),
    )
    rows = (
        (
            number,
            one["pack"],
            one["rule"],
            verdict_word(one["decided"], lang=lang),
            None if one["decided"] == one["verdict"] else verdict_word(one["verdict"], lang=lang),
            _yes(one["gate"], say),
            _yes(one["binds"], say),
            one["clause"],
            one["quote"],
            one["threshold"],
            one["value"],
            one["deficit"],
            one["unit"],
            one["reason"],
            one["calculation"],
            say.apart([remedy["text"] for remedy in one["remedies"]]),
            missing_list(one["missing"], lang=lang),
            other_readings(one, lang=lang),
            one["reading"],
        )
        for number, one in numbered(opinion)
    )
    _add(book, say("sheet_findings"), [say(name) for name in names], rows, _FINDING_WIDTHS)


def _steps(book: Workbook, opinion: Opinion, say: Say) -> None:
    names = (
        *("no", "rule", "step", "found", "facility", "phase", "item", "needed", "provided"),
        *("deficit", "unit", "date", "against_date", "found_column"),
    )
    members = (
        *("facility", "phase", "item", "needed", "provided", "deficit", "unit", "date", "against"),
        "reason",
    )
    rows = (
        (
            number,
            one["rule"],
            step["check"],
            verdict_word(step["verdict"], lang=opinion.lang),
            *(step.get(member) for member in members),
        )
        for number, one in numbered(opinion)
        for step in one["steps"]
    )
    _add(book, say("sheet_calculations"), [say(name) for name in names], rows, _STEP_WIDTHS)


def _neighbours(book: Workbook, opinion: Opinion, say: Say) -> None:
    names = (
        *("district", "name", "households", "rule", "change", "without", "with"),
        *("before_m", "after_m", "before_outside", "after_outside"),
    )
    changes = opinion.review["neighbours"]
    rows: list[Sequence[object]] = []
    if changes is None:
        rows.append((say("neighbours_not_asked"),))
    else:
        rows += [
            (
                one["district"],
                one["name"],
                one["households"],
                one["rule"],
                say(one["change"]),
                verdict_word(one["before"], lang=opinion.lang),
                verdict_word(one["after"], lang=opinion.lang),
                one["before_m"],
                one["after_m"],
                one["before_outside"],
                one["after_outside"],
            )
            for one in changes
        ]
    _add(
        book,
        say("sheet_neighbours"),
        [say(name) for name in names],
        rows,
        (18, 24, 10, 34, 10, 14, 14, 16, 16, 16, 16),
    )


def _yes(value: bool, say: Say) -> str:  # noqa: FBT001  # a fact
    return say("yes") if value else say("no_word")


def _add(
    book: Workbook,
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: Sequence[int],
) -> None:
    """Add a sheet with its head frozen."""
    sheet: Any = book.create_sheet(title)  # the stubs miss half of a write-only sheet
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([heading_cell(text, sheet) for text in heads])
    for row in rows:
        sheet.append([wrapped(value, sheet) for value in row])


def wrapped(value: object, sheet: Any) -> Any:  # noqa: ANN401  # what openpyxl takes
    """Return a value as `service.exports.sheet_cells.cell` has it; texts are wrapped."""
    made = cell(value, sheet)
    if isinstance(made, str):
        made = WriteOnlyCell(sheet, value=made)
    if isinstance(made, Cell):
        made.alignment = _WRAPPED
    return made
