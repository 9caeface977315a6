"""In which area of each level a place lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

    def __getitem__(self, chosen: NDArray[Any]) -> Membership:
        """Return where the chosen places lie."""
        return Membership({level: numbers[chosen] for level, numbers in self.area.items()})


@dataclass(frozen=True, eq=False)
class AreaIndex:
    """Areas to look places up in.

    Parameters
    ----------
    code
        Code of each area.
    parent, level
        Number of the area it lies in, -1 for none, and its level, None for planning units.
    numbers, trees
        For each level the areas of it, and an index of their polygons in the same order.
    """

    code: pd.Index[Any]
    parent: NDArray[np.int64]
    level: NDArray[Any]
    numbers: Mapping[str, NDArray[np.int64]]
    trees: Mapping[str, shapely.STRtree]


def index_of(areas: GeoDataFrame) -> AreaIndex:
    """Index areas; columns as in `membership`."""
    code = pd.Index(areas["code"])
    parent = np.where(
        areas["parent"].isna(), -1, code.get_indexer(pd.Index(areas["parent"]))
    ).astype(np.int64)
    level = areas["level"].to_numpy(dtype=object).copy()
    level[areas["kind"].to_numpy(dtype=object) == "planning_unit"] = None
    shapes = np.asarray(areas.geometry.array, dtype=object)
    numbers = {name: np.flatnonzero(level == name) for name in LEVELS}
    return AreaIndex(
        code=code,
        parent=parent,
        level=level,
        numbers=numbers,
        trees={name: shapely.STRtree(shapes[of]) for name, of in numbers.items()},
    )


def membership(
    places: pd.DataFrame, areas: GeoDataFrame, *, index: AreaIndex | None = None
) -> Membership:
    """Place districts or facilities in areas: by community and parents, else by where they lie.

    Parameters
    ----------
    places
        Geometry in EPSG:4326, and an optional column ``community``.
    areas
        Columns ``code, level, parent`` and geometry in EPSG:4326; planning units are passed over.
    index
        Of the same areas, where the caller has it at hand.
    """
    index = index_of(areas) if index is None else index
    at = np.full(len(places), -1, dtype=np.int64)
    if "community" in places:
        named = places["community"].notna().to_numpy()
        at[named] = index.code.get_indexer(pd.Index(places.loc[named, "community"]))
    points = shapely.point_on_surface(np.asarray(places["geometry"].array, dtype=object))
    found: dict[str, NDArray[np.int64]] = {}
    for name in reversed(LEVELS):
        here = np.where((at >= 0) & (index.level[np.maximum(at, 0)] == name), at, -1)
        of_level = index.numbers[name]
        lost = np.flatnonzero(here < 0)
        if len(of_level) and len(lost):
            place, polygon = index.trees[name].query(points[lost], predicate="intersects")
            place, first = np.unique(place, return_index=True)
            here[lost[place]] = of_level[polygon[first]]
        found[name] = here
        at = np.where(here >= 0, index.parent[np.maximum(here, 0)], at)
    return Membership(found)
