"""The problem ledger as XLSX (问题台账), and reading one back for the next evaluation."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zipfile import BadZipFile

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from service.core.language import Language
from service.exports.headings import LEVEL_WORDS, PART_WORDS, VERDICT_WORDS
from service.exports.sheet_cells import heading_cell
from service.reports.worksheet import wrapped
from spatial.errors import InputError
from spatial.policy.problem_ledger import LEDGER_COLUMNS, STATUSES
from spatial.policy.terms import SEVERITIES

_SHEET: Final = ("问题台账", "Problems")
_NOTES: Final = ("说明", "Notes")
_HEADINGS: Final[Mapping[str, tuple[str, str, int]]] = MappingProxyType(
    {
        "number": ("序号", "No.", 7),
        "status": ("状态", "Status", 12),
        "place_type": ("对象", "Kind of place", 12),
        "place": ("编号", "Place", 18),
        "place_name": ("名称", "Name", 22),
        "part": ("范围", "Part", 14),
        "members": ("涉及小区", "Districts", 24),
        "level": ("责任层级", "Responsible level", 16),
        "responsible": ("责任单位所在地", "Responsible for", 24),
        "rule": ("规则", "Rule", 30),
        "clause": ("条款", "Clause", 18),
        "quote": ("原文", "Text", 50),
        "subject": ("服务", "Service", 10),
        "severity": ("约束力", "Severity", 14),
        "verdict": ("判定", "Verdict", 14),
        "value": ("实有", "Value", 12),
        "threshold": ("应有", "Threshold", 12),
        "deficit": ("缺口", "Deficit", 12),
        "unit": ("单位", "Unit", 10),
        "households": ("户数", "Households", 10),
        "first_seen": ("首次发现", "First seen", 14),
        "last_seen": ("最近发现", "Last seen", 14),
        "solved_on": ("解决日期", "Solved on", 14),
        "pack": ("规则集", "Pack", 16),
        "problem": ("问题标识", "Problem", 50),
    }
)
_STATUS_WORDS: Final = MappingProxyType(
    {
        "new": ("新增", "new"),
        "persisting": ("持续", "persisting"),
        "unconfirmed": ("待核实", "unconfirmed"),
        "solved": ("已解决", "solved"),
    }
)
_PLACE_WORDS: Final = MappingProxyType(
    {
        "district": ("小区", "district"),
        "community": ("社区合计", "community as a whole"),
        "pool": ("统筹单元", "pool"),
        "land_grant": ("出让地块", "land grant"),
        "area": ("行政区", "area"),
        "park": ("产业园区", "industrial park"),
    }
)
_SUBJECT_WORDS: Final = MappingProxyType(
    {
        "childcare": ("托育", "childcare"),
        "elderly": ("养老", "elderly"),
        "both": ("托育、养老", "both"),
        "education": ("老年教育", "education"),
    }
)
_WORDED: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        "status": _STATUS_WORDS,
        "place_type": _PLACE_WORDS,
        "part": PART_WORDS,
        "level": LEVEL_WORDS,
        "severity": SEVERITIES,
        "verdict": VERDICT_WORDS,
        "subject": _SUBJECT_WORDS,
    }
)
_DATES: Final = ("first_seen", "last_seen", "solved_on")
_NUMBERS: Final = ("value", "threshold", "deficit", "households")
# Without these a row is no problem of a ledger.
_NEEDED: Final = ("problem", "status", "place_type", "place", "pack", "rule", "first_seen")


def ledger_xlsx(
    ledger: pd.DataFrame,
    *,
    lang: Language,
    about: Sequence[tuple[str, object]],
) -> bytes:
    """Write a ledger: a sheet of problems, and one of what they rest on.

    Parameters
    ----------
    ledger
        `spatial.policy.problem_ledger.LEDGER_COLUMNS`.
    about
        Names and values for the sheet of notes.
    """
    at = ("zh", "en").index(lang)
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(_SHEET[at])  # the stubs miss half of a write-only sheet
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_HEADINGS))}{len(ledger) + 1}"
    for number, heading in enumerate(_HEADINGS.values(), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = heading[2]
    titles = [(zh, en)[at] for zh, en, _ in _HEADINGS.values()]
    sheet.append([heading_cell(title, sheet) for title in titles])
    columns = [_cells(ledger, name, at) for name in _HEADINGS]
    for row in zip(*columns, strict=True):
        sheet.append([wrapped(value, sheet) for value in row])
    notes: Any = book.create_sheet(_NOTES[at])
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 24, 100
    counts = ledger["status"].value_counts()
    rows = [*about, *((_STATUS_WORDS[s][at], int(counts.get(s, 0))) for s in STATUSES)]
    for row in rows:
        notes.append([wrapped(value, notes) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read_ledger(path: Path) -> pd.DataFrame:
    """Read a ledger that `ledger_xlsx` wrote, in either language, edited or not.

    Columns nobody needs may be missing and others added; rows without a problem's name are a
    reader's own and left out.

    Returns
    -------
    `LEDGER_COLUMNS`.

    Raises
    ------
    InputError
        When it is no workbook or no ledger, or a cell cannot be read; names sheet, row and column.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        what = getattr(error, "strerror", None) or "is no workbook"
        raise InputError(f"{path}: {what}") from None
    try:
        sheet = next((book[name] for name in _SHEET if name in book.sheetnames), None)
        if sheet is None:
            raise InputError(f"{path}: has no sheet {_SHEET[0]} or {_SHEET[1]}: is no ledger")
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    finally:
        book.close()
    heads = [str(head) for head in rows[0]] if rows else []
    names = {word: name for name, (zh, en, _) in _HEADINGS.items() for word in (zh, en)}
    at = {names[head]: number for number, head in enumerate(heads) if head in names}
    lacking = [name for name in _NEEDED if name not in at]
    if lacking:
        raise InputError(f"{path}: sheet {sheet.title}: no column {_HEADINGS[lacking[0]][0]}")
    kept = [
        (number, row)
        for number, row in enumerate(rows[1:], start=2)
        if row[at["problem"]] not in (None, "")
    ]
    columns: dict[str, pd.Series[Any]] = {}
    for name in LEDGER_COLUMNS:
        position = at.get(name)
        values = [
            None
            if position is None
            else _read(row[position], name, f"{path}: sheet {sheet.title}, row {number}")
            for number, row in kept
        ]
        columns[name] = pd.Series(values, dtype="float64" if name in _NUMBERS else object)
    frame = pd.DataFrame(columns)
    twice = frame["problem"].duplicated()
    if twice.any():
        raise InputError(f"{path}: problem {frame['problem'][twice].iloc[0]} stands twice")
    return frame


def _cells(ledger: pd.DataFrame, name: str, at: int) -> list[object]:
    if name == "number":
        return list(range(1, len(ledger) + 1))
    words = _WORDED.get(name)
    values = ledger[name].tolist()
    if words is not None:
        return [words.get(str(value), (value, value))[at] for value in values]
    if name in _DATES:
        return [value if isinstance(value, dt.date) else None for value in values]
    if name in _NUMBERS:
        return [None if pd.isna(value) else value for value in values]
    return [value if isinstance(value, (str, list)) else None for value in values]


def _read(value: Any, name: str, where: str) -> object:  # noqa: ANN401  # a cell holds anything
    if value is None or value == "":
        return None
    if name in _DATES:
        return _day(value, name, where)
    if name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"{where}: column {_HEADINGS[name][0]}: {value!r} is no number")
        return float(value)
    text = str(value)
    if name == "members":
        return text.splitlines()
    words = _WORDED.get(name)
    if words is None:
        return text
    code = next((code for code, pair in words.items() if text in (code, *pair)), None)
    if code is None and name == "status":
        known = ", ".join(pair[0] for pair in _STATUS_WORDS.values())
        raise InputError(f"{where}: column {_HEADINGS[name][0]}: {text!r} is none of {known}")
    return code or text


def _day(value: Any, name: str, where: str) -> dt.date:  # noqa: ANN401  # a cell holds anything
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        raise InputError(f"{where}: column {_HEADINGS[name][0]}: {value!r} is no date") from None
