"""A scenario beside its baseline (方案比较): what an edit of facilities changes, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.policy.evaluation import Evaluation
from spatial.policy.findings import FLAGS, VERDICTS

# What of a finding a planner compares; texts follow from these.
COMPARED: Final = (
    "verdict",
    "value",
    "deficit",
    "households_outside",
    "covered_share",
    "straight_m",
    "walking_m",
    "reason_code",
)


@dataclass(frozen=True)
class Totals:
    """The counts of an evaluation.

    Parameters
    ----------
    flags
        Districts of each flag, all flags.
    households_concerned
        Sum over the districts; those that concern nobody, or nobody knows how many, add nothing.
    rules
        Findings of each verdict, by rule, in the order of the packs.
    """

    flags: Mapping[str, int]
    households_concerned: int
    rules: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two evaluations of the same districts.

    Parameters
    ----------
    before, after
        Their counts.
    district_ids
        Districts with another flag, other households concerned or another finding, in the rank
        order after.
    findings
        Findings that differ, a row each: ``district_id, pack, rule`` and each of `COMPARED` with
        ``_before`` and ``_after`` behind its name; in the order of the findings.
    ranks_moved
        Districts whose rank is another one, for whatever reason.
    """

    before: Totals
    after: Totals
    district_ids: tuple[str, ...]
    findings: pd.DataFrame
    ranks_moved: int


def totals(evaluation: Evaluation) -> Totals:
    """Count what an evaluation found."""
    districts, findings = evaluation.districts, evaluation.findings
    flags = districts["flag"].value_counts()
    rule, rules = pd.factorize(findings["rule"])
    verdict, verdicts = pd.factorize(findings["verdict"])
    shape = (len(rules), len(verdicts))
    counted = np.bincount(rule * shape[1] + verdict, minlength=shape[0] * shape[1]).reshape(shape)
    place = {name: column for column, name in enumerate(verdicts)}
    by_rule = {
        str(name): {
            one: int(row[place[one]]) for one in VERDICTS if one in place and row[place[one]]
        }
        for name, row in zip(rules, counted, strict=True)
    }
    return Totals(
        flags={name: int(flags.get(name, 0)) for name in FLAGS},
        households_concerned=int(districts["households_concerned"].sum(skipna=True)),
        rules=by_rule,
    )


def compare(before: Evaluation, after: Evaluation) -> Comparison:
    """Compare an evaluation with the one after an edit of facilities.

    Parameters
    ----------
    before, after
        Of the same districts by the same packs.

    Raises
    ------
    ValueError
        When they are of other districts or rules.
    """
    one, other = before.findings, after.findings
    keys = ["district_id", "pack", "rule"]
    if len(one) != len(other) or not all(_same(one[k], other[k]) for k in keys):
        raise ValueError("the evaluations are of other districts or rules")
    changed = np.zeros(len(one), dtype=bool)
    for name in COMPARED:
        changed |= _differs(one[name], other[name])
    columns = {name: one[name].to_numpy()[changed] for name in keys}
    for name in COMPARED:
        columns[f"{name}_before"] = one[name].to_numpy(dtype=object)[changed]
        columns[f"{name}_after"] = other[name].to_numpy(dtype=object)[changed]
    was = before.districts.set_index("id").reindex(after.districts["id"].to_numpy())
    now = after.districts.set_index("id")
    if bool(was["flag"].isna().any()) or len(was) != len(before.districts):
        raise ValueError("the evaluations are of other districts")
    touched = (
        _differs(was["flag"], now["flag"])
        | _differs(was["households_concerned"], now["households_concerned"])
        | np.isin(now.index.to_numpy(dtype=str), columns["district_id"].astype(str))
    )
    return Comparison(
        before=totals(before),
        after=totals(after),
        district_ids=tuple(now.index[touched]),
        findings=pd.DataFrame(columns),
        ranks_moved=int((was["rank"].to_numpy() != now["rank"].to_numpy()).sum()),
    )


def _same(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    """Tell whether two columns hold the same; a re-evaluation hands on what it leaves alone."""
    return one.array is other.array or bool((one.array == other.array).all())


def _differs(one: pd.Series[Any], other: pd.Series[Any]) -> NDArray[np.bool_]:
    """Tell which cells differ; two that are missing are the same."""
    if pd.api.types.is_numeric_dtype(one.dtype):
        before, after = (column.to_numpy(dtype=float, na_value=np.nan) for column in (one, other))
        return np.asarray((before != after) & ~(np.isnan(before) & np.isnan(after)), dtype=bool)
    # Codes and texts: None, where there is none, equals itself.
    return np.asarray(one.to_numpy(dtype=object) != other.to_numpy(dtype=object), dtype=bool)
