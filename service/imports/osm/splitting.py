"""Cutting ways into lines that meet only at their ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

# OpenStreetMap keeps degrees as whole numbers of this fraction; dividing gives the very float
# that reading the decimal text would give.
UNITS_PER_DEGREE: Final = 10_000_000
# What osmium gives as the coordinate of a node whose place is not known.
UNKNOWN_PLACE: Final = 2_147_483_647


@dataclass(frozen=True, eq=False)
class WayNodes:
    """The nodes of ways, one way after the other.

    Parameters
    ----------
    way
        Number of the way each node is part of, ascending, shape (n,).
    ref
        Identifier of the node, shape (n,).
    x, y
        Longitude and latitude in 1e-7 degree, `UNKNOWN_PLACE` where the file does not have the
        node, shape (n,).
    """

    way: NDArray[np.int64]
    ref: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Ways cut at the nodes they share.

    Parameters
    ----------
    way
        Number of the way each piece is of, ascending, shape (m,).
    geometry
        LineStrings in EPSG:4326 in the direction of their ways, shape (m,).
    first, last
        Node identifiers at their ends, shape (m,).
    missing
        How many nodes of each way the file does not have, shape (ways,).
    """

    way: NDArray[np.int64]
    geometry: NDArray[Any]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    missing: NDArray[np.int64]


def split_ways(nodes: WayNodes, *, ways: int, at: NDArray[np.int64]) -> Pieces:
    """Cut ways where they meet each other or themselves, and at given nodes.

    Nodes are the same where their identifiers are: two at one place, as on a bridge and the road
    below, do not join. Of a way with nodes that are not in the file, the stretches between are
    kept; a stretch of one node is none.

    Parameters
    ----------
    nodes
        Of all ways that are walked.
    ways
        How many ways there are; `nodes` numbers them from 0.
    at
        Identifiers of nodes to cut at even where no ways meet.
    """
    known = (nodes.x != UNKNOWN_PLACE) & (nodes.y != UNKNOWN_PLACE)
    missing = np.bincount(nodes.way[~known], minlength=ways)
    doubled = np.zeros(len(known), dtype=bool)
    doubled[1:] = (nodes.way[1:] == nodes.way[:-1]) & (nodes.ref[1:] == nodes.ref[:-1])
    position = np.flatnonzero(~doubled)
    starts = np.ones(len(position), dtype=bool)
    starts[1:] = nodes.way[position][1:] != nodes.way[position][:-1]
    starts[1:] |= ~known[position][:-1]
    starts, position = starts[known[position]], position[known[position]]
    ends = np.ones(len(position), dtype=bool)
    ends[:-1] = starts[1:]
    single = starts & ends
    starts, ends, position = starts[~single], ends[~single], position[~single]

    ref = nodes.ref[position]
    distinct, number, times = np.unique(ref, return_inverse=True, return_counts=True)
    cut = ((times > 1) | np.isin(distinct, at))[number]
    begin = np.flatnonzero((starts | cut) & ~ends)
    end = np.flatnonzero((ends | cut) & ~starts)
    counts = end - begin + 1
    line = np.repeat(np.arange(len(begin)), counts)
    inside = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    vertex = position[np.repeat(begin, counts) + inside]
    lonlat = np.column_stack([nodes.x[vertex], nodes.y[vertex]]) / UNITS_PER_DEGREE
    return Pieces(
        way=nodes.way[position[begin]],
        geometry=np.asarray(shapely.linestrings(lonlat, indices=line), dtype=object),
        first=ref[begin],
        last=ref[end],
        missing=missing,
    )
