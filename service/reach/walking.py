"""Reading who walks, which way and how far, the same over HTTP and on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from spatial.errors import InputError
from spatial.limits import Limit, limits_of
from spatial.profiles import NO_PENALTIES, Penalties, Profile, profile_at
from spatial.reach import Direction

# As many as anyone draws on one map.
MAX_LIMITS: Final = 20
_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})", re.ASCII)
_NO_NUMBERS: Final = frozenset({"nan", "inf", "infinity"})
_SHOWN: Final = 40


@dataclass(frozen=True)
class Walking:
    """Who walks, and which way.

    Parameters
    ----------
    profile
        At its own speed or a free one.
    direction
        ``toward``: people walk to the place asked about, or from a place to the sites that serve
        it, as verdicts mean it; ``away``: the other way.
    """

    profile: Profile
    direction: Direction

    def as_json(self) -> dict[str, Any]:
        """Return what answers say of it."""
        lost = self.profile.penalties
        return {
            "profile": self.profile.id,
            "speed_m_per_s": float(self.profile.speed_m_per_s),
            "direction": self.direction.value,
            **({} if lost == NO_PENALTIES else {"penalties": lost.as_json()}),
        }


def read_walking(
    profile: str,
    *,
    speed: Fraction | None = None,
    direction: str = Direction.TOWARD.value,
    penalties: Penalties = NO_PENALTIES,
) -> Walking:
    """Read who walks, and which way.

    Parameters
    ----------
    profile
        One of `spatial.profiles.PROFILES`.
    speed
        Metres a second instead of the profile's.
    direction
        ``toward`` or ``away``.
    penalties
        Seconds lost on the way.

    Raises
    ------
    InputError
        Naming the parameter.
    """
    known = [each.value for each in Direction]
    if direction not in known:
        msg = f"parameter direction: must be {' or '.join(known)}, not {direction[:_SHOWN]!r}"
        raise InputError(msg)
    return Walking(
        profile_at(profile, speed_m_per_s=speed, penalties=penalties), Direction(direction)
    )


def read_numbers(text: str, *, name: str) -> tuple[Fraction, ...]:
    """Read numbers separated by commas, exactly.

    Raises
    ------
    InputError
        Naming the parameter, when a part is no number or there are too many.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MAX_LIMITS:
        raise InputError(f"parameter {name}: {len(parts)} limits; at most {MAX_LIMITS} at once")
    for part in parts:
        if part.lower().lstrip("+-") in _NO_NUMBERS:
            raise InputError(f"parameter {name}: {part} is not a finite number")
        if not _NUMBER.fullmatch(part):
            msg = f"parameter {name}: {part[:_SHOWN]!r} is not a number; expected numbers like "
            raise InputError(f"{msg}5,10,15")
    return tuple(Fraction(part) for part in parts)


def read_limits(
    *,
    minutes: Sequence[Fraction] | None,
    metres: Sequence[Fraction] | None,
    profile: Profile,
) -> tuple[Limit, ...]:
    """Read the limits of an isochrone: in minutes or in metres, ascending.

    Raises
    ------
    InputError
        Naming the parameter, when both are given, or none, or one makes no sense.
    """
    if minutes is not None and metres is not None:
        raise InputError("parameter minutes: give minutes or metres, not both")
    if minutes is None and metres is None:
        raise InputError("parameter minutes: is missing; give minutes or metres")
    limits = limits_of(metres=metres or (), minutes=minutes or (), profile=profile)
    if not limits:
        raise InputError("parameter minutes: names no limit")
    return tuple(sorted(limits, key=lambda limit: limit.metres))
