"""Who is within reach of facilities, of each and of all together: a household counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from spatial.headcount import Figures, Headcount, Total
from spatial.limits import Limit
from spatial.policy.facts import City
from spatial.profiles import Profile
from spatial.reach import Direction
from spatial.routes import Status
from spatial.search import Found, Stops, door_costs, searches, stops_of
from spatial.snapping import snap
from spatial.straight import pair_distances_m

# A projected distance differs from the geodesic by less than this share; what is near is measured.
_SCALE_MARGIN: Final = 1.002
_ROUNDING_M: Final = 0.01
# The shortest degree of latitude on the ellipsoid, so that boxes in degrees are never too small.
_LEAST_DEGREE_M: Final = 110_574.0
_MOST_LATITUDE: Final = 89.0
# Facilities looked at together where no search sets the size.
_CHUNK: Final = 64


@dataclass(frozen=True, eq=False)
class Catchments:
    """Who is within reach.

    Parameters
    ----------
    straight, walking
        The limits, as asked.
    status
        Of each facility: ``ok``; ``off_network`` and ``island`` (`spatial.routes.Status`), where
        its walks are not known; ``invalid_geometry``, where nothing is; ``no_network``.
    snap_m
        Length of the shortest connector of each facility, metres; NaN off the network.
    each
        For each facility the figures of the straight limits, then of the walking ones.
    union
        The same for all facilities together.
    totals
        All that may be within reach, by amount.
    districts, planned
        How many districts are counted, and how many planned ones are not: nobody lives there.
    """

    straight: tuple[Limit, ...]
    walking: tuple[Limit, ...]
    status: NDArray[Any]
    snap_m: NDArray[np.float64]
    each: tuple[tuple[Figures, ...], ...]
    union: tuple[Figures, ...]
    totals: Mapping[str, Total]
    districts: int
    planned: int


@dataclass(frozen=True, eq=False)
class _Near:
    """Distances of demand points from facilities in whole mm, nearest first listed once; (q,)."""

    row: NDArray[np.int64]
    point: NDArray[np.int64]
    mm: NDArray[np.float64]

    def of(self, row: int) -> _Near:
        low, high = np.searchsorted(self.row, [row, row + 1])
        return _Near(self.row[low:high], self.point[low:high], self.mm[low:high])


def catchments(  # a question has this many sides, each by name
    city: City,
    *,
    facilities: Doors,
    profile: Profile,
    straight: Sequence[Limit],
    walking: Sequence[Limit],
    direction: Direction = Direction.TOWARD,
    everyone: GeoDataFrame | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Catchments:
    """Count who is within reach of facilities, judged by demand points as the evaluation does.

    A demand point is inside where its distance, rounded half-up to 1 mm, is at most the limit. A
    district counts with the weighted share of its points that are inside; planned ones do not
    count.

    Parameters
    ----------
    city
        Districts, buildings and streets; its own facilities are not asked.
    facilities
        Doors of the facilities (`spatial.doors`).
    profile
        Who walks: what is closed to them, and what costs more than its length.
    straight
        Straight-line limits, geodesic metres.
    walking
        Limits on foot, equivalent metres of the profile.
    direction
        ``toward``: people walk to the facilities; ``away``: from them.
    everyone
        The districts that totals and shares are of, where the city holds only those near enough
        (`near_districts`); None for the city's.
    report
        Told how many facilities are done, and of how many.

    Returns
    -------
    Figures of each facility and of their union. Where the walk of a point that may be within the
    limit is not known (`spatial.headcount.Figures`), nothing is counted for it, and the figure
    says so.
    """
    crowd = _Crowd(city, tuple(straight), tuple(walking), profile, direction, everyone)
    figures: list[tuple[Figures, ...]] = []
    points = len(city.demand.district)
    limits = len(crowd.straight) + len(crowd.walking)
    inside = np.zeros((limits, points), dtype=bool)
    unknown = np.zeros((limits, points), dtype=bool)
    for reached in crowd.reached(facilities):
        for number, (points_in, points_open) in enumerate(reached):
            inside[number, points_in] = True
            unknown[number, points_open] = True
        figures.append(tuple(crowd.count.figures(*masks) for masks in reached))
        if report is not None:
            report(len(figures), facilities.places)
    unknown &= ~inside
    return Catchments(
        straight=crowd.straight,
        walking=crowd.walking,
        status=crowd.status(facilities),
        snap_m=crowd.snap_m(facilities),
        each=tuple(figures),
        union=tuple(
            crowd.count.figures(np.flatnonzero(one), np.flatnonzero(other))
            for one, other in zip(inside, unknown, strict=True)
        ),
        totals=crowd.count.totals,
        districts=crowd.count.districts,
        planned=crowd.count.planned,
    )


def near_districts(
    districts: GeoDataFrame, facilities: Doors, limits: Sequence[Limit]
) -> NDArray[np.bool_]:
    """Tell which districts may be within the limits of facilities, by their boxes.

    Parameters
    ----------
    districts
        Geometry in EPSG:4326.
    facilities
        Their doors.
    limits
        Straight or walking.

    Returns
    -------
    Mask of shape (n,): never False for a district within a limit. Its demand points must not
    depend on which others there are, so it is of use where there is a network only.
    """
    limit_m = max((float(limit.metres) for limit in limits), default=0.0)
    bounds = shapely.bounds(facilities.geometry)
    up = limit_m / _LEAST_DEGREE_M
    # A degree of longitude shrinks toward the pole: reckoned at the farthest latitude reached.
    north = np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1, initial=0.0) + up, _MOST_LATITUDE)
    side = up / np.cos(np.radians(north))
    boxes = shapely.box(
        bounds[:, 0] - side, bounds[:, 1] - up, bounds[:, 2] + side, bounds[:, 3] + up
    )
    shapes = np.asarray(districts.geometry.array, dtype=object)
    near = np.zeros(len(shapes), dtype=bool)
    low = shapely.bounds(shapes)
    envelopes = shapely.box(low[:, 0], low[:, 1], low[:, 2], low[:, 3])
    near[shapely.STRtree(envelopes).query(boxes)[1]] = True
    return near


@dataclass(frozen=True, eq=False)
class _Crowd:
    """The demand points of a city, and how facilities reach them."""

    city: City
    straight: tuple[Limit, ...]
    walking: tuple[Limit, ...]
    profile: Profile
    direction: Direction
    everyone: GeoDataFrame | None

    @cached_property
    def count(self) -> Headcount:
        return Headcount(self.city.districts, self.city.demand, self.everyone)

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.city.demand_local)

    @cached_property
    def graph(self) -> WalkGraph | None:
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
        if self.graph is None:
            return None
        found = snap(self.graph, facilities.geometry, limit_m=self.city.snap_limit_m)
        return stops_of(found, facilities.owner)

    def status(self, facilities: Doors) -> NDArray[Any]:
        status = np.full(facilities.places, "no_network", dtype=object)
        stops = self.stops(facilities)
        if self.graph is not None and stops is not None:
            status[:] = Status.OFF_NETWORK.value
            status[stops.owner] = Status.ISLAND.value
            status[stops.owner[~self.graph.island[stops.snap.edge]]] = Status.OK.value
        status[facilities.invalid] = Status.INVALID.value
        return status

    def snap_m(self, facilities: Doors) -> NDArray[np.float64]:
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
