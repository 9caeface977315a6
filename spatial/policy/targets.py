"""Targets by year: which one is due on a date, which comes next, how far things have come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Target:
    """The target to compare with.

    Parameters
    ----------
    year
        Its year; None for a threshold without one.
    value
        The number; None where the text gives none (基本全覆盖).
    due
        True when `as_of` is on or after 31 December of the year, and for a threshold without one.
    next_year, next_value
        The next target after it, or None.
    ended
        True when the last target year is over: the last target stays.
    """

    year: int | None
    value: Decimal | None
    due: bool
    next_year: int | None = None
    next_value: Decimal | None = None
    ended: bool = False

    @property
    def decided_from(self) -> int | None:
        """Year from which on an imported figure decides; None where the target is not due."""
        return self.year if self.due else None


def target_on(
    targets_by_year: Mapping[int, Decimal | None],
    *,
    as_of: dt.date,
    target_year: int | None = None,
    minimum: Decimal | None = None,
) -> Target | None:
    """Choose the target for a date.

    The last target that is due, else the first to come. A named `target_year` chooses its target
    whether due or not: the last one up to it, else the first to come.

    Parameters
    ----------
    targets_by_year
        Numbers by year; None where the text gives none.
    as_of
        A target is due from 31 December of its year on.
    target_year
        The user's choice among the years, or None.
    minimum
        A threshold without a year, used where there are no targets by year.

    Returns
    -------
    None where the text gives neither targets nor a threshold.
    """
    years = sorted(targets_by_year)
    if not years:
        return None if minimum is None else Target(None, minimum, due=True)
    over = [year for year in years if dt.date(year, 12, 31) <= as_of]
    if target_year is None:
        year = over[-1] if over else years[0]
    else:
        year = max((y for y in years if y <= target_year), default=years[0])
    later = [y for y in years if y > year]
    return Target(
        year=year,
        value=targets_by_year[year],
        due=year in over,
        next_year=later[0] if later else None,
        next_value=targets_by_year[later[0]] if later else None,
        ended=year == years[-1] and as_of.year > year,
    )


def progress(value: Fraction, *, baseline: Decimal, target: Decimal) -> Fraction | None:
    """Tell which share of the way from the document's baseline to the target has been gone.

    Not clamped: past the target it is above 1, behind the baseline below 0. None where baseline
    and target are equal.
    """
    way = Fraction(target) - Fraction(baseline)
    return None if way == 0 else (value - Fraction(baseline)) / way
