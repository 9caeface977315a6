"""One row of the area table, and what several kinds say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from spatial.policy.area_wording import ratio
from spatial.policy.explaining.letter import Record, number, pick, text
from spatial.policy.numerals import grouped
from spatial.policy.rule import Rule
from spatial.policy.terms import in_unit, measure_name


@dataclass(frozen=True)
class Case:
    """One row of the area table with its rule."""

    row: Record
    rule: Rule
    lang: str

    def number(self, name: str) -> Fraction | None:
        """Read a number of the row."""
        return number(self.row, name)

    @property
    def verdict(self) -> str:
        """The verdict's code."""
        return str(self.row["verdict"])

    @property
    def reason(self) -> str:
        """The reason's code."""
        return str(self.row["reason_code"])

    @property
    def value(self) -> Fraction | None:
        """The value, exactly: a ratio from what it is made of."""
        value = self.number("value")
        if value is None:
            return None
        return ratio(self.number("numerator"), self.number("denominator"), value)

    @property
    def operator(self) -> str:
        """How the value is compared."""
        return str(self.rule.parameters.get("operator", ">="))

    def units(self, value: Fraction) -> str:
        """Write a number in the unit of the value."""
        return in_unit(grouped(value), text(self.row, "unit"), lang=self.lang)


def sign(value: Fraction, limit: Fraction) -> str:
    """Write how a value stands to its limit."""
    return "=" if value == limit else ("<" if value < limit else ">")


def _asked(case: Case) -> str:
    """Say how the limit is to be compared where equality decides or the sign is not ≥."""
    words = {
        ">": ("条文为“超过”，不含本数", "the clause says more than, the number itself excluded"),
        "<=": ("条文为“不超过”，含本数", "the clause says at most, the number itself included"),
    }
    found = words.get(case.operator)
    return "" if found is None else pick(case.lang, f"（{found[0]}）", f" ({found[1]})")


def against(case: Case, value: Fraction) -> str:
    """Compare a value with its threshold; nothing where the text gives none."""
    limit = case.number("threshold")
    if limit is None:
        return ""
    return f" {sign(value, limit)} {case.units(limit)}{_asked(case)}"


def only_known(case: Case, known: Sequence[str]) -> str:
    """Say what is known where that does not suffice; `known` are names with figures."""
    if not known:
        return pick(case.lang, "数据不足，无法计算", "the figures do not suffice to work it out")
    listed = pick(case.lang, "，", ", ").join(known)
    return pick(
        case.lang,
        f"已知{listed}（未计缺项），不足以计算",
        f"known so far, without what is missing: {listed}; not enough to work it out",
    )


def change_needed(case: Case, exact_change: Fraction, *, whole: bool) -> Fraction | None:
    """Give the smallest change of a figure that satisfies the comparison; None for none.

    Whole figures change by whole numbers; for > a figure that is not whole must go beyond.
    """
    if case.operator == "<=":
        if exact_change >= 0:
            return None
        return Fraction(floor(exact_change)) if whole else exact_change
    if exact_change < 0 or (exact_change == 0 and case.operator == ">="):
        return None
    if not whole:
        return exact_change
    return Fraction(floor(exact_change) + 1 if case.operator == ">" else ceil(exact_change))


def continuous(measure: Mapping[str, Any]) -> bool:
    """Tell whether a measure is an area, which need not change by whole numbers."""
    return str(measure.get("sum", measure.get("name", ""))).endswith("_m2")


def more_of(
    case: Case, measure: Mapping[str, Any], change: Fraction, *, start: Fraction | None = None
) -> str:
    """Say by how much a measure has to change, and from `start` to what."""
    name = measure_name(measure, lang=case.lang)
    unit = "m2" if continuous(measure) else None
    size = in_unit(grouped(abs(change)), unit, lang=case.lang)
    reached = ""
    if start is not None:
        left = in_unit(grouped(start + change), unit, lang=case.lang)
        reached = pick(
            case.lang, f"（{'达到' if change > 0 else '降至'} {left}）", f" ({left} in all)"
        )
    if change < 0:
        return pick(case.lang, f"{name}减少 {size}", f"−{size} {name}") + reached
    return pick(case.lang, f"{name}再增加 {size}", f"+{size} {name}") + reached


def asked_list(case: Case) -> str:
    """List what a text asks an area to have."""
    asked = [
        f"{measure_name(one['measure'], lang=case.lang)} ≥ {grouped(Fraction(one['at_least']))}"
        for one in case.rule.parameters["has"]
    ]
    either = case.rule.parameters["logic"] == "any"
    word = pick(case.lang, " 或 " if either else " 且 ", " or " if either else " and ")
    return word.join(asked)
