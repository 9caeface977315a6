"""How far a question about reach may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, isfinite

from spatial.errors import InputError
from spatial.profiles import Profile
from spatial.reach import SEARCH_LIMIT_M


@dataclass(frozen=True)
class Limit:
    """A limit as it was asked for.

    Parameters
    ----------
    metres
        Equivalent metres, exact, inclusive.
    minutes
        The minutes that were asked for; None where metres were.
    """

    metres: Fraction
    minutes: Fraction | None = None

    @property
    def whole_mm(self) -> float:
        """The limit in millimetres; distances are whole ones, so ≤ it is ≤ its whole part."""
        return float(floor(self.metres * 1000))


def limits_of(
    *,
    metres: Sequence[Fraction | float] = (),
    minutes: Sequence[Fraction | float] = (),
    profile: Profile,
) -> tuple[Limit, ...]:
    """Read limits in metres and in minutes of a profile, each once, in the order given.

    Raises
    ------
    InputError
        Naming the parameter, when one is not a number above 0, or reaches farther than
        `SEARCH_LIMIT_M`.
    """
    found = [Limit(_positive(value, "metres")) for value in metres]
    for value in minutes:
        exact = _positive(value, "minutes")
        found.append(Limit(profile.limit_m(exact), exact))
    for limit in found:
        if limit.metres <= SEARCH_LIMIT_M:
            continue
        if limit.minutes is None:
            msg = f"parameter metres: {float(limit.metres):g} is more than {SEARCH_LIMIT_M:g}"
            raise InputError(msg)
        most = profile.minutes(SEARCH_LIMIT_M)
        msg = f"parameter minutes: {float(limit.minutes):g} is more than {most:.1f}, which is "
        raise InputError(
            f"{msg}{SEARCH_LIMIT_M:g} m at {float(profile.speed_m_per_s):.3g} m/s ({profile.id})"
        )
    return tuple(dict.fromkeys(found))


def _positive(value: Fraction | float, name: str) -> Fraction:
    if not isfinite(value):
        raise InputError(f"parameter {name}: {value} is not a finite number")
    if value <= 0:
        raise InputError(f"parameter {name}: {float(value):g} is not above 0")
    return Fraction(value)
