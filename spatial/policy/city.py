"""A city as rules see it: districts, facilities, demand points and where they join the streets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import metric_crs, project
from spatial.demand import Demand, demand_points
from spatial.graph import WalkGraph
from spatial.network import Network
from spatial.policy.counting import Counted, Standing, counted, standing
from spatial.policy.entrances import Joined, KnownFacilities, Sites, leads
from spatial.policy.gates import Gates, gates_of
from spatial.policy.rule import Counts
from spatial.policy.units import entrance_points
from spatial.policy.walks import Walked, walk_out
from spatial.profiles import LEVEL, NO_PENALTIES, PROFILES, Impedance, Penalties, Profile
from spatial.reach import SEARCH_LIMIT_M, Nodes
from spatial.snapping import Snap, snap
from spatial.table import shapes

if TYPE_CHECKING:
    from spatial.policy.facts import Reach


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
        """Entrances of the facilities and the facility each belongs to; not where `known`."""
        return entrance_points(self.facilities)

    @cached_property
    def doors_local(self) -> NDArray[Any]:
        """Entrances of the facilities in `crs`, in the order of `doors`."""
        return project(self.doors[0], target=self.crs)

    def sites(self, chosen: NDArray[np.bool_]) -> Sites:
        """Return the entrances of some facilities, by facility."""
        if self.known is not None:
            return self.known.sites(chosen, crs=self.crs)
        doors, owner = self.doors
        used = chosen[owner]
        return Sites(doors[used], self.doors_local[used], owner[used])

    @cached_property
    def gates(self) -> Gates:
        """Where demand points leave their districts."""
        return gates_of(self.districts, self.demand, self.demand_local, crs=self.crs)

    def snaps(self, impedance: Impedance = LEVEL) -> tuple[Snap, Snap]:
        """Where gates, and the facilities' entrances, join the streets; only with a network.

        Not where `known`.
        """
        if impedance not in self._snaps:
            graph, gates, doors = self.graph(impedance), self.gates.geometry, self.doors[0]
            self._snaps[impedance] = (
                snap(graph, gates, limit_m=self.snap_limit_m),
                snap(graph, doors, limit_m=self.snap_limit_m),
            )
        return self._snaps[impedance]

    def gate_snaps(self, impedance: Impedance = LEVEL) -> Snap:
        """Where gates join the streets; only with a network."""
        if self.known is not None:
            return self.known.gate_snaps(self, impedance)
        return self.snaps(impedance)[0]

    def joined(self, chosen: NDArray[np.bool_], impedance: Impedance) -> Joined:
        """Return where the entrances of some facilities join the streets; only with a network."""
        if self.known is not None:
            return self.known.joined(chosen, city=self, impedance=impedance)
        owner = self.doors[1]
        used = chosen[owner]
        return Joined(self.snaps(impedance)[1][used], owner[used])

    def joins(self, impedance: Impedance) -> NDArray[np.bool_]:
        """Tell which facilities have an entrance that joins streets that lead somewhere."""
        if self.known is not None:
            return self.known.joins(self, impedance)
        graph, doors = self.graph(impedance), self.snaps(impedance)[1]
        return leads(graph, doors, self.doors[1], size=len(self.facilities))

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
        if self.known is not None and self.network is not None:
            before = self.known.joined_before(
                counts, unknown=unknown, impedance=impedance, snap_limit_m=self.snap_limit_m
            )
            if before is not None:
                snaps, graph = self.gate_snaps(impedance), self.graph(impedance)
                found = walk_out(graph, self.gates, snaps, before, points=None, limit_m=limit_m)
                return replace(found, facility=self.known.now(found.facility))
        return self.walk(
            self._chosen(counts, unknown=unknown), limit_m=limit_m, impedance=impedance
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
        return self._straight_to(self.sites(chosen), points=points, limit_m=limit_m)

    def straight_counted(
        self, counts: Counts, *, unknown: bool, limit_m: float = SEARCH_LIMIT_M
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Straight line from all demand points to what counts, or may; see `straight`."""
        if self.known is not None:
            before = self.known.sites_before(counts, unknown=unknown, crs=self.crs)
            if before is not None:
                distance_mm, facility = self._straight_to(before, points=None, limit_m=limit_m)
                return distance_mm, self.known.now(facility)
        return self.straight(self._chosen(counts, unknown=unknown), limit_m=limit_m)

    def _chosen(self, counts: Counts, *, unknown: bool) -> NDArray[np.bool_]:
        found = self.counted(counts)
        return found.unknown if unknown else found.operating

    def _straight_to(
        self, sites: Sites, *, points: NDArray[np.int64] | None, limit_m: float
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        places, local = self.demand.geometry, self.demand_local
        if points is not None:
            places, local = places[points], local[points]
        return sites.nearest(places, local, crs=self.crs, limit_m=limit_m)

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
        if self.network is None:
            return Walked.nowhere(len(self.demand.district) if points is None else len(points))
        joined = replace(self.joined(chosen, impedance), nodes=nodes)
        snaps, graph = self.gate_snaps(impedance), self.graph(impedance)
        return walk_out(graph, self.gates, snaps, joined, points=points, limit_m=limit_m)
