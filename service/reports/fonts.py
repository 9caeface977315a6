"""Finding an installed font that can write Chinese, and doing without one."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Final

from matplotlib import font_manager

# Simplified Chinese first; the Japanese face of the Noto collection has every character of it,
# some drawn the Japanese way, and is the one an older matplotlib sees in the collection.
CJK_FAMILIES: Final = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
    "Droid Sans Fallback",
)
LATIN_FAMILY: Final = "DejaVu Sans"  # comes with matplotlib


def cjk_family() -> str | None:
    """Return the first family of `CJK_FAMILIES` that is installed, None if none is.

    The list matplotlib keeps may name files removed since; those do not count.
    """
    installed = {
        entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname).is_file()
    }
    return next((family for family in CJK_FAMILIES if family in installed), None)


def has_wide(text: str) -> bool:
    """Return True if a character of the text needs a Chinese font."""
    return any(_is_wide(char) for char in text)


def without_wide(text: str) -> str:
    """Leave out the characters that need a Chinese font, keeping what can be read."""
    kept = "".join(" " if _is_wide(char) else char for char in text)
    return re.sub(r" {2,}", " ", kept).strip()


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
