"""What shapely leaves to its users: columns of geometry with gaps in them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

_SURFACE: Final = 2


def areal(geometries: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which geometries are polygons or multipolygons; None is not."""
    return np.asarray(shapely.get_dimensions(geometries) == _SURFACE)


def surface(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep the polygons of a geometry, and leave its lines and points out."""
    parts = shapely.get_parts(geometry)
    return shapely.MultiPolygon(list(parts[areal(parts)]))


def declared(column: pd.Series[Any] | NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Read an optional geometry column.

    Parameters
    ----------
    column
        Geometries; None, NaN and empty ones are gaps.

    Returns
    -------
    geometries, given
        Object array of shape (n,), None in the gaps, and the mask of the rest.
    """
    geometries = np.asarray(column, dtype=object).copy()
    geometries[pd.isna(geometries)] = None
    return geometries, ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
