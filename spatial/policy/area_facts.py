"""The facts rules of areas judge by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.fields import LEVELS
from spatial.policy.area_figures import AreaFigures
from spatial.policy.places import Membership
from spatial.policy.rule import Rule


@dataclass(frozen=True, eq=False)
class AreaFacts:
    """What the rules of one pack about areas judge by.

    Parameters
    ----------
    figures
        Figures of the areas.
    as_of
        The date of the evaluation.
    target_year
        The user's choice of target, or None.
    stage
        Stage of each district under this pack, shape (n,).
    places
        Which area of each level each district lies in.
    verdicts
        From a rule id of this pack to its verdict for each district, shape (n,); None for a rule
        that is not about districts.
    parks
        Industrial parks with ``id, name, employees``, or None where none were given.
    park_facilities
        From a measure to the facilities in its sum in each park, and those that may be; None
        where no facilities were given.
    only
        Numbers of the areas to judge; None for all.
    """

    figures: AreaFigures
    as_of: dt.date
    target_year: int | None
    stage: NDArray[Any]
    places: Membership
    verdicts: Callable[[str], NDArray[Any] | None]
    parks: GeoDataFrame | None
    park_facilities: Callable[
        [Mapping[str, Any]], tuple[NDArray[np.int64], NDArray[np.int64]] | None
    ]
    only: frozenset[int] | None = None

    def areas_for(self, rule: Rule) -> list[int]:
        """List the areas a rule applies to: by level, and by kind where it names kinds.

        A rule about districts, projects, facilities or plans is kept by the areas at the top.
        """
        every = range(len(self.figures.areas)) if self.only is None else sorted(self.only)
        if not any(level in LEVELS for level in rule.applies_to):
            top = self.figures.tree.top()
            return [area for area in every if area in top]
        return [
            area
            for area in every
            if self.figures.tree.level(area) in rule.applies_to
            and self.figures.tree.kind(area) != "planning_unit"
            and (not rule.area_kinds or self.figures.tree.kind(area) in rule.area_kinds)
        ]

    def code(self, area: int) -> str:
        """Return the code of the area numbered `area`."""
        return self.figures.tree.code(area)
