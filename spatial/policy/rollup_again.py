"""The roll-up of what has changed, as the whole roll-up would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.policy.district_groups import Grouping, Groups, tallied
from spatial.policy.facts import Facts
from spatial.policy.findings import FLAGS
from spatial.policy.rolled_share import Judged, rule_share, share_and_verdict
from spatial.policy.rule import Rule


def roll_up_again(
    whole: Grouping,
    found: Sequence[Judged | None],
    flag: NDArray[Any] | None,
    facts: Facts,
    *,
    districts: NDArray[np.int64],
    rules: Sequence[Rule],
    min_share: Mapping[str, Decimal],
) -> tuple[NDArray[np.int64], list[dict[str, NDArray[Any]]]]:
    """Roll up only the rows that hold some of the districts; as `roll_up` would.

    Parameters
    ----------
    whole
        How all districts roll up.
    found
        For each rule what it found for all districts, in their order; None where none has changed.
    flag
        Of each district, shape (n,); None where none has changed.
    facts, rules, min_share
        As in `roll_up`.
    districts
        Numbers of those that changed.

    Returns
    -------
    The rows, and for each rule the columns that may have changed in them.
    """
    chosen = np.zeros(len(whole.area) + 1, dtype=bool)
    for of in whole.rows:
        chosen[of[districts]] = True
    chosen[-1] = False
    rows = np.flatnonzero(chosen)
    members, groups_of = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    firsts = [np.zeros(0, dtype=bool)]
    for of, first in zip(whole.rows, whole.first, strict=True):
        inside = np.flatnonzero(chosen[of])
        members.append(inside)
        groups_of.append(np.searchsorted(rows, of[inside]))
        firsts.append(first[inside])
    inside = np.concatenate(members)
    groups = Groups(
        whole.area[rows], whole.part[rows], np.concatenate(groups_of), np.concatenate(firsts)
    )
    tally: dict[str, NDArray[Any]] = {}
    if flag is not None:
        tally = tallied(groups, flag[inside], facts.households[inside])
    columns: list[dict[str, NDArray[Any]]] = []
    for rule, judged in zip(rules, found, strict=True):
        again = {name: tally[name] for name in FLAGS if tally}
        if judged is not None:
            table = rule_share(judged[inside], rule, facts, inside, groups)
            # Which districts a ratio is of, and by which weight, follows from these alone.
            again |= {name: table[name] for name in ("numerator", "undetermined_weight", "deficit")}
            again["value"], verdict = share_and_verdict(table, min_share.get(rule.id))
            if isinstance(verdict, np.ndarray):
                again["verdict"] = verdict
        columns.append(again)
    return rows, columns
