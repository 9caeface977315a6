"""Cutting ways into lines that meet only at their ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from service.imports.osm.text import NodesOfWays


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


def split_ways(nodes: NodesOfWays, *, at: NDArray[np.int64]) -> Pieces:
    """Cut ways where they meet each other or themselves, and at given nodes.

    Nodes are the same where their identifiers are: two at one place, as on a bridge and the road
    below, do not join. Of a way with nodes that are not in the file, the stretches between are
    kept; a stretch of one node is none.

    Parameters
    ----------
    nodes
        Of all ways that are walked.
    at
        Identifiers of nodes to cut at even where no ways meet.
    """
    ways = len(nodes.sizes)
    way = np.repeat(np.arange(ways), nodes.sizes)
    # Not a number is no number, so that it differs from itself.
    known = nodes.lonlat[:, 0] == nodes.lonlat[:, 0]
    missing = np.bincount(way[~known], minlength=ways)
    doubled = np.zeros(len(known), dtype=bool)
    doubled[1:] = (way[1:] == way[:-1]) & (nodes.ref[1:] == nodes.ref[:-1])
    position = np.flatnonzero(~doubled)
    starts = np.ones(len(position), dtype=bool)
    starts[1:] = way[position][1:] != way[position][:-1]
    starts[1:] |= ~known[position][:-1]
    starts, position = starts[known[position]], position[known[position]]
    ends = np.ones(len(position), dtype=bool)
    ends[:-1] = starts[1:]
    single = starts & ends
    starts, ends, position = starts[~single], ends[~single], position[~single]

    ref = nodes.ref[position]
    # Twice or more in a sorted list stands beside itself; by counting, the same takes longer.
    ordered = np.sort(ref)
    shared = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    cut = np.isin(ref, np.concatenate([shared, at]))
    begin = np.flatnonzero((starts | cut) & ~ends)
    end = np.flatnonzero((ends | cut) & ~starts)
    counts = end - begin + 1
    line = np.repeat(np.arange(len(begin)), counts)
    inside = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    vertex = position[np.repeat(begin, counts) + inside]
    return Pieces(
        way=way[position[begin]],
        geometry=np.asarray(shapely.linestrings(nodes.lonlat[vertex], indices=line), dtype=object),
        first=ref[begin],
        last=ref[end],
        missing=missing,
    )
