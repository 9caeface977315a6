"""The people of a city by their demand points, and which of them facilities reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crs import millimetres, project
from spatial.doors import Doors
from spatial.graph import WalkGraph
from spatial.headcount import Headcount
from spatial.limits import Limit
from spatial.place_status import PlaceStatus
from spatial.policy.city import City
from spatial.profiles import Profile
from spatial.reach import Direction
from spatial.search import Found, Stops, door_costs, searches, stops_of
from spatial.snapping import snap
from spatial.straight import pair_distances_m

# A projected distance differs from the geodesic by less than this share; what is near is measured.
_SCALE_MARGIN: Final = 1.002
_ROUNDING_M: Final = 0.01
# Facilities looked at together where no search sets the size.
_CHUNK: Final = 64


@dataclass(frozen=True, eq=False)
class _Near:
    """Distances of demand points from facilities in whole mm, nearest first listed once; (q,)."""

    row: NDArray[np.int64]
    point: NDArray[np.int64]
    mm: NDArray[np.float64]

    def of(self, row: int) -> _Near:
        low, high = np.searchsorted(self.row, [row, row + 1])
        return _Near(self.row[low:high], self.point[low:high], self.mm[low:high])


@dataclass(frozen=True, eq=False)
class Crowd:
    """The demand points of a city, and how facilities reach them.

    Parameters
    ----------
    city
        Districts, buildings and streets.
    straight, walking
        Limits of the two ways of measuring.
    profile, direction
        Who walks, and which way.
    everyone
        The districts that totals are of; None for the city's.
    """

    city: City
    straight: tuple[Limit, ...]
    walking: tuple[Limit, ...]
    profile: Profile
    direction: Direction
    everyone: GeoDataFrame | None

    @cached_property
    def count(self) -> Headcount:
        """Counts by demand points."""
        return Headcount(self.city.districts, self.city.demand, self.everyone)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over the demand points."""
        return shapely.STRtree(self.city.demand_local)

    @cached_property
    def graph(self) -> WalkGraph | None:
        """The streets made ready for the walk."""
        return None if self.city.network is None else self.city.graph(self.profile.impedance)

    @cached_property
    def gates(self) -> Stops:
        """Where demand points leave their districts, on the streets."""
        snaps, _ = self.city.snaps(self.profile.impedance)
        return stops_of(snaps, np.arange(len(snaps.edge)))

    @cached_property
    def ways(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The pairs of a demand point and a gate in the order of the gates, and each gate's first.

        Shapes (q,) and (g + 1,).
        """
        gates = self.city.gates
        order = np.argsort(gates.gate, kind="stable")
        first = np.searchsorted(gates.gate[order], np.arange(len(gates.geometry) + 1))
        return order, first

    @cached_property
    def lost(self) -> NDArray[np.bool_]:
        """True for a demand point with no gate on streets that lead somewhere, shape (p,)."""
        if self.graph is None:
            return np.ones(len(self.city.demand.district), dtype=bool)
        snaps, _ = self.city.snaps(self.profile.impedance)
        leads = snaps.on_network & ~self.graph.island[snaps.edge]
        lost = np.ones(len(self.city.demand.district), dtype=bool)
        lost[self.city.gates.point[leads[self.city.gates.gate]]] = False
        return lost

    def stops(self, facilities: Doors) -> Stops | None:
        """Join facilities to the streets."""
        if self.graph is None:
            return None
        found = snap(self.graph, facilities.geometry, limit_m=self.city.snap_limit_m)
        return stops_of(found, facilities.owner)

    def status(self, facilities: Doors) -> NDArray[Any]:
        """Tell of each facility whether its walks are known."""
        status = np.full(facilities.places, "no_network", dtype=object)
        stops = self.stops(facilities)
        if self.graph is not None and stops is not None:
            status[:] = PlaceStatus.OFF_NETWORK.value
            status[stops.owner] = PlaceStatus.ISLAND.value
            status[stops.owner[~self.graph.island[stops.snap.edge]]] = PlaceStatus.OK.value
        status[facilities.invalid] = PlaceStatus.INVALID.value
        return status

    def snap_m(self, facilities: Doors) -> NDArray[np.float64]:
        """Return the shortest connector of each facility, metres; NaN off the network."""
        least = np.full(facilities.places, np.nan)
        stops = self.stops(facilities)
        if stops is not None:
            np.fmin.at(least, stops.owner, stops.snap.connector_m)
        return least

    def reached(
        self, facilities: Doors
    ) -> Iterator[list[tuple[NDArray[np.int64], NDArray[np.int64]]]]:
        """Give for each facility and limit the points inside, and those nobody can say of."""
        stops = self.stops(facilities)
        for members, walked in self._walks(facilities, stops):
            near = self._straight(facilities, members)
            for row, member in enumerate(members.tolist()):
                line, walk = near.of(row), walked.of(row)
                nothing = np.zeros(0, dtype=np.int64)
                answer = [(line.point[line.mm <= at.whole_mm], nothing) for at in self.straight]
                open_points = self._open(line, stops, member)
                for limit in self.walking:
                    inside = walk.point[walk.mm <= limit.whole_mm]
                    maybe = open_points.point[open_points.mm <= limit.whole_mm]
                    answer.append((inside, np.setdiff1d(maybe, walk.point)))
                yield answer

    def _open(self, line: _Near, stops: Stops | None, member: int) -> _Near:
        """Keep the points whose walk to a facility is not known, however near it is found."""
        if stops is None or self.graph is None:
            return line
        at, _ = stops.of(np.array([member]))
        if len(at) == 0:
            return line
        chosen = np.flatnonzero(self.lost[line.point])
        if len(chosen):
            # On the island of the facility every walk is known.
            same = np.unique(self.graph.component[stops.snap.edge[at]])
            gates = self.city.gates
            snaps, _ = self.city.snaps(self.profile.impedance)
            on = snaps.on_network & np.isin(self.graph.component[snaps.edge], same)
            known = np.zeros(len(self.lost), dtype=bool)
            known[gates.point[on[gates.gate]]] = True
            chosen = chosen[~known[line.point[chosen]]]
        return _Near(line.row[chosen], line.point[chosen], line.mm[chosen])

    def _walks(
        self, facilities: Doors, stops: Stops | None
    ) -> Iterator[tuple[NDArray[np.int64], _Near]]:
        everyone = np.arange(facilities.places)
        if stops is None or self.graph is None or not self.walking:
            for start in range(0, len(everyone), _CHUNK):
                empty = np.zeros(0, dtype=np.int64)
                yield everyone[start : start + _CHUNK], _Near(empty, empty, np.zeros(0))
            return
        limit_m = max(float(limit.metres) for limit in self.walking) + _ROUNDING_M
        leaving = self.direction is Direction.AWAY
        width = len(self.city.gates.gate)
        for found in searches(
            self.graph, stops, everyone, leaving=leaving, limit_m=limit_m, width=width
        ):
            yield found.members, self._walked(self.graph, stops, found, limit_m=limit_m)

    def _walked(self, graph: WalkGraph, stops: Stops, found: Found, *, limit_m: float) -> _Near:
        leaving = self.direction is Direction.AWAY
        row, door, cost_m = door_costs(graph, found, stops, self.gates, leaving=leaving)
        within = np.flatnonzero(cost_m <= limit_m)
        row, gate, cost_m = row[within], self.gates.owner[door[within]], cost_m[within]
        order, first = self.ways
        count = first[gate + 1] - first[gate]
        entry = np.repeat(np.arange(len(gate)), count)
        pair = order[
            np.repeat(first[gate], count)
            + np.arange(len(entry))
            - np.repeat(np.cumsum(count) - count, count)
        ]
        gates = self.city.gates
        return _nearest(row[entry], gates.point[pair], gates.inside_m[pair] + cost_m[entry])

    def _straight(self, facilities: Doors, members: NDArray[np.int64]) -> _Near:
        limit_m = max((float(each.metres) for each in (*self.straight, *self.walking)), default=0.0)
        used = np.flatnonzero(np.isin(facilities.owner, members))
        doors = project(facilities.geometry[used], target=self.city.crs)
        door, point = self.tree.query(
            doors, predicate="dwithin", distance=limit_m * _SCALE_MARGIN + _ROUNDING_M
        )
        metres = pair_distances_m(doors[door], self.city.demand_local[point], crs=self.city.crs)
        row = np.searchsorted(members, facilities.owner[used[door]])
        return _nearest(row, point, metres)


def _nearest(
    row: NDArray[np.int64], point: NDArray[np.int64], metres: NDArray[np.float64]
) -> _Near:
    order = np.lexsort((metres, point, row))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(row[order]) != 0) | (np.diff(point[order]) != 0)
    order = order[first]
    return _Near(row[order], point[order], millimetres(metres[order]))
