"""Areas after edits of facilities: the rows an edit can touch, judged and rolled up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.area_baseline import AreaBaseline, facts_of_areas
from spatial.policy.area_figures import AreaFigures
from spatial.policy.area_findings import AreaFinding
from spatial.policy.area_rules import finding_values, park_facility_counts
from spatial.policy.city import City
from spatial.policy.district_answers import Found
from spatial.policy.facility_edits import Change
from spatial.policy.facts import Facts
from spatial.policy.kinds import AREA_KINDS, DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.places import Membership, membership
from spatial.policy.rollup_again import roll_up_again
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
    with_districts = touched | figures.tree.around(now.places, found.districts)
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

        asked = facts_of_areas(
            now, known, lambda one: now.park_counts[repr(one)][1], verdicts, city.as_of, target_year
        )
        for rule in pack.rules:
            if rule.kind not in AREA_KINDS:
                continue
            by_district = rule.parameters.get("judged_by") is not None
            if not by_district and not any(
                one.sums.concern(measure) for measure in _measures(rule) for one in (were, are)
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
        level: change.spliced(numbers, came.sums.places.area[level])
        for level, numbers in before.sums.places.area.items()
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
        if known is not None and (were.sums.concern(measure) or are.sums.concern(measure)):
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
