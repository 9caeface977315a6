"""From findings to a flag, households concerned and a rank for a district (design, section 4)."""

from __future__ import annotations

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
    number = pd.Index(districts["id"]).get_indexer(pd.Index(findings["district_id"]))
    verdict = findings["verdict"].to_numpy(dtype=object)
    raising = findings["kind"].isin(list(DISTRICT_KINDS)).to_numpy() & ~findings[
        "repeats"
    ].to_numpy(bool)
    size = len(districts)
    raises = _flag_of(verdict)
    flag = np.full(size, FLAGS.index("not_assessed"))
    for code, _ in reversed(_RAISED_BY):
        flag[number[raising & (raises == FLAGS.index(code))]] = FLAGS.index(code)

    setting = raising & (raises == flag[number])
    decisive = findings.loc[setting, ["kind", "threshold", "deficit", "households_outside"]]
    concerned = _concerned(decisive, districts, number[setting])
    not_met = np.bincount(number[raising & (verdict == NOT_MET)], minlength=size)
    by_id = np.argsort(np.argsort(districts["id"].to_numpy(dtype=str), kind="stable"))
    order = np.lexsort((by_id, -not_met, -np.nan_to_num(concerned, nan=-1.0), flag))
    rank = np.empty(size, dtype=np.int64)
    rank[order] = np.arange(1, size + 1)
    return pd.DataFrame(
        {
            "flag": np.array(FLAGS, dtype=object)[flag],
            "rank": rank,
            "households_concerned": concerned,
        },
        index=districts.index,
    )


def _flag_of(verdict: NDArray[np.object_]) -> NDArray[np.int64]:
    """Give the number of the flag each verdict raises; -1 for none."""
    # By number: comparing tens of thousands of texts with each word takes ten times as long.
    known, words = pd.factorize(verdict)
    raised_by = {word: FLAGS.index(code) for code, verdicts in _RAISED_BY for word in verdicts}
    return np.array([*(raised_by.get(word, -1) for word in words), -1])[known]


def _concerned(
    setting: pd.DataFrame, districts: pd.DataFrame, number: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Largest number of households outside (reach) or short (area and number), rounded up."""
    households = districts["households"].to_numpy(dtype=float, na_value=np.nan)
    short = households[number] * setting["deficit"].to_numpy() / setting["threshold"].to_numpy()
    outside = setting["households_outside"].to_numpy()
    about_reach = [name for name, kind in DISTRICT_KINDS.items() if kind.reach]
    reach = setting["kind"].isin(about_reach).to_numpy(dtype=bool)
    # Far below a household, and far above the rounding of a product of two floats.
    each = np.where(reach, outside, np.ceil(np.round(short, 6)))
    concerned = np.where(np.isnan(households), np.nan, 0.0)
    np.fmax.at(concerned, number, each)
    return concerned
