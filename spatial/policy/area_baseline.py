"""What is kept of the areas of an evaluation, so that edits need not judge all of them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_figures import AreaFigures
from spatial.policy.area_rules import WHOLE, park_facility_counts
from spatial.policy.city import City
from spatial.policy.district_groups import Grouping, grouping
from spatial.policy.facts import Facts
from spatial.policy.kinds import AREA_KINDS
from spatial.policy.pack import Pack
from spatial.policy.places import AreaIndex, Membership, index_of, membership

Counting = Callable[[Mapping[str, Any]], tuple[NDArray[np.int64], NDArray[np.int64]] | None]


@dataclass(frozen=True, eq=False)
class AreaBaseline:
    """What is kept of the areas of an evaluation.

    Parameters
    ----------
    figures
        Sums over the facilities.
    places
        Which areas the districts lie in.
    index
        The areas, to look places up in.
    parks
        Industrial parks ordered by id, or None.
    park_counts
        Facilities inside each park, sure and possible, by measure.
    groupings
        How each pack's districts roll up.
    rows
        Row of the area table by pack, rule and code, for rules about areas.
    """

    figures: AreaFigures
    places: Membership
    index: AreaIndex
    parks: GeoDataFrame | None
    park_counts: Mapping[str, tuple[Mapping[str, Any], Any]]
    groupings: tuple[Grouping, ...]
    rows: Mapping[tuple[str, str, str], int]


def area_baseline(
    areas: GeoDataFrame,
    table: pd.DataFrame,
    *,
    city: City,
    facts: Sequence[Facts],
    packs: Sequence[Pack],
    parks: GeoDataFrame | None,
    indicators: pd.DataFrame | None,
    target_year: int | None,
) -> AreaBaseline:
    """Keep what re-evaluations need of the areas.

    Parameters
    ----------
    areas
        Ordered by code, at least one.
    table
        The areas of the evaluation.
    city, facts, packs
        What was evaluated.
    parks, indicators, target_year
        As in `spatial.policy.planning_data.PlanningData` and its parameters; parks ordered by id.
    """
    figures = AreaFigures(areas, city.facilities, indicators, as_of=city.as_of)
    places = membership(city.districts, areas)
    whole = table["part"].to_numpy(dtype=object) == WHOLE
    keys = zip(
        np.flatnonzero(whole).tolist(),
        *(table[name].to_numpy(dtype=object)[whole].tolist() for name in ("pack", "rule", "code")),
        strict=True,
    )
    counts: dict[str, tuple[Mapping[str, Any], Any]] = {}
    baseline = AreaBaseline(
        figures=figures,
        places=places,
        index=index_of(areas),
        parks=parks,
        park_counts=counts,
        groupings=tuple(grouping(one, places) for one in facts),
        rows={(pack, rule, code): row for row, pack, rule, code in keys},
    )
    counting = park_facility_counts(parks, figures, city.facilities)

    def remember(measure: Mapping[str, Any]) -> Any:  # noqa: ANN401 - see `park_facility_counts`
        counts[repr(measure)] = (measure, counting(measure))
        return counts[repr(measure)][1]

    # Judged once more, so that all sums the rules ask for are known.
    for pack, known in zip(packs, facts, strict=True):
        asked = facts_of_areas(baseline, known, remember, lambda _: None, city.as_of, target_year)
        for rule in pack.rules:
            if rule.kind in AREA_KINDS:
                AREA_KINDS[rule.kind].judge(rule, asked)
    return baseline


def facts_of_areas(
    baseline: AreaBaseline,
    facts: Facts,
    park_facilities: Counting,
    verdicts: Callable[[str], NDArray[Any] | None],
    as_of: dt.date,
    target_year: int | None,
) -> AreaFacts:
    """Give rules about areas what is kept of them, and what the districts found."""
    return AreaFacts(
        figures=baseline.figures,
        as_of=as_of,
        target_year=target_year,
        stage=facts.stage,
        places=baseline.places,
        verdicts=verdicts,
        parks=baseline.parks,
        park_facilities=park_facilities,
    )
