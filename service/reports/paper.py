"""A paper of A4 pages, before anybody has decided what file it becomes.

What an opinion or a brief says is put together once, as a `Paper`; `service.reports.paper_docx`
and `service.reports.paper_pdf` set the same one. All its texts are worded already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Tone = Literal["good", "bad", "open", "fair", "none"]
Kind = Literal["body", "note", "quote"]

# Ink and ground of each tone; they differ in lightness too, for a grey print.
TONES: Final = {
    "good": ("#1E5B2E", "#E4F1E6"),
    "fair": ("#6B4A00", "#FBF0D2"),
    "bad": ("#8E1B12", "#F8DEDA"),
    "open": ("#47346B", "#E9E3F2"),
    "none": ("#333333", "#FFFFFF"),
}
_WHOLE_PART: Final = re.compile("⌊(.*?)⌋")
INK: Final = "#1A1A1A"
FAINT_INK: Final = "#5F5F5F"
RULE_INK: Final = "#8A8A8A"
HEAD_GROUND: Final = "#EEF0F3"
PAGE_MM: Final = (210.0, 297.0)
SIDE_MM: Final = 20.0
TEXT_MM: Final = PAGE_MM[0] - 2 * SIDE_MM


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its lines, and what the reader should feel about it."""

    text: str
    tone: Tone = "none"
    bold: bool = False
    small: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 or 2."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; line breaks in the text are kept."""

    text: str
    kind: Kind = "body"


@dataclass(frozen=True)
class Verdict:
    """The result in one line, set so that nobody misses it."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Bullets:
    """A numbered list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names and values, a line each."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table whose head repeats on every page and whose rows are never parted.

    Parameters
    ----------
    head
        Titles of the columns.
    rows
        As many cells each.
    widths
        Of the columns, in parts of their sum.
    numeric
        Columns, counted from 0, that are set to the right.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Picture:
    """A picture as wide as `width_mm`, and what it shows in words."""

    png: bytes
    width_mm: float
    alt: str
    caption: str | None = None


@dataclass(frozen=True)
class Signatures:
    """Lines to sign on: a role, and the name and day where they are known."""

    lines: tuple[tuple[str, str, str], ...]


Block = Heading | Paragraph | Verdict | Bullets | Facts | Grid | Picture | Signatures


@dataclass(frozen=True)
class Paper:
    """What is printed.

    Parameters
    ----------
    title
        In large letters on the first page, and of the file.
    number
        The line below the title, as a document number; None without.
    head
        At the top of every page.
    draft
        The word that marks every page as a draft; None where it is none.
    lang
        ``zh`` or ``en``.
    blocks
        In order.
    compact
        True for smaller letters and margins: what has to be on one page.
    """

    title: str
    number: str | None
    head: str
    draft: str | None
    lang: str
    blocks: tuple[Block, ...]
    compact: bool = False


def printable(text: str, *, lang: str) -> str:
    """Write out the sign of a whole part, which the Chinese fonts do not have."""
    name = "取整" if lang == "zh" else "int"
    return _WHOLE_PART.sub(lambda found: f"{name}[{found[1]}]", text)


def texts(blocks: Sequence[Block]) -> list[str]:
    """List every text of some blocks, in order: what a file made of them has to contain."""
    found: list[str] = []
    for block in blocks:
        match block:
            case Heading() | Paragraph() | Verdict():
                found.append(block.text)
            case Bullets():
                found += block.items
            case Facts():
                found += [text for row in block.rows for text in row]
            case Grid():
                found += block.head
                found += [cell.text for row in block.rows for cell in row]
            case Picture():
                found += [block.caption] if block.caption else []
            case Signatures():
                found += [text for line in block.lines for text in line]
    return [text for text in found if text]
