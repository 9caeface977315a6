"""In which area of each level a place lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.fields import LEVELS


@dataclass(frozen=True, eq=False)
class Membership:
    """Which area of each level a place lies in.

    Parameters
    ----------
    area
        For each level the number of the area, -1 for none, shape (n,) each.
    """

    area: Mapping[str, NDArray[np.int64]]


def membership(places: GeoDataFrame, areas: GeoDataFrame) -> Membership:
    """Place districts or facilities in areas: by community and parents, else by where they lie.

    Parameters
    ----------
    places
        Geometry in EPSG:4326, and an optional column ``community``.
    areas
        Columns ``code, level, parent`` and geometry in EPSG:4326; planning units are passed over.
    """
    code = pd.Index(areas["code"])
    parent = np.where(
        areas["parent"].isna(), -1, code.get_indexer(pd.Index(areas["parent"]))
    ).astype(np.int64)
    level = areas["level"].to_numpy(dtype=object).copy()
    level[areas["kind"].to_numpy(dtype=object) == "planning_unit"] = None
    at = np.full(len(places), -1, dtype=np.int64)
    if "community" in places:
        named = places["community"].notna().to_numpy()
        at[named] = code.get_indexer(pd.Index(places.loc[named, "community"]))
    points = shapely.point_on_surface(np.asarray(places.geometry.array, dtype=object))
    found: dict[str, NDArray[np.int64]] = {}
    for name in reversed(LEVELS):
        here = np.where((at >= 0) & (level[np.maximum(at, 0)] == name), at, -1)
        of_level = np.flatnonzero(level == name)
        lost = np.flatnonzero(here < 0)
        if len(of_level) and len(lost):
            tree = shapely.STRtree(np.asarray(areas.geometry.array, dtype=object)[of_level])
            place, polygon = tree.query(points[lost], predicate="intersects")
            place, first = np.unique(place, return_index=True)
            here[lost[place]] = of_level[polygon[first]]
        found[name] = here
        at = np.where(here >= 0, parent[np.maximum(here, 0)], at)
    return Membership(found)
