"""The facts rule kinds judge by: reach, units and stock, each worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.crs import millimetres
from spatial.policy.city import City
from spatial.policy.counting import Counted
from spatial.policy.rule import Counts
from spatial.policy.units import (
    Allotment,
    Ground,
    Units,
    allot_on,
    build_units,
    ground_of,
)
from spatial.profiles import LEVEL, Impedance
from spatial.reach import SEARCH_LIMIT_M
from spatial.straight import pair_distances_m
from spatial.table import numbers


@dataclass(frozen=True, eq=False)
class Reach:
    """Distance from every demand point to the nearest facility that counts; shape (p,) each.

    Parameters
    ----------
    straight_mm, walk_mm
        Whole millimetres; infinite beyond the search limit, NaN off the network (walking) .
    straight_facility, walk_facility
        Number of that facility, -1 for none.
    snap_m
        Length of the connector of the place (or of the gate used) to the streets; NaN off the
        network.
    astray
        True where the place joins a street that leads nowhere known: then its walk is NaN too.
    """

    straight_mm: NDArray[np.float64]
    straight_facility: NDArray[np.int64]
    walk_mm: NDArray[np.float64]
    walk_facility: NDArray[np.int64]
    snap_m: NDArray[np.float64]
    astray: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Facts:
    """What one pack's rules judge by.

    Parameters
    ----------
    city
        Districts, facilities and walking.
    stage
        Stage of each district under this pack, shape (n,).
    rural
        True where the district's community is known to be rural, shape (n,).
    """

    city: City
    stage: NDArray[Any]
    rural: NDArray[np.bool_]

    @cached_property
    def units(self) -> Units:
        """Units that owe area and number."""
        return build_units(self.city.districts, stage=self.stage)

    @cached_property
    def allotment(self) -> Allotment:
        """Which facility belongs to which unit."""
        return allot_on(self.city.facilities, self.ground)

    @cached_property
    def ground(self) -> Ground:
        """What facilities are allotted by."""
        return ground_of(self.city.districts, self.city.areas, units=self.units)

    @cached_property
    def households(self) -> NDArray[np.float64]:
        """Households of each district, NaN where not known."""
        return numbers(self.city.districts["households"])

    def counted(self, counts: Counts) -> Counted:
        """Which facilities count for a rule with these conditions."""
        return self.city.counted(counts)

    def reach(self, counts: Counts, impedance: Impedance = LEVEL) -> Reach:
        """Distances to what counts, worked out once for rules with the same conditions."""
        key = self._reach_key(counts, impedance)
        known = self.city._reach  # noqa: SLF001 - the cache lives with what it is computed from
        if key not in known:
            known[key] = self._reach(counts, impedance)
        return known[key]

    def know_reach(self, reach: Reach, counts: Counts, impedance: Impedance) -> None:
        """Take distances to operating facilities from elsewhere; they are changed in place."""
        key = self._reach_key(counts, impedance)
        self.city._reach[key] = self.with_approved(reach, counts, impedance)  # noqa: SLF001 - as above

    def _reach_key(self, counts: Counts, impedance: Impedance) -> tuple[Any, ...]:
        stage = self.stage.tobytes() if self.stage.dtype != object else tuple(self.stage)
        return counts, impedance, stage

    def _reach(self, counts: Counts, impedance: Impedance) -> Reach:
        straight_mm, straight_facility = self.city.straight_counted(counts, unknown=False)
        walked = self.city.walk_counted(counts, unknown=False, impedance=impedance)
        reach = Reach(
            straight_mm,
            straight_facility,
            walked.walk_mm,
            walked.facility,
            walked.snap_m,
            walked.astray,
        )
        return self.with_approved(reach, counts, impedance)

    def with_approved(self, reach: Reach, counts: Counts, impedance: Impedance) -> Reach:
        """Change a reach of operating facilities, in place, by approved ones that count too."""
        if counts.status == "operating_or_approved_in_unit":
            self._add_approved(self.counted(counts).approved, reach, impedance)
        return reach

    def unknown_gain(
        self,
        counts: Counts,
        *,
        limit_mm: float,
        walking: Impedance | None,
        outside: NDArray[np.bool_],
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Tell which demand points a facility would serve if more were known of it.

        Parameters
        ----------
        counts
            Conditions of the rule.
        limit_mm
            Distance within which it would serve, whole millimetres, inclusive.
        walking
            What a walk pays for; None in a straight line.
        outside
            The demand points the caller asks about, shape (p,). Where the facilities are known
            from before (`City.known`), nothing is looked for if there are none; a city that keeps
            its answers for another evaluation has them for all points.

        Returns
        -------
        Mask and facility number, shape (p,) each.
        """
        if self.city.known is not None and not outside.any():
            return self._no_gain()
        key, known = (counts, limit_mm, walking), self.city._gain  # noqa: SLF001 - as in `reach`
        if key not in known:
            known[key] = self._unknown_gain(counts, limit_mm=limit_mm, walking=walking)
        return known[key]

    def _no_gain(self) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        points = len(self.city.demand.district)
        return np.zeros(points, dtype=bool), np.full(points, -1, dtype=np.int64)

    def _unknown_gain(
        self, counts: Counts, *, limit_mm: float, walking: Impedance | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        chosen = self.counted(counts).unknown
        if not chosen.any():
            return self._no_gain()
        limit_m = limit_mm / 1000
        if walking is None:
            distance_mm, facility = self.city.straight_counted(
                counts, unknown=True, limit_m=limit_m
            )
        else:
            walked = self.city.walk_counted(
                counts, unknown=True, limit_m=limit_m, impedance=walking
            )
            distance_mm, facility = walked.walk_mm, walked.facility
        return distance_mm <= limit_mm, facility

    def _add_approved(
        self, approved: NDArray[np.bool_], reach: Reach, impedance: Impedance
    ) -> None:
        """Let approved facilities of a unit serve its new and planned districts, in place.

        One search a unit that has such facilities: they are few, and each search ends at the
        farthest distance it could improve.
        """
        demand, city = self.city.demand, self.city
        straight_mm, straight_facility = reach.straight_mm, reach.straight_facility
        walk_mm, walk_facility = reach.walk_mm, reach.walk_facility
        unit_of_point = self.units.of_district[demand.district]
        new_point = (self.stage != "existing")[demand.district]
        units = np.unique(self.allotment.unit[approved & (self.allotment.unit >= 0)])
        for unit in units[np.isin(units, unit_of_point[new_point])]:
            facilities = approved & (self.allotment.unit == unit)
            at = np.flatnonzero(new_point & (unit_of_point == unit))
            sites = city.sites(facilities)
            used = len(sites.owner)
            gap_m = pair_distances_m(
                np.repeat(city.demand_local[at], used),
                np.tile(sites.local, len(at)),
                crs=city.crs,
            ).reshape(len(at), used)
            best = gap_m.argmin(axis=1)
            nearer_mm = millimetres(gap_m[np.arange(len(at)), best])
            closer = (nearer_mm < straight_mm[at]) & (nearer_mm <= SEARCH_LIMIT_M * 1000)
            straight_mm[at[closer]] = nearer_mm[closer]
            straight_facility[at[closer]] = sites.owner[best[closer]]

            so_far = walk_mm[at]
            # A street that leads nowhere known may still lead to the unit's own.
            open_end = np.where(reach.astray[at], np.inf, so_far)
            on_network = open_end[~np.isnan(open_end)]
            if len(on_network) == 0:
                continue
            limit_m = min(SEARCH_LIMIT_M, float(on_network.max()) / 1000)
            asked = None if len(at) == len(unit_of_point) else at
            walked = city.walk(facilities, points=asked, limit_m=limit_m, impedance=impedance)
            shorter = walked.walk_mm < open_end
            walk_mm[at[shorter]] = walked.walk_mm[shorter]
            walk_facility[at[shorter]] = walked.facility[shorter]
            reach.astray[at[shorter]] = False
