"""Walking between places and their nearest sites, in one pass for all places."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from spatial.entering import end_costs_m, first_steps, share_of_cost, with_entrances
from spatial.graph import WalkGraph
from spatial.relaxing import relax, settle_ties
from spatial.snapping import Snap

# Beyond this a distance is null with the reason beyond_5000_m (design, section 2).
SEARCH_LIMIT_M: Final = 5000.0

# So few entrances mostly lie near the places asked about: they are looked for around first.
_FEW: Final = 32
_AROUND_M: Final = 800.0


class Direction(StrEnum):
    """Which way people walk."""

    TOWARD = "toward"
    AWAY = "away"


@dataclass(frozen=True, eq=False)
class Walk:
    """The nearest site on foot, for each place.

    Parameters
    ----------
    metres
        Connector, streets and connector together, equivalent metres (`spatial.profiles`), shape
        (n,). Infinite where no site lies within the search limit; NaN for a place off the network.
    site
        Number of the nearest site, -1 where there is none, shape (n,).
    """

    metres: NDArray[np.float64]
    site: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ReachedNodes:
    """Walks between nodes and their nearest sites, of those nodes alone that have any.

    Parameters
    ----------
    node
        Ascending, shape (r,).
    metres, site
        As `node_distances` answers, shape (r,) each.
    """

    node: NDArray[np.int64]
    metres: NDArray[np.float64]
    site: NDArray[np.int64]

    @classmethod
    def of(cls, node_m: NDArray[np.float64], node_site: NDArray[np.int64]) -> ReachedNodes:
        """Keep what `node_distances` answers."""
        node = np.flatnonzero(node_site >= 0)
        return cls(node, node_m[node], node_site[node])

    def at(self, node: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return metres and site at some nodes, infinite and -1 where there is none."""
        if len(self.node) == 0:
            return np.full(len(node), np.inf), np.full(len(node), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.node, node), len(self.node) - 1)
        known = self.node[place] == node
        return np.where(known, self.metres[place], np.inf), np.where(known, self.site[place], -1)


Nodes = tuple[NDArray[np.float64], NDArray[np.int64]] | ReachedNodes


def nearest_walk(
    graph: WalkGraph,
    *,
    places: Snap,
    sites: Snap,
    site_of: NDArray[np.int64],
    limit_m: float = SEARCH_LIMIT_M,
    direction: Direction = Direction.TOWARD,
    nodes: Nodes | None = None,
) -> Walk:
    """Find the nearest site on foot for all places, in one multi-source search.

    Parameters
    ----------
    graph
        The streets.
    places
        Where the places join the streets.
    sites
        Where the entrances of the sites join; entrances off the network are passed over.
    site_of
        Number of the site each entrance belongs to, shape (len(sites),); several entrances of
        one site share its number.
    limit_m
        Search limit in equivalent metres, inclusive.
    direction
        ``toward``: people walk from the places to the sites; ``away``: from the sites to the
        places. They differ where streets are one-way or slope.
    nodes
        What `node_distances` answers for these sites, where the caller has it at hand; it may
        have been asked with a higher limit.

    Returns
    -------
    Walking metres and site of each place (see `Walk`). Of sites just as near the lowest-numbered
    is taken.
    """
    used = np.flatnonzero(sites.on_network)
    reached = places.on_network
    metres = np.where(reached, np.inf, np.nan)
    site = np.full(len(metres), -1, dtype=np.int64)
    if len(used) == 0 or not reached.any():
        return Walk(metres, site)
    sites, site_of = sites[used], site_of[used]
    at = np.flatnonzero(reached)
    edge, fraction = places.edge[at], places.fraction[at]
    ends = np.concatenate([graph.u[edge], graph.v[edge]])
    to_u, to_v = end_costs_m(graph, edge, fraction, leaving=direction is Direction.TOWARD)
    if nodes is None:
        nodes = _nodes_for(
            graph,
            ends,
            np.concatenate([to_u, to_v]),
            sites=sites,
            site_of=site_of,
            limit_m=limit_m,
            direction=direction,
        )
    node_m, node_site = (
        nodes.at(ends) if isinstance(nodes, ReachedNodes) else (nodes[0][ends], nodes[1][ends])
    )
    via_u, via_v = node_m[: len(at)] + to_u, node_m[len(at) :] + to_v
    best, best_site = _nearer(via_u, node_site[: len(at)], via_v, node_site[len(at) :])
    direct_m, direct_site = _along_the_same_edge(
        graph, edge, fraction, sites, site_of, direction=direction
    )
    best, best_site = _nearer(best, best_site, direct_m, direct_site)
    best = best + places.connector_m[at]
    found = best <= limit_m
    metres[at[found]] = best[found]
    site[at[found]] = best_site[found]
    return Walk(metres, site)


def _nodes_for(
    graph: WalkGraph,
    ends: NDArray[Any],
    end_m: NDArray[np.float64],
    *,
    sites: Snap,
    site_of: NDArray[np.int64],
    limit_m: float,
    direction: Direction,
) -> Nodes:
    """Walk between sites and the nodes at which places join, or all nodes where that is shorter.

    A search over all streets takes as long for one site as for thousands. `ends` are the two nodes
    of each place, `end_m` what it costs between them and the place.
    """
    if len(site_of) <= _FEW:
        toward = direction is Direction.TOWARD
        around_m = min(_AROUND_M, limit_m)
        size = graph.adjacency.shape[0]
        node_m, node_site = np.full(size, np.inf), np.full(size, -1, dtype=np.int64)
        node, metres, site = first_steps(graph, sites, site_of, leaving=not toward)
        relax(
            graph.toward if toward else graph.adjacency,
            node_m,
            node_site,
            node=node,
            metres=metres,
            site=site,
            limit_m=around_m,
        )
        # What was reached so near is reached no nearer by going farther.
        via_m = node_m[ends]
        if around_m == limit_m or np.isfinite(via_m).all():
            return node_m, node_site
        via_m += end_m
        if (via_m.reshape(2, -1).min(axis=0) < around_m).all():
            return node_m, node_site
    return node_distances(graph, sites=sites, site_of=site_of, limit_m=limit_m, direction=direction)


def node_distances(
    graph: WalkGraph,
    *,
    sites: Snap,
    site_of: NDArray[np.int64],
    limit_m: float,
    direction: Direction = Direction.TOWARD,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Walk between all sites at once and every node of the network.

    Parameters
    ----------
    graph, sites, site_of, limit_m, direction
        As in `nearest_walk`; every entrance must be on the network. ``toward``: from the nodes to
        the sites.

    Returns
    -------
    node_m, node_site
        Metres to the nearest site (infinite beyond `limit_m`) and its number (-1 for none), each
        of shape (n,). Of sites just as near the lowest-numbered.
    """
    toward = direction is Direction.TOWARD
    base = graph.toward if toward else graph.adjacency
    nodes = base.shape[0]
    extended = with_entrances(graph, base, sites, leaving=not toward)
    metres, _, source = dijkstra(
        extended,
        directed=True,
        indices=np.arange(nodes, nodes + len(sites.edge)),
        min_only=True,
        limit=limit_m,
        return_predecessors=True,
    )
    # Sources are rows behind the nodes; the negative mark of a node without one ends up at -1.
    site = np.append(site_of, -1)[np.maximum(source[:nodes] - nodes, -1)]
    metres = metres[:nodes]
    if len(site_of) and site_of.min() < site_of.max():
        node, arc_m, of_site = first_steps(graph, sites, site_of, leaving=not toward)
        settle_ties(base, metres, site, node=node, metres=arc_m, site=of_site, limit_m=limit_m)
    return metres, site


def _nearer(
    metres: NDArray[np.float64],
    site: NDArray[np.int64],
    other_m: NDArray[np.float64],
    other: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Take the nearer of two, and of two just as near the site with the lower number."""
    closer = (other_m < metres) | ((other_m == metres) & (other < site))
    return np.where(closer, other_m, metres), np.where(closer, other, site)


def _along_the_same_edge(
    graph: WalkGraph,
    edge: NDArray[np.int64],
    fraction: NDArray[np.float64],
    sites: Snap,
    site_of: NDArray[np.int64],
    *,
    direction: Direction,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Walk straight along one edge to sites on that same edge, without passing its ends."""
    metres = np.full(len(edge), np.inf)
    site = np.full(len(edge), -1, dtype=np.int64)
    order = np.argsort(sites.edge, kind="stable")
    first = np.searchsorted(sites.edge[order], edge, side="left")
    count = np.searchsorted(sites.edge[order], edge, side="right") - first
    place = np.repeat(np.arange(len(edge)), count)
    if len(place) == 0:
        return metres, site
    offset = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    entrance = order[np.repeat(first, count) + offset]
    ahead = sites.fraction[entrance] - fraction[place]
    if direction is Direction.AWAY:
        ahead = -ahead
    shared = edge[place]
    cost_m = np.where(ahead >= 0, graph.forward_m[shared], graph.backward_m[shared])
    walk = share_of_cost(cost_m, np.abs(ahead)) + sites.connector_m[entrance]
    best = np.lexsort((site_of[entrance], walk, place))
    first = np.ones(len(best), dtype=bool)
    np.not_equal(place[best[1:]], place[best[:-1]], out=first[1:])
    chosen = best[first]
    metres[place[chosen]] = walk[chosen]
    site[place[chosen]] = site_of[entrance[chosen]]
    return metres, site
