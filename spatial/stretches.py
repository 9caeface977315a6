"""Parts of streets: edges cut exactly where a walk joins and leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.crs import unproject
from spatial.network import Network, chosen_lines


@dataclass(frozen=True, eq=False)
class Stretches:
    """Parts of edges, each walked from one position to another; shape (s,) each.

    Parameters
    ----------
    edge
        Number of the edge.
    start, end
        Positions along it from `u` to `v`, in [0, 1]; a start beyond the end is walked backwards.
    """

    edge: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[Any]) -> Stretches:
        """Return the stretches at the chosen positions."""
        return Stretches(self.edge[chosen], self.start[chosen], self.end[chosen])

    def turned(self) -> Stretches:
        """Return the same stretches walked the other way."""
        return Stretches(self.edge, self.end, self.start)

    @property
    def share(self) -> NDArray[np.float64]:
        """Share of the edge that is walked, in [0, 1]."""
        return np.abs(self.end - self.start)


def stretch_coordinates(
    network: Network, stretches: Stretches
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cut the streets.

    Parameters
    ----------
    network
        The streets.
    stretches
        Which parts; a position is the share of the edge's projected length, as in
        `spatial.snapping.Snap`.

    Returns
    -------
    lonlat, offsets
        Vertices in EPSG:4326 in the order walked, shape (c, 2), at least two a stretch; stretch i
        has ``lonlat[offsets[i]:offsets[i + 1]]``. An end of the edge keeps its stored coordinates.
    """
    index = network.index
    edge = stretches.edge
    lonlat, offsets = chosen_lines(np.asarray(network.coordinates), network.offsets, edge)
    xy, _ = chosen_lines(np.asarray(index.xy), network.offsets, edge)
    stretch = np.repeat(np.arange(len(edge)), np.diff(offsets))
    share = _shares(xy, offsets, stretch)
    low, high = (
        np.minimum(stretches.start, stretches.end),
        np.maximum(stretches.start, stretches.end),
    )
    inside = (share > low[stretch]) & (share < high[stretch])
    ends = np.concatenate([stretches.start, stretches.end])
    cut = _cut(network, xy, lonlat, share, offsets, ends)
    number = np.arange(len(edge))
    position = np.concatenate([number, stretch[inside], number])
    backwards = (stretches.start > stretches.end)[stretch[inside]]
    within = np.where(backwards, -share[inside], share[inside])
    # Vertices at one place keep their order along the walk.
    rank = np.arange(len(within))
    order = np.lexsort(
        (
            np.concatenate([number, np.where(backwards, -rank, rank), number]),
            np.concatenate([np.full(len(edge), -np.inf), within, np.full(len(edge), np.inf)]),
            position,
        )
    )
    together = np.concatenate([cut[: len(edge)], lonlat[inside], cut[len(edge) :]])[order]
    count = np.bincount(position, minlength=len(edge))
    return together, np.concatenate([[0], np.cumsum(count)])


def _shares(
    xy: NDArray[np.float64], offsets: NDArray[np.int64], stretch: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Position of each vertex along its edge; exactly 0 and 1 at the ends."""
    if len(xy) == 0:
        return np.zeros(0)
    gap = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    gap[offsets[:-1]] = 0.0
    walked = np.cumsum(gap)
    walked -= walked[offsets[:-1]][stretch]
    whole = walked[offsets[1:] - 1][stretch]
    share = np.divide(walked, whole, out=np.zeros_like(walked), where=whole > 0)
    share[offsets[1:] - 1] = 1.0
    return np.asarray(share, dtype=np.float64)


def _cut(
    network: Network,
    xy: NDArray[np.float64],
    lonlat: NDArray[np.float64],
    share: NDArray[np.float64],
    offsets: NDArray[np.int64],
    at: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Find the places at positions along stretches, all stretches once or more often over."""
    stretches = len(offsets) - 1
    number = np.arange(len(at)) % stretches if stretches else np.zeros(0, dtype=np.int64)
    # Shares rise within a stretch, so with its number added they rise altogether.
    key = share + 2.0 * np.repeat(np.arange(stretches), np.diff(offsets))
    after = np.searchsorted(key, at + 2.0 * number, side="left")
    after = np.clip(after, offsets[number] + 1, offsets[number + 1] - 1)
    before = after - 1
    span = share[after] - share[before]
    part = np.divide(at - share[before], span, out=np.zeros_like(at), where=span > 0)
    part = np.clip(part, 0.0, 1.0)[:, np.newaxis]
    place = unproject(xy[before] + part * (xy[after] - xy[before]), source=network.index.crs)
    place = np.where(part == 0.0, lonlat[before], place)
    return np.asarray(np.where(part == 1.0, lonlat[after], place), dtype=np.float64)
