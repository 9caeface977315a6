"""Evaluate again after facilities were edited: only what the edits can touch, exactly.

What a full evaluation works out of distances, units and findings is kept; an edit brings up to
date what it reaches, the same functions judge the districts and areas concerned, and flags, ranks
and roll-ups are made from the merged results. The outcome is that of `evaluate` on the edited
data, row by row.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.policy.area_edits import areas_again
from spatial.policy.baseline import Baseline, chosen_by, district_rules
from spatial.policy.city import City
from spatial.policy.counting import Counted, counted
from spatial.policy.district_answers import Found
from spatial.policy.facility_edits import (
    Change,
    FacilityEdits,
    apply_edits,
    carry,
    edited_city,
    spliced_allotment,
    spliced_count,
)
from spatial.policy.facility_warnings import facility_warnings, unallotted_warnings
from spatial.policy.facts import Facts
from spatial.policy.flags import rank_districts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.merging import Columns, changed_rules, grade_again, merge_findings, rank_again
from spatial.policy.part import facts_of_part
from spatial.policy.rule import Counts
from spatial.policy.searches import Answer, Question, search_again
from spatial.policy.units import allot_on


def reevaluate(baseline: Baseline, edits: FacilityEdits) -> Baseline:
    """Evaluate again after facilities were edited.

    Parameters
    ----------
    baseline
        Of `evaluate_for_edits`, or of another re-evaluation; it stays as it is.
    edits
        What changes.

    Returns
    -------
    What `evaluate_for_edits` would answer on the edited data: districts, findings, areas and
    warnings are the same, cell by cell.

    Raises
    ------
    InputError
        Where the edits make no sense (see `spatial.policy.facility_edits.apply_edits`).
    """
    clock = time.perf_counter()
    facilities, change = apply_edits(baseline.city.facilities, edits)
    came = pd.DataFrame(facilities).iloc[change.came].reset_index(drop=True)
    city = edited_city(baseline.city, facilities, came, change)
    counts = _count_again(baseline, city, came, change)
    facts = tuple(_facts_again(one, city, came, change) for one in baseline.facts)
    answers, points = _search_again(baseline, city, counts, change)
    districts = _touched(baseline, facts, points, change)
    columns = _judge_part(baseline, facts, answers, counts, districts)
    findings = merge_findings(baseline, columns, districts)
    grades = grade_again(baseline, findings, columns, districts)
    ranks = rank_districts(grades, by_id=baseline.fixed.by_id)
    data = replace(baseline.data, facilities=facilities)
    kept, areas = baseline.areas, baseline.evaluation.areas
    if kept is not None:
        kept, areas = areas_again(
            kept,
            areas,
            city=city,
            before=baseline.city,
            came=came,
            change=change,
            facts=facts,
            packs=baseline.packs,
            found=Found(
                findings,
                None if np.array_equal(grades.flag, baseline.grades.flag) else grades.flags,
                districts,
                changed_rules(baseline, findings, districts),
            ),
            min_share=baseline.parameters.min_share,
            target_year=baseline.parameters.target_year,
        )
    warnings = facility_warnings(city) + baseline.fixed.lines(city, baseline.packs)
    warnings += unallotted_warnings(list(zip(baseline.packs, facts, strict=True)))
    evaluation = replace(
        baseline.evaluation,
        districts=rank_again(baseline, grades, ranks, districts),
        findings=findings,
        areas=areas,
        warnings=tuple(dict.fromkeys(warnings)),
        seconds=MappingProxyType({"reevaluate": time.perf_counter() - clock}),
    )
    return replace(
        baseline,
        evaluation=evaluation,
        data=data,
        city=city,
        facts=facts,
        counts=counts,
        answers=answers,
        grades=grades,
        ranks=ranks,
        areas=kept,
    )


def _count_again(
    baseline: Baseline, city: City, came: pd.DataFrame, change: Change
) -> dict[Counts, Counted]:
    standing = city.standing[change.came]
    return {
        one: spliced_count(before, counted(came, status=standing, counts=one), change)
        for one, before in baseline.counts.items()
    }


def _facts_again(facts: Facts, city: City, came: pd.DataFrame, change: Change) -> Facts:
    now = Facts(city=city, stage=facts.stage, rural=facts.rural)
    added = allot_on(came, facts.ground)
    carry(
        now,
        units=facts.units,
        ground=facts.ground,
        households=facts.households,
        allotment=spliced_allotment(facts.allotment, added, change),
    )
    return now


def _search_again(
    baseline: Baseline, city: City, counts: Mapping[Counts, Counted], change: Change
) -> tuple[dict[Question, Answer], NDArray[np.int64]]:
    """Bring all answers up to date; the demand points that are touched."""
    answers: dict[Question, Answer] = {}
    touched = [np.zeros(0, dtype=np.int64)]
    same_numbers = change.size == len(change.gone) and np.array_equal(
        np.flatnonzero(change.gone), change.came
    )
    for question, answer in baseline.answers.items():
        chosen = chosen_by(counts[question.counts], question)
        before = chosen_by(baseline.counts[question.counts], question)
        if same_numbers and not (before[change.gone].any() or chosen[change.came].any()):
            answers[question] = answer
            continue
        answers[question], points = search_again(
            answer, question, chosen, before=baseline.city, city=city, change=change
        )
        touched.append(points)
    return answers, np.unique(np.concatenate(touched))


def _touched(
    baseline: Baseline, facts: Sequence[Facts], points: NDArray[np.int64], change: Change
) -> NDArray[np.int64]:
    """Districts whose findings may change: by reach, and by units of what was edited."""
    touched = np.zeros(len(baseline.city.districts), dtype=bool)
    touched[baseline.city.demand.district[points]] = True
    for before, now in zip(baseline.facts, facts, strict=True):
        for allotment, chosen in (
            (before.allotment, np.flatnonzero(change.gone)),
            (now.allotment, change.came),
        ):
            unit, district = allotment.unit[chosen], allotment.district[chosen]
            touched |= np.isin(now.units.of_district, unit[unit >= 0])
            touched[district[district >= 0]] = True
    return np.flatnonzero(touched)


def _judge_part(
    baseline: Baseline,
    facts: Sequence[Facts],
    answers: Mapping[Question, Answer],
    counts: Mapping[Counts, Counted],
    districts: NDArray[np.int64],
) -> list[Columns | None]:
    """Judge some districts by every rule about districts; None for rules of other stages."""
    if len(districts) == 0:
        return []
    parts = facts_of_part(facts, answers, counts, districts)
    asked = parts[0].city.questions
    found: list[Columns | None] = []
    for number, rule in district_rules(baseline.packs):
        # What a rule says of stages it does not apply to rests on nothing.
        if not np.isin(parts[number].stage.astype(str), rule.applies_to).any():
            found.append(None)
            continue
        columns = DISTRICT_KINDS[rule.kind].judge(rule, parts[number])
        against = baseline.fixed.contradicted[number][districts]
        columns["warning_code"][against] = "stage_against_permit"
        found.append(columns)
    if parts[0].city.questions != asked:
        # The part holds the facilities that answer these questions, not those for others.
        raise RuntimeError("a rule asked of some districts what it had not asked of all")
    return found
