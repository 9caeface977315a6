"""Breaking lines of Chinese and Latin text."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# A run of Latin text with the blanks after it stays together; any other character stands alone.
_PIECE: Final = re.compile(r"[\x21-\u024f]+\s*|\s+|.", re.DOTALL)
# Chinese closing punctuation never begins a line.
_CLOSING: Final = "，。；：、！？）》」』】”’"


def width(text: str) -> int:
    """Width in columns: two for a wide (Chinese) character, one for another."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrap(text: str, *, columns: int) -> list[str]:
    """Break `text` into lines of at most `columns`, between words or Chinese characters.

    A longer word, and closing punctuation at the end of a full line, may stick out. Line breaks
    in `text` are kept.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for piece in _PIECE.findall(paragraph):
            fits = width(line + piece.rstrip()) <= columns
            if line and not fits and piece not in _CLOSING:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
    return lines
