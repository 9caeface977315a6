"""A project's own facilities laid among those around it: a city of one district.

Nothing of what is known of the facilities around is worked out again: the project's own are put
into their places by id, and those it replaces stay where they are and count no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import project as to_metres
from spatial.fields import FACILITIES
from spatial.policy.city import City
from spatial.policy.counting import Counted, Standing, counted, standing
from spatial.policy.entrances import Joined, Sites, leads
from spatial.policy.facility_edits import carry
from spatial.policy.review.around import Around, KnownAround
from spatial.policy.rule import Counts
from spatial.policy.units import entrance_points
from spatial.profiles import Impedance
from spatial.snapping import Snap, snap
from spatial.table import PlainRows


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
    among
        Numbers of those around that are laid at all, ascending; None for all.
    """

    around: Around
    own: PlainRows
    gone: NDArray[np.int64]
    among: NDArray[np.int64] | None = None
    _counted: dict[Counts, Counted] = field(default_factory=dict, repr=False)
    _snaps: dict[Impedance, tuple[Snap, Snap]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, around: Around, rows: Sequence[Mapping[str, Any]], *, gone: Sequence[int]) -> Laid:
        """Lay rows of facilities among those around."""
        ordered = sorted(rows, key=lambda row: str(row["id"]))
        return cls(around, PlainRows.of(FACILITIES, ordered), np.array(gone, dtype=np.int64))

    def beside(self, near: NDArray[np.int64]) -> Laid:
        """Return the project's own laid among some of those around alone.

        Parameters
        ----------
        near
            Their numbers, ascending; none of those that are gone.
        """
        laid = Laid(self.around, self.own, near[:0], near, self._counted)
        carry(laid, own_doors=self.own_doors, _own_standing=self._own_standing)
        return laid

    @property
    def known(self) -> KnownAround:
        """What is known of those around, and farther."""
        return self.around.known

    @cached_property
    def size(self) -> int:
        """How many there are."""
        before = len(self.known.facilities) if self.among is None else len(self.among)
        return before + len(self.own)

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """How many of those around come before each of the project's own."""
        ids = self._laid(self.known.columns["id"])
        # Of the same id those around come first, as they always have.
        return np.searchsorted(ids, self.own["id"], side="right")

    @cached_property
    def came(self) -> NDArray[np.int64]:
        """Numbers of the project's own, ascending."""
        return np.asarray(self._place + np.arange(len(self._place)), dtype=np.int64)

    @cached_property
    def number(self) -> NDArray[np.int64]:
        """Numbers of those around, behind them -1."""
        stayed = np.ones(self.size, dtype=bool)
        stayed[self.came] = False
        return np.append(np.flatnonzero(stayed), -1)

    def now(self, facility: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give numbers of those around as numbers among all; -1 stays."""
        return self.number[facility]

    def _laid(self, before: NDArray[Any]) -> NDArray[Any]:
        """Take from a row each of those around those that are laid."""
        return before if self.among is None else before[self.among]

    def together(self, before: NDArray[Any], came: NDArray[Any]) -> NDArray[Any]:
        """Put a row each of those around and of the project's own in the order of numbers."""
        before = self._laid(before)
        parts, start = [], 0
        for number, end in enumerate(self._place.tolist()):
            parts += [before[start:end], came[number : number + 1]]
            start = end
        return np.concatenate([*parts, before[start:]]) if parts else before.copy()

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

    def counted(self, counts: Counts) -> Counted:
        """Which of all facilities count; see `KnownFacilities`."""
        before, own = self.known.counted(counts), self._own_counted(counts)
        found = Counted(*map(self.together, before.columns, own.columns))
        gone = self.number[self.gone]
        for mask in (found.operating, found.approved, found.unknown, found.asked):
            mask[gone] = False
        return found

    def _own_counted(self, counts: Counts) -> Counted:
        if counts not in self._counted:
            self._counted[counts] = counted(self.own, status=self._own_standing, counts=counts)
        return self._counted[counts]

    @cached_property
    def _own_standing(self) -> Standing:
        return standing(self.own, as_of=self.known.as_of)

    def _entrances(
        self, chosen: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """List entrances of some facilities: of those around, of the project's own.

        Then the number of the facility each belongs to, and the order of all of them by it.
        """
        own = np.flatnonzero(chosen[self.came][self.own_doors[1]])
        numbers = self.number[:-1]
        door_of = self.known.doors[1]
        # Mostly only the project's own are asked about.
        few = np.count_nonzero(chosen) == np.count_nonzero(chosen[self.came])
        around = door_of[:0] if few else np.flatnonzero(chosen[numbers][door_of])
        owner = np.concatenate([numbers[door_of[around]], self.came[self.own_doors[1][own]]])
        return around, own, owner, np.argsort(owner, kind="stable")

    def sites(self, chosen: NDArray[np.bool_], *, crs: CRS) -> Sites:
        """Return the entrances of some facilities; see `KnownFacilities`."""
        around, own, owner, order = self._entrances(chosen)
        places = self.own_doors[0][own]
        return Sites(
            np.concatenate([self.known.doors[0][around], places])[order],
            np.concatenate([self.known.doors_local(crs)[around], to_metres(places, target=crs)])[
                order
            ],
            owner[order],
        )

    def joined(self, chosen: NDArray[np.bool_], *, city: City, impedance: Impedance) -> Joined:
        """Return where the entrances of some join the streets; see `KnownFacilities`."""
        around, own, owner, order = self._entrances(chosen)
        before = self.known.snap(impedance, limit_m=city.snap_limit_m)[around]
        _, came = self._own_snaps(city, impedance)
        return Joined(before.and_then(came[own])[order], owner[order])

    def gate_snaps(self, city: City, impedance: Impedance) -> Snap:
        """Where gates join the streets; see `KnownFacilities`."""
        return self._own_snaps(city, impedance)[0]

    def _own_snaps(self, city: City, impedance: Impedance) -> tuple[Snap, Snap]:
        """Where the gates, and the entrances of the project's own, join the streets."""
        if impedance not in self._snaps:
            gates = city.gates.geometry
            # Asked at once: a question takes as long for two places as for twenty.
            places = np.concatenate([gates, self.own_doors[0]])
            found = snap(city.graph(impedance), places, limit_m=city.snap_limit_m)
            self._snaps[impedance] = (found[: len(gates)], found[len(gates) :])
        return self._snaps[impedance]

    def joins(self, city: City, impedance: Impedance) -> NDArray[np.bool_]:
        """Tell which have an entrance on streets that lead somewhere; see `KnownFacilities`."""
        _, snaps = self._own_snaps(city, impedance)
        own = leads(city.graph(impedance), snaps, self.own_doors[1], size=len(self.own))
        return self.together(self.known.joins(impedance, limit_m=city.snap_limit_m), own)

    def sites_before(self, counts: Counts, *, unknown: bool, crs: CRS) -> Sites | None:
        """Return the entrances of what counts where the project changes nothing of them."""
        if self._changes(counts, unknown=unknown):
            return None
        return self.known.sites(counts, unknown=unknown, crs=crs)

    def joined_before(
        self, counts: Counts, *, unknown: bool, impedance: Impedance, snap_limit_m: float
    ) -> Joined | None:
        """Return the walks to what counts where the project changes nothing of them."""
        if self._changes(counts, unknown=unknown):
            return None
        return self.known.joined(
            counts, unknown=unknown, impedance=impedance, snap_limit_m=snap_limit_m
        )

    def _changes(self, counts: Counts, *, unknown: bool) -> bool:
        """Tell whether the project adds to what counts, or takes from it."""
        name = "unknown" if unknown else "operating"
        before: NDArray[np.bool_] = getattr(self.known.counted(counts), name)
        own: NDArray[np.bool_] = getattr(self._own_counted(counts), name)
        return bool(own.any() or before[self.gone].any())
