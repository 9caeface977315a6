"""The table of what was found for areas: rows of all rules, held in columns until the end.

A frame for each of many rules and levels would take longer to make than what stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crs import WGS84
from spatial.policy.findings import AREA_COLUMNS

# Arrays of one length by the names of `AREA_COLUMNS`, and ``geometry``.
AreaRows = Mapping[str, NDArray[Any]]

_NAMES: Final = (*AREA_COLUMNS, "geometry")


def area_rows(columns: Mapping[str, Any], *, size: int, missing: float | None) -> AreaRows:
    """Complete the columns of some rows.

    Parameters
    ----------
    columns
        Arrays of shape (size,), or one value for all rows.
    size
        How many rows.
    missing
        What stands in columns that are not given.
    """
    return {name: _column(columns.get(name, missing), size) for name in _NAMES}


def area_frame(rows: Sequence[AreaRows]) -> GeoDataFrame:
    """Put the rows of all rules together as features in EPSG:4326."""
    if not rows:
        empty = pd.DataFrame({name: [] for name in AREA_COLUMNS})
        return GeoDataFrame(empty, geometry=[], crs=WGS84)
    columns = {name: np.concatenate([each[name] for each in rows]) for name in _NAMES}
    # Objects stay so: pandas would turn texts into its own type, None into NaN.
    frame = pd.DataFrame(
        {name: pd.Series(each, dtype=each.dtype) for name, each in columns.items()}
    )
    return GeoDataFrame(frame, geometry="geometry", crs=WGS84)


def _column(value: Any, size: int) -> NDArray[Any]:  # noqa: ANN401 - an array or one value
    if isinstance(value, np.ndarray):
        return value
    return np.full(size, value, dtype=float if isinstance(value, float) else object)
