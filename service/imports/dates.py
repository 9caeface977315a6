"""Dates as Chinese lists write them.

A month or a year is no day. So that nothing counts on a day on which it may not have been there
yet, a date of beginning is read as the last day of the month or year it names, and the date
something closed as the first; `DateRead.whole` says that this was done.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from service.imports.cells import CellError, shown
from service.imports.tables import one_width

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
# Excel's day 0; its 29 February 1900 never was, so days before March 1900 are not read.
_EXCEL_EPOCH: Final = date(1899, 12, 30)
# Smaller numbers are years, or nothing; larger ones dates written as 20240630.
_EXCEL_FIRST: Final = 10_000
_EXCEL_LAST: Final = 200_000

_DAY = re.compile(r"(\d{4})\s*(?:年|[-./])\s*(\d{1,2})\s*(?:月|[-./])\s*(\d{1,2})\s*[日号]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH = re.compile(r"(\d{4})\s*(?:年|([-./]))\s*(\d{1,2})\s*月?(?:份)?")
_YEAR = re.compile(r"(\d{4})\s*年?")
_MIDNIGHT = re.compile(r"[t ]0{1,2}:00(:00(\.0+)?)?$")
_ROUGH = re.compile(r"约|左右|前后|初|中旬|底|末|上旬|下旬|前|后|~|至|到")
_JANUARY_OR_OCTOBER: Final = "1"


@dataclass(frozen=True)
class DateRead:
    """A day, and whether the cell named a whole month or year."""

    day: date
    whole: bool = False


def read_date(text: str, *, beginning: bool) -> DateRead | None:
    """Read a date: 2023年5月1日, 2023.5.1, 2023/5/1, 20230501; of a month or year see above.

    Parameters
    ----------
    text
        A cell.
    beginning
        True for the date something began, False for the date it ended.

    Returns
    -------
    None where `text` is no date.

    Raises
    ------
    CellError
        For an approximation, a day that does not exist, and 2023.1, which may be what a
        spreadsheet left of 2023.10.
    """
    said = _MIDNIGHT.sub("", one_width(text))
    match = _DAY.fullmatch(said) or _COMPACT.fullmatch(said)
    if match:
        return DateRead(_day(text, int(match[1]), int(match[2]), int(match[3])))
    match = _MONTH.fullmatch(said)
    if match:
        if match[2] == "." and match[3] == _JANUARY_OR_OCTOBER:
            raise CellError(f"{shown(text)} may be January or October")
        return DateRead(_in_month(text, int(match[1]), int(match[3]), beginning), whole=True)
    match = _YEAR.fullmatch(said)
    if match:
        year = _year(text, int(match[1]))
        return DateRead(date(year, 12, 31) if beginning else date(year, 1, 1), whole=True)
    if any(sign.isdigit() for sign in said) and _ROUGH.search(said):
        raise CellError(f"{shown(text)} is an approximation, not a date")
    return None


def read_date_number(number: int, *, beginning: bool, serial: bool) -> DateRead | None:
    """Read a number in a column of dates: a year, 20230501, or in a workbook a serial number.

    Parameters
    ----------
    serial
        True where numbers may be days as Excel counts them.

    Returns
    -------
    None where it is none of these.

    Raises
    ------
    CellError
        For what only looks like one of them.
    """
    if FIRST_YEAR <= number <= LAST_YEAR or number > _EXCEL_LAST:
        return read_date(str(number), beginning=beginning)
    if _EXCEL_FIRST <= number <= _EXCEL_LAST:
        day = _EXCEL_EPOCH + timedelta(days=number)
        if serial:
            return DateRead(day)
        raise CellError(
            f"{number} looks like a spreadsheet's count of days ({day}); write it as a date"
        )
    return None


def _year(text: str, year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError(f"{shown(text)} names no year from {FIRST_YEAR} to {LAST_YEAR}")
    return year


def _in_month(text: str, year: int, month: int, beginning: bool) -> date:  # noqa: FBT001 - private
    first = _day(text, year, month, 1)
    return first.replace(day=calendar.monthrange(year, month)[1]) if beginning else first


def _day(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(_year(text, year), month, day)
    except CellError:
        raise
    except ValueError:
        raise CellError(f"must be a date like 2024-06-30, not {shown(text)}") from None
