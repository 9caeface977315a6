"""The nearest facility for every node of a network: the same question put to each engine."""

from __future__ import annotations

import networkx as nx  # type: ignore[import-untyped]  # publishes no types
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from spatial.graph import WalkGraph
from spatial.network import Network
from spatial.reach import node_distances
from spatial.snapping import Snap

LIMIT_M = 1200.0
FACILITIES = 600
# NetworkX and SciPy add the same float64 lengths up in another order.
TOLERANCE_M = 0.01


def random_nodes(network: Network, *, count: int, seed: int = 20260722) -> NDArray[np.int64]:
    """Draw nodes without repetition, ascending; the same ones every time."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(len(network.node_lonlat), count, replace=False))


def snaps_at_nodes(network: Network, nodes: NDArray[np.int64]) -> Snap:
    """Join places that stand exactly on nodes: an end of any edge there, no connector."""
    edge = np.full(len(network.node_lonlat), -1, dtype=np.int64)
    fraction = np.zeros(len(network.node_lonlat))
    numbers = np.arange(len(network.u))
    edge[network.v], fraction[network.v] = numbers, 1.0
    edge[network.u], fraction[network.u] = numbers, 0.0
    return Snap(edge[nodes], fraction[nodes], np.zeros(len(nodes)))


def with_yike(
    graph: WalkGraph, sites: Snap, *, limit_m: float = LIMIT_M
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Metres and number of the nearest site for every node."""
    return node_distances(graph, sites=sites, site_of=np.arange(len(sites.edge)), limit_m=limit_m)


def with_scipy(
    graph: WalkGraph, nodes: NDArray[np.int64], *, limit_m: float = LIMIT_M
) -> NDArray[np.float64]:
    """Metres alone, by the bare kernel on Yike's own arrays: the least anyone can pay."""
    return np.asarray(
        dijkstra(graph.adjacency, directed=True, indices=nodes, min_only=True, limit=limit_m)
    )


def networkx_graph(network: Network) -> nx.Graph:
    """Build the same graph; of parallel edges the shortest."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(network.node_lonlat)))
    longest_first = np.argsort(-network.length_m, kind="stable")
    u, v, metres = (a[longest_first].tolist() for a in (network.u, network.v, network.length_m))
    graph.add_weighted_edges_from(zip(u, v, metres, strict=True), weight="length_m")
    return graph


def with_networkx(
    graph: nx.Graph, nodes: NDArray[np.int64], *, limit_m: float = LIMIT_M
) -> dict[int, float]:
    """Metres of every node within the limit, by node."""
    found: dict[int, float] = nx.multi_source_dijkstra_path_length(
        graph, set(nodes.tolist()), cutoff=limit_m, weight="length_m"
    )
    return found


def metres_of(found: dict[int, float], *, nodes: int) -> NDArray[np.float64]:
    """Lay NetworkX's answer out by node; infinite where it has none."""
    metres = np.full(nodes, np.inf)
    metres[list(found)] = list(found.values())
    return metres
