"""Findings as paragraphs for a letter, in both languages.

A finding is addressed as ``district~rule``, by what everybody knows of it, or by its number in the
evaluation, which also tells two packs apart that have a rule of the same id. No rule id holds a
tilde, so the last one parts the two; a district id may hold some. A row of the area table is
addressed as ``areas/code/rule``, and has a paragraph for each part it was worked out for.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from spatial.errors import InputError
from spatial.policy.explain import explain_area_row, explain_finding
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.policy.terms import LANGUAGES

MARK: Final = "~"
AREAS_PREFIX: Final = "areas/"
# Numbers of findings are 32-bit in the database.
_LAST_NUMBER: Final = 2**31 - 1
_LONGEST_SHOWN: Final = 100


@dataclass(frozen=True)
class Explanation:
    """One finding explained.

    Parameters
    ----------
    place
        What it is about: ``finding`` and ``district``, or ``area`` and ``part``.
    pack, rule, verdict
        Of the finding.
    texts
        The paragraph by language.
    """

    place: Mapping[str, str | int]
    pack: str
    rule: str
    verdict: str
    texts: Mapping[str, str]

    def as_json(self, lang: str) -> dict[str, Any]:
        """Return it as plain data, the paragraph of one language apart as ``text``."""
        return {
            **self.place,
            "pack": self.pack,
            "rule": self.rule,
            "verdict": self.verdict,
            "text": self.texts[lang],
            "texts": dict(self.texts),
        }


def parse_finding(address: str) -> int | tuple[str, str]:
    """Read the address of a finding about a district: its number, or district and rule.

    Raises
    ------
    InputError
        When it is of neither form.
    """
    district, mark, rule = address.rpartition(MARK)
    if mark and district and rule:
        return district, rule
    if address.isascii() and address.isdecimal() and int(address[:20]) <= _LAST_NUMBER:
        return int(address)
    raise InputError(
        f"{address[:_LONGEST_SHOWN]!r} names no finding: write district{MARK}rule, or its number"
    )


def parse_area_row(address: str) -> tuple[str, str] | None:
    """Read the address of a row of the area table: code and rule; None for another address."""
    code, mark, rule = address.removeprefix(AREAS_PREFIX).rpartition("/")
    return (code, rule) if address.startswith(AREAS_PREFIX) and mark and code and rule else None


def explain_found(
    found: pd.DataFrame, districts: pd.DataFrame, *, address: str, packs: Sequence[Pack]
) -> Explanation:
    """Explain the finding an address led to.

    Parameters
    ----------
    found
        ``number`` and `spatial.policy.findings.FINDING_COLUMNS` of what was found there.
    districts
        Columns ``id, name, stage, households``; the finding's among them.
    packs
        Those it was judged by.

    Raises
    ------
    InputError
        When nothing was found, or several.
    """
    if len(found) == 0:
        raise InputError(f"the evaluation has no finding {address[:_LONGEST_SHOWN]!r}")
    if len(found) > 1:
        numbers = " or ".join(str(number) for number in found["number"])
        raise InputError(f"several packs have this rule: name the finding by its number, {numbers}")
    finding = _records(found)[0]
    (district,) = _records(districts[districts["id"] == finding["district_id"]])
    pack, rule = _judged_by(finding, packs)
    texts = {
        lang: explain_finding(finding, pack=pack, rule=rule, lang=lang, district=district)
        for lang in LANGUAGES
    }
    place = {"finding": int(finding["number"]), "district": finding["district_id"]}
    return _explanation(place, finding, texts)


def explain_rows(
    rows: pd.DataFrame, *, code: str, rule: str, packs: Sequence[Pack]
) -> tuple[Explanation, ...]:
    """Explain what a rule found for an area or a park: one explanation a part and pack.

    Parameters
    ----------
    rows
        `spatial.policy.findings.AREA_COLUMNS` of that area and rule.

    Raises
    ------
    InputError
        When there are none.
    """
    if len(rows) == 0:
        raise InputError(
            f"the evaluation has no row of area {code[:_LONGEST_SHOWN]!r} "
            f"and rule {rule[:_LONGEST_SHOWN]!r}"
        )
    explained = []
    for row in _records(rows):
        pack, judged_by = _judged_by(row, packs)
        texts = {
            lang: explain_area_row(row, pack=pack, rule=judged_by, lang=lang) for lang in LANGUAGES
        }
        explained.append(_explanation({"area": row["code"], "part": row["part"]}, row, texts))
    return tuple(explained)


def _judged_by(record: Mapping[str, Any], packs: Sequence[Pack]) -> tuple[Pack, Rule]:
    pack = {pack.id: pack for pack in packs}[record["pack"]]
    return pack, pack.rule(record["rule"])


def _explanation(
    place: Mapping[str, str | int], record: Mapping[str, Any], texts: Mapping[str, str]
) -> Explanation:
    return Explanation(
        place=MappingProxyType(dict(place)),
        pack=record["pack"],
        rule=record["rule"],
        verdict=record["verdict"],
        texts=MappingProxyType(dict(texts)),
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, None where missing, without geometries."""
    plain = frame.drop(columns="geometry", errors="ignore").astype(object)
    records: list[dict[Hashable, Any]] = plain.to_dict("records")
    return [
        {
            str(name): None if not isinstance(value, list) and pd.isna(value) else value
            for name, value in record.items()
        }
        for record in records
    ]
