"""The share of a rule in groups of districts: numerator, denominator and verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.policy.district_groups import Groups
from spatial.policy.facts import Facts
from spatial.policy.findings import (
    INDICATOR,
    MET,
    MET_RELAXED,
    NOT_APPLICABLE,
    NOT_MET,
    UNDETERMINED,
)
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.rule import Rule

# Weight that may turn out inside: what is undetermined, and the rest of what is known in part.
_OPEN: Final = "open_weight"


@dataclass(frozen=True, eq=False)
class Judged:
    """What one rule found for districts; shape (n,) each.

    Parameters
    ----------
    verdict, deficit
        As in findings.
    share_inside
        Share known to be inside, 1 or 0 for points.
    by_point
        True where a district is judged by a single point.
    open
        True where something is not known of some of its points: they may lie inside as well.
    """

    verdict: NDArray[Any]
    share_inside: NDArray[np.float64]
    by_point: NDArray[np.bool_]
    open: NDArray[np.bool_]
    deficit: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[Any]) -> Judged:
        return Judged(
            self.verdict[chosen],
            self.share_inside[chosen],
            self.by_point[chosen],
            self.open[chosen],
            self.deficit[chosen],
        )


def judged_of(findings: pd.DataFrame) -> Judged:
    """Take from findings, with ``share_inside``, what roll-ups need."""
    return Judged(
        verdict=findings["verdict"].to_numpy(dtype=object),
        share_inside=findings["share_inside"].to_numpy(dtype=float),
        by_point=(findings["demand"] == "point").to_numpy(dtype=bool, na_value=False),
        open=findings["missing"].notna().to_numpy(dtype=bool),
        deficit=findings["deficit"].to_numpy(dtype=float),
    )


def rule_share(
    judged: Judged, rule: Rule, facts: Facts, inside: NDArray[Any], groups: Groups
) -> dict[str, NDArray[Any]]:
    """Sum up over each group what a rule found: what lies inside, or the units that hold."""
    share = _coverage if DISTRICT_KINDS[rule.kind].reach else _unit_share
    return share(judged, rule, facts, inside, groups)


def _coverage(
    judged: Judged, rule: Rule, facts: Facts, inside: NDArray[Any], groups: Groups
) -> dict[str, NDArray[Any]]:
    """Weighted share inside, by the first weight that every district of the ratio has."""
    verdict = judged.verdict
    applies = verdict != NOT_APPLICABLE
    share = np.where(applies, np.nan_to_num(judged.share_inside), 0.0)
    unknown = (verdict == UNDETERMINED) & applies
    outside = (unknown | judged.open) * (1.0 - share)
    by_point = applies & judged.by_point
    judged_any = groups.sum(applies) > 0
    result: dict[str, NDArray[Any]] = {
        name: np.full(len(groups.area), np.nan)
        for name in ("numerator", "denominator", "undetermined_weight", "points_share", "deficit")
    }
    result[_OPEN] = np.full(len(groups.area), np.nan)
    result["definition"] = np.full(len(groups.area), None, dtype=object)
    districts = facts.city.districts
    for name in (rule.parameters["target_group"], "population", "households"):
        weight = districts[name].to_numpy(dtype=float, na_value=np.nan)[inside]
        complete = groups.sum(applies & np.isnan(weight)) == 0
        taken = complete & judged_any & (result["definition"] == None)  # noqa: E711 - elementwise
        weight = np.where(applies, np.nan_to_num(weight), 0.0)
        result["numerator"][taken] = groups.sum(weight * share)[taken]
        result["denominator"][taken] = groups.sum(weight)[taken]
        result["undetermined_weight"][taken] = groups.sum(weight * unknown)[taken]
        result[_OPEN][taken] = groups.sum(weight * outside)[taken]
        result["definition"][taken] = name
    households = np.where(applies, np.nan_to_num(facts.households[inside]), 0.0)
    total = groups.sum(households)
    np.divide(groups.sum(households * by_point), total, out=result["points_share"], where=total > 0)
    return result


def _unit_share(
    judged: Judged, _rule: Rule, facts: Facts, inside: NDArray[Any], groups: Groups
) -> dict[str, NDArray[Any]]:
    """Households in units that hold, over households judged; deficits once a unit."""
    verdict = judged.verdict
    applies = verdict != NOT_APPLICABLE
    met = np.isin(verdict.astype(str), (MET, MET_RELAXED))
    households = facts.households[inside]
    known = (groups.sum(applies & np.isnan(households)) == 0) & (groups.sum(applies) > 0)
    households = np.where(applies, np.nan_to_num(households), 0.0)
    deficit = np.where(groups.first, np.nan_to_num(judged.deficit), 0.0)
    nothing = np.full(len(groups.area), np.nan)
    return {
        "numerator": np.where(known, groups.sum(households * met), nothing),
        "denominator": np.where(known, groups.sum(households), nothing),
        "undetermined_weight": np.where(
            known, groups.sum(households * (verdict == UNDETERMINED)), nothing
        ),
        "definition": np.array([None, "households_in_units_met"], dtype=object)[known.astype(int)],
        "points_share": nothing,
        "deficit": np.where(groups.sum(applies) > 0, groups.sum(deficit), nothing),
    }


def share_and_verdict(
    table: Mapping[str, NDArray[Any]], least: Decimal | None
) -> tuple[NDArray[np.float64], NDArray[Any] | str]:
    """Divide, and judge by the user's own least share; an indicator where there is none."""
    denominator = np.where(table["denominator"] > 0, table["denominator"], np.nan)
    share = table["numerator"] / denominator
    if least is None:
        return share, INDICATOR
    possible = (table["numerator"] + table.get(_OPEN, table["undetermined_weight"])) / denominator
    # Sums of shares in binary miss their decimals by less than this; no share set by a person and
    # no count of people comes as near to another without being it.
    near, nearest = np.round(share, 12), np.round(possible, 12)
    verdict = np.select(
        [np.isnan(share), near >= float(least), nearest >= float(least)],
        [UNDETERMINED, MET, UNDETERMINED],
        default=NOT_MET,
    ).astype(object)
    return share, verdict
