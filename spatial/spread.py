"""How far one walk spreads: what it costs between an origin and every place on the streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.entering import end_costs_m, share_of_cost
from spatial.graph import WalkGraph
from spatial.parts import Parts, united
from spatial.reach import Direction, node_distances
from spatial.snapping import Snap


@dataclass(frozen=True, eq=False)
class Spread:
    """One walk from, or to, an origin.

    Parameters
    ----------
    graph
        The streets.
    entrances
        Where the origin joins the streets, all of them on the network.
    direction
        ``away``: from the origin to the places; ``toward``: from the places to it.
    limit_m
        How far was searched, equivalent metres (`spatial.profiles`), inclusive.
    node_m
        Connector and streets between the origin and each node, equivalent metres; infinite beyond
        the limit, shape (n,).
    """

    graph: WalkGraph
    entrances: Snap
    direction: Direction
    limit_m: float
    node_m: NDArray[np.float64]

    def street_m(
        self, edge: NDArray[np.int64], fraction: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Work out what it costs between the origin and places on the streets.

        Parameters
        ----------
        edge, fraction
            The places, edges open to the walker, shape (k,) each.

        Returns
        -------
        Equivalent metres with the origin's connector and without the place's, shape (k,);
        infinite where the place is not reached. What `spatial.reach.nearest_walk` finds, for
        values up to the search limit.
        """
        graph = self.graph
        to_u, to_v = end_costs_m(graph, edge, fraction, leaving=self.direction is Direction.TOWARD)
        metres = np.minimum(self.node_m[graph.u[edge]] + to_u, self.node_m[graph.v[edge]] + to_v)
        onward, back = self._rates(edge)
        entrances = self.entrances
        for door, at, connector_m in zip(
            entrances.edge.tolist(),
            entrances.fraction.tolist(),
            entrances.connector_m.tolist(),
            strict=True,
        ):
            same = np.flatnonzero(edge == door)
            ahead = fraction[same] - at
            rate = np.where(ahead >= 0, onward[same], back[same])
            walked = share_of_cost(rate, np.abs(ahead)) + connector_m
            metres[same] = np.minimum(metres[same], walked)
        return metres

    def reached(self, limit_m: float) -> Parts:
        """Find the parts of edges whose places cost at most `limit_m` (≤, equivalent metres).

        `limit_m` is at most the limit of the search. A street entered from both ends has two
        parts where they do not meet; single points are no parts.
        """
        graph = self.graph
        near = np.minimum(self.node_m[graph.u], self.node_m[graph.v]) <= limit_m
        near[self.entrances.edge] = True
        edge = np.flatnonzero(near & graph.open)
        onward, back = self._rates(edge)
        from_u = _share(limit_m - self.node_m[graph.u[edge]], onward)
        from_v = _share(limit_m - self.node_m[graph.v[edge]], back)
        door, at = self.entrances.edge, self.entrances.fraction
        left_m = limit_m - self.entrances.connector_m
        door_onward, door_back = self._rates(door)
        return united(
            np.concatenate([edge, edge, door]),
            np.concatenate(
                [np.zeros(len(edge)), 1.0 - from_v, np.maximum(at - _share(left_m, door_back), 0.0)]
            ),
            np.concatenate(
                [from_u, np.ones(len(edge)), np.minimum(at + _share(left_m, door_onward), 1.0)]
            ),
        )

    def _rates(self, edge: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Cost of whole edges for a walk that spreads from u to v, and from v to u."""
        forward, backward = self.graph.forward_m[edge], self.graph.backward_m[edge]
        # The walk toward the origin spreads against the way people walk.
        return (backward, forward) if self.direction is Direction.TOWARD else (forward, backward)


def spread_from(
    graph: WalkGraph, entrances: Snap, *, limit_m: float, direction: Direction
) -> Spread:
    """Walk the streets once, from all entrances of one origin.

    Parameters
    ----------
    graph
        The streets.
    entrances
        Where the origin joins the streets; entrances off the network are passed over.
    limit_m
        Search limit in equivalent metres, inclusive.
    direction
        Which way people walk.
    """
    used = entrances[np.flatnonzero(entrances.on_network)]
    if len(used.edge):
        node_m, _ = node_distances(
            graph,
            sites=used,
            site_of=np.zeros(len(used.edge), dtype=np.int64),
            limit_m=limit_m,
            direction=direction,
        )
    else:
        node_m = np.full(graph.adjacency.shape[0], np.inf)
    return Spread(graph, used, direction, limit_m, node_m)


def _share(left_m: NDArray[np.float64], cost_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of an edge that what is left of the limit pays for, in [0, 1]."""
    paid = np.maximum(left_m, 0.0)
    share = np.divide(paid, cost_m, out=np.zeros_like(paid), where=np.isfinite(cost_m))
    return np.minimum(share, 1.0)
