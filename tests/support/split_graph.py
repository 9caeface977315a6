"""An independent engine to walk with: NetworkX on the same streets, split where places join."""

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from spatial.graph import WalkGraph
from spatial.snapping import Snap


def split_graph(graph: WalkGraph, **groups: Snap) -> "nx.DiGraph[Any]":
    """Split every edge at every snap; the node of the i-th place of a group is (group, i)."""
    directed: nx.DiGraph[Any] = nx.DiGraph()
    stops: dict[int, list[tuple[float, object]]] = {}
    for name, snaps in groups.items():
        for i in np.flatnonzero(snaps.on_network).tolist():
            street = (name, "street", i)
            stops.setdefault(int(snaps.edge[i]), []).append((float(snaps.fraction[i]), street))
            connector = float(snaps.connector_m[i])
            directed.add_edge((name, i), street, cost=connector)
            directed.add_edge(street, (name, i), cost=connector)
    for edge, (u, v, along, against) in enumerate(
        zip(
            graph.u.tolist(),
            graph.v.tolist(),
            graph.forward_m.tolist(),
            graph.backward_m.tolist(),
            strict=True,
        )
    ):
        inside = sorted(stops.get(edge, []), key=lambda stop: stop[0])
        chain: list[tuple[float, object]] = [(0.0, u), *inside, (1.0, v)]
        for (a, start), (b, end) in pairwise(chain):
            _cheapest(directed, start, end, 0.0 if a == b else (b - a) * along)
            _cheapest(directed, end, start, 0.0 if a == b else (b - a) * against)
    return directed


def _cheapest(graph: "nx.DiGraph[Any]", start: object, end: object, cost: float) -> None:
    if np.isinf(cost):
        return
    known = graph.get_edge_data(start, end)
    if known is None or known["cost"] > cost:
        graph.add_edge(start, end, cost=cost)


def to_nearest(graph: "nx.DiGraph[Any]", *, places: int, sites: int) -> NDArray[np.float64]:
    """Cost from each place to its nearest site; infinite where there is no way."""
    sources = [("site", i) for i in range(sites) if ("site", i) in graph]
    if not sources:
        return np.full(places, np.inf)
    found = nx.multi_source_dijkstra_path_length(graph.reverse(copy=False), sources, weight="cost")
    return np.array([found.get(("place", i), np.inf) for i in range(places)])
