"""A file as it stands, before anything is made of its columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pandas as pd
from pyproj import CRS

from spatial.webmap_crs import WebMap

# The column that says, in a file of rows that were set aside, why.
REASON_COLUMN: Final = "import_reason"


@dataclass(frozen=True)
class RawTable:
    """The rows of a file and what it says of its coordinates.

    Parameters
    ----------
    frame
        One row a feature, index 0..n-1, columns of any dtypes. Where `placed`, the column
        ``geometry`` holds shapely objects or GeoJSON mappings, None where there is none.
    placed
        False for a plain table, whose columns say where its rows are.
    declared_crs
        The system the file says; None if it says nothing.
    assumed_crs
        The system its format says a silent file is in; None if the format says nothing.
    feature_ids
        Name and values of an identifier kept beside the columns; None if there is none.
    warnings
        What the reader of the format had to say, one line each.
    serial_dates
        True for a workbook, where a number in a column of dates may be a count of days.
    """

    frame: pd.DataFrame
    placed: bool
    declared_crs: CRS | WebMap | None = None
    assumed_crs: CRS | None = None
    feature_ids: tuple[str, list[object]] | None = None
    warnings: tuple[str, ...] = ()
    serial_dates: bool = False


def without_reasons(raw: RawTable) -> RawTable:
    """Return a table without the column of reasons, where its rows were set aside once."""
    if REASON_COLUMN not in raw.frame:
        return raw
    return replace(raw, frame=raw.frame.drop(columns=REASON_COLUMN))
