"""Parts of streets: edges cut exactly where a walk joins and leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.edge_vertices import EdgeVertices
from spatial.network import Network


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
    edge, coordinates = stretches.edge, np.asarray(network.coordinates)
    vertices = EdgeVertices.of(network.index, edge)
    share, stretch = vertices.share, vertices.owner
    low, high = (
        np.minimum(stretches.start, stretches.end),
        np.maximum(stretches.start, stretches.end),
    )
    inside = (share > low[stretch]) & (share < high[stretch])
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
    together = np.concatenate(
        [
            vertices.places(coordinates, stretches.start),
            coordinates[vertices.vertex[inside]],
            vertices.places(coordinates, stretches.end),
        ]
    )[order]
    count = np.bincount(position, minlength=len(edge))
    return together, np.concatenate([[0], np.cumsum(count)])
