"""What a heading means: the field of a layer and the unit, by ``tables/headings.yaml``.

A heading is understood when it is one of the words of exactly one field; brackets behind it may
hold a unit of that field, a year, or a remark such as 必填. Anything else is not understood, and
nothing is guessed: words that are merely near come back as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from service.imports.tables import one_width, packaged_table
from service.imports.units import Unit, is_any_unit, parse_unit
from spatial.fields import Layer

# A shapefile keeps 10 bytes of a name, in whichever of the two encodings it is written.
SHAPEFILE_BYTES: Final = 10
SHAPEFILE_ENCODINGS: Final = ("utf-8", "gb18030")

_NOISE = re.compile(r"[\s_\-‐‑–—―~·.,、:;*'\"/\\|]+")
_NUMBERING = re.compile(r"^(\*|\d{1,2}[.、]\s*(?=\D))+")
_BRACKETED = re.compile(
    r"^(.*\S)\s*[(\[【〔{<《]([^()\[\]【】〔〕{}<>《》]*)[)\]】〕}>》]$", re.DOTALL
)
_OPEN_END = re.compile(r"^(.+)[(\[【〔{]([^)\]】〕}]*)$", re.DOTALL)
_UNIT_MARK = re.compile(r"^单位[:]?\s*")
_YEAR = re.compile(r"(截至|截止)?(19|20)\d\d年?(末|底|度|数据|现状)?")


@dataclass(frozen=True)
class Meaning:
    """What a heading was understood as.

    Parameters
    ----------
    field
        The field where it is understood; None where it is not.
    candidates
        The fields it may mean where it is not understood.
    unit
        The unit in the heading; None where it gives none.
    truncated
        True where it was taken for a name cut to 10 bytes.
    problem
        Why a heading that seems known was not understood, in one clause; None otherwise.
    """

    field: str | None = None
    candidates: tuple[str, ...] = ()
    unit: Unit | None = None
    truncated: bool = False
    problem: str | None = None


@dataclass(frozen=True)
class HeadingTable:
    """The headings known for one layer.

    Parameters
    ----------
    fields
        Plain heading to field or coordinate.
    ambiguous
        Plain heading to the fields it may mean.
    written
        All headings as people write them, names of fields included, to field.
    ambiguous_written
        Likewise those that fit several.
    remarks
        Plain words in brackets that say nothing.
    """

    fields: Mapping[str, str]
    ambiguous: Mapping[str, tuple[str, ...]]
    written: Mapping[str, str]
    ambiguous_written: Mapping[str, tuple[str, ...]]
    remarks: frozenset[str]


def plain(heading: str) -> str:
    """Return a heading without width, case, blanks, punctuation and numbering before it."""
    return _NOISE.sub("", _NUMBERING.sub("", one_width(heading)))


@cache
def heading_table(layer: str, *, places: bool) -> HeadingTable:
    """Return the headings known for a layer; those of coordinates too where `places`.

    A heading that stands there for a field of the layer is not one of a coordinate as well.
    """
    table = packaged_table("headings.yaml", "headings")
    words: dict[str, list[str]] = dict(table["layers"].get(layer, {}))
    if places:
        words |= table["places"]
    written = {word: field for field, texts in words.items() for word in (field, *texts)}
    unsure = {word: tuple(fields) for word, fields in table["ambiguous"].get(layer, {}).items()}
    return HeadingTable(
        fields=MappingProxyType({plain(word): field for word, field in written.items()}),
        ambiguous=MappingProxyType({plain(word): fields for word, fields in unsure.items()}),
        written=MappingProxyType(written),
        ambiguous_written=MappingProxyType(unsure),
        remarks=frozenset(plain(word) for word in table["remarks"]),
    )


def understand(heading: str, layer: Layer, *, places: bool) -> Meaning:
    """Say what a heading means.

    Parameters
    ----------
    heading
        As it stands in the file.
    layer
        What the rows of the file are.
    places
        True for a table without geometries, where coordinates may be columns.
    """
    table = heading_table(layer.name, places=places)
    whole = _meaning(heading, table)
    if whole.field or whole.candidates:
        return whole
    base, remarks = _brackets(heading)
    if remarks:
        return _with_brackets(base, remarks, table)
    attached = _attached_unit(heading, table)
    return attached if attached.field or attached.candidates else _truncated(heading, table)


def unit_in_heading(heading: str, field: str) -> tuple[Unit | None, str | None]:
    """Return the unit a heading gives a field somebody else has named, and one it cannot have.

    Returns
    -------
    The unit or None, and the text of a unit in brackets that is none of the field, or None.
    """
    for text in _brackets(heading)[1]:
        unit = parse_unit(text, field)
        if unit is not None:
            return unit, None
        if is_any_unit(text):
            return None, text
    return None, None


def _meaning(text: str, table: HeadingTable) -> Meaning:
    key = plain(text)
    if key in table.fields:
        return Meaning(table.fields[key])
    return Meaning(candidates=table.ambiguous.get(key, ()))


def _brackets(heading: str) -> tuple[str, list[str]]:
    """Return what stands before the brackets at the end, and what stands in each."""
    base, found = one_width(heading), []
    while match := _BRACKETED.match(base):
        base = match[1]
        found.append(_UNIT_MARK.sub("", match[2].strip()))
    return base, found


def _with_brackets(base: str, remarks: list[str], table: HeadingTable) -> Meaning:
    meaning = _meaning(base, table)
    field = meaning.field
    if field is None:
        return meaning
    units: list[Unit] = []
    for remark in remarks:
        unit = parse_unit(remark, field)
        if unit is not None:
            units.append(unit)
        elif not (plain(remark) in table.remarks or _YEAR.fullmatch(remark) or not remark):
            return Meaning(candidates=(field,), problem=f"'{remark}' in it is no unit of {field}")
    if len(units) > 1:
        return Meaning(problem="it gives two units")
    return Meaning(field, unit=units[0] if units else None)


def _attached_unit(heading: str, table: HeadingTable) -> Meaning:
    """Understand a unit without brackets behind a heading, as 用地面积亩 or floor_area_sqm."""
    key = plain(heading)
    found: dict[str, Unit] = {}
    for length in range(1, min(len(key) - 1, 8) + 1):
        field = table.fields.get(key[:-length])
        unit = parse_unit(key[-length:], field) if field else None
        if field and unit:
            found[field] = unit
    if len(found) != 1:
        return Meaning(candidates=tuple(found))
    ((field, unit),) = found.items()
    return Meaning(field, unit=unit)


def _truncated(heading: str, table: HeadingTable) -> Meaning:
    """Understand a name cut to the bytes a shapefile keeps, where only one field can be meant."""
    name = heading.strip()
    lost = _OPEN_END.match(name)
    if lost and _may_be_cut(name):
        field = _meaning(lost[1], table).field
        if field is not None:
            return Meaning(candidates=(field,), problem="it is cut within a bracket")
    sure = {field for word, field in table.written.items() if _may_be(word, name)}
    unsure = {
        field
        for word, fields in table.ambiguous_written.items()
        if _may_be(word, name)
        for field in fields
    }
    if len(sure) == 1 and not unsure:
        return Meaning(sure.pop(), truncated=True)
    return Meaning(candidates=tuple(sorted(sure | unsure)))


def _may_be(word: str, name: str) -> bool:
    return any(_cut(word, encoding) == name for encoding in SHAPEFILE_ENCODINGS)


def _may_be_cut(name: str) -> bool:
    """Tell whether a name is as long as cutting may leave it: a character more does not fit."""
    sizes = [len(name.encode(encoding, "replace")) for encoding in SHAPEFILE_ENCODINGS]
    return any(SHAPEFILE_BYTES - 3 < size <= SHAPEFILE_BYTES for size in sizes)


def _cut(word: str, encoding: str) -> str | None:
    data = word.encode(encoding)
    if len(data) <= SHAPEFILE_BYTES:
        return None
    return data[:SHAPEFILE_BYTES].decode(encoding, "ignore")
