"""Between places on the streets and the nodes beside them: what it costs either way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spatial.graph import WalkGraph
from spatial.snapping import Snap


def first_steps(
    graph: WalkGraph, sites: Snap, site_of: NDArray[np.int64], *, leaving: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """List the nodes beside the entrances of sites: node, equivalent metres and site.

    Parameters
    ----------
    graph, sites, site_of
        As in `spatial.reach.nearest_walk`; every entrance must be on the network.
    leaving
        As in `end_costs_m`.
    """
    to_u, to_v = end_costs_m(graph, sites.edge, sites.fraction, leaving=leaving)
    ends = np.concatenate([graph.u[sites.edge], graph.v[sites.edge]]).astype(np.int64)
    metres = np.concatenate([to_u + sites.connector_m, to_v + sites.connector_m])
    return ends, metres, np.concatenate([site_of, site_of])


def with_entrances(
    graph: WalkGraph, base: csr_matrix[np.float64], entrances: Snap, *, leaving: bool
) -> csr_matrix[np.float64]:
    """Add entrances to an adjacency, each a row of its own behind the nodes.

    Parameters
    ----------
    graph, base
        The streets, and their adjacency either way round; it is copied, never rebuilt.
    entrances
        All of them on the network.
    leaving
        True where the entrance is left for the streets, False where it is entered from them.
    """
    nodes, count = base.shape[0], len(entrances.edge)
    to_u, to_v = end_costs_m(graph, entrances.edge, entrances.fraction, leaving=leaving)
    ends = np.column_stack([graph.u[entrances.edge], graph.v[entrances.edge]]).astype(np.int32)
    arcs = np.column_stack([to_u, to_v]) + entrances.connector_m[:, np.newaxis]
    size = nodes + count
    pointers = np.concatenate(
        [base.indptr, base.indptr[-1] + 2 * np.arange(1, count + 1, dtype=base.indptr.dtype)]
    )
    return csr_matrix(
        (
            np.concatenate([base.data, arcs.ravel()]),
            np.concatenate([base.indices, ends.ravel()]),
            pointers,
        ),
        shape=(size, size),
    )


def end_costs_m(
    graph: WalkGraph,
    edge: NDArray[np.int64],
    fraction: NDArray[np.float64],
    *,
    leaving: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Work out what it costs between places on edges and the edges' ends.

    Parameters
    ----------
    edge, fraction
        The places, shape (n,) each.
    leaving
        True from the places to the ends, False from the ends to the places.

    Returns
    -------
    to_u, to_v
        Equivalent metres, shape (n,) each; infinite where the edge is closed that way.
    """
    along, against = graph.forward_m[edge], graph.backward_m[edge]
    if not leaving:
        along, against = against, along
    return share_of_cost(against, fraction), share_of_cost(along, 1.0 - fraction)


def share_of_cost(cost_m: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a cost; none of a closed edge is no way either, but standing at its end is."""
    return np.multiply(cost_m, share, out=np.zeros_like(cost_m), where=share > 0)
