"""Walks between nodes and sites, brought up to date, against a search from nothing."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spatial.relaxing import forget, relax

NODES = 9
# Few different lengths, so that ties are the rule; 0.1 + 0.2 is not 0.3.
lengths = st.sampled_from([0.1, 0.2, 0.3, 1.0, 2.0])
arcs = st.dictionaries(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(lambda a: a[0] != a[1]),
    lengths,
    max_size=30,
)
sites = st.dictionaries(
    st.integers(0, 6), st.tuples(st.integers(0, NODES - 1), lengths), max_size=5
)
Links = dict[tuple[int, int], float]
Sites = dict[int, tuple[int, float]]


def matrix(links: Links) -> csr_matrix[np.float64]:
    shape = (NODES, NODES)
    if not links:
        return csr_matrix(shape)
    rows, columns = zip(*links, strict=True)
    return csr_matrix((list(links.values()), (rows, columns)), shape=shape)


def expected(links: Links, places: Sites, limit_m: float) -> tuple[list[float], list[int]]:
    """The nearest site of each node by NetworkX, one site at a time, the lowest number first."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(NODES))
    graph.add_weighted_edges_from((a, b, metres) for (a, b), metres in links.items())
    best = [(float("inf"), -1)] * NODES
    for site in sorted(places):
        node, metres = places[site]
        graph.add_edge("site", node, weight=metres)
        found = nx.single_source_dijkstra_path_length(graph, "site")
        graph.remove_node("site")
        for at in range(NODES):
            if at in found and found[at] <= limit_m and found[at] < best[at][0]:
                best[at] = (found[at], site)
    return [metres for metres, _ in best], [site for _, site in best]


def offers(places: Sites) -> dict[str, NDArray[np.generic]]:
    return {
        "node": np.array([node for node, _ in places.values()], dtype=np.int64),
        "metres": np.array([metres for _, metres in places.values()], dtype=np.float64),
        "site": np.array(list(places), dtype=np.int64),
    }


@settings(deadline=None, max_examples=300)
@given(links=arcs, before=sites, after=sites, limit_m=st.sampled_from([0.35, 2.2, 100.0]))
def test_sites_that_come_and_go_leave_what_a_search_from_nothing_finds(
    links: Links, before: Sites, after: Sites, limit_m: float
) -> None:
    base = matrix(links)
    node_m, node_site = np.full(NODES, np.inf), np.full(NODES, -1, dtype=np.int64)
    relax(base, node_m, node_site, **offers(before), limit_m=limit_m)  # type: ignore[arg-type] # of each its own type
    assert (node_m.tolist(), node_site.tolist()) == expected(links, before, limit_m)

    old_m, old_site = node_m.copy(), node_site.copy()
    gone = np.array([before.get(site) != after.get(site) for site in range(7)])
    lost, node, metres, site = forget(base.T.tocsr(), node_m, node_site, gone=gone)
    came = offers(after)
    took = relax(
        base,
        node_m,
        node_site,
        node=np.concatenate([node, came["node"]]),
        metres=np.concatenate([metres, came["metres"]]),
        site=np.concatenate([site, came["site"]]),
        limit_m=limit_m,
    )
    assert (node_m.tolist(), node_site.tolist()) == expected(links, after, limit_m)
    touched = np.union1d(lost, took)
    same = np.setdiff1d(np.arange(NODES), touched)
    assert (node_m[same] == old_m[same]).all()
    assert (node_site[same] == old_site[same]).all()
