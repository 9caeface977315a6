"""Walking searches from places one by one, each with all its doors as one beginning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from spatial.entering import end_costs_m
from spatial.graph import WalkGraph
from spatial.snapping import Snap

# Distances held at once: members of a chunk × nodes. Bounds the memory, changes no answer.
_ROOM: Final = 8_000_000


@dataclass(frozen=True, eq=False)
class Stops:
    """Places on the streets, by their doors; doors off the network are left out.

    Parameters
    ----------
    snap
        Where each door joins the streets, all of them on the network, shape (d,).
    owner
        Number of the place each door belongs to, ascending, shape (d,).
    door
        Number of the door among all doors of the places, shape (d,).
    """

    snap: Snap
    owner: NDArray[np.int64]
    door: NDArray[np.int64]

    def of(self, members: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the positions of the doors of places, and the place each is of, by position."""
        first = np.searchsorted(self.owner, members, side="left")
        count = np.searchsorted(self.owner, members, side="right") - first
        row = np.repeat(np.arange(len(members)), count)
        within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return first[row] + within, row


def stops_of(snap: Snap, owner: NDArray[np.int64]) -> Stops:
    """Keep the doors that are on the network."""
    door = np.flatnonzero(snap.on_network)
    return Stops(snap[door], owner[door], door)


@dataclass(frozen=True, eq=False)
class Found:
    """What a search from a chunk of places found.

    Parameters
    ----------
    members
        The places searched from, shape (a,).
    node_m
        Equivalent metres between each and every node; infinite beyond the limit, shape (a, n).
    before
        The node before each on the way from the place; the place itself is a number from n up,
        shape (a, n). Negative where there is no way. Empty unless asked for.
    """

    members: NDArray[np.int64]
    node_m: NDArray[np.float64]
    before: NDArray[np.int32]


def searches(
    graph: WalkGraph,
    stops: Stops,
    members: NDArray[np.int64],
    *,
    leaving: bool,
    limit_m: float,
    ways: bool = False,
    width: int = 0,
) -> Iterator[Found]:
    """Search from places, a chunk of them at a time.

    Parameters
    ----------
    graph, stops
        The streets, and the places on them.
    members
        Numbers of the places to search from; one without a door reaches nothing.
    leaving
        True where people walk from the places, False where they walk to them.
    limit_m
        Equivalent metres, inclusive.
    ways
        True to keep the nodes on the way.
    width
        How many numbers the caller makes of each search, so that chunks are small enough.
    """
    base = graph.adjacency if leaving else graph.toward
    nodes = base.shape[0]
    size = max(1, _ROOM // max(nodes, width, 1))
    for start in range(0, len(members), size):
        chunk = members[start : start + size]
        extended = _extended(graph, base, stops, chunk, leaving=leaving)
        rows = np.arange(nodes, nodes + len(chunk))
        if ways:
            node_m, before = dijkstra(
                extended, directed=True, indices=rows, limit=limit_m, return_predecessors=True
            )
            yield Found(chunk, node_m[:, :nodes], before[:, :nodes])
        else:
            node_m = dijkstra(extended, directed=True, indices=rows, limit=limit_m)
            yield Found(chunk, node_m[:, :nodes], np.zeros((0, 0), dtype=np.int32))


def _extended(
    graph: WalkGraph,
    base: csr_matrix[np.float64],
    stops: Stops,
    members: NDArray[np.int64],
    *,
    leaving: bool,
) -> csr_matrix[np.float64]:
    """Add a row a place behind the nodes, with a way to both ends of the edge at each door."""
    at, row = stops.of(members)
    snap = stops.snap[at]
    to_u, to_v = end_costs_m(graph, snap.edge, snap.fraction, leaving=leaving)
    ends = np.column_stack([graph.u[snap.edge], graph.v[snap.edge]]).astype(np.int32)
    arcs = np.column_stack([to_u, to_v]) + snap.connector_m[:, np.newaxis]
    count = 2 * np.bincount(row, minlength=len(members))
    pointers = np.concatenate(
        [base.indptr, base.indptr[-1] + np.cumsum(count).astype(base.indptr.dtype)]
    )
    size = base.shape[0] + len(members)
    return csr_matrix(
        (
            np.concatenate([base.data, arcs.ravel()]),
            np.concatenate([base.indices, ends.ravel()]),
            pointers,
        ),
        shape=(size, size),
    )


@dataclass(frozen=True, eq=False)
class Direct:
    """Pairs of doors on one edge, walked straight along it; shape (q,) each.

    Parameters
    ----------
    near, far
        Positions of the two doors in their stops.
    metres
        Equivalent metres with both connectors; infinite where the edge is closed that way.
    """

    near: NDArray[np.int64]
    far: NDArray[np.int64]
    metres: NDArray[np.float64]


def direct_ways(
    graph: WalkGraph, near: Stops, at: NDArray[np.int64], far: Stops, *, leaving: bool
) -> Direct:
    """Walk between doors on one and the same edge without passing its ends.

    Parameters
    ----------
    near, at
        Stops, and the positions of the doors asked about.
    far
        The stops at the other end.
    leaving
        True from `near` to `far`, False from `far` to `near`.
    """
    order = np.argsort(far.snap.edge, kind="stable")
    edges = far.snap.edge[order]
    first = np.searchsorted(edges, near.snap.edge[at], side="left")
    count = np.searchsorted(edges, near.snap.edge[at], side="right") - first
    this = np.repeat(at, count)
    within = np.arange(len(this)) - np.repeat(np.cumsum(count) - count, count)
    other = order[np.repeat(first, count) + within]
    ahead = far.snap.fraction[other] - near.snap.fraction[this]
    if not leaving:
        ahead = -ahead
    edge = near.snap.edge[this]
    cost_m = np.where(ahead >= 0, graph.forward_m[edge], graph.backward_m[edge])
    share = np.abs(ahead)
    # None of a closed edge costs nothing.
    walk_m = np.multiply(cost_m, share, out=np.zeros_like(cost_m), where=share > 0)
    return Direct(this, other, walk_m + near.snap.connector_m[this] + far.snap.connector_m[other])


def door_costs(
    graph: WalkGraph, found: Found, one: Stops, other: Stops, *, leaving: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """List the doors that a search reached.

    Parameters
    ----------
    found
        A search from places of `one`.
    other
        The doors asked about.
    leaving
        As the search was made.

    Returns
    -------
    row, door, cost_m
        Row of the search, position of the door in `other`, and equivalent metres with both
        connectors; a pair may be listed twice, and a cost be infinite.
    """
    edge = other.snap.edge
    to_u, to_v = end_costs_m(graph, edge, other.snap.fraction, leaving=not leaving)
    via = np.minimum(found.node_m[:, graph.u[edge]] + to_u, found.node_m[:, graph.v[edge]] + to_v)
    via += other.snap.connector_m
    row, door = np.nonzero(np.isfinite(via))
    at, of = one.of(found.members)
    direct = direct_ways(graph, one, at, other, leaving=leaving)
    row_of = np.zeros(len(one.owner), dtype=np.int64)
    row_of[at] = of
    return (
        np.concatenate([row, row_of[direct.near]]),
        np.concatenate([door, direct.far]),
        np.concatenate([via[row, door], direct.metres]),
    )
