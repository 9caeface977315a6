"""Synthetic administrative areas: which block belongs to which community, town and county.

Whole street blocks are grouped, so every boundary runs along streets and the areas of a level
cover the city without overlap. All geometry in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from seed.wuhan.homes import Homes

COUNTIES: Final = 7
_HOUSEHOLDS_PER_TOWNSHIP: Final = 33_000
_HOUSEHOLDS_PER_COMMUNITY: Final = 3_350


@dataclass(frozen=True)
class Territory:
    """The areas every block and every district lies in, as numbers from 0 at each level.

    Parameters
    ----------
    block_community
        Community of each block, shape (number of blocks,).
    home_community
        Community of each district, shape (number of districts,).
    community_township, township_county
        Parent of each community and of each township.
    """

    block_community: NDArray[np.int64]
    home_community: NDArray[np.int64]
    community_township: NDArray[np.int64]
    township_county: NDArray[np.int64]


def divide(blocks: NDArray[np.object_], homes: Homes) -> Territory:
    """Divide the city into areas of about equal numbers of households.

    Blocks with homes are halved again and again, across their longer extent, first into
    counties, then townships, then communities. A block without homes joins the community of the
    nearest block that has some (centroids; the lower number when equally near).

    Parameters
    ----------
    blocks
        A coverage, see `seed.wuhan.blocks.street_blocks`.
    homes
        Each in one of the blocks.
    """
    lived_in, home_place = np.unique(homes.block, return_inverse=True)
    weight = np.zeros(len(lived_in))
    np.add.at(weight, home_place, homes.households)
    middle = shapely.get_coordinates(shapely.centroid(blocks))
    points = middle[lived_in]

    county = _halve(points, weight, COUNTIES)
    township, township_county = _subdivide(points, weight, county, _HOUSEHOLDS_PER_TOWNSHIP)
    community, community_township = _subdivide(points, weight, township, _HOUSEHOLDS_PER_COMMUNITY)

    _, nearest = cKDTree(points).query(middle)
    block_community = community[nearest]
    block_community[lived_in] = community
    return Territory(
        block_community=block_community,
        home_community=community[home_place],
        community_township=community_township,
        township_county=township_county,
    )


def _subdivide(
    points: NDArray[np.float64],
    weight: NDArray[np.float64],
    parent: NDArray[np.int64],
    share: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divide each parent into parts of about `share`; return part of each point, parent of each."""
    part = np.empty(len(points), dtype=np.int64)
    parents: list[int] = []
    for number in range(int(parent.max()) + 1):
        inside = parent == number
        parts = max(1, round(float(weight[inside].sum()) / share))
        part[inside] = _halve(points[inside], weight[inside], parts) + len(parents)
        parents += [number] * parts
    return part, np.array(parents, dtype=np.int64)


def _halve(
    points: NDArray[np.float64], weight: NDArray[np.float64], parts: int
) -> NDArray[np.int64]:
    """Give points part numbers from 0, cutting in two, each time in proportion to the parts."""
    if parts == 1:
        return np.zeros(len(points), dtype=np.int64)
    axis = int(np.argmax(np.ptp(points, axis=0)))
    order = np.lexsort((points[:, 1 - axis], points[:, axis]))
    lower_parts = parts // 2
    sums = np.cumsum(weight[order])
    cut = int(np.argmin(np.abs(sums - sums[-1] * lower_parts / parts))) + 1
    # Each side keeps at least one point a part.
    cut = min(max(cut, lower_parts), len(points) - (parts - lower_parts))
    lower, upper = order[:cut], order[cut:]
    number = np.empty(len(points), dtype=np.int64)
    number[lower] = _halve(points[lower], weight[lower], lower_parts)
    number[upper] = _halve(points[upper], weight[upper], parts - lower_parts) + lower_parts
    return number
