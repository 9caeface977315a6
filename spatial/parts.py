"""Parts of edges: stretches between two fractions of a street, and their lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.edge_vertices import EdgeVertices
from spatial.street_index import StreetIndex


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of edges, each place in one part at most, by edge and from `u` on.

    Parameters
    ----------
    edge
        Edge each part belongs to, shape (k,).
    start, end
        Where it begins and ends, as fractions of the edge from `u`, start < end, shape (k,).
    """

    edge: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    def length_m(self, edge_length_m: NDArray[np.float64]) -> float:
        """Sum the metres of the parts, for edges of these lengths."""
        return float(((self.end - self.start) * edge_length_m[self.edge]).sum())

    def lines(self, index: StreetIndex, coordinates: NDArray[np.float64]) -> NDArray[Any]:
        """Cut the lines of the parts out of their edges.

        Parameters
        ----------
        index
            Of the streets; fractions are shares of its planar lengths, as snaps are.
        coordinates
            Vertices of all edges, like `StreetIndex.xy`, in any system.

        Returns
        -------
        LineStrings from `u` on in the system of the coordinates, shape (k,).
        """
        if len(self.edge) == 0:
            return np.zeros(0, dtype=object)
        vertices = EdgeVertices.of(index, self.edge)
        share, part = vertices.share, vertices.owner
        inner = np.flatnonzero((share > self.start[part]) & (share < self.end[part]))
        every = np.arange(len(self.edge))
        owner = np.concatenate([every, part[inner], every])
        order = np.lexsort((np.concatenate([self.start, share[inner], self.end]), owner))
        points = np.concatenate(
            [
                vertices.places(coordinates, self.start),
                coordinates[vertices.vertex[inner]],
                vertices.places(coordinates, self.end),
            ]
        )
        offsets = np.searchsorted(owner[order], np.arange(len(every) + 1))
        lines = shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, points[order], (offsets,)
        )
        return np.asarray(lines, dtype=object)


def united(edge: NDArray[np.int64], start: NDArray[np.float64], end: NDArray[np.float64]) -> Parts:
    """Unite stretches of edges that overlap or touch; those of no length are left out."""
    some = end > start
    edge, start, end = edge[some], start[some], end[some]
    order = np.lexsort((start, edge))
    edge, start, end = edge[order], start[order], end[order]
    # Edge numbers set the stretches of different edges apart, so one running maximum serves all.
    furthest = np.maximum.accumulate(end + 2.0 * edge)
    new = np.ones(len(edge), dtype=bool)
    new[1:] = start[1:] + 2.0 * edge[1:] > furthest[:-1]
    first = np.flatnonzero(new)
    whole = np.maximum.reduceat(end, first) if len(first) else end
    return Parts(edge[first], start[first], whole)
