"""Values as cells of a workbook."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, Final

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from service.core.guarded import FORMULA_STARTS
from service.exports.content import compact_json, plain

MAX_CELL_CHARACTERS: Final = 32_767

_FONT: Final = Font(bold=True)
_FILL: Final = PatternFill("solid", fgColor="E8EEF4")
_ALIGNMENT: Final = Alignment(wrap_text=True, vertical="center")
# ISO/IEC 29500-1, 22.4.2.4 (ST_Xstring): a character XML cannot hold, or would change, is written
# as _xHHHH_, and so is the underscore of a text that looks like that already.
_ESCAPED: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
# A workbook knows no day before.
_FIRST_DAY: Final = date(1900, 3, 1)
# Beyond 15 digits a spreadsheet rounds; the text of a number is exact.
_DIGITS: Final = 15


def heading_cell(text: str, sheet: WriteOnlyWorksheet) -> Cell:
    """Return a cell of a heading."""
    made = WriteOnlyCell(sheet, value=text)
    made.font = _FONT
    made.fill = _FILL
    made.alignment = _ALIGNMENT
    return made


def cell(value: object, sheet: WriteOnlyWorksheet) -> Any:  # noqa: ANN401  # what openpyxl takes
    """Return a value as openpyxl takes it: numbers and days as such, all else as text.

    A text is never taken for a formula, and too long a one is cut and says so.
    """
    if isinstance(value, date):
        return value if value >= _FIRST_DAY else value.isoformat()
    if isinstance(value, Decimal):
        return value if len(value.as_tuple().digits) <= _DIGITS else format(value, "f")
    data = plain(value)
    if isinstance(data, list) and all(isinstance(item, str) for item in data):
        data = "\n".join(data)
    elif isinstance(data, (list, dict)):
        data = compact_json(data)
    if not isinstance(data, str):
        return data
    text = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", data)
    if len(text) > MAX_CELL_CHARACTERS:
        note = f"… ({len(data)} characters, cut)"
        text = text[: MAX_CELL_CHARACTERS - len(note)] + note
    if not text:
        return None
    # openpyxl takes #N/A and the like for errors.
    if data[0] not in FORMULA_STARTS and not data.startswith("#"):
        return text
    made = WriteOnlyCell(sheet, value=text)
    made.data_type = "s"
    # Excel then keeps it text even when somebody edits the cell.
    made.quotePrefix = True
    return made
