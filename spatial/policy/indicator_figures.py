"""Imported figures of areas, by indicator and year."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from spatial.policy.area_tree import AreaTree
from spatial.policy.figure import Figure


class IndicatorFigures:
    """Imported figures, and what they add up to over the areas below.

    Parameters
    ----------
    indicators
        Columns ``area, indicator, year, value, source``; None for none.
    tree
        The areas.
    as_of
        The latest year up to this date counts.
    """

    def __init__(self, indicators: pd.DataFrame | None, tree: AreaTree, *, as_of: dt.date) -> None:
        self._tree = tree
        self._this_year = as_of.year
        self._table = _indicator_table(indicators)
        years: dict[str, set[int]] = {}
        for _, name, year in self._table:
            years.setdefault(name, set()).add(year)
        self._years = {name: sorted(of, reverse=True) for name, of in years.items()}

    def latest(self, name: str, area: int, *, before: int | None = None) -> Figure | None:
        """Find an imported figure: of the area itself, else the sum of all areas directly below.

        The latest year up to `as_of` (or before the year `before`) for which that is known.
        """
        for year in self._years.get(name, ()):
            if year <= self._this_year and (before is None or year < before):
                found = self._of_year(name, area, year)
                if found is not None:
                    return found
        return None

    def recorded(self, name: str, area: int) -> Figure | None:
        """Find an imported figure of the area itself: a yes or no adds up to nothing."""
        for year in self._years.get(name, ()):
            own = self._own(name, area, year)
            if own is not None and year <= self._this_year:
                return own
        return None

    def _of_year(self, name: str, area: int, year: int) -> Figure | None:
        own = self._own(name, area, year)
        if own is not None:
            return own
        parts = [self._of_year(name, child, year) for child in self._tree.children(area)]
        if not parts or any(part is None for part in parts):
            return None
        whole = [part for part in parts if part is not None]
        sources = dict.fromkeys(part.source for part in whole)
        return Figure(
            sum((part.known for part in whole), Fraction(0)), source="; ".join(sources), year=year
        )

    def _own(self, name: str, area: int, year: int) -> Figure | None:
        own = self._table.get((self._tree.code(area), name, year))
        if own is None:
            return None
        value, source = own
        return Figure(Fraction(value), source=source, year=year)


def _indicator_table(
    indicators: pd.DataFrame | None,
) -> dict[tuple[str, str, int], tuple[Decimal, str]]:
    if indicators is None:
        return {}
    columns = indicators[["area", "indicator", "year", "value", "source"]].to_numpy(dtype=object)
    return {
        (str(area), str(name), int(year)): (
            Decimal(str(value)),
            "" if source is None else str(source),
        )
        for area, name, year, value, source in columns.tolist()
    }
