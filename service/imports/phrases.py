"""What is said of a file, in the language and with the names of whoever reads it.

Reading says what it finds in English, with the options of the command line: so it is raised,
logged and kept. Whoever tells it asks here. ``tables/phrases.yaml`` has the Chinese of every
message, found by the English one, as in other message catalogues; what stands in braces there
comes from the file and stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from service.imports.tables import packaged_table

Language = Literal["zh", "en"]
# Where a reader can do what a message says: with options of a command, or parameters of a request.
Surface = Literal["command", "http"]

_PLACE: Final = re.compile(r"\{(\w+)(!?)\}")
# Options as parameters of a request; longer ones first.
_PARAMETERS: Final = (
    # A request has no saved mapping of words.
    (re.compile(r"(; a mapping|；可用对照表)[^;；]*--mapping[^;；]*"), ""),
    (re.compile(r"--crs-as-declared"), "crs_as_declared=true"),
    (re.compile(r"--kinds-from-names"), "kinds_from_names=true"),
    (re.compile(r"--assume-status (?=\{|operating)"), "assume_status="),
    (re.compile(r"--assume-status"), "assume_status"),
    (re.compile(r"--crs (?=\{|EPSG|GCJ|BD-)"), "crs="),
    (re.compile(r"--crs"), "crs"),
    (re.compile(r"--map (?=\S+=)"), "mapping="),
    (re.compile(r"--map\b"), "mapping"),
    (re.compile(r"--encoding"), "encoding"),
    (re.compile(r"--heading-row"), "heading_row"),
)
# What choices of options are made of: they come from the code and not from the file.
_CHOICES: Final = re.compile(r"(--crs \S+|--map \S+=\w+)((, | or )(--crs \S+|--map \S+=\w+))*( …)?")
_TABLE_HEADING: Final = "system"
_HEADINGS: Final[Mapping[str, str]] = {
    "system": "坐标系",
    "in areas": "在区内",
    "street ≤ 50 m": "距路≤50米",
    "median m": "中位米",
    "crossed": "穿路",
    "stands out": "突出度",
}
# Names of places that hold several words, joined by the code.
_LISTS: Final = frozenset({"words", "options", "choices", "fields", "kinds", "types"})
# A value of the file is quoted, or ends where the next message begins.
_VALUE: Final = r"""'.*?'|".*?"|(?:(?!; |: ).)+?"""
_INNER: Final = r".+?"
# Between messages, and not within a quoted value.
_JOINED: Final = re.compile(r"; (?=(?:[^']*'[^']*')*[^']*$)")
_GAP: Final = re.compile(r" {2,}")


@dataclass(frozen=True)
class _Phrase:
    """One message: how it is recognised, and what it is told as."""

    pattern: re.Pattern[str]
    longest: str
    english: str
    chinese: str


def tell(text: str, language: Language, *, surface: Surface) -> str:
    """Return what reading said of a file in a language.

    Parameters
    ----------
    text
        One message, or several lines of them.
    surface
        ``http`` puts the parameters of a request in the place of the command's options.

    Returns
    -------
    What the table of phrases makes of it; a text it does not know as it is, but for the options.
    """
    if language == "en" and surface == "command":
        return text
    told = [_told(line, language, surface) for line in text.split("\n")]
    return "\n".join(
        _named(line, surface) if found is None else found
        for line, found in zip(text.split("\n"), told, strict=True)
    )


def _told(text: str, language: Language, surface: Surface) -> str | None:
    """Return a message that is known; None for one that is not."""
    if _CHOICES.fullmatch(text):
        return _named(text, surface)
    for phrase in _phrases():
        if phrase.longest not in text:
            continue
        match = phrase.pattern.fullmatch(text)
        if match is not None:
            template = phrase.chinese if language == "zh" else phrase.english
            return _filled(_named(template, surface), match, language, surface)
    if text.startswith(_TABLE_HEADING) and len(_GAP.split(text)) > 1:
        return _heading(text) if language == "zh" else text
    return _in_parts(text, language, surface)


def _in_parts(text: str, language: Language, surface: Surface) -> str | None:
    """Return a message after the file or field it is about, or several in one line."""
    parts = _JOINED.split(text)
    if len(parts) > 1:
        found = [_told(part, language, surface) for part in parts]
        if None not in found:
            return ("；" if language == "zh" else "; ").join(one for one in found if one)
    place, mark, rest = text.partition(": ")
    told = _told(rest, language, surface) if mark else None
    return None if told is None else f"{place}{'：' if language == 'zh' else ': '}{told}"


def _filled(template: str, match: re.Match[str], language: Language, surface: Surface) -> str:
    def value(place: re.Match[str]) -> str:
        given = match[place[1]]
        if place[2] or _CHOICES.fullmatch(given):
            found = _told(given, language, surface)
            given = _named(given, surface) if found is None else found
        if language == "zh" and place[1] in _LISTS:
            return given.replace(" or ", " 或 ").replace(" and ", " 和 ")
        return given

    return _PLACE.sub(value, template)


def _named(text: str, surface: Surface) -> str:
    if surface == "http":
        for pattern, parameter in _PARAMETERS:
            text = pattern.sub(parameter, text)
    return text


def _heading(text: str) -> str:
    """Return the heading of the table of systems, every column as wide as it was."""
    for english, chinese in _HEADINGS.items():
        width = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in chinese)
        gap = " " * max(0, len(english) - width)
        told = f"{chinese}{gap}" if english == _TABLE_HEADING else f"{gap}{chinese}"
        text = text.replace(english, told, 1)
    return text


@cache
def _phrases() -> tuple[_Phrase, ...]:
    """Return the phrases, those first that leave the least open."""
    table: Mapping[str, str] = packaged_table("phrases.yaml", "phrases")["phrases"]
    return tuple(
        _Phrase(_pattern(english), max(_PLACE.split(english)[::3], key=len), english, chinese)
        for english, chinese in sorted(
            table.items(), key=lambda pair: -len(_PLACE.sub("", pair[0]))
        )
    )


def _pattern(english: str) -> re.Pattern[str]:
    parts = _PLACE.split(english)
    made = re.escape(parts[0])
    for name, inner, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        made += f"(?P<{name}>{_INNER if inner else _VALUE}){re.escape(literal)}"
    return re.compile(made)
