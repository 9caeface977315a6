"""The columns of findings and of the area roll-up, and the words a verdict can be.

A finding is one rule's answer for one district. Findings are held in columns: numbers as float64
(NaN for none; every number is a decimal of at most 15 digits, so its shortest text is exact),
codes and texts as str or None, lists as Python lists fit for JSON or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MET: Final = "met"
MET_RELAXED: Final = "met_relaxed"
ADVISE: Final = "advise"
NOT_MET: Final = "not_met"
NOT_DUE: Final = "not_due"
UNDETERMINED: Final = "undetermined"
INDICATOR: Final = "indicator"
NOT_APPLICABLE: Final = "not_applicable"

VERDICTS: Final = (
    MET,
    MET_RELAXED,
    ADVISE,
    NOT_MET,
    NOT_DUE,
    UNDETERMINED,
    INDICATOR,
    NOT_APPLICABLE,
)

FLAGS: Final = ("underserved", "undetermined", "watch", "served", "not_assessed")

# What other people's scripts read (design, section 6), in this order.
OUTPUT_COLUMNS: Final = (
    "rule",
    "kind",
    "verdict",
    "severity",
    "value",
    "threshold",
    "unit",
    "deficit",
    "reason",
    "missing",
    "straight_m",
    "walking_m",
    "walking_minutes",
    "nearest_m",
    "snap_m",
    "covered_share",
    "households_outside",
    "demand",
    "definition",
    "near_threshold",
    "unit_id",
    "facilities",
    "alternatives",
    "would_count_if",
    "clause",
    "quote",
    "reading",
)

NUMBER_COLUMNS: Final = (
    "value",
    "threshold",
    "deficit",
    "straight_m",
    "walking_m",
    "walking_minutes",
    "nearest_m",
    "snap_m",
    "covered_share",
    "households_outside",
    "unit_households",
)
LIST_COLUMNS: Final = ("missing", "facilities", "alternatives", "would_count_if")
CODE_COLUMNS: Final = (
    "verdict",
    "unit",
    "reason_code",
    "warning_code",
    "demand",
    "definition_code",
    "unit_id",
)

_OBJECT_COLUMNS: Final = (*CODE_COLUMNS, *LIST_COLUMNS)

# What an evaluation holds and a database stores: the output columns without the texts, which are
# made from the pack and the codes on output, in the reader's language.
FINDING_COLUMNS: Final = (
    "district_id",
    "pack",
    "rule",
    "kind",
    "severity",
    *CODE_COLUMNS,
    *NUMBER_COLUMNS,
    "near_threshold",
    *LIST_COLUMNS,
)

# One row an area, rule and part: for rules about districts `occupied` urban districts, `rural`
# ones and `planned` ones; for rules about areas `all`.
AREA_COLUMNS: Final = (
    "code",
    "name",
    "level",
    "kind",
    "parent",
    "pack",
    "rule",
    "part",
    "verdict",
    "numerator",
    "denominator",
    "value",
    "undetermined_weight",
    "definition",
    "points_share",
    "deficit",
    "unit",
    "districts",
    "households",
    "underserved",
    "undetermined",
    "watch",
    "served",
    "not_assessed",
    "reason_code",
    "threshold",
    "target_year",
    "next_target",
    "next_target_year",
    "baseline",
    "baseline_year",
    "progress",
    "missing",
    "facilities",
    "alternatives",
)
AREA_NUMBERS: Final = (
    "numerator",
    "denominator",
    "value",
    "undetermined_weight",
    "points_share",
    "deficit",
    "households",
    "threshold",
    "next_target",
    "baseline",
    "progress",
)
AREA_YEARS: Final = ("target_year", "next_target_year", "baseline_year")
# Of districts; empty in the rows of rules about areas.
AREA_COUNTS: Final = ("districts", *FLAGS)
AREA_LISTS: Final = ("missing", "facilities", "alternatives")


def blank_findings(count: int) -> dict[str, NDArray[Any]]:
    """Return the columns a rule kind fills, empty, for `count` districts."""
    # All columns of a dtype at once: a column alone takes as long for one row as all together.
    texts = np.full((len(_OBJECT_COLUMNS), count), None, dtype=object)
    figures = np.full((len(NUMBER_COLUMNS), count), np.nan)
    columns: dict[str, NDArray[Any]] = dict(zip(_OBJECT_COLUMNS, texts, strict=True))
    columns |= zip(NUMBER_COLUMNS, figures, strict=True)
    columns["near_threshold"] = np.zeros(count, dtype=bool)
    return columns


def first_holding(
    conditions: Sequence[NDArray[np.bool_]], texts: Sequence[str], *, default: str
) -> NDArray[Any]:
    """Give each row the text of the first condition that holds, `default` where none does.

    What `numpy.select` does, without an array of each text: object array of shape (n,).
    """
    chosen = np.full(len(conditions[0]), default, dtype=object)
    for condition, text in zip(reversed(conditions), reversed(texts), strict=True):
        chosen[condition] = text
    return chosen


def finding_frame(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the findings of all rules together; codes and lists are objects, None for none."""
    frame = pd.concat(parts, ignore_index=True).loc[:, list(FINDING_COLUMNS)]
    for name in (*CODE_COLUMNS, *LIST_COLUMNS):
        column = frame[name].astype(object)
        frame[name] = column.where(column.notna(), None)
    return frame
