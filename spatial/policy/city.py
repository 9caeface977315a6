"""A city as rules see it: districts, facilities, demand points and where they join the streets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import KDTree

from spatial.crs import metric_crs, millimetres, project
from spatial.demand import Demand, demand_points
from spatial.geometry import declared
from spatial.graph import WalkGraph
from spatial.network import Network
from spatial.policy.counting import Counted, Standing, counted, standing
from spatial.policy.rule import Counts
from spatial.policy.units import entrance_points
from spatial.profiles import LEVEL, NO_PENALTIES, PROFILES, Impedance, Penalties, Profile
from spatial.reach import SEARCH_LIMIT_M, Nodes, nearest_walk
from spatial.snapping import Snap, snap
from spatial.straight import nearest_straight, pair_distances_m
from spatial.table import Table, shapes

if TYPE_CHECKING:
    from spatial.policy.facts import Reach


@dataclass(frozen=True, eq=False)
class Walked:
    """Walks from demand points, shape (q,) each; as in `Reach`."""

    walk_mm: NDArray[np.float64]
    facility: NDArray[np.int64]
    snap_m: NDArray[np.float64]
    astray: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sites:
    """Entrances to look demand points up in, shape (d,).

    Parameters
    ----------
    places, local
        In EPSG:4326, and in the system of the city.
    owner
        Number of the facility each belongs to.
    tree
        Index of `local`; None unless all of them are points.
    """

    places: NDArray[Any]
    local: NDArray[Any]
    owner: NDArray[np.int64]
    tree: KDTree | None


class KnownFacilities(Protocol):
    """What was worked out of the facilities of a city before anybody asked."""

    @property
    def standing(self) -> Standing:
        """How the facilities stand."""

    @property
    def doors(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Entrances of the facilities and the facility each belongs to."""

    def doors_local(self, crs: CRS) -> NDArray[Any]:
        """Return the entrances in a projected system, in the order of `doors`."""

    def counted(self, counts: Counts) -> Counted:
        """Which facilities count for a rule with these conditions."""

    def sites(self, counts: Counts, *, unknown: bool, crs: CRS) -> Sites | None:
        """Return the entrances of what counts, or may; None where they are not known."""

    def snaps(self, city: City, impedance: Impedance) -> tuple[Snap, Snap]:
        """Where the gates of the city, and the entrances of facilities, join the streets."""

    def nodes(
        self, city: City, counts: Counts, *, unknown: bool, impedance: Impedance
    ) -> Nodes | None:
        """Return the walks from nodes to what counts, or may; None where they are not known."""


@dataclass(frozen=True, eq=False)
class City:
    """What does not depend on a pack: districts, facilities, demand points and their snaps.

    Parameters
    ----------
    districts, facilities, areas, buildings
        Validated frames (`spatial.fields`) in EPSG:4326; districts and facilities ordered by id.
    network
        Streets, or None for an evaluation without walking.
    as_of
        The date facilities are seen on.
    snap_limit_m, grid_spacing_m
        Metres; see `spatial.policy.evaluation_parameters.EvaluationParameters`.
    penalties
        Seconds that walks lose.
    known
        What was worked out of its facilities before; None for nothing.
    """

    districts: GeoDataFrame
    facilities: GeoDataFrame
    areas: GeoDataFrame | None
    buildings: GeoDataFrame | None
    network: Network | None
    as_of: dt.date
    snap_limit_m: float
    grid_spacing_m: float
    penalties: Penalties = NO_PENALTIES
    known: KnownFacilities | None = None
    _snaps: dict[Impedance, tuple[Snap, Snap]] = field(default_factory=dict, repr=False)
    _reach: dict[tuple[Any, ...], Reach] = field(default_factory=dict, repr=False)
    _counted: dict[Counts, Counted] = field(default_factory=dict, repr=False)
    _gain: dict[tuple[Any, ...], tuple[NDArray[np.bool_], NDArray[np.int64]]] = field(
        default_factory=dict, repr=False
    )

    @cached_property
    def crs(self) -> CRS:
        """Projected system to work in: the network's, else that of the districts' middle."""
        if self.network is not None:
            return self.network.index.crs
        west, south, east, north = shapely.total_bounds(shapes(self.districts["geometry"]))
        return metric_crs((west + east) / 2, (south + north) / 2)

    @cached_property
    def demand(self) -> Demand:
        """Demand points of the districts."""
        return demand_points(
            self.districts, self.buildings, crs=self.crs, spacing_m=self.grid_spacing_m
        )

    @cached_property
    def demand_local(self) -> NDArray[Any]:
        """Demand points in `crs`, shape (p,)."""
        return project(self.demand.geometry, target=self.crs)

    @cached_property
    def demand_xy(self) -> NDArray[np.float64] | None:
        """Coordinates of the demand points in `crs`, shape (p, 2); None unless all are points."""
        points = (shapely.get_type_id(self.demand_local) == shapely.GeometryType.POINT).all()
        xy: NDArray[np.float64] = shapely.get_coordinates(self.demand_local)
        return xy if points and len(xy) == len(self.demand_local) else None

    @property
    def questions(self) -> tuple[int, int]:
        """How many different questions about distances have been answered."""
        return len(self._reach), len(self._gain)

    @cached_property
    def district_ids(self) -> pd.Index[Any]:
        """Ids of the districts, to look them up by."""
        ids: pd.Index[Any] = pd.Index(self.districts["id"])
        return ids

    @cached_property
    def standing(self) -> Standing:
        """Standing of the facilities on `as_of`."""
        if self.known is not None:
            return self.known.standing
        return standing(self.facilities, as_of=self.as_of)

    @cached_property
    def doors(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Entrances of the facilities and the facility each belongs to."""
        return entrance_points(self.facilities) if self.known is None else self.known.doors

    @cached_property
    def doors_local(self) -> NDArray[Any]:
        """Entrances of the facilities in `crs`, in the order of `doors`."""
        if self.known is not None:
            return self.known.doors_local(self.crs)
        return project(self.doors[0], target=self.crs)

    @cached_property
    def gates(self) -> Gates:
        """Where demand points leave their districts."""
        return _gates(self.districts, self.demand, self.demand_local, crs=self.crs)

    def snaps(self, impedance: Impedance = LEVEL) -> tuple[Snap, Snap]:
        """Where gates, and the facilities' entrances, join the streets; only with a network."""
        if impedance not in self._snaps:
            graph = self.graph(impedance)
            if self.known is not None:
                self._snaps[impedance] = self.known.snaps(self, impedance)
                return self._snaps[impedance]
            gates, doors = self.gates.geometry, self.doors[0]
            self._snaps[impedance] = (
                snap(graph, gates, limit_m=self.snap_limit_m),
                snap(graph, doors, limit_m=self.snap_limit_m),
            )
        return self._snaps[impedance]

    def graph(self, impedance: Impedance = LEVEL) -> WalkGraph:
        """Return the streets made ready for a walk; only with a network."""
        if self.network is None:
            msg = "walking needs a network"
            raise ValueError(msg)
        return self.network.graph_for(impedance)

    def counted(self, counts: Counts) -> Counted:
        """Which facilities count for a rule with these conditions."""
        if counts not in self._counted:
            self._counted[counts] = (
                counted(self.facilities, status=self.standing, counts=counts)
                if self.known is None
                else self.known.counted(counts)
            )
        return self._counted[counts]

    def walk_counted(
        self,
        counts: Counts,
        *,
        unknown: bool,
        limit_m: float = SEARCH_LIMIT_M,
        impedance: Impedance = LEVEL,
    ) -> Walked:
        """Walk from all demand points to the nearest facility that counts, or that may; see `walk`.

        Parameters
        ----------
        counts
            Conditions of a rule.
        unknown
            True for the facilities that would count if more were known of them.
        """
        chosen = self.counted(counts)
        return self.walk(
            chosen.unknown if unknown else chosen.operating,
            limit_m=limit_m,
            impedance=impedance,
            nodes=None
            if self.known is None or self.network is None
            else self.known.nodes(self, counts, unknown=unknown, impedance=impedance),
        )

    def profile(self, name: str) -> Profile:
        """Return a profile of a rule, losing the seconds asked for."""
        return PROFILES[name].losing(self.penalties)

    def straight(
        self,
        chosen: NDArray[np.bool_],
        *,
        points: NDArray[np.int64] | None = None,
        limit_m: float = SEARCH_LIMIT_M,
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Straight line from demand points to chosen facilities: whole mm, facility number.

        `points` are positions of the demand points asked for; None for all.
        """
        doors, door_of = self.doors
        used = chosen[door_of]
        places, local = self.demand.geometry, self.demand_local
        if points is not None:
            places, local = places[points], local[points]
        found = nearest_straight(
            places,
            doors[used],
            crs=self.crs,
            limit_m=limit_m,
            projected=local,
            projected_sites=self.doors_local[used],
        )
        return millimetres(found.metres), _renumber(found.site, door_of[used])

    def straight_counted(
        self, counts: Counts, *, unknown: bool, limit_m: float = SEARCH_LIMIT_M
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Straight line from all demand points to what counts, or may; see `straight`."""
        sites = (
            None if self.known is None else self.known.sites(counts, unknown=unknown, crs=self.crs)
        )
        if sites is None:
            counted = self.counted(counts)
            chosen = counted.unknown if unknown else counted.operating
            return self.straight(chosen, limit_m=limit_m)
        found = nearest_straight(
            self.demand.geometry,
            sites.places,
            crs=self.crs,
            limit_m=limit_m,
            projected=self.demand_local,
            projected_sites=sites.local,
            tree=sites.tree,
        )
        return millimetres(found.metres), _renumber(found.site, sites.owner)

    def walk(
        self,
        chosen: NDArray[np.bool_],
        *,
        points: NDArray[np.int64] | None = None,
        limit_m: float = SEARCH_LIMIT_M,
        impedance: Impedance = LEVEL,
        nodes: Nodes | None = None,
    ) -> Walked:
        """Walk from demand points to the nearest of the chosen facilities.

        Parameters
        ----------
        chosen
            Mask over the facilities.
        points
            Positions of the demand points asked for, ascending, shape (q,); None for all.
        limit_m
            Search limit in equivalent metres, inclusive.
        impedance
            What costs more than its length.
        nodes
            As in `spatial.reach.nearest_walk`.

        Returns
        -------
        Distances in whole millimetres. NaN off the network, on an island of streets
        (`WalkGraph.island`) without any of them, and without a network.
        """
        asked = np.arange(len(self.demand.district)) if points is None else points
        if self.network is None:
            nothing = np.full(len(asked), np.nan)
            nowhere = np.full(len(asked), -1, dtype=np.int64)
            return Walked(nothing, nowhere, nothing.copy(), np.zeros(len(asked), dtype=bool))
        graph, (gate_snaps, door_snaps) = self.graph(impedance), self.snaps(impedance)
        pair, place = self._ways_out(asked)
        gate, of_gate = np.unique(self.gates.gate[pair], return_inverse=True)
        snaps, doors_used = gate_snaps[gate], chosen[self.doors[1]]
        walk = nearest_walk(
            graph,
            places=snaps,
            sites=door_snaps[doors_used],
            site_of=self.doors[1][doors_used],
            limit_m=limit_m,
            nodes=nodes,
        )
        total = self.gates.inside_m[pair] + walk.metres[of_gate]
        total[total > limit_m] = np.inf
        # Where the known streets end a few steps on, nobody can say how far it is.
        astray = (snaps.on_network & graph.island[snaps.edge])[of_gate] & np.isinf(total)
        total[astray] = np.nan
        # NaN (a gate off the network) sorts last, so one good gate is enough. Every point has a
        # gate, so the first of each point's ways is its best.
        order = np.lexsort((of_gate, total, place))
        best = order[np.searchsorted(place[order], np.arange(len(asked)))]
        metres = total[best]
        facility = np.where(np.isfinite(metres), walk.site[of_gate[best]], -1)
        return Walked(millimetres(metres), facility, snaps.connector_m[of_gate[best]], astray[best])

    def _ways_out(self, points: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List the pairs of `gates` that belong to the points, and each pair's point in turn."""
        start = np.searchsorted(self.gates.point, points, side="left")
        count = np.searchsorted(self.gates.point, points, side="right") - start
        place = np.repeat(np.arange(len(points)), count)
        within = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
        return start[place] + within, place


@dataclass(frozen=True, eq=False)
class Gates:
    """Ways out of districts: pairs of a demand point and a gate it can use.

    Parameters
    ----------
    geometry
        Gates in EPSG:4326, shape (g,): declared entrances, or the demand points themselves in
        districts that declare none.
    point, gate
        The pairs, shape (q,), ordered by point.
    inside_m
        Geodesic metres from the point to the gate, inside the district; 0 where the point is its
        own gate.
    """

    geometry: NDArray[Any]
    point: NDArray[np.int64]
    gate: NDArray[np.int64]
    inside_m: NDArray[np.float64]


def _gates(districts: Table, demand: Demand, points_m: NDArray[Any], *, crs: CRS) -> Gates:
    entrances, gated = declared(districts["entrances"])
    doors, owner = shapely.get_parts(entrances[gated], return_index=True)
    door_district = np.flatnonzero(gated)[owner]
    count = np.bincount(door_district, minlength=len(districts))
    first = np.cumsum(count) - count

    own = np.flatnonzero(~gated[demand.district])
    through = np.flatnonzero(gated[demand.district])
    choices = count[demand.district[through]]
    point = np.repeat(through, choices)
    within = np.arange(len(point)) - np.repeat(np.cumsum(choices) - choices, choices)
    gate = first[demand.district[point]] + within
    doors_m = project(doors, target=crs)
    inside_m = pair_distances_m(points_m[point], doors_m[gate], crs=crs)

    order = np.argsort(np.concatenate([point, own]), kind="stable")
    return Gates(
        geometry=np.concatenate([doors, demand.geometry[own]]),
        point=np.concatenate([point, own])[order],
        gate=np.concatenate([gate, len(doors) + np.arange(len(own))])[order],
        inside_m=np.concatenate([inside_m, np.zeros(len(own))])[order],
    )


def _renumber(site: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(numbers) == 0:
        return site
    return np.where(site >= 0, numbers[np.maximum(site, 0)], -1)
