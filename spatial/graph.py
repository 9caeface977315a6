"""A network made ready for walking: costs of its edges, adjacency in CSR, what hangs together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from spatial.grouping import weighted_count
from spatial.profiles import Impedance
from spatial.street_index import StreetIndex
from spatial.traits import EdgeTraits

# Streets that hang together over less than this, beside more elsewhere, are an island: the paths
# of a walled compound, a street cut off at the edge of the data.
ISLAND_M: Final = 2000.0


@dataclass(frozen=True, eq=False)
class WalkGraph:
    """Arrays that answer walking questions on one network, for one impedance.

    Parameters
    ----------
    adjacency
        CSR matrix of shape (n, n); an entry is the cost of the cheapest edge from one node to
        another, equivalent metres (`spatial.profiles`). Ways that are closed have no entry.
    u, v, length_m
        The edges, as in `spatial.network.Network`.
    forward_m, backward_m
        Cost of each edge along, and against, its direction, equivalent metres; infinite where it
        is closed, shape (m,).
    index
        Where the edges are.
    barriers
        Lines and polygons in EPSG:4326 that no connector may cross.
    """

    adjacency: csr_matrix[np.float64]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]
    forward_m: NDArray[np.float64]
    backward_m: NDArray[np.float64]
    index: StreetIndex
    barriers: NDArray[Any]

    @property
    def crs(self) -> CRS:
        """Projected system of the index, metres."""
        return self.index.crs

    @cached_property
    def toward(self) -> csr_matrix[np.float64]:
        """The adjacency with every way turned round: walks to a place, found from the place."""
        if np.array_equal(self.forward_m, self.backward_m):
            return self.adjacency
        return self.adjacency.T.tocsr()

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """True where an edge may be walked at least one way, shape (m,)."""
        return np.isfinite(self.forward_m) | np.isfinite(self.backward_m)

    @cached_property
    def component(self) -> NDArray[np.int32]:
        """Number of the streets that hang together an edge belongs to, shape (m,).

        One-way streets connect as two-way ones do. -1 for closed edges; 0 has the most street.
        """
        nodes = self.adjacency.shape[0]
        links = csr_matrix(
            (np.ones(int(self.open.sum())), (self.u[self.open], self.v[self.open])),
            shape=(nodes, nodes),
        )
        _, label = connected_components(links, directed=False)
        of_edge = label[self.u]
        street_m = weighted_count(of_edge, self.length_m * self.open, size=int(label.max()) + 1)
        rank = np.empty(len(street_m), dtype=np.int32)
        rank[np.argsort(-street_m, kind="stable")] = np.arange(len(street_m))
        return np.where(self.open, rank[of_edge], -1).astype(np.int32)

    @cached_property
    def island(self) -> NDArray[np.bool_]:
        """True where an edge belongs to an island: less than `ISLAND_M`, and not the most street.

        Shape (m,).
        """
        street_m = weighted_count(
            self.component[self.open],
            self.length_m[self.open],
            size=int(self.component.max(initial=0)) + 1,
        )
        small = street_m < ISLAND_M
        small[:1] = False
        return self.open & small[np.maximum(self.component, 0)]


def edge_costs_m(
    length_m: NDArray[np.float64], traits: EdgeTraits, *, impedance: Impedance
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Work out what edges cost along and against their direction.

    Returns
    -------
    Equivalent metres, shape (m,) each: length × slope, and what stairs, crossings and lifts add;
    infinite where the edge may not be walked. Without slope and penalties exactly the length.
    """
    extra = np.zeros(len(length_m))
    if impedance.step_metre_m:
        extra += traits.steps * length_m * float(impedance.step_metre_m)
    if impedance.crossing_m:
        extra += traits.crossings * float(impedance.crossing_m)
    if impedance.lift_m:
        extra += traits.lifts * float(impedance.lift_m)
    shut = np.zeros(len(length_m), dtype=bool) if impedance.steps else traits.steps
    forward_m = np.where(traits.forward & ~shut, length_m * traits.slope_forward + extra, np.inf)
    backward_m = np.where(traits.backward & ~shut, length_m * traits.slope_backward + extra, np.inf)
    return forward_m, backward_m


def adjacency_of(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    forward_m: NDArray[np.float64],
    backward_m: NDArray[np.float64],
    nodes: int,
) -> csr_matrix[np.float64]:
    """Lay out both directions of every edge; of parallel edges the cheapest, loops left out.

    A CSR matrix made from coordinates would add parallel edges up, so they are thinned first.

    Parameters
    ----------
    u, v
        Ends of the edges, node numbers in [0, nodes), shape (m,).
    forward_m, backward_m
        Cost along and against each, equivalent metres; infinite where closed, shape (m,).

    Returns
    -------
    CSR matrix of shape (nodes, nodes), equivalent metres from row to column.
    """
    start = np.concatenate([u, v]).astype(np.int64)
    end = np.concatenate([v, u]).astype(np.int64)
    cost_m = np.concatenate([forward_m, backward_m])
    useful = (start != end) & np.isfinite(cost_m)
    start, end, cost_m = start[useful], end[useful], cost_m[useful]
    order = np.lexsort((cost_m, start * nodes + end))
    start, end, cost_m = start[order], end[order], cost_m[order]
    first = np.ones(len(start), dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    start, end, cost_m = start[first], end[first], cost_m[first]
    pointers = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(start, minlength=nodes), out=pointers[1:])
    return csr_matrix((cost_m, end.astype(np.int32), pointers), shape=(nodes, nodes))
