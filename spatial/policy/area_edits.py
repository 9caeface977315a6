"""Areas after edits of facilities: the rows an edit can touch, judged and rolled up again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding
from spatial.policy.area_rules import WHOLE, finding_values, park_facility_counts
from spatial.policy.city import City
from spatial.policy.facility_edits import Change
from spatial.policy.facts import Facts
from spatial.policy.kinds import AREA_KINDS, DISTRICT_KINDS
from spatial.policy.measures import AreaFigures
from spatial.policy.pack import Pack
from spatial.policy.places import AreaIndex, Membership, index_of, membership
from spatial.policy.rollup import Grouping, Judged, grouping, roll_up_again
from spatial.policy.rule import Rule

# Columns that follow from the rule, the date and the choice of target.
_BY_RULE: Final = (
    "unit",
    "definition",
    "target_year",
    "next_target",
    "next_target_year",
    "baseline",
    "baseline_year",
)

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


@dataclass(frozen=True, eq=False)
class Found:
    """What was found of the districts.

    Parameters
    ----------
    findings
        Of all districts: a row a district and rule, in the order of the packs.
    flag
        Of each district; None where none has changed.
    districts
        Numbers of those judged again.
    changed
        For each rule about districts whether any of them found another answer.
    """

    findings: pd.DataFrame
    flag: NDArray[Any] | None
    districts: NDArray[np.int64]
    changed: Sequence[bool]

    def column(self, name: str, rule: int) -> NDArray[Any]:
        """Return a column of the findings of the rule with this number, by district."""
        return self.findings[name].to_numpy()[rule :: len(self.changed)]

    def to_roll_up(self, rule: int) -> Judged:
        """Return what roll-ups take of a rule."""
        by_point = self.column("demand", rule) == "point"
        served = (self.column("value", rule) <= self.column("threshold", rule)).astype(float)
        return Judged(
            verdict=self.column("verdict", rule),
            share_inside=np.where(by_point, served, self.column("covered_share", rule)),
            by_point=by_point,
            open=pd.notna(self.column("missing", rule)),
            deficit=self.column("deficit", rule),
        )


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
        asked = _area_facts(baseline, known, remember, lambda _: None, city.as_of, target_year)
        for rule in pack.rules:
            if rule.kind in AREA_KINDS:
                AREA_KINDS[rule.kind].judge(rule, asked)
    return baseline


def areas_again(  # noqa: PLR0913 - an area rests on all of these
    baseline: AreaBaseline,
    table: GeoDataFrame,
    *,
    before: City,
    city: City,
    came: pd.DataFrame,
    change: Change,
    facts: Sequence[Facts],
    packs: Sequence[Pack],
    found: Found,
    min_share: Mapping[str, Any],
    target_year: int | None,
) -> tuple[AreaBaseline, GeoDataFrame]:
    """Bring the area table up to date.

    Parameters
    ----------
    baseline, table
        Before the edits.
    before, city, came, change
        The city before and after them, the facilities that came, and what was touched.
    facts, packs
        Of the packs, after the edits.
    found
        What was found of the districts.
    min_share, target_year
        As in `spatial.policy.evaluation_parameters.EvaluationParameters`.
    """
    gone = pd.DataFrame(before.facilities)[change.gone].reset_index(drop=True)
    were = baseline.figures.taken(gone, change.gone, standing=before.standing[change.gone])
    are = baseline.figures.of(
        came,
        places=membership(came, baseline.figures.areas, index=baseline.index),
        standing=city.standing[change.came],
    )
    figures = baseline.figures.edited(
        _figures_now(baseline.figures, are, city, change), gone=were, came=are, change=change
    )
    now = replace(
        baseline, figures=figures, park_counts=_park_counts(baseline, were, are, gone, came)
    )
    patches = list(_rolled_up(now, facts, packs, found, min_share))
    answers: list[AreaFinding] = []
    rows: list[int] = []
    touched = frozenset(were.areas_with() | are.areas_with())
    with_districts = touched | figures.around(now.places, found.districts)
    rule_number = 0
    verdict_number: dict[tuple[str, str], int] = {}
    for pack in packs:
        for rule in pack.rules:
            if rule.kind in DISTRICT_KINDS:
                verdict_number[pack.id, rule.id] = rule_number
                rule_number += 1
    for pack, known in zip(packs, facts, strict=True):

        def verdicts(rule_id: str, pack_id: str = pack.id) -> NDArray[Any] | None:
            number = verdict_number.get((pack_id, rule_id))
            return None if number is None else found.column("verdict", number)

        asked = _area_facts(
            now, known, lambda one: now.park_counts[repr(one)][1], verdicts, city.as_of, target_year
        )
        for rule in pack.rules:
            if rule.kind not in AREA_KINDS:
                continue
            by_district = rule.parameters.get("judged_by") is not None
            if not by_district and not any(
                one.concern(measure) for measure in _measures(rule) for one in (were, are)
            ):
                continue
            only = with_districts if by_district else touched
            one = AREA_KINDS[rule.kind].judge(rule, replace(asked, only=frozenset(only)))
            answers += one
            rows += [baseline.rows[pack.id, rule.id, answer.code] for answer in one]
    if answers:
        values = finding_values(answers)
        patches.append(
            (np.array(rows), {name: values[name] for name in values if name not in _BY_RULE})
        )
    return now, _patched(table, patches)


def _figures_now(before: AreaFigures, came: AreaFigures, city: City, change: Change) -> AreaFigures:
    places = {
        level: change.spliced(numbers, came.places.area[level])
        for level, numbers in before.places.area.items()
    }
    return before.of(city.facilities, places=Membership(places), standing=city.standing)


def _park_counts(
    baseline: AreaBaseline,
    were: AreaFigures,
    are: AreaFigures,
    gone: pd.DataFrame,
    came: pd.DataFrame,
) -> dict[str, tuple[Mapping[str, Any], Any]]:
    less = park_facility_counts(baseline.parks, were, gone)
    more = park_facility_counts(baseline.parks, are, came)
    counts = dict(baseline.park_counts)
    for key, (measure, known) in baseline.park_counts.items():
        if known is not None and (were.concern(measure) or are.concern(measure)):
            pairs = zip(known, less(measure), more(measure), strict=True)
            counts[key] = (measure, tuple(a - b + c for a, b, c in pairs))
    return counts


def _rolled_up(
    baseline: AreaBaseline,
    facts: Sequence[Facts],
    packs: Sequence[Pack],
    found: Found,
    min_share: Mapping[str, Any],
) -> Iterator[tuple[NDArray[np.int64], dict[str, NDArray[Any]]]]:
    """Roll up what holds districts judged again: rows of the table and their columns."""
    first_rule = first_row = 0
    for pack, known, whole in zip(packs, facts, baseline.groupings, strict=True):
        rules = [rule for rule in pack.rules if rule.kind in DISTRICT_KINDS]
        numbers = range(first_rule, first_rule + len(rules))
        if len(found.districts):
            rows, tables = roll_up_again(
                whole,
                [found.to_roll_up(n) if found.changed[n] else None for n in numbers],
                found.flag,
                known,
                districts=found.districts,
                rules=rules,
                min_share=min_share,
            )
            for position, columns in enumerate(tables):
                yield first_row + position * len(whole.area) + rows, columns
        first_rule += len(rules)
        first_row += len(rules) * len(whole.area)


def _area_facts(
    baseline: AreaBaseline,
    facts: Facts,
    park_facilities: Counting,
    verdicts: Callable[[str], NDArray[Any] | None],
    as_of: dt.date,
    target_year: int | None,
) -> AreaFacts:
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


def _measures(rule: Rule) -> list[Mapping[str, Any]]:
    """List the sums over facilities that a rule speaks of, wherever in its parameters."""
    queue: list[Any] = [rule.parameters]
    found: list[Mapping[str, Any]] = []
    while queue:
        here = queue.pop()
        if isinstance(here, Mapping):
            if here.get("of") == "facilities":
                found.append(here)
            queue += here.values()
        elif isinstance(here, list | tuple):
            queue += here
    return found


def _patched(
    table: GeoDataFrame, patches: Sequence[tuple[NDArray[np.int64], Mapping[str, NDArray[Any]]]]
) -> GeoDataFrame:
    """Put columns into rows of a table; the table given stays as it is."""
    # A plain frame gives and takes columns at a tenth of the cost.
    plain = pd.DataFrame(table)
    columns: dict[str, NDArray[Any]] = {}
    for rows, values in patches:
        for name, column in values.items():
            if name not in columns:
                columns[name] = plain[name].to_numpy().copy()
            columns[name][rows] = column
    patched = {
        name: pd.Series(column, index=table.index, dtype=column.dtype, copy=False)
        for name, column in columns.items()
    }
    return table.assign(**patched)
