"""The facts rules of areas judge by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.fields import LEVELS
from spatial.policy.measures import AreaFigures
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

    def areas_for(self, rule: Rule) -> list[int]:
        """List the areas a rule applies to: by level, and by kind where it names kinds.

        A rule about districts, projects, facilities or plans is kept by the areas at the top.
        """
        if not any(level in LEVELS for level in rule.applies_to):
            return self.figures.top()
        areas: pd.DataFrame = self.figures.areas
        chosen = areas["level"].isin(rule.applies_to) & (areas["kind"] != "planning_unit")
        if rule.area_kinds:
            chosen &= areas["kind"].isin(rule.area_kinds)
        return [int(i) for i in np.flatnonzero(chosen.to_numpy(dtype=bool))]

    def code(self, area: int) -> str:
        """Return the code of the area numbered `area`."""
        return self.figures.code(area)
