"""Bring walks between nodes and their nearest sites up to date where something has changed.

A search over all streets starts from nothing. Where distances to the nearest sites are known and
a few sites come or go, only what they can change is walked again, with the same sums in the same
order, so that the answer is the one the whole search would give.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix


def relax(
    base: csr_matrix[np.float64],
    node_m: NDArray[np.float64],
    node_site: NDArray[np.int64],
    *,
    node: NDArray[np.int64],
    metres: NDArray[np.float64],
    site: NDArray[np.int64],
    limit_m: float,
) -> NDArray[np.int64]:
    """Offer nodes a nearer site, and carry on along the streets for as long as anyone takes it.

    A node takes what is nearer, and of sites just as near the one with the lowest number. The
    result does not depend on the order of the offers.

    Parameters
    ----------
    base
        CSR matrix of shape (n, n): what it costs from a node that knows to its neighbours, ≥ 0.
    node_m, node_site
        Equivalent metres to the nearest site known so far (infinite for none) and its number (-1
        for none), shape (n,) each; changed in place.
    node, metres, site
        The offers, shape (q,) each.
    limit_m
        Offers beyond it are not taken; inclusive.

    Returns
    -------
    The nodes that took an offer, ascending.
    """
    taken = [np.zeros(0, dtype=np.int64)]
    while len(node):
        known_m = node_m[node]
        nearer = (metres < known_m) | ((metres == known_m) & (site < node_site[node]))
        nearer &= metres <= limit_m
        node, metres, site = node[nearer], metres[nearer], site[nearer]
        order = np.lexsort((site, metres, node))
        by_node = node[order]
        first = np.ones(len(order), dtype=bool)
        np.not_equal(by_node[1:], by_node[:-1], out=first[1:])
        best = order[first]
        node, metres, site = node[best], metres[best], site[best]
        node_m[node], node_site[node] = metres, site
        taken.append(node)
        arc, of_node = arcs_of(base, node)
        node, metres, site = (
            base.indices[arc].astype(np.int64),
            metres[of_node] + base.data[arc],
            site[of_node],
        )
    return np.unique(np.concatenate(taken))


def forget(
    reverse: csr_matrix[np.float64],
    node_m: NDArray[np.float64],
    node_site: NDArray[np.int64],
    *,
    gone: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Forget the walks to sites that are gone, and collect what the neighbours have to offer.

    Nothing else rested on them: a node whose nearest site stays got there past nodes of that site.

    Parameters
    ----------
    reverse
        The transpose of what `relax` takes: a row lists the neighbours a node can learn from.
    node_m, node_site
        As in `relax`; changed in place.
    gone
        True for sites that are gone, by number.

    Returns
    -------
    lost
        The nodes that lost their site.
    node, metres, site
        Offers to them for `relax`.
    """
    # The last entry answers for -1, no site.
    lost = np.flatnonzero(np.append(gone, np.False_)[node_site])
    node_m[lost], node_site[lost] = np.inf, -1
    arc, of_node = arcs_of(reverse, lost)
    neighbour = reverse.indices[arc]
    metres = node_m[neighbour] + reverse.data[arc]
    known = np.isfinite(metres)
    return lost, lost[of_node[known]], metres[known], node_site[neighbour[known]]


def settle_ties(
    base: csr_matrix[np.float64],
    node_m: NDArray[np.float64],
    node_site: NDArray[np.int64],
    *,
    node: NDArray[np.int64],
    metres: NDArray[np.float64],
    site: NDArray[np.int64],
    limit_m: float,
) -> None:
    """Give every node the lowest number of the sites that are just as near, in place.

    A search takes the one it meets first, which depends on what else it searches for.

    Parameters
    ----------
    base, node_m, node_site
        As in `relax`, with the least distance at each node.
    node, metres, site
        The nodes the sites join and what it costs to them.
    limit_m
        That of the search.
    """
    # Only where two sites' nodes meet can a tie be; of the rest neither sum nor row is needed.
    begins = np.repeat(node_site, np.diff(base.indptr))
    border = np.flatnonzero((begins >= 0) & (begins < node_site[base.indices]))
    begin = np.searchsorted(base.indptr, border, side="right") - 1
    end = base.indices[border].astype(np.int64)
    tied = node_m[begin] + base.data[border] == node_m[end]
    begin, end = begin[tied], end[tied]
    relax(
        base,
        node_m,
        node_site,
        node=np.concatenate([node, end]),
        metres=np.concatenate([metres, node_m[end]]),
        site=np.concatenate([site, node_site[begin]]),
        limit_m=limit_m,
    )


def arcs_of(
    base: csr_matrix[np.float64], node: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the positions of the entries of some rows, and the position in `node` of each's row."""
    start = base.indptr[node].astype(np.int64)
    count = base.indptr[node + 1] - start
    of_node = np.arange(len(node)).repeat(count)
    shift = start - (count.cumsum() - count)
    return np.arange(len(of_node)) + shift[of_node], of_node
