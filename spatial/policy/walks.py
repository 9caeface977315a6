"""Walks from demand points, through the gates of their districts, to facilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.crs import millimetres
from spatial.graph import WalkGraph
from spatial.policy.entrances import Joined
from spatial.policy.gates import Gates
from spatial.reach import nearest_walk
from spatial.snapping import Snap


@dataclass(frozen=True, eq=False)
class Walked:
    """Walks from demand points, shape (q,) each; as in `Reach`."""

    walk_mm: NDArray[np.float64]
    facility: NDArray[np.int64]
    snap_m: NDArray[np.float64]
    astray: NDArray[np.bool_]

    @classmethod
    def nowhere(cls, count: int) -> Walked:
        """Return the walks of so many points where there are no streets: none is known."""
        unknown = np.full(count, np.nan)
        facility = np.full(count, -1, dtype=np.int64)
        return cls(unknown, facility, unknown.copy(), np.zeros(count, dtype=bool))


def walk_out(
    graph: WalkGraph,
    gates: Gates,
    snaps: Snap,
    joined: Joined,
    *,
    points: NDArray[np.int64] | None,
    limit_m: float,
) -> Walked:
    """Walk from demand points to the nearest facility.

    Parameters
    ----------
    graph
        The streets.
    gates, snaps
        The ways out of the districts, and where each gate joins the streets.
    joined
        The entrances of the facilities.
    points
        Positions of the demand points asked for, ascending, shape (q,); None for all.
    limit_m
        Search limit in equivalent metres, inclusive.

    Returns
    -------
    As `spatial.policy.city.City.walk`.
    """
    if points is None:
        # Every point has a gate, and every gate a point.
        place, of_gate, inside_m = gates.point, gates.gate, gates.inside_m
        count = int(place[-1]) + 1 if len(place) else 0
    else:
        count, (pair, place) = len(points), gates.ways_out(points)
        gate, of_gate = np.unique(gates.gate[pair], return_inverse=True)
        snaps, inside_m = snaps[gate], gates.inside_m[pair]
    walk = nearest_walk(
        graph,
        places=snaps,
        sites=joined.snap,
        site_of=joined.owner,
        limit_m=limit_m,
        nodes=joined.nodes,
    )
    total = inside_m + walk.metres[of_gate]
    total[total > limit_m] = np.inf
    # Where the known streets end a few steps on, nobody can say how far it is.
    astray = (snaps.on_network & graph.island[snaps.edge])[of_gate] & np.isinf(total)
    total[astray] = np.nan
    # NaN (a gate off the network) sorts last, so one good gate is enough. Every point has a gate,
    # so the first of each point's ways is its best.
    order = np.lexsort((of_gate, total, place))
    best = order[np.searchsorted(place[order], np.arange(count))]
    metres = total[best]
    facility = np.where(np.isfinite(metres), walk.site[of_gate[best]], -1)
    return Walked(millimetres(metres), facility, snaps.connector_m[of_gate[best]], astray[best])
