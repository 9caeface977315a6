"""Texts that a spreadsheet would take for a formula, made harmless without losing anything.

A workbook says of each cell whether it is a text, so there they stay as they are. CSV says
nothing: a program that opens it decides by the first character. There an apostrophe is put before
such a text, and before one that has apostrophes before such a character already, so that taking
one away again (`unguarded`) gives back exactly what was. A text that is a plain number, like -5,
computes nothing and stays.
"""

from __future__ import annotations

import re
from typing import Final

# As spreadsheets read them, full-width ones in Chinese and Japanese versions too.
FORMULA_STARTS: Final = "=+-@\t\r\n＝＋－＠"
_DANGEROUS: Final = re.compile(f"'*[{re.escape(FORMULA_STARTS)}]")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GUARDED: Final = re.compile(f"'+[{re.escape(FORMULA_STARTS)}]")


def guarded(text: str) -> str:
    """Return a text as it stands in a CSV file."""
    if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text
