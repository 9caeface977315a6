"""What a project does to the stock of its neighbours: floor area, number, places and beds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.city import City
from spatial.policy.findings import VERDICTS
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.review.neighbours import GAINS, LOSES, Cities, asked, number, whole
from spatial.policy.rule import Rule

# What a service holds people by.
_CAPACITY: Final = {"childcare": "places", "elderly": "beds"}


@dataclass(frozen=True)
class Stock:
    """What one rule finds of one district in one state of the facilities.

    Parameters
    ----------
    verdict
        As in `spatial.policy.findings`.
    value, deficit
        Provided and lacking, in the unit of the rule; None where not known, or nothing lacks.
    capacity
        Places (childcare) or beds (elderly) of the facilities that count; None where one of them
        does not say.
    """

    verdict: str
    value: float | None
    deficit: float | None
    capacity: int | None


@dataclass(frozen=True)
class CapacityChange:
    """One district whose floor area or number of facilities differs with the project in place.

    Parameters
    ----------
    district, name, households
        The neighbour; households None where not known.
    pack, rule, threshold, unit
        What is asked of it: so much, in ``m2`` or ``facilities``.
    capacity_of
        What `Stock.capacity` counts: ``places`` or ``beds``.
    change
        ``gains`` or ``loses``.
    baseline, before, after
        As things are stored, without the project, and with it.
    """

    district: str
    name: str | None
    households: int | None
    pack: str
    rule: str
    threshold: float | None
    unit: str
    capacity_of: str
    change: str
    baseline: Stock
    before: Stock
    after: Stock


def capacity_changes(*, cities: Cities, packs: Sequence[Pack]) -> tuple[CapacityChange, ...]:
    """Ask the rules of floor area and number of every district around, in three states.

    A neighbour loses where a facility that counts for it is taken down, and gains where one of
    the project counts for a pool it is in.

    Returns
    -------
    What changes, by district, in the order of packs and rules.
    """
    found: list[tuple[int, CapacityChange]] = []
    near = cities.without.districts
    for pack in packs:
        for rule in _rules_of_stock(pack):
            states = [(city, asked(city, pack, rule)) for city in cities.states]
            for at in range(len(near)):
                change = _change(near, at, pack, rule, states)
                if change is not None:
                    found.append((at, change))
    return tuple(change for _, change in sorted(found, key=lambda one: one[0]))


def _rules_of_stock(pack: Pack) -> list[Rule]:
    return [
        rule
        for rule in pack.rules
        if rule.kind in DISTRICT_KINDS
        and not DISTRICT_KINDS[rule.kind].reach
        and rule.subject in _CAPACITY
    ]


def _change(
    near: GeoDataFrame,
    at: int,
    pack: Pack,
    rule: Rule,
    states: Sequence[tuple[City, dict[str, NDArray[Any]]]],
) -> CapacityChange | None:
    columns = states[0][1]
    if columns["reason_code"][at] == "other_stage":
        return None
    stored, was, becomes = (_stock(city, found, at, rule) for city, found in states)
    if was == becomes:
        return None
    row = near.iloc[at]
    return CapacityChange(
        district=str(row["id"]),
        name=row["name"],
        households=whole(row["households"]),
        pack=pack.id,
        rule=rule.id,
        threshold=number(columns["threshold"][at]),
        unit=str(columns["unit"][at]),
        capacity_of=_CAPACITY[rule.subject],
        change=GAINS if _rank(becomes) < _rank(was) else LOSES,
        baseline=stored,
        before=was,
        after=becomes,
    )


def _stock(city: City, columns: dict[str, NDArray[Any]], at: int, rule: Rule) -> Stock:
    return Stock(
        verdict=str(columns["verdict"][at]),
        value=number(columns["value"][at]),
        deficit=number(columns["deficit"][at]),
        capacity=_capacity(city, columns["facilities"][at] or (), rule),
    )


def _capacity(city: City, ids: Sequence[str], rule: Rule) -> int | None:
    counted = city.facilities.loc[city.facilities["id"].isin(ids), _CAPACITY[rule.subject]]
    return None if counted.isna().any() else int(counted.sum())


def _rank(stock: Stock) -> tuple[float, int, float, float]:
    """Order states from the best: less lacking, a better verdict, more provided."""
    return (
        0.0 if stock.deficit is None else stock.deficit,
        VERDICTS.index(stock.verdict),
        np.inf if stock.value is None else -stock.value,
        0.0 if pd.isna(stock.capacity) else -float(stock.capacity or 0),
    )
