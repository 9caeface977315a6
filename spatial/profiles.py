"""Walking profiles, as data: exact speeds (design, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Profile:
    """Who walks, and how fast.

    Parameters
    ----------
    id
        Identifier used in packs.
    speed_m_per_s
        Exact speed on the level, metres a second.
    """

    id: str
    speed_m_per_s: Fraction

    def limit_m(self, minutes: Fraction) -> Fraction:
        """Return how many metres of network `minutes` minutes reach, exactly."""
        return self.speed_m_per_s * 60 * minutes

    def minutes(self, metres: float) -> float:
        """Return the minutes `metres` metres of network take; for reports, not for verdicts."""
        return metres / float(self.speed_m_per_s) / 60


PROFILES: Final = MappingProxyType(
    {
        profile.id: profile
        for profile in (
            Profile("adult", Fraction(6, 5)),
            Profile("adult_with_child", Fraction(10, 9)),
            Profile("elderly", Fraction(8, 9)),
            Profile("wheelchair", Fraction(7, 10)),
        )
    }
)
