"""What an evaluation keeps so that edits of facilities can be evaluated without starting anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.errors import InputError
from spatial.policy.area_baseline import AreaBaseline, area_baseline
from spatial.policy.city import City
from spatial.policy.counting import Counted
from spatial.policy.district_stage import stages
from spatial.policy.evaluation import Evaluation, WorkedOut, work_out
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facts import Facts
from spatial.policy.flags import Grades, grade_districts, order_by_id, rank_districts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData, by_key
from spatial.policy.rule import Counts, Rule
from spatial.policy.searches import Answer, Question, search
from spatial.reach import SEARCH_LIMIT_M


@dataclass(frozen=True, eq=False)
class Baseline:
    """An evaluation, and what it takes to bring it up to date after edits.

    Parameters
    ----------
    evaluation
        The result.
    data
        What it was made of; facilities as they are after the edits so far, ordered by id.
    packs, parameters
        What was asked.
    city, facts
        What is known of the city, and by each pack.
    counts, answers
        Which facilities count, and the nearest of them, for all the rules ask.
    grades, ranks
        What districts are flagged and ranked by, and their ranks, in the order of ids.
    areas
        What is known of the areas; None without any.
    fixed
        What no edit of a facility changes.
    """

    evaluation: Evaluation
    data: PlanningData
    packs: tuple[Pack, ...]
    parameters: EvaluationParameters
    city: City
    facts: tuple[Facts, ...]
    counts: Mapping[Counts, Counted]
    answers: Mapping[Question, Answer]
    grades: Grades
    ranks: NDArray[np.int64]
    areas: AreaBaseline | None
    fixed: Fixed


@dataclass(frozen=True, eq=False)
class Fixed:
    """What no edit of a facility changes.

    Parameters
    ----------
    contradicted
        For each pack, districts whose stage contradicts their permit.
    by_id
        Place of each district among the ids.
    """

    contradicted: tuple[NDArray[np.bool_], ...]
    by_id: NDArray[np.int64]

    def lines(self, city: City, packs: Sequence[Pack]) -> list[str]:
        """Return the warnings that are not about facilities."""
        ids = city.districts["id"].to_numpy(dtype=object)
        return [
            f"district {district}: its stage contradicts its permit date ({pack.id})"
            for pack, mask in zip(packs, self.contradicted, strict=True)
            for district in ids[mask]
        ]


def evaluate_for_edits(
    data: PlanningData,
    *,
    packs: Sequence[Pack],
    as_of: dt.date,
    parameters: EvaluationParameters | None = None,
) -> Baseline:
    """Evaluate as `evaluate` does, and keep what a re-evaluation needs.

    Parameters
    ----------
    data, packs, as_of, parameters
        As in `spatial.policy.evaluation.evaluate`; there must be districts.

    Raises
    ------
    InputError
        As `evaluate`, and without districts.
    """
    if len(data.districts) == 0 or data.facilities is None:
        raise InputError("edits are evaluated for districts and facilities, and there are none")
    worked = work_out(data, packs=packs, as_of=as_of, parameters=parameters)
    city = worked.city
    facts = tuple(facts for _, facts, _ in worked.judged)
    questions = _questions(city)
    counts = {one: facts[0].counted(one) for one in dict.fromkeys(_counts(packs))}
    ids = city.districts["id"].to_numpy(dtype=str)
    by_id = order_by_id(city.districts)
    grades = grade_districts(
        pd.concat([findings for _, _, findings in worked.judged], ignore_index=True),
        districts=city.districts,
    )
    return Baseline(
        evaluation=replace(
            worked.evaluation,
            findings=_apart(worked.evaluation.findings),
            areas=GeoDataFrame(_apart(pd.DataFrame(worked.evaluation.areas)), geometry="geometry"),
        ),
        data=replace(data, facilities=city.facilities),
        packs=tuple(packs),
        parameters=parameters or EvaluationParameters(),
        city=city,
        facts=facts,
        counts=counts,
        answers={one: search(city, one, chosen_by(counts[one.counts], one)) for one in questions},
        areas=_area_baseline(data, worked, parameters or EvaluationParameters()),
        grades=grades,
        ranks=rank_districts(grades, by_id=by_id),
        fixed=Fixed(
            contradicted=tuple(
                np.isin(ids, stages(city.districts, document_date=pack.effective_from)[1])
                for pack in packs
            ),
            by_id=by_id,
        ),
    )


def _apart(frame: pd.DataFrame) -> pd.DataFrame:
    """Hold columns each by itself: putting one in the place of another then moves no others."""
    return pd.DataFrame({str(name): frame[name] for name in frame.columns}, copy=False)


def _area_baseline(
    data: PlanningData, worked: WorkedOut, parameters: EvaluationParameters
) -> AreaBaseline | None:
    areas = worked.city.areas
    if areas is None or len(areas) == 0:
        return None
    return area_baseline(
        areas,
        worked.evaluation.areas,
        city=worked.city,
        facts=[facts for _, facts, _ in worked.judged],
        packs=[pack for pack, _, _ in worked.judged],
        parks=None if data.parks is None else by_key(data.parks, "id"),
        indicators=data.indicators,
        target_year=parameters.target_year,
    )


def district_rules(packs: Sequence[Pack]) -> list[tuple[int, Rule]]:
    """List the rules about districts, with the number of their pack, in the order of findings."""
    return [
        (number, rule)
        for number, pack in enumerate(packs)
        for rule in pack.rules
        if rule.kind in DISTRICT_KINDS
    ]


def _counts(packs: Sequence[Pack]) -> list[Counts]:
    return [rule.counts for _, rule in district_rules(packs)]


def _questions(city: City) -> list[Question]:
    """List what the rules have asked of the city."""
    limit_mm = SEARCH_LIMIT_M * 1000
    questions: dict[Question, None] = {}
    for counts, impedance, _ in city._reach:  # noqa: SLF001 - the city's own record of questions
        for walking in (None, impedance):
            questions[Question(counts, False, walking, limit_mm)] = None  # noqa: FBT003
    for counts, gain_mm, walking in city._gain:  # noqa: SLF001 - as above
        questions[Question(counts, True, walking, gain_mm)] = None  # noqa: FBT003
    return list(questions)


def chosen_by(counts: Counted, question: Question) -> NDArray[np.bool_]:
    """Tell which facilities a question is about, shape (k,)."""
    return counts.unknown if question.unknown else counts.operating
