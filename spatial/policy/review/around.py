"""The facilities around projects, with what of them does not depend on any project.

Where a facility stands, what it counts for, the streets its entrances join and the walks to it are
the same for every project near it. They are worked out once and shared by the reviews of all of
them; a review adds its own facilities and takes out those the project replaces.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import project as to_metres
from spatial.network import Network
from spatial.policy.counting import Counted, Standing, counted, standing
from spatial.policy.entrances import Joined, Sites, leads
from spatial.policy.rule import Counts
from spatial.policy.units import entrance_points
from spatial.profiles import Impedance
from spatial.reach import SEARCH_LIMIT_M, ReachedNodes, node_distances
from spatial.snapping import Snap, snap
from spatial.straight import tree_of

# What facilities are allotted by.
ALLOTTED_BY: Final = ("district_id", "pool", "project_id", "entrances", "geometry")
# What rules of area and number read of them as well.
STOCK_COLUMNS: Final = ("id", "kind", "floor_area_m2", "childcare_floor_area_m2", *ALLOTTED_BY)


@dataclass(frozen=True, eq=False)
class KnownAround:
    """Facilities of a stretch of land; safe to share between threads.

    Parameters
    ----------
    facilities
        Validated frame, EPSG:4326, ordered by id.
    network
        Streets, or None.
    as_of
        The day they are seen on.
    """

    facilities: GeoDataFrame
    network: Network | None
    as_of: dt.date
    _counted: dict[Counts, Counted] = field(default_factory=dict, repr=False)
    _local: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    _sites: dict[tuple[Counts, bool, str], Sites] = field(default_factory=dict, repr=False)
    _snaps: dict[tuple[Impedance, float], Snap] = field(default_factory=dict, repr=False)
    _joins: dict[tuple[Impedance, float], NDArray[np.bool_]] = field(
        default_factory=dict, repr=False
    )
    _joined: dict[tuple[Counts, bool, Impedance, float], Joined] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    def of(
        cls, facilities: GeoDataFrame, *, network: Network | None, as_of: dt.date
    ) -> KnownAround:
        """Prepare facilities in any order."""
        ordered = facilities.sort_values("id", kind="stable", ignore_index=True)
        return cls(ordered, network, as_of)

    @cached_property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Columns read one by one, as plain objects, shape (k,) each."""
        # Of plain frames: one of geometries gives its columns at ten times the cost.
        plain = pd.DataFrame(self.facilities)
        return {
            name: np.asarray(plain[name].array, dtype=object)
            for name in (*STOCK_COLUMNS, "source")
            if name in plain
        }

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each facility by its id."""
        return {name: at for at, name in enumerate(self.columns["id"].tolist())}

    @cached_property
    def sources(self) -> tuple[Sequence[object], NDArray[np.int64]]:
        """What they say of their origin: the different texts, and which of them each says."""
        code, values = pd.factorize(self.columns["source"])
        return values.tolist(), np.asarray(code, dtype=np.int64)

    @cached_property
    def standing(self) -> Standing:
        """How they stand on `as_of`."""
        return standing(self.facilities, as_of=self.as_of)

    @cached_property
    def doors(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Entrances, and the facility each belongs to."""
        return entrance_points(self.facilities)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """Box of each entrance, degrees, shape (d, 4)."""
        return np.asarray(shapely.bounds(self.doors[0]))

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """Box of each facility, degrees, shape (k, 4)."""
        return np.asarray(shapely.bounds(self.columns["geometry"])).reshape(-1, 4)

    @cached_property
    def surfaces(self) -> NDArray[np.int64]:
        """Numbers of those that are no points: their boxes hold more than they do."""
        return np.flatnonzero(
            shapely.get_type_id(self.columns["geometry"]) != shapely.GeometryType.POINT
        )

    @cached_property
    def by_name(self) -> dict[str, dict[str, list[int]]]:
        """Numbers of those that name a district or a pool, by its id."""
        found: dict[str, dict[str, list[int]]] = {}
        for name in ("district_id", "pool"):
            named = found.setdefault(name, {})
            values = self.columns[name]
            for at in np.flatnonzero(~pd.isna(values)).tolist():
                named.setdefault(str(values[at]), []).append(at)
        return found

    def counted(self, counts: Counts) -> Counted:
        """Which of them count for a rule with these conditions."""
        if counts not in self._counted:
            self._counted[counts] = counted(self.facilities, status=self.standing, counts=counts)
        return self._counted[counts]

    def doors_local(self, crs: CRS) -> NDArray[Any]:
        """Entrances in a projected system."""
        if crs.srs not in self._local:
            self._local[crs.srs] = to_metres(self.doors[0], target=crs)
        return self._local[crs.srs]

    def snap(self, impedance: Impedance, *, limit_m: float) -> Snap:
        """Where the entrances join the streets; only with a network."""
        key = (impedance, limit_m)
        if key not in self._snaps:
            graph = _of(self.network).graph_for(impedance)
            self._snaps[key] = snap(graph, self.doors[0], limit_m=limit_m)
        return self._snaps[key]

    def joins(self, impedance: Impedance, *, limit_m: float) -> NDArray[np.bool_]:
        """Tell which have an entrance on streets that lead somewhere; only with a network."""
        key = (impedance, limit_m)
        if key not in self._joins:
            self._joins[key] = leads(
                _of(self.network).graph_for(impedance),
                self.snap(impedance, limit_m=limit_m),
                self.doors[1],
                size=len(self.facilities),
            )
        return self._joins[key]

    def joined(
        self, counts: Counts, *, unknown: bool, impedance: Impedance, snap_limit_m: float
    ) -> Joined:
        """Where the entrances of what counts, or may, join the streets, and the walks to them.

        In the order of the edges they join; those off the network are left out.
        """
        key = (counts, unknown, impedance, snap_limit_m)
        if key not in self._joined:
            chosen = self.counted(counts)
            doors = self.snap(impedance, limit_m=snap_limit_m)
            owner = self.doors[1]
            used = np.flatnonzero(
                (chosen.unknown if unknown else chosen.operating)[owner] & doors.on_network
            )
            used = used[np.argsort(doors.edge[used], kind="stable")]
            nodes = ReachedNodes.of(np.zeros(0), np.zeros(0, dtype=np.int64))
            if len(used):
                found = node_distances(
                    _of(self.network).graph_for(impedance),
                    sites=doors[used],
                    site_of=owner[used],
                    limit_m=SEARCH_LIMIT_M,
                )
                nodes = ReachedNodes.of(*found)
            self._joined[key] = Joined(doors[used], owner[used], nodes)
        return self._joined[key]

    def sites(self, counts: Counts, *, unknown: bool, crs: CRS) -> Sites:
        """Return the entrances of what counts, or may, in order."""
        key = (counts, unknown, crs.srs)
        if key not in self._sites:
            chosen, owner = self.counted(counts), self.doors[1]
            used = (chosen.unknown if unknown else chosen.operating)[owner]
            local = self.doors_local(crs)[used]
            self._sites[key] = Sites(self.doors[0][used], local, owner[used], tree_of(local))
        return self._sites[key]

    def near(
        self, bounds: NDArray[np.float64], *, districts: Collection[str], pool: str | None
    ) -> NDArray[np.int64]:
        """List all that may be allotted to a site: they name it, or have an entrance beside it.

        Parameters
        ----------
        bounds
            Of the site: west, south, east, north, degrees.
        districts, pool
            Ids that count as the site's own.
        """
        west, south, east, north = bounds
        low_x, low_y, high_x, high_y = self.bounds.T
        beside = (low_x <= east) & (high_x >= west) & (low_y <= north) & (high_y >= south)
        named = [at for one in districts for at in self.by_name["district_id"].get(one, ())]
        if pool is not None:
            named += self.by_name["pool"].get(pool, ())
        return np.unique(np.concatenate([self.doors[1][beside], np.array(named, dtype=np.int64)]))


@dataclass(frozen=True, eq=False)
class Around:
    """What of the facilities of a stretch of land is around one project.

    Parameters
    ----------
    known
        All of them. Those farther than 5,000 m change nothing of what is within.
    inside
        Which of them are around the project; None for all.
    """

    known: KnownAround
    inside: NDArray[np.bool_] | None = None

    @cached_property
    def frame(self) -> GeoDataFrame:
        """Those around the project, as a frame ordered by id."""
        if self.inside is None:
            return self.known.facilities
        return self.known.facilities.loc[self.inside].reset_index(drop=True)

    def numbers(self, ids: Collection[str]) -> list[int]:
        """List the numbers of those around the project that bear one of some ids, ascending."""
        number = self.known.number
        found = sorted(number[one] for one in ids if one in number)
        return [at for at in found if self.inside is None or self.inside[at]]

    def sources(self) -> list[object]:
        """Return what those around the project say of their origin, each once."""
        values, code = self.known.sources
        seen = np.unique(code if self.inside is None else code[self.inside])
        return [values[at] for at in seen.tolist() if at >= 0]


def _of(network: Network | None) -> Network:
    if network is None:
        raise ValueError("walking needs a network")
    return network
