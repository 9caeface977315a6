"""Sums over facilities for every area of a level at once.

What is not known of a facility is listed beside the sum: it is never counted as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.policy.counting import Standing
from spatial.policy.figure import Figure
from spatial.policy.places import Membership

FACILITY_SUMS: Final = (
    "count",
    "places",
    "inclusive_places",
    "beds",
    "nursing_beds",
    "dementia_beds",
    "floor_area_m2",
    "site_area_m2",
)


class Splicing(Protocol):
    """What puts rows of facilities that stayed together with those that came."""

    def spliced(self, before: NDArray[Any], came: NDArray[Any]) -> NDArray[Any]:
        """Return a row a facility, as they are numbered now."""


class FacilitySums:
    """What measures of a pack sum up over facilities, worked out once each.

    Parameters
    ----------
    facilities
        Validated facilities.
    places, standing
        Which areas they lie in, and how they stand.
    """

    def __init__(self, facilities: pd.DataFrame, *, places: Membership, standing: Standing) -> None:
        self.places = places
        self._facilities = facilities
        self._standing = standing
        self._known_sums: dict[tuple[str, str], dict[int, Figure]] = {}
        self._known_masks: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
        self._measures: dict[str, Mapping[str, Any]] = {}

    def taken(
        self, facilities: pd.DataFrame, chosen: NDArray[np.bool_], *, standing: Standing
    ) -> FacilitySums:
        """Return the sums over some of the facilities, these and their standing given."""
        other = FacilitySums(facilities, places=self.places[chosen], standing=standing)
        for key, masks in self._known_masks.items():
            other._known_masks[key] = (masks[0][chosen], masks[1][chosen])
        other._measures |= self._measures
        return other

    def carry_over(
        self, now: FacilitySums, *, gone: FacilitySums, came: FacilitySums, change: Splicing
    ) -> None:
        """Carry known sums over to facilities after edits; see `AreaFigures.edited`."""
        nothing = np.zeros(len(came._facilities), dtype=bool)
        for key, masks in self._known_masks.items():
            measure = self._measures[key]
            added = came.masks(measure) if came.concern(measure) else (nothing, nothing)
            now._known_masks[key] = (
                change.spliced(masks[0], added[0]),
                change.spliced(masks[1], added[1]),
            )
        now._measures |= self._measures
        edited = gone.ids() | came.ids()
        for (name, level), sums in self._known_sums.items():
            measure = self._measures[name]
            less, more = gone._sums_at(measure, level), came._sums_at(measure, level)
            changed = {
                area: _replaced(sums.get(area), less.get(area), more.get(area), edited)
                for area in {*less, *more}
            }
            now._known_sums[name, level] = sums | changed if changed else sums

    def concern(self, measure: Mapping[str, Any]) -> bool:
        """Tell whether any of the facilities is of a kind that a measure speaks of."""
        return not self._kinds.isdisjoint(measure["kinds"])

    @cached_property
    def _kinds(self) -> frozenset[Any]:
        return frozenset(self._facilities["kind"])

    def ids(self) -> set[str]:
        """Return the ids of the facilities."""
        return set(self._facilities["id"].astype(str))

    def figure(self, measure: Mapping[str, Any], area: int, *, level: str) -> Figure:
        """Return a measure's sum for the area of this number and level."""
        key = (_key(measure), level)
        if key not in self._known_sums:
            self._measures[key[0]] = measure
            self._known_sums[key] = self._sums(measure, level)
        return self._known_sums[key].get(area, Figure(Fraction(0), source="facilities"))

    def _sums_at(self, measure: Mapping[str, Any], level: str) -> dict[int, Figure]:
        return self._sums(measure, level) if self.concern(measure) else {}

    def _sums(self, measure: Mapping[str, Any], level: str) -> dict[int, Figure]:
        """Sum a measure over the facilities of every area of one level at once."""
        facilities, area = self._facilities, self.places.area[level]
        chosen, doubtful = self.masks(measure)
        at = np.flatnonzero((chosen | doubtful) & (area >= 0))
        ids = facilities["id"].to_numpy(dtype=object)[at]
        field = str(measure["sum"])
        values = (
            np.ones(len(at), dtype=object)
            if field == "count"
            else facilities[field].astype(object).to_numpy()[at]
        )
        gathered: dict[int, tuple[list[Fraction], list[Mapping[str, str]], list[str]]] = {}
        lacking = self._lacking(measure)[at]
        for number, facility, sure, value, lacks in zip(
            area[at].tolist(),
            ids.tolist(),
            chosen[at].tolist(),
            values.tolist(),
            lacking.tolist(),
            strict=True,
        ):
            known, missing, names = gathered.setdefault(number, ([], [], []))
            if not sure:
                missing.append({"facility": str(facility), "field": str(lacks)})
                continue
            names.append(str(facility))
            if pd.isna(value):
                missing.append({"facility": str(facility), "field": field})
            else:
                known.append(Fraction(Decimal(str(value))))
        return {
            number: Figure(sum(known, Fraction(0)), tuple(missing), tuple(names), "facilities")
            for number, (known, missing, names) in gathered.items()
        }

    def _lacking(self, measure: Mapping[str, Any]) -> NDArray[Any]:
        """Name the field of each facility that leaves open whether it belongs in the sum."""
        facilities = self._facilities
        lacking = np.full(len(facilities), "status", dtype=object)
        known = ~self._standing.unknown
        fields = [*measure.get("where", {}), *(["opened_on"] if "opened_from" in measure else [])]
        for field in reversed(fields):
            lacking[known & facilities[field].isna().to_numpy()] = field
        return lacking

    def masks(self, measure: Mapping[str, Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which facilities a measure sums up, wherever they lie, and which it may."""
        key = _key(measure)
        if key not in self._known_masks:
            self._measures[key] = measure
            self._known_masks[key] = self._work_out_masks(measure)
        return self._known_masks[key]

    def _work_out_masks(
        self, measure: Mapping[str, Any]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        facilities, seen = self._facilities, self._standing
        kind = facilities["kind"].isin(measure["kinds"]).to_numpy(dtype=bool)
        stands = seen.operating if measure["status"] == "operating" else seen.approved
        chosen, possible = kind & stands, kind & (stands | seen.unknown)
        for field, allowed in measure.get("where", {}).items():
            allows = facilities[field].isin(allowed).fillna(value=False).to_numpy(dtype=bool)
            chosen = chosen & allows
            possible = possible & (allows | facilities[field].isna().to_numpy())
        if "opened_from" in measure:
            opened = pd.to_datetime(facilities["opened_on"])
            since = (opened >= pd.Timestamp(measure["opened_from"])).to_numpy()
            chosen = chosen & since
            possible = possible & (since | opened.isna().to_numpy())
        # Only what no known fact rules out may still belong in the sum.
        doubtful = possible & ~chosen
        return chosen, doubtful


def _replaced(
    figure: Figure | None, less: Figure | None, more: Figure | None, edited: set[str]
) -> Figure:
    """Take the part of some facilities off a sum and add another; exact, in the order of ids."""
    nothing = Figure(Fraction(0), source="facilities")
    figure, less, more = figure or nothing, less or nothing, more or nothing
    missing = [gap for gap in figure.missing if gap["facility"] not in edited]
    names = [name for name in figure.facilities if name not in edited]
    return Figure(
        figure.known - less.known + more.known,
        tuple(sorted([*missing, *more.missing], key=lambda gap: gap["facility"])),
        tuple(sorted([*names, *more.facilities])),
        "facilities",
    )


def _key(measure: Mapping[str, Any]) -> str:
    """Name a measure by what it says."""
    return repr(sorted((name, str(value)) for name, value in measure.items()))
