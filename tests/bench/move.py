"""One facility moved, and the evaluation brought up to date beside evaluating everything anew."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import cycle

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatial.policy.baseline import evaluate_for_edits
from spatial.policy.counting import counted, standing
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.facility_edits import FacilityEdits
from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData
from spatial.policy.reevaluation import reevaluate
from tests.bench.agreement import Agreement
from tests.bench.city import AS_OF, BenchCity
from tests.bench.row import Row
from tests.bench.timing import at_most, compare, interleave

FULL = "Yike, evaluating everything anew"
MOVED = "Yike, bringing the evaluation up to date"
_MOVES = 5
_STEP_DEG = 0.003  # about 300 m: another street and other districts
_SEED = 20260722


def move_row(city: BenchCity, *, districts: int, repetitions: int) -> Row:
    """Measure moving one facility, each time another one."""
    data = city.planning_data(districts=districts)
    full = partial(evaluate, packs=[city.pack], as_of=AS_OF)
    baseline = evaluate_for_edits(data, packs=[city.pack], as_of=AS_OF)
    before = baseline.evaluation
    rows = _chosen(data, city.pack)
    moves = [move_one(data, facility=row) for row in rows]
    edits = [edit_of(moved, facility=row) for moved, row in zip(moves, rows, strict=True)]
    after = [full(moved) for moved in moves]
    agreements = tuple(
        identical(f"rows after move {number}", whole, reevaluate(baseline, edit).evaluation)
        for number, (edit, whole) in enumerate(zip(edits, after, strict=True), start=1)
    )
    # A move that changes nothing would be no test of the update.
    changed = [identical("", before, whole) for whole in after]
    full_turn, update_turn = cycle(moves), cycle(edits)
    timed = interleave(
        {
            FULL: lambda: full(next(full_turn)),
            MOVED: lambda: reevaluate(baseline, next(update_turn)).evaluation,
        },
        repetitions=repetitions,
    )
    return Row(
        title=f"one facility moved by about 300 m, {districts:,} districts",
        timings=tuple(timed.values()),
        ratios=(compare(timed[MOVED], timed[FULL], budget=at_most(0.05)),),
        agreements=agreements,
        facts={"rows each move changes": [each.total - each.agree for each in changed]},
        notes=("The baseline, an evaluation that keeps what it worked out, is made beforehand.",),
    )


def edit_of(moved: PlanningData, *, facility: int) -> FacilityEdits:
    """Say as an edit what `move_one` did."""
    if moved.facilities is None:
        raise ValueError("there is no facility to move")
    return FacilityEdits(rows=moved.facilities.iloc[[facility]], removed=())


def move_one(data: PlanningData, *, facility: int) -> PlanningData:
    """Move the facility of a row to the north-east; nothing else changes."""
    if data.facilities is None:
        raise ValueError("there is no facility to move")
    geometry = np.asarray(data.facilities.geometry.array, dtype=object).copy()
    geometry[facility] = shapely.transform(geometry[facility], lambda xy: xy + _STEP_DEG)
    columns = data.facilities.drop(columns="geometry")
    moved = gpd.GeoDataFrame(columns, geometry=geometry, crs=data.facilities.crs)
    return replace(data, facilities=moved[list(data.facilities.columns)])


def identical(what: str, a: Evaluation, b: Evaluation) -> Agreement:
    """Compare the findings, flags and area rows of two evaluations, every value of every row."""
    pairs = [(a.findings, b.findings), (a.districts, b.districts), (a.areas, b.areas)]
    total = sum(len(one) for one, _ in pairs)
    if any(len(one) != len(other) for one, other in pairs):
        return Agreement(what, agree=0, total=max(1, total))
    return Agreement(what, agree=sum(_same_rows(one, other) for one, other in pairs), total=total)


def _same_rows(a: pd.DataFrame, b: pd.DataFrame) -> int:
    same = np.ones(len(a), dtype=bool)
    for name in a.columns:
        one, other = (
            frame[name].astype(object).where(frame[name].notna(), None).to_numpy()
            for frame in (a, b)
        )
        same &= np.asarray(one == other, dtype=bool)
    return int(same.sum())


def _chosen(data: PlanningData, pack: Pack) -> list[int]:
    """Draw facilities that count for the first rule about distance; the same ones every time."""
    if data.facilities is None:
        return []
    rule = next(rule for rule in pack.rules if rule.kind == "service_radius")
    status = standing(data.facilities, as_of=AS_OF)
    counts = counted(data.facilities, status=status, counts=rule.counts).operating
    rng = np.random.default_rng(_SEED)
    return sorted(int(row) for row in rng.choice(np.flatnonzero(counts), _MOVES, replace=False))
