"""Walking profiles, as data: exact speeds, and what costs more than its length.

Costs are equivalent metres: as many metres on the level as take the same time at the profile's
speed. A limit of some minutes is thus a limit in metres, minutes × speed, whatever is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from spatial.errors import InputError

# Faster than any walk, slower than any: what a free speed may be, metres a second.
SPEEDS: Final = (Fraction(1, 10), Fraction(3))
# A wait longer than this is no part of a walk, seconds.
LONGEST_WAIT_S: Final = 600


@dataclass(frozen=True)
class Impedance:
    """What of a street costs more than its length and its slope.

    Parameters
    ----------
    steps
        False where stairs cannot be walked: they are closed then.
    step_metre_m
        Equivalent metres added to each metre of stairs.
    crossing_m, lift_m
        Equivalent metres added for each road crossing and each lift.
    """

    steps: bool = True
    step_metre_m: Fraction = Fraction(0)
    crossing_m: Fraction = Fraction(0)
    lift_m: Fraction = Fraction(0)


# Nothing but length and slope: what distances in a clause mean.
LEVEL: Final = Impedance()


@dataclass(frozen=True)
class Penalties:
    """Seconds that a person's walk loses; none of them by default, as clauses name none.

    Parameters
    ----------
    step_seconds_per_m
        Seconds added to each metre of stairs, both ways.
    crossing_seconds
        Seconds added at each road crossing with a wait.
    lift_seconds
        Seconds added for each lift.
    """

    step_seconds_per_m: Fraction = Fraction(0)
    crossing_seconds: Fraction = Fraction(0)
    lift_seconds: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Refuse what is no wait.

        Raises
        ------
        InputError
            Naming the parameter.
        """
        for name in ("step_seconds_per_m", "crossing_seconds", "lift_seconds"):
            value = getattr(self, name)
            if not 0 <= value <= LONGEST_WAIT_S:
                msg = f"parameter {name}: {float(value):g} is not between 0 and {LONGEST_WAIT_S} s"
                raise InputError(msg)

    def as_json(self) -> dict[str, str]:
        """Return the seconds as exact text."""
        return {
            name: str(getattr(self, name))
            for name in ("step_seconds_per_m", "crossing_seconds", "lift_seconds")
        }


NO_PENALTIES: Final = Penalties()


@dataclass(frozen=True)
class Profile:
    """Who walks, and how fast.

    Parameters
    ----------
    id
        Identifier used in packs.
    speed_m_per_s
        Exact speed on the level, metres a second.
    steps
        False where this person cannot take stairs.
    penalties
        Seconds lost on the way.
    """

    id: str
    speed_m_per_s: Fraction
    steps: bool = True
    penalties: Penalties = NO_PENALTIES

    @property
    def impedance(self) -> Impedance:
        """What costs more than its length, in metres at this speed."""
        speed = self.speed_m_per_s
        return Impedance(
            steps=self.steps,
            step_metre_m=self.penalties.step_seconds_per_m * speed,
            crossing_m=self.penalties.crossing_seconds * speed,
            lift_m=self.penalties.lift_seconds * speed,
        )

    def limit_m(self, minutes: Fraction) -> Fraction:
        """Return how many metres of network `minutes` minutes reach, exactly."""
        return self.speed_m_per_s * 60 * minutes

    def minutes(self, metres: float) -> float:
        """Return the minutes `metres` metres of network take; for reports, not for verdicts."""
        return metres / float(self.speed_m_per_s) / 60

    def losing(self, penalties: Penalties) -> Profile:
        """Return the same person losing these seconds."""
        return replace(self, penalties=penalties)


PROFILES: Final = MappingProxyType(
    {
        profile.id: profile
        for profile in (
            Profile("adult", Fraction(6, 5)),
            Profile("adult_with_child", Fraction(10, 9)),
            Profile("elderly", Fraction(8, 9)),
            Profile("wheelchair", Fraction(7, 10), steps=False),
        )
    }
)


def profile_at(
    name: str,
    *,
    speed_m_per_s: Fraction | None = None,
    penalties: Penalties = NO_PENALTIES,
) -> Profile:
    """Find a profile by name, at its own speed or a free one.

    Parameters
    ----------
    name
        One of `PROFILES`.
    speed_m_per_s
        Speed instead of the profile's, within `SPEEDS`; None for the profile's.
    penalties
        Seconds lost on the way.

    Raises
    ------
    InputError
        Naming the parameter.
    """
    if name not in PROFILES:
        known = ", ".join(PROFILES)
        raise InputError(f"parameter profile: there is no profile {name[:40]!r}; known are {known}")
    profile = PROFILES[name].losing(penalties)
    if speed_m_per_s is None:
        return profile
    low, high = SPEEDS
    if not low <= speed_m_per_s <= high:
        msg = f"parameter speed: {float(speed_m_per_s):g} is not between {float(low):g} and "
        raise InputError(f"{msg}{float(high):g} m/s")
    return replace(profile, speed_m_per_s=speed_m_per_s)
