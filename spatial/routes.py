"""The nearest sites of places on foot: which, how far, and on demand along which streets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.doors import Doors
from spatial.errors import InputError
from spatial.graph import WalkGraph
from spatial.network import Network
from spatial.paths import Pairs, Paths, trace
from spatial.place_status import PlaceStatus
from spatial.profiles import Profile
from spatial.reach import SEARCH_LIMIT_M, Direction, nearest_walk
from spatial.search import Stops, door_costs, searches, stops_of
from spatial.snapping import Snap, snap

# Called with how many of the searches are done, and of how many.
Report = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Routes:
    """The nearest sites of places, a row a pair, by place and distance.

    Parameters
    ----------
    status
        Of each place, shape (n,): ``ok`` with at least one row; ``off_network`` where no street
        is within the snap limit; ``island`` where the streets it joins lead to no site and end
        within a few steps (`spatial.graph.ISLAND_M`); ``nothing_within_reach``;
        ``invalid_geometry``.
    snap_m
        Length of the shortest connector of each place, metres; NaN off the network, shape (n,).
    place, site
        Numbers of the pair, shape (r,).
    cost_m
        Equivalent metres under the profile, which order the sites, shape (r,).
    metres
        Length of that way along connector, streets and connector, shape (r,).
    seconds
        At the profile's speed: `cost_m` ÷ speed, shape (r,).
    geometry
        LineStrings in EPSG:4326 in the direction walked, shape (r,); None unless asked for.
    """

    status: NDArray[Any]
    snap_m: NDArray[np.float64]
    place: NDArray[np.int64]
    site: NDArray[np.int64]
    cost_m: NDArray[np.float64]
    metres: NDArray[np.float64]
    seconds: NDArray[np.float64]
    geometry: NDArray[Any] | None


def nearest_sites(  # noqa: PLR0913  # a question has this many sides, each by name
    network: Network,
    *,
    places: Doors,
    sites: Doors,
    profile: Profile,
    k: int = 1,
    direction: Direction = Direction.TOWARD,
    limit_m: float = SEARCH_LIMIT_M,
    snap_limit_m: float = 200.0,
    paths: bool = False,
    report: Report | None = None,
) -> Routes:
    """Find the k nearest sites of every place.

    Parameters
    ----------
    network
        The streets.
    places, sites
        Their doors (`spatial.doors`); of several doors the pair that is nearest counts.
    profile
        Who walks: what is closed, what costs more than its length, and the speed.
    k
        How many sites at most, ≥ 1. Of sites at the same distance the lowest-numbered comes
        first.
    direction
        ``toward``: people walk from the places to the sites; ``away``: from the sites.
    limit_m
        Search limit in equivalent metres, inclusive.
    snap_limit_m
        A door farther than this from every street is off the network, metres (≤ is on it).
    paths
        True to draw the ways.
    report
        Told what is done, for a progress bar.

    Raises
    ------
    InputError
        When `k` is less than 1.
    """
    if k < 1:
        raise InputError(f"parameter k: {k} is less than 1")
    graph = network.graph_for(profile.impedance)
    place_snap = snap(graph, places.geometry, limit_m=snap_limit_m)
    site_snap = snap(graph, sites.geometry, limit_m=snap_limit_m)
    near, far = stops_of(place_snap, places.owner), stops_of(site_snap, sites.owner)
    if k == 1:
        pairs = _nearest(graph, near, far, limit_m=limit_m, direction=direction)
    else:
        pairs = _several(graph, near, far, k=k, limit_m=limit_m, direction=direction, report=report)
    traced: Paths | None = None
    if paths or _differs(graph):
        traced = trace(
            network,
            graph,
            pairs,
            places=near,
            sites=far,
            shapes=(places.geometry, sites.geometry) if paths else None,
            direction=direction,
            report=report,
        )
    return Routes(
        status=_status(graph, places, near, pairs),
        snap_m=_least(place_snap, places),
        place=pairs.place,
        site=pairs.site,
        cost_m=pairs.cost_m,
        metres=pairs.cost_m if traced is None else traced.metres,
        seconds=pairs.cost_m / float(profile.speed_m_per_s),
        geometry=None if traced is None else traced.geometry,
    )


def _differs(graph: WalkGraph) -> bool:
    """Tell whether some open way costs other than its length."""
    return any(
        bool((np.isfinite(cost) & (cost != graph.length_m)).any())
        for cost in (graph.forward_m, graph.backward_m)
    )


def _nearest(
    graph: WalkGraph, near: Stops, far: Stops, *, limit_m: float, direction: Direction
) -> Pairs:
    """Find the nearest site of all places in one search."""
    walk = nearest_walk(
        graph,
        places=near.snap,
        sites=far.snap,
        site_of=far.owner,
        limit_m=limit_m,
        direction=direction,
    )
    found = np.flatnonzero(walk.site >= 0)
    return _ranked(near.owner[found], walk.site[found], walk.metres[found], k=1)


def _several(
    graph: WalkGraph,
    near: Stops,
    far: Stops,
    *,
    k: int,
    limit_m: float,
    direction: Direction,
    report: Report | None,
) -> Pairs:
    """Find the k nearest sites, by a search from each place or from each site: from the fewer."""
    from_places = len(np.unique(near.owner)) <= len(np.unique(far.owner))
    one, other = (near, far) if from_places else (far, near)
    leaving = (direction is Direction.TOWARD) == from_places
    members = np.unique(one.owner)
    best = _ranked(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), k=k)
    done = 0
    for found in searches(
        graph, one, members, leaving=leaving, limit_m=limit_m, width=len(other.owner)
    ):
        row, door, cost_m = door_costs(graph, found, one, other, leaving=leaving)
        within = np.flatnonzero(cost_m <= limit_m)
        mine, its = found.members[row[within]], other.owner[door[within]]
        place, site = (mine, its) if from_places else (its, mine)
        best = _ranked(
            np.concatenate([best.place, place]),
            np.concatenate([best.site, site]),
            np.concatenate([best.cost_m, cost_m[within]]),
            k=k,
        )
        done += len(found.members)
        if report is not None:
            report(done, len(members))
    return best


def _ranked(
    place: NDArray[np.int64], site: NDArray[np.int64], cost_m: NDArray[np.float64], *, k: int
) -> Pairs:
    """Keep the nearest door pair of each place and site, and of each place the k nearest sites."""
    order = np.lexsort((cost_m, site, place))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(place[order]) != 0) | (np.diff(site[order]) != 0)
    order = order[first]
    order = order[np.lexsort((site[order], cost_m[order], place[order]))]
    rank = pd.Series(place[order]).groupby(place[order], sort=False).cumcount().to_numpy()
    order = order[rank < k]
    return Pairs(place[order], site[order], cost_m[order])


def _status(graph: WalkGraph, places: Doors, near: Stops, pairs: Pairs) -> NDArray[Any]:
    status = np.full(places.places, PlaceStatus.OFF_NETWORK.value, dtype=object)
    status[near.owner] = PlaceStatus.ISLAND.value
    # One door on streets that lead somewhere is enough to know that nothing is near.
    status[near.owner[~graph.island[near.snap.edge]]] = PlaceStatus.BEYOND.value
    status[pairs.place] = PlaceStatus.OK.value
    status[places.invalid] = PlaceStatus.INVALID.value
    return status


def _least(snaps: Snap, places: Doors) -> NDArray[np.float64]:
    least = np.full(places.places, np.nan)
    np.fmin.at(least, places.owner, snaps.connector_m)
    return least
