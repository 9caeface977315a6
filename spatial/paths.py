"""The way of a walk: along which parts of which streets, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.entering import end_costs_m
from spatial.graph import WalkGraph
from spatial.grouping import weighted_count
from spatial.network import Network
from spatial.path_lines import Way, drawn
from spatial.reach import Direction
from spatial.search import Found, Stops, direct_ways, searches
from spatial.stretches import Stretches

# How much farther than the distance known a search for its way goes: rounding, not metres.
_ROUNDING_M: Final = 1e-3


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of a place and a site, and what is between them in equivalent metres; (r,) each."""

    place: NDArray[np.int64]
    site: NDArray[np.int64]
    cost_m: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Paths:
    """Ways of pairs.

    Parameters
    ----------
    metres
        Length along connector, streets and connector, shape (r,).
    geometry
        LineStrings in EPSG:4326 in the direction walked, shape (r,); None unless asked for.
    """

    metres: NDArray[np.float64]
    geometry: NDArray[Any] | None


def trace(
    network: Network,
    graph: WalkGraph,
    pairs: Pairs,
    *,
    places: Stops,
    sites: Stops,
    shapes: tuple[NDArray[Any], NDArray[Any]] | None,
    direction: Direction,
    report: Callable[[int, int], None] | None = None,
) -> Paths:
    """Find the ways of pairs whose distances are known.

    Parameters
    ----------
    network, graph
        The streets, and the same made ready for the walk.
    pairs
        Each reachable at its cost.
    places, sites
        Their doors on the streets.
    shapes
        The doors of all places and all sites in EPSG:4326, where the ways are to be drawn.
    direction
        ``toward``: from place to site; ``away``: from site to place.
    report
        Told how many searches are done, and of how many.
    """
    metres = np.zeros(len(pairs.place))
    geometry = None if shapes is None else np.full(len(pairs.place), None, dtype=object)
    from_places = len(np.unique(pairs.place)) <= len(np.unique(pairs.site))
    one, other = (places, sites) if from_places else (sites, places)
    mine, its = (pairs.place, pairs.site) if from_places else (pairs.site, pairs.place)
    leaving = (direction is Direction.TOWARD) == from_places
    # Near ones first: each search then ends about where its farthest pair does.
    members, of = np.unique(mine, return_inverse=True)
    by_member = np.argsort(of, kind="stable")
    start = np.searchsorted(of[by_member], np.arange(len(members) + 1))
    limit_m = float(pairs.cost_m.max(initial=0.0)) + _ROUNDING_M
    done = 0
    for found in searches(graph, one, members, leaving=leaving, limit_m=limit_m, ways=True):
        chosen = by_member[start[done] : start[done + len(found.members)]]
        way = _ways(graph, found, one, other, mine[chosen], its[chosen], leaving=leaving)
        metres[chosen] = _lengths(network, way, one, other)
        if shapes is not None and geometry is not None:
            doors = shapes if from_places else shapes[::-1]
            geometry[chosen] = drawn(network, way, one, other, doors, turned=not leaving)
        done += len(found.members)
        if report is not None:
            report(done, len(members))
    return Paths(metres, geometry)


def _ways(
    graph: WalkGraph,
    found: Found,
    one: Stops,
    other: Stops,
    mine: NDArray[np.int64],
    its: NDArray[np.int64],
    *,
    leaving: bool,
) -> Way:
    row = np.searchsorted(found.members, mine)
    ends = _arrivals(graph, found, one, other, mine, its, row, leaving=leaving)
    far, by_edge, at_v, near = ends
    nodes = np.where(at_v, graph.v[other.snap.edge[far]], graph.u[other.snap.edge[far]])
    walked = np.flatnonzero(~by_edge)
    pair, step, node = _chain(found, row[walked], nodes[walked])
    pair = walked[pair]
    # Along the chain, counted from the far end; the last of each pair is next to the place.
    last = np.ones(len(pair), dtype=bool)
    last[:-1] = pair[1:] != pair[:-1]
    near[pair[last]], near_end = _departures(
        graph, one, mine[pair[last]], node[last], leaving=leaving
    )
    inner = np.flatnonzero(~last)
    edge = _cheapest(graph, node[inner + 1], node[inner], leaving=leaving)
    forward = graph.u[edge] == node[inner + 1]
    near_edge, far_edge = one.snap.edge[near], other.snap.edge[far]
    first_pair = pair[last]
    all_pairs = np.concatenate([first_pair, pair[inner], walked, np.flatnonzero(by_edge)])
    far_end = at_v[walked].astype(float)
    straight = np.flatnonzero(by_edge)
    stretches = Stretches(
        edge=np.concatenate(
            [near_edge[first_pair], edge, far_edge[walked], near_edge[straight]]
        ).astype(np.int64),
        start=np.concatenate(
            [
                one.snap.fraction[near[first_pair]],
                np.where(forward, 0.0, 1.0),
                far_end,
                one.snap.fraction[near[straight]],
            ]
        ),
        end=np.concatenate(
            [
                near_end,
                np.where(forward, 1.0, 0.0),
                other.snap.fraction[far[walked]],
                other.snap.fraction[far[straight]],
            ]
        ),
    )
    place = np.concatenate(
        [
            np.full(len(first_pair), -np.inf),
            -step[inner].astype(float),
            np.full(len(walked), np.inf),
            np.zeros(len(straight)),
        ]
    )
    order = np.lexsort((place, all_pairs))
    return Way(all_pairs[order], stretches[order], near, far)


def _arrivals(
    graph: WalkGraph,
    found: Found,
    one: Stops,
    other: Stops,
    mine: NDArray[np.int64],
    its: NDArray[np.int64],
    row: NDArray[np.int64],
    *,
    leaving: bool,
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Choose how each pair arrives: far door, whether along one edge, from which end, near door.

    The near door is known only along one edge, and 0 elsewhere.
    """
    door, pair = other.of(its)
    edge = other.snap.edge[door]
    to_u, to_v = end_costs_m(graph, edge, other.snap.fraction[door], leaving=not leaving)
    from_u = found.node_m[row[pair], graph.u[edge]] + to_u + other.snap.connector_m[door]
    from_v = found.node_m[row[pair], graph.v[edge]] + to_v + other.snap.connector_m[door]
    at, _ = one.of(found.members)
    direct = direct_ways(graph, one, at, other, leaving=leaving)
    # A pair of doors belongs to at most one pair of places.
    key = mine.astype(np.int64) * (int(other.owner.max(initial=0)) + 1) + its
    order = np.argsort(key, kind="stable")
    wanted = (
        one.owner[direct.near] * (int(other.owner.max(initial=0)) + 1) + other.owner[direct.far]
    )
    place = np.minimum(np.searchsorted(key[order], wanted), max(len(key) - 1, 0))
    asked = np.flatnonzero(key[order][place] == wanted) if len(key) else np.zeros(0, np.int64)
    of = order[place[asked]]
    pairs = np.concatenate([pair, pair, of])
    cost = np.concatenate([from_u, from_v, direct.metres[asked]])
    kind = np.repeat([0, 1, 2], [len(pair), len(pair), len(asked)])
    doors = np.concatenate([door, door, direct.far[asked]])
    nears = np.concatenate([np.zeros(2 * len(pair), np.int64), direct.near[asked]])
    best = np.lexsort((doors, kind, cost, pairs))
    first = best[np.searchsorted(pairs[best], np.arange(len(mine)))]
    return doors[first], kind[first] == 2, kind[first] == 1, nears[first]  # noqa: PLR2004


def _chain(
    found: Found, row: NDArray[np.int64], node: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Follow the ways back to their places, all at once: pair, step from the far end, node."""
    pairs: list[NDArray[np.int64]] = []
    steps: list[NDArray[np.int64]] = []
    nodes: list[NDArray[np.int64]] = []
    active, here, number = np.arange(len(row)), node.astype(np.int64), 0
    count = found.before.shape[1]
    while len(active):
        pairs.append(active)
        steps.append(np.full(len(active), number))
        nodes.append(here)
        back = found.before[row[active], here].astype(np.int64)
        kept = (back >= 0) & (back < count)
        active, here, number = active[kept], back[kept], number + 1
    if not pairs:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing
    pair, step, chain = np.concatenate(pairs), np.concatenate(steps), np.concatenate(nodes)
    order = np.lexsort((step, pair))
    return pair[order], step[order], chain[order]


def _departures(
    graph: WalkGraph,
    one: Stops,
    mine: NDArray[np.int64],
    node: NDArray[np.int64],
    *,
    leaving: bool,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Choose the door, and the end of its edge, by which places and nodes next to them join."""
    door, pair = one.of(mine)
    edge = one.snap.edge[door]
    to_u, to_v = end_costs_m(graph, edge, one.snap.fraction[door], leaving=leaving)
    to_u = np.where(graph.u[edge] == node[pair], to_u, np.inf) + one.snap.connector_m[door]
    to_v = np.where(graph.v[edge] == node[pair], to_v, np.inf) + one.snap.connector_m[door]
    pairs, cost = np.concatenate([pair, pair]), np.concatenate([to_u, to_v])
    doors, end = np.concatenate([door, door]), np.repeat([0.0, 1.0], len(pair))
    best = np.lexsort((end, doors, cost, pairs))
    first = best[np.searchsorted(pairs[best], np.arange(len(mine)))]
    return doors[first], end[first]


def _cheapest(
    graph: WalkGraph, near: NDArray[np.int64], far: NDArray[np.int64], *, leaving: bool
) -> NDArray[np.int64]:
    """Find the cheapest edge between neighbouring nodes, walked from the near to the far one."""
    start, end = (near, far) if leaving else (far, near)
    nodes = graph.adjacency.shape[0]
    used = np.zeros(nodes, dtype=bool)
    used[near] = used[far] = True
    edges = np.flatnonzero(used[graph.u] & used[graph.v])
    u, v = graph.u[edges].astype(np.int64), graph.v[edges].astype(np.int64)
    key = np.concatenate([u * nodes + v, v * nodes + u])
    cost = np.concatenate([graph.forward_m[edges], graph.backward_m[edges]])
    order = np.lexsort((cost, key))
    at = np.searchsorted(key[order], start * nodes + end)
    return np.asarray(np.concatenate([edges, edges])[order[at]], dtype=np.int64)


def _lengths(network: Network, way: Way, one: Stops, other: Stops) -> NDArray[np.float64]:
    streets_m = way.stretches.share * np.asarray(network.length_m)[way.stretches.edge]
    whole_m = weighted_count(way.pair, streets_m, size=len(way.near))
    return whole_m + one.snap.connector_m[way.near] + other.snap.connector_m[way.far]
