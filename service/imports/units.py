"""Units in headings and cells, converted exactly to the unit of the field.

A factor is a fraction, so 1 亩 is 10000/15 m² and nothing is rounded on the way. The result is the
exact decimal where there is one of at most 20 places; where the decimals do not end (most 亩), it
is cut, not rounded, after the sixth: a number just short of a threshold never reaches it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Final

from service.imports.cells import MAX_DECIMAL_PLACES, CellError, shown
from service.imports.tables import one_width, packaged_table

CUT_PLACES: Final = 6
# Longer words are no unit anyone writes.
_LONGEST_UNIT: Final = 20

_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+))\s*([^0-9].*)?"
)
_RANGE = re.compile(r"[0-9][^0-9,.]{0,4}?\s*(-|~|—|–|―|至|到)+\s*[0-9]")
_ROUGH = re.compile(
    r"约|大概|左右|上下|余|多|近|将近|不足|不到|超过|超|以上|以下|以内|至少|至多|最多|不少于|不低于"
    r"|不超过|不大于|≥|≤|>|<|≈|±|\+$|几|数[十百千万]"
)


@dataclass(frozen=True)
class Unit:
    """A unit as written, and how many of the field's own unit it is.

    `multiplied` is True where it begins with 万 or the like.
    """

    text: str
    factor: Fraction
    multiplied: bool = False


@dataclass(frozen=True)
class UnitTable:
    """The units of ``tables/units.yaml``: factors by measure and word, the measure by field."""

    multipliers: Mapping[str, int]
    measures: Mapping[str, Mapping[str, Fraction]]
    fields: Mapping[str, str]


@cache
def unit_table() -> UnitTable:
    """Return the units that come with Yike."""
    table = packaged_table("units.yaml", "units")
    measures: dict[str, Mapping[str, Fraction]] = {}
    for measure, entries in table["measures"].items():
        factors: dict[str, Fraction] = {}
        for entry in entries:
            plain = isinstance(entry, str)
            factor = Fraction(1 if plain else entry["factor"])
            words = [entry] if plain else entry["words"]
            factors.update({_plain(word): factor for word in words})
        measures[measure] = MappingProxyType(factors)
    return UnitTable(
        MappingProxyType({word: int(times) for word, times in table["multipliers"].items()}),
        MappingProxyType(measures),
        MappingProxyType(dict(table["fields"])),
    )


def parse_unit(text: str, field: str) -> Unit | None:
    """Return the unit `text` names, for a field that is given in such; None for anything else.

    Parameters
    ----------
    text
        As ``㎡``, ``万人``, ``亩``; of a field that counts things also ``万`` alone. An area in
        ``万`` alone says 万 of what only to who knows.
    field
        Name of the field.
    """
    table = unit_table()
    measure = table.fields.get(field)
    word = _plain(text)
    if measure is None or not word or len(word) > _LONGEST_UNIT:
        return None
    factors = table.measures[measure]
    if word in factors:
        return Unit(word, factors[word])
    times = table.multipliers.get(word[0])
    rest = word[1:]
    if times is None or (rest and rest not in factors):
        return None
    if not rest and measure.endswith(("_m", "_m2")):
        return None
    return Unit(word, times * factors.get(rest, Fraction(1)), multiplied=True)


def is_any_unit(text: str) -> bool:
    """Tell whether `text` is a unit of any field."""
    return any(parse_unit(text, field) is not None for field in unit_table().fields)


def read_quantity(text: str, field: str, *, heading: Unit | None) -> Decimal | None:
    """Return the number a cell says, in the unit of the field.

    Parameters
    ----------
    text
        A cell: ``1,234户``, ``0.15万㎡``, ``2.3公顷``, ``１２０``. A unit in the cell is the cell's
        own and counts instead of the heading's; 万 without a unit multiplies the heading's.
    heading
        The unit the heading gives, for cells without one; None where it gives none.

    Returns
    -------
    None where `text` is no quantity at all.

    Raises
    ------
    CellError
        For ranges, approximations, bounds, and units the field is not given in.
    """
    said = one_width(text)
    match = _QUANTITY.fullmatch(said)
    if match is None or _RANGE.search(said):
        if any(sign.isdigit() for sign in said) or "数" in said or "几" in said:
            _refuse_rough(text, said)
        return None
    number = Fraction(Decimal(match[1].replace(",", "")))
    word = _plain(match[2] or "")
    if not word:
        return exact_decimal(number * (heading.factor if heading else 1))
    times = unit_table().multipliers.get(word)
    if times is not None and field in unit_table().fields:
        if heading is not None and heading.multiplied:
            raise CellError(f"{shown(text)} says {match[2]}, and the heading says {heading.text}")
        return exact_decimal(number * times * (heading.factor if heading else 1))
    unit = parse_unit(word, field)
    if unit is None:
        _refuse_rough(text, said)
        if times is not None or is_any_unit(word):
            raise CellError(f"{shown(text)}: {field} is not given in {match[2]}")
        return None
    return exact_decimal(number * unit.factor)


def _refuse_rough(text: str, said: str) -> None:
    if _RANGE.search(said):
        raise CellError(f"{shown(text)} is a range, not a number")
    if _ROUGH.search(said):
        raise CellError(f"{shown(text)} is an approximation or a bound, not a number")


def exact_decimal(number: Fraction) -> Decimal:
    """Return a fraction as a decimal: exact where its decimals end within 20 places, else cut.

    What does not end is cut towards zero after `CUT_PLACES` decimals.
    """
    places = 0
    rest = number.denominator
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    if rest != 1 or places > MAX_DECIMAL_PLACES:
        places = CUT_PLACES
    scaled = abs(number) * 10**places
    digits = scaled.numerator // scaled.denominator
    sign = "-" if number < 0 else ""
    # Built from text: no context of decimals may round what is exact.
    return Decimal(f"{sign}{digits}E-{places}") if places else Decimal(f"{sign}{digits}")


def _plain(word: str) -> str:
    return "".join(one_width(word).split())
