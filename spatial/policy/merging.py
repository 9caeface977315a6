"""Merge what was found for some districts with what stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.baseline import Baseline, district_rules
from spatial.policy.findings import CODE_COLUMNS, LIST_COLUMNS, NUMBER_COLUMNS
from spatial.policy.flags import Grades, grade
from spatial.policy.kinds import DISTRICT_KINDS

# What a rule found: the columns of `spatial.policy.findings.blank_findings`.
Columns = dict[str, NDArray[Any]]


def merge_findings(
    baseline: Baseline, found: Sequence[Columns | None], districts: NDArray[np.int64]
) -> pd.DataFrame:
    """Put new findings in the place of old ones: a row a district and rule, in this order."""
    findings = baseline.evaluation.findings
    judged = [(position, columns) for position, columns in enumerate(found) if columns is not None]
    if not judged:
        return findings
    rows = districts[:, np.newaxis] * len(found) + np.array([position for position, _ in judged])
    rows = rows.ravel()
    merged: dict[str, pd.Series[Any]] = {}
    for name in (*CODE_COLUMNS, *NUMBER_COLUMNS, "near_threshold", *LIST_COLUMNS):
        before = findings[name].to_numpy()
        now = np.empty(len(rows), dtype=before.dtype)
        for position, (_, columns) in enumerate(judged):
            now[position :: len(judged)] = columns[name]
        if not _equal(before[rows], now):
            column = before.copy()
            column[rows] = now
            merged[name] = pd.Series(column, index=findings.index, dtype=column.dtype, copy=False)
    return findings.assign(**merged)


def rank_again(
    baseline: Baseline, grades: Grades, ranks: NDArray[np.int64], districts: NDArray[np.int64]
) -> GeoDataFrame:
    """Put districts into their new order; flags and households change for those judged again."""
    before = baseline.evaluation.districts
    order = np.argsort(ranks)
    at = ranks[districts] - 1
    frame = before.take(baseline.ranks[order] - 1).reset_index(drop=True)
    columns = {name: frame[name].array.copy() for name in ("flag", "households_concerned")}
    columns["flag"][at] = grades.flags[districts]
    concerned = pd.array(grades.concerned[districts], dtype=columns["households_concerned"].dtype)
    columns["households_concerned"][at] = concerned
    return frame.assign(**columns, rank=np.sort(ranks))


def changed_rules(
    baseline: Baseline, findings: pd.DataFrame, districts: NDArray[np.int64]
) -> list[bool]:
    """Tell for which rules what rolls up to areas has changed."""
    before = baseline.evaluation.findings
    rules = len(district_rules(baseline.packs))
    rows = (districts[:, np.newaxis] * rules + np.arange(rules)).ravel()
    changed: NDArray[np.bool_] = np.zeros(len(rows), dtype=bool)
    for name in ("verdict", "covered_share", "households_outside", "deficit"):
        one, other = before[name].to_numpy()[rows], findings[name].to_numpy()[rows]
        equal = one == other
        if one.dtype == np.float64:
            equal |= np.isnan(one) & np.isnan(other)
        changed |= ~equal.astype(bool)
    # Of a single point nothing else may tell that it is served no more, or now.
    value, threshold = (before[name].to_numpy()[rows] for name in ("value", "threshold"))
    now, limit = (findings[name].to_numpy()[rows] for name in ("value", "threshold"))
    changed |= (value <= threshold) != (now <= limit)
    unknown = (frame["missing"].to_numpy() for frame in (before, findings))
    was, still = (pd.notna(cells[rows]) for cells in unknown)
    changed |= was != still
    return [bool(changed[rule::rules].any()) for rule in range(rules)]


def _equal(before: NDArray[Any], now: NDArray[Any]) -> bool:
    if now.dtype == np.float64:
        return np.array_equal(before, now, equal_nan=True)
    return bool(np.array_equal(before, now)) if now.dtype == bool else list(before) == list(now)


def grade_again(
    baseline: Baseline,
    findings: pd.DataFrame,
    found: Sequence[Columns | None],
    districts: NDArray[np.int64],
) -> Grades:
    """Grade the districts judged again; the others keep their grades."""
    if not found:
        return baseline.grades
    rules = [
        (position, DISTRICT_KINDS[rule.kind].reach)
        for position, (_, rule) in enumerate(district_rules(baseline.packs))
        if rule.parameters.get("role") != "relaxed"
    ]
    every = len(found)
    rows = districts[:, np.newaxis] * every + np.array([position for position, _ in rules])
    columns = {
        name: findings[name].to_numpy()[rows.ravel()]
        for name in ("verdict", "threshold", "deficit", "households_outside")
    }
    part = grade(
        np.repeat(np.arange(len(districts)), len(rules)),
        columns,
        reach=np.tile([reach for _, reach in rules], len(districts)),
        households=baseline.facts[0].households[districts],
    )
    merged = {}
    for name in ("flag", "concerned", "not_met"):
        merged[name] = getattr(baseline.grades, name).copy()
        merged[name][districts] = getattr(part, name)
    return Grades(**merged)
