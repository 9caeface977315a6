"""Households and people of districts, counted by which demand points are inside something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.demand import Demand
from spatial.grouping import weighted_count

AMOUNTS: Final = ("households", "population", "population_60_plus", "population_0_3")


@dataclass(frozen=True)
class Amount:
    """How many of something are inside.

    Parameters
    ----------
    inside
        None where it is not known: a district that is or may be inside does not say how many it
        has, or nobody can say whether it is inside. Never 0 for want of data.
    at_least
        What is known to be inside.
    districts_without
        How many districts that are or may be inside do not say how many they have.
    share
        Of all districts, in [0, 1]; None where `inside` or the total is not known, or is 0.
    """

    inside: float | None
    at_least: float
    districts_without: int
    share: float | None


@dataclass(frozen=True)
class Figures:
    """Who is inside a limit.

    Parameters
    ----------
    districts
        Districts with a demand point inside.
    districts_whole
        Those with all of them inside.
    districts_undetermined
        Districts with a point near enough whose walk is not known: off the street network, or on
        streets that end within a few steps.
    amounts
        By `AMOUNTS`.
    """

    districts: int
    districts_whole: int
    districts_undetermined: int
    amounts: Mapping[str, Amount]


@dataclass(frozen=True)
class Total:
    """All there is: what is known, and how many districts do not say."""

    known: float
    districts_without: int


@dataclass(frozen=True, eq=False)
class Headcount:
    """Counts by the demand points of districts; planned districts are left out.

    Parameters
    ----------
    frame
        Columns ``stage`` and `AMOUNTS`.
    demand
        Demand points of the same districts.
    everyone
        All districts, of which `frame` holds those that may be inside something; None for these.
    """

    frame: GeoDataFrame
    demand: Demand
    everyone: GeoDataFrame | None = None

    @property
    def districts(self) -> int:
        """How many districts are counted."""
        return int(_lived_in(self._all).sum())

    @property
    def planned(self) -> int:
        """How many are not."""
        return int((~_lived_in(self._all)).sum())

    @cached_property
    def totals(self) -> Mapping[str, Total]:
        """All there is, by amount."""
        counted = _lived_in(self._all)
        return MappingProxyType(
            {
                name: Total(
                    float(np.sum(np.nan_to_num(amount) * counted)),
                    int((np.isnan(amount) & counted).sum()),
                )
                for name, amount in _amounts(self._all).items()
            }
        )

    @property
    def _all(self) -> GeoDataFrame:
        return self.frame if self.everyone is None else self.everyone

    def figures(self, inside: NDArray[np.int64], unknown: NDArray[np.int64]) -> Figures:
        """Count.

        Parameters
        ----------
        inside, unknown
            Positions of the demand points inside, and of those nobody can say of, each ascending
            and once.
        """
        share, whole = self._share(inside)
        open_share, _ = self._share(unknown)
        there = self._counted & (share > 0)
        maybe = self._counted & (open_share > 0)
        amounts = {}
        for name, amount in self._amount.items():
            without = int((np.isnan(amount) & (there | maybe)).sum())
            at_least = float(np.sum(np.nan_to_num(amount) * (share * self._counted)))
            found = None if without or maybe.any() else at_least
            total = self.totals[name]
            known = found is not None and not total.districts_without and total.known > 0
            amounts[name] = Amount(
                inside=found,
                at_least=at_least,
                districts_without=without,
                # Sums over all and over some districts may differ in their last bit.
                share=min(at_least / total.known, 1.0) if known else None,
            )
        return Figures(
            districts=int(there.sum()),
            districts_whole=int((there & whole).sum()),
            districts_undetermined=int(maybe.sum()),
            amounts=MappingProxyType(amounts),
        )

    @cached_property
    def _counted(self) -> NDArray[np.bool_]:
        return _lived_in(self.frame)

    @cached_property
    def _amount(self) -> Mapping[str, NDArray[np.float64]]:
        return _amounts(self.frame)

    @cached_property
    def _weight(self) -> NDArray[np.float64]:
        size = len(self.demand.kind)
        return weighted_count(self.demand.district, self.demand.weight, size=size)

    def _share(self, points: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Weighted share of each district's points, and whether it is all of them."""
        size = len(self.demand.kind)
        district = self.demand.district[points]
        weight = weighted_count(district, self.demand.weight[points], size=size)
        whole = np.bincount(district, minlength=size) == np.diff(self.demand.start)
        return np.where(whole, 1.0, weight / self._weight), whole


def _lived_in(districts: GeoDataFrame) -> NDArray[np.bool_]:
    return np.asarray(districts["stage"].to_numpy(dtype=object) != "planned", dtype=bool)


def _amounts(districts: GeoDataFrame) -> Mapping[str, NDArray[np.float64]]:
    return {name: districts[name].to_numpy(dtype=float, na_value=np.nan) for name in AMOUNTS}
