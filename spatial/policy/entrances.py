"""Entrances of facilities: looked up by straight lines, and joined to the streets for walks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import KDTree

from spatial.crs import millimetres
from spatial.graph import WalkGraph
from spatial.policy.counting import Counted, Standing
from spatial.policy.rule import Counts
from spatial.profiles import Impedance
from spatial.reach import Nodes
from spatial.snapping import Snap
from spatial.straight import nearest_straight

if TYPE_CHECKING:
    from spatial.policy.city import City


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
        Index of `local`; None where there is none at hand, or not all of them are points.
    """

    places: NDArray[Any]
    local: NDArray[Any]
    owner: NDArray[np.int64]
    tree: KDTree | None = None

    def nearest(
        self, places: NDArray[Any], local: NDArray[Any], *, crs: CRS, limit_m: float
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Find the nearest facility in a straight line.

        Parameters
        ----------
        places, local
            Demand points in EPSG:4326, and in `crs`, shape (q,).
        crs
            The system of the city.
        limit_m
            Search limit in metres, inclusive.

        Returns
        -------
        Whole millimetres, infinite beyond the limit, and facility number, -1 for none; (q,) each.
        """
        found = nearest_straight(
            places,
            self.places,
            crs=crs,
            limit_m=limit_m,
            projected=local,
            projected_sites=self.local,
            tree=self.tree,
        )
        # The last one answers for -1, no site.
        return millimetres(found.metres), np.append(self.owner, -1)[found.site]


@dataclass(frozen=True, eq=False)
class Joined:
    """Entrances where they join the streets, shape (d,).

    Parameters
    ----------
    snap
        Where each joins.
    owner
        Number of the facility each belongs to.
    nodes
        The walks from nodes to them, as in `spatial.reach.nearest_walk`; None where not known.
    """

    snap: Snap
    owner: NDArray[np.int64]
    nodes: Nodes | None = None


class KnownFacilities(Protocol):
    """What was worked out of the facilities of a city before anybody asked."""

    @property
    def standing(self) -> Standing:
        """How the facilities stand."""

    def counted(self, counts: Counts) -> Counted:
        """Which facilities count for a rule with these conditions."""

    def sites(self, chosen: NDArray[np.bool_], *, crs: CRS) -> Sites:
        """Return the entrances of some facilities, by facility."""

    def joined(self, chosen: NDArray[np.bool_], *, city: City, impedance: Impedance) -> Joined:
        """Return where the entrances of some facilities join the streets."""

    def joins(self, city: City, impedance: Impedance) -> NDArray[np.bool_]:
        """Tell which facilities have an entrance that joins streets that lead somewhere."""

    def gate_snaps(self, city: City, impedance: Impedance) -> Snap:
        """Return where the gates of the city join the streets."""

    def sites_before(self, counts: Counts, *, unknown: bool, crs: CRS) -> Sites | None:
        """Return the entrances of what counts, or may; None where they are not known.

        Facilities have the numbers they had before; see `now`.
        """

    def joined_before(
        self, counts: Counts, *, unknown: bool, impedance: Impedance, snap_limit_m: float
    ) -> Joined | None:
        """Return the same where they join the streets, with the walks to them; None likewise."""

    def now(self, facility: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give numbers as they were before as the city has them; -1 stays."""


def leads(
    graph: WalkGraph, snap: Snap, owner: NDArray[np.int64], *, size: int
) -> NDArray[np.bool_]:
    """Tell which facilities have an entrance that joins streets that lead somewhere, shape (size,).

    Parameters
    ----------
    graph
        The streets.
    snap, owner
        Where each entrance joins them, and the number of the facility it belongs to.
    """
    joined = np.zeros(size, dtype=bool)
    joined[owner[snap.on_network & ~graph.island[snap.edge]]] = True
    return joined
