"""One finding about a district, with what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from spatial.policy.explaining.letter import Record, number, pick, text
from spatial.policy.numerals import grouped
from spatial.policy.rule import Rule


@dataclass(frozen=True)
class Case:
    """One finding with what it is about."""

    finding: Record
    rule: Rule
    lang: str
    district: Mapping[str, Any]

    def number(self, name: str) -> Fraction | None:
        """Read a number of the finding."""
        return number(self.finding, name)

    def metres(self, name: str) -> str:
        """Write a length of the finding; — where it is not known."""
        value = self.number(name)
        return (
            "—" if value is None else pick(self.lang, f"{grouped(value)} 米", f"{grouped(value)} m")
        )

    def parameter(self, name: str) -> Fraction:
        """Read a number of the rule."""
        return Fraction(Decimal(self.rule.parameters[name]))

    def metres_of(self, name: str) -> str:
        """Write a length of the rule."""
        value = grouped(self.parameter(name))
        return pick(self.lang, f"{value} 米", f"{value} m")

    @property
    def verdict(self) -> str:
        """The verdict's code."""
        return str(self.finding["verdict"])

    @property
    def reason(self) -> str | None:
        """The reason's code."""
        return text(self.finding, "reason_code")

    @property
    def existing(self) -> bool:
        """True for an existing district, whose shortfall is a gap and no offence."""
        return self.district.get("stage") == "existing"
