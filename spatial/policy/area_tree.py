"""How areas lie in one another: a tree by codes and parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from spatial.policy.places import Membership


class AreaTree:
    """Areas by number, with what they are and what they lie in.

    Parameters
    ----------
    areas
        Columns ``code, level, kind, parent``, in the order that numbers them. Planning units lie
        in no area.
    """

    def __init__(self, areas: GeoDataFrame) -> None:
        self._codes: list[str] = [str(code) for code in areas["code"]]
        # Plain lists: asked thousands of times, one value at a time.
        self._levels: list[Any] = areas["level"].tolist()
        self._kinds: list[Any] = areas["kind"].tolist()
        self._children = _children(areas, {code: i for i, code in enumerate(self._codes)})
        self._parents = [-1] * len(self._codes)
        for parent, children in enumerate(self._children):
            for child in children:
                self._parents[child] = parent

    def code(self, area: int) -> str:
        """Return the code of the area numbered `area`."""
        return self._codes[area]

    def level(self, area: int) -> str | None:
        """Return the level of the area numbered `area`."""
        return None if pd.isna(self._levels[area]) else str(self._levels[area])

    def kind(self, area: int) -> str:
        """Return the kind of the area numbered `area`."""
        return str(self._kinds[area])

    def children(self, area: int) -> Sequence[int]:
        """List the areas directly below the area numbered `area`."""
        return self._children[area]

    def top(self) -> list[int]:
        """List the areas that lie in no other, planning units left out."""
        return [
            area
            for area, (kind, parent) in enumerate(zip(self._kinds, self._parents, strict=True))
            if parent < 0 and kind != "planning_unit"
        ]

    def below(self, area: int, *, level: str, kinds: Sequence[str]) -> list[int]:
        """List the areas of a level and kinds (empty: any) inside an area, itself included."""
        found: list[int] = []
        queue = [area]
        while queue:
            here = queue.pop()
            if self._levels[here] == level and (not kinds or self._kinds[here] in kinds):
                found.append(here)
            queue += self._children[here]
        return sorted(found)

    def around(self, places: Membership, chosen: Any) -> set[int]:  # noqa: ANN401 - an index
        """List the areas that hold chosen places, and all areas these lie in."""
        found: set[int] = set()
        for numbers in places.area.values():
            for area in np.unique(numbers[chosen]).tolist():
                while area >= 0 and area not in found:
                    found.add(area)
                    area = self._parents[area]  # noqa: PLW2901 - up the tree
        return found


def _children(areas: GeoDataFrame, number: Mapping[str, int]) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in range(len(areas))]
    for child, (parent, kind) in enumerate(zip(areas["parent"], areas["kind"], strict=True)):
        if kind != "planning_unit" and not pd.isna(parent) and str(parent) in number:
            children[number[str(parent)]].append(child)
    return children
