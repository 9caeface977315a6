"""What tests of properties share: the order of verdicts, examples, areas side by side."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import shapely
from geopandas import GeoDataFrame
from hypothesis import settings
from planning import areas
from regions import SIDE, SOUTH, WEST

WORSE_TO_BETTER = ("not_met", "undetermined", "advise", "met_relaxed", "met")
LATER = dt.date(2026, 6, 30)


quick = settings(deadline=None, max_examples=25)


def never_worse(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Hold every finding to the one before it."""
    keys = ["district_id", "rule"]
    pairs = before.merge(after, on=keys, suffixes=("_before", "_after"))
    assert len(pairs) == len(before) == len(after)
    for old, new in zip(pairs["verdict_before"], pairs["verdict_after"], strict=True):
        if "not_applicable" in (old, new):
            assert old == new
        else:
            assert WORSE_TO_BETTER.index(new) >= WORSE_TO_BETTER.index(old), (old, new)


def strips(*populations: int | None, whole: int | None = None) -> GeoDataFrame:
    """A prefecture of counties side by side, each of one community."""
    rows: list[dict[str, Any]] = []
    east = WEST + SIDE * len(populations)
    rows.append({"code": "P", "level": "prefecture", "kind": "prefecture", "population": whole,
                 "geometry": shapely.box(WEST, SOUTH, east, SOUTH + SIDE)})  # fmt: skip
    for n, people in enumerate(populations):
        box = shapely.box(WEST + n * SIDE, SOUTH, WEST + (n + 1) * SIDE, SOUTH + SIDE)
        rows.append({"code": f"c{n}", "level": "county", "kind": "county", "parent": "P",
                     "population": people, "geometry": box})  # fmt: skip
    return areas(*[{"name": str(row["code"]), **row} for row in rows])
