"""A project's own facilities laid among those around it: a city of one district.

Nothing of what is known of the facilities around is worked out again: the project's own are put
into their places by id, and those it replaces stay where they are and count no more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import project as to_metres
from spatial.fields import FACILITIES
from spatial.network import Network
from spatial.policy.city import City, Sites
from spatial.policy.counting import Counted, Standing, counted, standing
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facility_edits import carry
from spatial.policy.facts import Facts
from spatial.policy.review.around import ALLOTTED_BY, COLUMNS, Around, KnownAround
from spatial.policy.rule import Counts
from spatial.policy.units import Allotment, allot_on, entrance_points
from spatial.profiles import Impedance
from spatial.reach import Nodes, ReachedNodes
from spatial.snapping import Snap, snap
from spatial.table import PlainRows, objects, shapes

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


@dataclass(frozen=True, eq=False)
class Laid:
    """Facilities around a project and its own, numbered together in the order of ids.

    Parameters
    ----------
    around
        Those around.
    own
        Its own, ordered by id, with the fields of facilities.
    gone
        Numbers of those around that it replaces or takes down: they count no more.
    """

    around: Around
    own: PlainRows
    gone: NDArray[np.int64]
    _counted: dict[Counts, Counted] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, around: Around, rows: Sequence[Mapping[str, Any]], *, gone: Sequence[int]) -> Laid:
        """Lay rows of facilities among those around."""
        ordered = sorted(rows, key=lambda row: str(row["id"]))
        return cls(around, PlainRows.of(FACILITIES, ordered), np.array(gone, dtype=np.int64))

    @property
    def known(self) -> KnownAround:
        """What is known of those around, and farther."""
        return self.around.known

    @cached_property
    def size(self) -> int:
        """How many there are."""
        return len(self.known.facilities) + len(self.own)

    @cached_property
    def came(self) -> NDArray[np.int64]:
        """Numbers of the project's own, ascending."""
        ids = self.known.columns["id"]
        # Of the same id those around come first, as they always have.
        place = np.searchsorted(ids, self.own["id"], side="right")
        return np.asarray(place + np.arange(len(place)), dtype=np.int64)

    @cached_property
    def number(self) -> NDArray[np.int64]:
        """Numbers of those around."""
        stayed = np.ones(self.size, dtype=bool)
        stayed[self.came] = False
        return np.flatnonzero(stayed)

    def together(self, before: NDArray[Any], came: NDArray[Any]) -> NDArray[Any]:
        """Put a row each of those around and of the project's own in the order of numbers."""
        now = np.empty(self.size, dtype=before.dtype)
        now[self.number], now[self.came] = before, came
        return now

    @cached_property
    def own_doors(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Entrances of the project's own, and which of them each belongs to."""
        return entrance_points(self.own)

    @cached_property
    def standing(self) -> Standing:
        """How all facilities stand; see `KnownFacilities`."""
        before, own = self.known.standing, self._own_standing
        return Standing(
            *(
                self.together(getattr(before, name), getattr(own, name))
                for name in ("operating", "approved", "unknown", "conflict")
            )
        )

    @cached_property
    def doors(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Entrances of all facilities; see `spatial.policy.city.KnownFacilities`."""
        owner = np.concatenate([self.number[self.known.doors[1]], self.came[self.own_doors[1]]])
        return (
            self._by_door(self.known.doors[0], self.own_doors[0]),
            owner[self._door_order].astype(np.int64),
        )

    @cached_property
    def _door_order(self) -> NDArray[np.int64]:
        owner = np.concatenate([self.number[self.known.doors[1]], self.came[self.own_doors[1]]])
        return np.argsort(owner, kind="stable")

    def _by_door(self, before: NDArray[Any], came: NDArray[Any]) -> NDArray[Any]:
        """Put a row an entrance of both together."""
        both: NDArray[Any] = np.concatenate([before, came])[self._door_order]
        return both

    def doors_local(self, crs: CRS) -> NDArray[Any]:
        """Return the entrances projected; see `KnownFacilities`."""
        return self._by_door(self.known.doors_local(crs), to_metres(self.own_doors[0], target=crs))

    def counted(self, counts: Counts) -> Counted:
        """Which of all facilities count; see `spatial.policy.city.KnownFacilities`."""
        before, own = self.known.counted(counts), self._own_counted(counts)
        found = Counted(
            *(
                self.together(getattr(before, name), getattr(own, name))
                for name in ("operating", "approved", "unknown", "missing_field")
            )
        )
        gone = self.number[self.gone]
        for mask in (found.operating, found.approved, found.unknown):
            mask[gone] = False
        return found

    def _own_counted(self, counts: Counts) -> Counted:
        if counts not in self._counted:
            self._counted[counts] = counted(self.own, status=self._own_standing, counts=counts)
        return self._counted[counts]

    @cached_property
    def _own_standing(self) -> Standing:
        return standing(self.own, as_of=self.known.as_of)

    def snaps(self, city: City, impedance: Impedance) -> tuple[Snap, Snap]:
        """Where gates and entrances join the streets; see `KnownFacilities`."""
        graph, gates = city.graph(impedance), city.gates.geometry
        # Asked at once: a question takes as long for two places as for twenty.
        places = np.concatenate([gates, self.own_doors[0]])
        found = snap(graph, places, limit_m=city.snap_limit_m)
        before = self.known.snap(impedance, limit_m=city.snap_limit_m)
        own = found[np.arange(len(gates), len(places))]
        doors = Snap(
            self._by_door(before.edge, own.edge),
            self._by_door(before.fraction, own.fraction),
            self._by_door(before.connector_m, own.connector_m),
        )
        return found[np.arange(len(gates))], doors

    def sites(self, counts: Counts, *, unknown: bool, crs: CRS) -> Sites | None:
        """Return the entrances of what counts where the project changes nothing of them."""
        if self._changes(counts, unknown=unknown):
            return None
        found = self.known.sites(counts, unknown=unknown, crs=crs)
        return replace(found, owner=self.number[found.owner])

    def _changes(self, counts: Counts, *, unknown: bool) -> bool:
        """Tell whether the project adds to what counts, or takes from it."""
        name = "unknown" if unknown else "operating"
        before: NDArray[np.bool_] = getattr(self.known.counted(counts), name)
        own: NDArray[np.bool_] = getattr(self._own_counted(counts), name)
        return bool(own.any() or before[self.gone].any())

    def nodes(
        self, city: City, counts: Counts, *, unknown: bool, impedance: Impedance
    ) -> Nodes | None:
        """Return the walks to what counts where the project changes nothing of them."""
        if self._changes(counts, unknown=unknown):
            return None
        found = self.known.nodes(
            counts, unknown=unknown, impedance=impedance, snap_limit_m=city.snap_limit_m
        )
        return ReachedNodes(found.node, found.metres, found.site, self.number)


def project_facts(
    laid: Laid,
    *,
    districts: PlainRows,
    buildings: PlainRows | None,
    network: Network | None,
    as_of: dt.date,
    parameters: EvaluationParameters,
) -> Facts:
    """Return the facts of a project among what is around it.

    Parameters
    ----------
    laid
        All facilities.
    districts, buildings
        The project, the other members of its pool, and its buildings; by id.
    network
        None where nobody asks about walking.
    as_of, parameters
        Of the review.
    """
    columns = {name: laid.together(laid.known.columns[name], laid.own[name]) for name in COLUMNS}
    # Rules read nothing but columns.
    city = City(
        districts=cast("GeoDataFrame", districts),
        facilities=cast("GeoDataFrame", PlainRows(columns, size=laid.size)),
        areas=None,
        buildings=cast("GeoDataFrame | None", buildings),
        network=network,
        as_of=as_of,
        snap_limit_m=parameters.snap_limit_m,
        grid_spacing_m=parameters.grid_spacing_m,
        penalties=parameters.penalties,
        known=laid,
    )
    # Every stage is given, so it is the same under every pack, whatever its date.
    facts = Facts(
        city=city,
        stage=districts["stage"],
        rural=np.zeros(len(districts), dtype=bool),
    )
    carry(facts, allotment=_allotment(laid, facts))
    return facts


def _allotment(laid: Laid, facts: Facts) -> Allotment:
    """Allot the facilities that may belong to the project or its pool; no other belongs to them."""
    districts = facts.city.districts
    bounds = shapely.total_bounds(shapes(districts["geometry"]))
    pool = next((one for one in objects(districts["pool"]) if one is not None), None)
    near = laid.known.near(bounds, districts=objects(districts["id"]).tolist(), pool=pool)
    if laid.around.inside is not None:
        near = near[laid.around.inside[near]]
    near = np.setdiff1d(near, laid.gone)
    columns = {
        name: np.concatenate([laid.known.columns[name][near], laid.own[name]])
        for name in ALLOTTED_BY
    }
    numbers = np.concatenate([laid.number[near], laid.came])
    found = allot_on(PlainRows(columns, size=len(numbers)), facts.ground)
    unit = np.full(laid.size, -1, dtype=np.int64)
    district = np.full(laid.size, -1, dtype=np.int64)
    unit[numbers], district[numbers] = found.unit, found.district
    return Allotment(unit, district)
