"""A figure of one area: exact, and it knows what it lacks.

Nothing is counted as zero because it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction


@dataclass(frozen=True)
class Figure:
    """A figure of one area.

    Parameters
    ----------
    known
        Sum of what is known, exact.
    missing
        What is not known, each a mapping fit for JSON: then `known` is a lower bound.
    facilities
        Ids of facilities in the sum.
    source
        Where it comes from: ``facilities``, ``areas``, or the source of an indicator.
    year
        Year of an indicator, else None.
    """

    known: Fraction
    missing: tuple[Mapping[str, str], ...] = ()
    facilities: tuple[str, ...] = ()
    source: str = ""
    year: int | None = None

    @property
    def shown(self) -> Fraction | None:
        """The figure as it may be shown: nothing where nothing of it is known, never 0."""
        return None if self.missing and self.known == 0 else self.known

    def of_year(self, since: int | None) -> Figure:
        """Return the figure as one that lacks its latest year where it is older than `since`."""
        if since is None or self.year is None or self.year >= since:
            return self
        gap = {"figure_of_year": str(since), "latest": str(self.year)}
        return replace(self, missing=(*self.missing, gap))

    @property
    def complete(self) -> bool:
        """True where nothing is missing."""
        return not self.missing
