"""From findings to a flag, households concerned and a rank for a district (design, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.policy.findings import (
    ADVISE,
    FLAGS,
    MET,
    MET_RELAXED,
    NOT_MET,
    UNDETERMINED,
)
from spatial.policy.kinds import DISTRICT_KINDS

# Verdict that raises each flag, the gravest first.
_RAISED_BY = (
    ("underserved", (NOT_MET,)),
    ("undetermined", (UNDETERMINED,)),
    ("watch", (ADVISE,)),
    ("served", (MET, MET_RELAXED)),
)


def flag_districts(findings: pd.DataFrame, *, districts: pd.DataFrame) -> pd.DataFrame:
    """Flag and rank districts.

    Only circle, radius, floor-area and count findings about the district itself raise a flag; a
    relaxed radius repeats its main rule and raises none.

    Parameters
    ----------
    findings
        Columns ``district_id, kind, verdict, threshold, deficit, households_outside``, and
        ``repeats`` (True for a finding that repeats another).
    districts
        Columns ``id`` and ``households``.

    Returns
    -------
    Columns ``flag``, ``rank`` (from 1) and ``households_concerned`` (NaN where households are not
    known), in the order of `districts`.
    """
    grades = grade_districts(findings, districts=districts)
    return pd.DataFrame(
        {
            "flag": grades.flags,
            "rank": rank_districts(grades, by_id=order_by_id(districts)),
            "households_concerned": grades.concerned,
        },
        index=districts.index,
    )


@dataclass(frozen=True, eq=False)
class Grades:
    """What a district is flagged and ranked by; shape (n,) each.

    Parameters
    ----------
    flag
        Position in `spatial.policy.findings.FLAGS`.
    concerned
        Households concerned, NaN where households are not known.
    not_met
        How many findings that raise a flag are `not_met`.
    """

    flag: NDArray[np.int64]
    concerned: NDArray[np.float64]
    not_met: NDArray[np.int64]

    @property
    def flags(self) -> NDArray[Any]:
        """The flags by name."""
        return np.array(FLAGS, dtype=object)[self.flag]


def grade_districts(findings: pd.DataFrame, *, districts: pd.DataFrame) -> Grades:
    """Grade each district by its own findings alone; columns as in `flag_districts`."""
    number = pd.Index(districts["id"]).get_indexer(pd.Index(findings["district_id"]))
    raising = findings["kind"].isin(list(DISTRICT_KINDS)).to_numpy() & ~findings[
        "repeats"
    ].to_numpy(bool)
    reach = findings["kind"].isin([name for name, kind in DISTRICT_KINDS.items() if kind.reach])
    return grade(
        number[raising],
        {
            name: findings[name].to_numpy()[raising]
            for name in ("verdict", "threshold", "deficit", "households_outside")
        },
        reach=reach.to_numpy(dtype=bool)[raising],
        households=districts["households"].to_numpy(dtype=float, na_value=np.nan),
    )


def grade(
    number: NDArray[np.int64],
    found: Mapping[str, NDArray[Any]],
    *,
    reach: NDArray[np.bool_],
    households: NDArray[np.float64],
) -> Grades:
    """Grade districts by findings that raise flags.

    Parameters
    ----------
    number
        District of each finding, shape (f,).
    found
        Columns ``verdict, threshold, deficit, households_outside``, shape (f,) each.
    reach
        True where the finding is about distance, shape (f,).
    households
        Of each district, NaN where not known, shape (n,).
    """
    size = len(households)
    raised = _flag_of(found["verdict"])
    flag = np.full(size, FLAGS.index("not_assessed"))
    for code, _ in reversed(_RAISED_BY):
        flag[number[raised == FLAGS.index(code)]] = FLAGS.index(code)
    setting = raised == flag[number]
    at = number[setting]
    short = households[at] * found["deficit"][setting] / found["threshold"][setting]
    # Far below a household, and far above the rounding of a product of two floats.
    counted = np.ceil(np.round(short, 6))
    each = np.where(reach[setting], found["households_outside"][setting], counted)
    concerned = np.where(np.isnan(households), np.nan, 0.0)
    np.fmax.at(concerned, at, each)
    not_met = np.bincount(number[found["verdict"] == NOT_MET], minlength=size)
    return Grades(flag, concerned, not_met)


def order_by_id(districts: pd.DataFrame) -> NDArray[np.int64]:
    """Give the place of each district among the ids."""
    order = np.argsort(districts["id"].to_numpy(dtype=str), kind="stable")
    return np.argsort(order)


def rank_districts(grades: Grades, *, by_id: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rank districts by their grades, from 1 for the worst served; ties by the order of ids."""
    concerned = -np.nan_to_num(grades.concerned, nan=-1.0)
    order = np.lexsort((by_id, -grades.not_met, concerned, grades.flag))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return rank


def _flag_of(verdict: NDArray[np.object_]) -> NDArray[np.int64]:
    """Give the number of the flag each verdict raises; -1 for none."""
    # By number: comparing tens of thousands of texts with each word takes ten times as long.
    known, words = pd.factorize(verdict)
    raised_by = {word: FLAGS.index(code) for code, verdicts in _RAISED_BY for word in verdicts}
    return np.array([*(raised_by.get(word, -1) for word in words), -1])[known]
