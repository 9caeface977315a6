"""Short bits of streets: what stands for a street where points are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from spatial.graph import WalkGraph
from spatial.snapping import DETOUR_M
from spatial.street_index import StreetIndex

# Half of a bit is how far its middle may be from the nearest place on the street.
BIT_M: Final = 5.0
# What an island keeps of its ground may hang on the last metre of a dead end.
_ISLAND_BIT_M: Final = 1.0


@dataclass(frozen=True, eq=False)
class StreetBits:
    """Bits of streets, none longer than `BIT_M`.

    Parameters
    ----------
    xy
        Middles in the graph's system, shape (k, 2).
    half
        From the middle to the end, metres, shape (k, 2).
    segment
        Segment of the index each is part of, shape (k,).
    edge
        Edge of the segment, shape (k,).
    fraction
        Where the middle lies on the edge, from `u`, in [0, 1], shape (k,).
    """

    xy: NDArray[np.float64]
    half: NDArray[np.float64]
    segment: NDArray[np.int32]
    edge: NDArray[np.int64]
    fraction: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[Any]) -> StreetBits:
        """Return the chosen bits."""
        return StreetBits(
            self.xy[chosen],
            self.half[chosen],
            self.segment[chosen],
            self.edge[chosen],
            self.fraction[chosen],
        )

    def tree(self) -> KDTree:
        """Index the middles; quick to build rather than balanced."""
        return KDTree(self.xy, balanced_tree=False, compact_nodes=False)


def street_bits(
    graph: WalkGraph, low: NDArray[np.float64], high: NDArray[np.float64]
) -> StreetBits:
    """Take the open streets in and around a box to bits.

    Parameters
    ----------
    graph
        The streets.
    low, high
        South-western and north-eastern corner in the graph's system, shape (2,) each.
    """
    index = graph.index
    segment = _segments_in(index, low, high)
    segment = segment[graph.open[index.edge[segment]]]
    a, b = index.xy[index.segment[segment]], index.xy[index.segment[segment] + 1]
    length_m = np.hypot(*(b - a).T)
    bit_m = np.where(graph.island[index.edge[segment]], _ISLAND_BIT_M, BIT_M)
    count = np.maximum(np.ceil(length_m / bit_m), 1.0).astype(np.int64)
    of = np.repeat(np.arange(len(segment)), count)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    middle = (nth + 0.5) / count[of]
    run = (b - a)[of]
    edge = index.edge[segment[of]].astype(np.int64)
    along_m = index.along_m[segment[of]] + middle * length_m[of]
    return StreetBits(
        xy=a[of] + middle[:, np.newaxis] * run,
        half=run * (0.5 / count[of])[:, np.newaxis],
        segment=segment[of],
        edge=edge,
        fraction=np.clip(along_m / index.line_m[edge], 0.0, 1.0),
    )


def shadowed(graph: WalkGraph, bits: StreetBits) -> NDArray[np.bool_]:
    """Tell which bits of islands lose all their places to a sound street (`spatial.snapping`)."""
    island = graph.island[bits.edge]
    lost = np.zeros(len(bits.edge), dtype=bool)
    if island.any() and not island.all():
        gap_m, _ = (
            bits[~island].tree().query(bits.xy[island], distance_upper_bound=DETOUR_M - BIT_M / 2)
        )
        lost[island] = np.isfinite(gap_m)
    return lost


def _segments_in(
    index: StreetIndex, low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the segments whose cells meet a box, each once."""
    columns = int(index.shape[0])
    first = np.clip(np.floor((low - index.low) / index.cell_m), 0, index.shape).astype(np.int64)
    last = np.clip(np.floor((high - index.low) / index.cell_m), -1, index.shape - 1)
    row = np.arange(first[1], int(last[1]) + 1) * columns
    if len(row) == 0 or last[0] < first[0]:
        return np.zeros(0, dtype=np.int32)
    start = index.cell_start[row + first[0]]
    end = index.cell_start[row + int(last[0]) + 1]
    found = [index.cell_segment[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)]
    return np.unique(np.concatenate(found))
