"""Vertices of streets, and places at fractions of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.street_index import StreetIndex


@dataclass(frozen=True, eq=False)
class EdgeVertices:
    """Vertices of edges one after the other, and where on their edges they lie; shape (k,) each.

    Parameters
    ----------
    owner
        Position of the vertex's edge among those asked for.
    vertex
        Number of the vertex in the index.
    share
        Share of the edge's planar length before it: exactly 0 and 1 at the ends.
    count
        Vertices of each edge asked for.
    """

    owner: NDArray[np.int64]
    vertex: NDArray[np.int64]
    share: NDArray[np.float64]
    count: NDArray[np.int64]

    @classmethod
    def of(cls, index: StreetIndex, edges: NDArray[np.int64]) -> EdgeVertices:
        """Return the vertices of the given edges, which may repeat."""
        first = index.offsets[edges]
        count = index.offsets[edges + 1] - first
        owner = np.repeat(np.arange(len(edges)), count)
        vertex = np.arange(len(owner)) + np.repeat(first - (np.cumsum(count) - count), count)
        edge = edges[owner]
        last = vertex == index.offsets[edge + 1] - 1
        # An edge has one segment fewer than vertices, so segments lag behind by their edges.
        segment = np.minimum(vertex - edge, len(index.along_m) - 1)
        share = np.where(last, 1.0, index.along_m[segment] / index.line_m[edge])
        return cls(owner, vertex, share, count)

    def places(
        self, coordinates: NDArray[np.float64], fraction: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return one place on each edge, at its fraction, in the system of the coordinates."""
        number = np.arange(len(fraction))
        at = np.searchsorted(self.share + 2.0 * self.owner, fraction + 2.0 * number, side="right")
        begin = np.cumsum(self.count) - self.count
        at = np.clip(at - 1, begin, begin + self.count - 2)
        step = self.share[at + 1] - self.share[at]
        gap = fraction - self.share[at]
        within = np.divide(gap, step, out=np.zeros_like(step), where=step > 0)
        a, b = coordinates[self.vertex[at]], coordinates[self.vertex[at] + 1]
        return np.asarray(a + np.clip(within, 0.0, 1.0)[:, np.newaxis] * (b - a))


def places_on(
    index: StreetIndex,
    coordinates: NDArray[np.float64],
    *,
    edge: NDArray[np.int64],
    fraction: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the places at fractions of edges, in the system of the coordinates, shape (k, 2)."""
    return EdgeVertices.of(index, edge).places(coordinates, fraction)
