"""What a project does to its neighbours: who gains or loses coverage, before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crs import metric_crs
from spatial.crs import project as to_metres
from spatial.network import Network
from spatial.policy.city import City
from spatial.policy.district_stage import stages
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facts import Facts
from spatial.policy.findings import VERDICTS
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.review.project import Project
from spatial.policy.rule import Rule
from spatial.reach import SEARCH_LIMIT_M

GAINS: Final = "gains"
LOSES: Final = "loses"


@dataclass(frozen=True)
class NeighbourChange:
    """One district for which one rule of reach reads otherwise with the project in place.

    Parameters
    ----------
    district, name, households
        The neighbour; households None where not known.
    pack, rule
        What is asked of it.
    change
        ``gains`` or ``loses``: by the households outside, else by the verdict, else by distance.
    baseline, before, after
        Verdicts as things are stored, without the project, and with it, all its facilities open.
        The first two differ where facilities of the project are stored already.
    baseline_m, before_m, after_m
        Distance of the farthest demand point, metres; None beyond 5,000 m or not known.
    before_outside, after_outside
        Households outside; None where not known.
    """

    district: str
    name: str | None
    households: int | None
    pack: str
    rule: str
    change: str
    baseline: str
    before: str
    after: str
    baseline_m: float | None
    before_m: float | None
    after_m: float | None
    before_outside: int | None
    after_outside: int | None


def neighbour_changes(
    *,
    cities: Cities,
    packs: Sequence[Pack],
) -> tuple[NeighbourChange, ...]:
    """Ask the rules of reach of every district around, without the project and with it.

    Parameters
    ----------
    cities
        The districts around, in three states of the facilities; see `neighbour_cities`.

    Returns
    -------
    What changes, by district, in the order of packs and rules.
    """
    near = cities.without.districts
    found: list[tuple[int, NeighbourChange]] = []
    for pack in packs:
        for rule in _rules_of_reach(pack):
            states = tuple(asked(city, pack, rule) for city in cities.states)
            found += [
                (at, change)
                for at in range(len(near))
                if (change := _change(near, at, pack, rule, states)) is not None
            ]
    return tuple(change for _, change in sorted(found, key=lambda one: one[0]))


@dataclass(frozen=True, eq=False)
class Cities:
    """The districts around a project: as stored, without the project and with it."""

    baseline: City
    without: City
    together: City

    @property
    def states(self) -> tuple[City, City, City]:
        """The three, in this order."""
        return self.baseline, self.without, self.together


def neighbour_cities(
    project: Project,
    *,
    districts: GeoDataFrame,
    baseline: GeoDataFrame,
    before: GeoDataFrame,
    after: GeoDataFrame,
    network: Network | None,
    as_of: dt.date,
    parameters: EvaluationParameters,
) -> Cities | None:
    """Lay out the districts around a project; None where there are none.

    Parameters
    ----------
    districts
        Validated frame, EPSG:4326. Those within 5,000 m of the site are looked at; the project
        itself is no neighbour.
    baseline, before, after
        Facilities as stored; without the project; and with those it brings open and those it
        takes down gone.
    """
    near = _near(project, districts)
    if len(near) == 0:
        return None

    def city(facilities: GeoDataFrame) -> City:
        return City(
            districts=near,
            facilities=facilities.sort_values("id", kind="stable", ignore_index=True),
            areas=None,
            buildings=None,
            network=network,
            as_of=as_of,
            snap_limit_m=parameters.snap_limit_m,
            grid_spacing_m=parameters.grid_spacing_m,
            penalties=parameters.penalties,
        )

    without = city(before)
    # Mostly no facility of the project is stored yet: then nothing is asked twice.
    return Cities(
        baseline=without if len(baseline) == len(before) else city(baseline),
        without=without,
        together=city(after),
    )


def _rules_of_reach(pack: Pack) -> list[Rule]:
    """List the rules about distance; a relaxed one repeats its main rule."""
    return [
        rule
        for rule in pack.rules
        if rule.kind in DISTRICT_KINDS
        and DISTRICT_KINDS[rule.kind].reach
        and rule.parameters.get("role") != "relaxed"
    ]


def _near(project: Project, districts: GeoDataFrame) -> GeoDataFrame:
    others = districts[districts["id"] != project.id]
    others = others.sort_values("id", kind="stable", ignore_index=True)
    if len(others) == 0:
        return others
    middle = project.site.representative_point()
    crs = metric_crs(middle.x, middle.y)
    places = to_metres(np.asarray(others.geometry.array, dtype=object), target=crs)
    (site,) = to_metres(np.array([project.site], dtype=object), target=crs)
    return others[shapely.distance(places, site) <= SEARCH_LIMIT_M].reset_index(drop=True)


def asked(city: City, pack: Pack, rule: Rule) -> dict[str, NDArray[Any]]:
    """Ask a rule of every district of a city; return the columns of its findings."""
    stage, _ = stages(city.districts, document_date=pack.effective_from)
    facts = Facts(city=city, stage=stage, rural=np.zeros(len(city.districts), dtype=bool))
    columns: dict[str, NDArray[Any]] = DISTRICT_KINDS[rule.kind].judge(rule, facts)
    return columns


def _change(
    near: GeoDataFrame,
    at: int,
    pack: Pack,
    rule: Rule,
    states: Sequence[dict[str, NDArray[Any]]],
) -> NeighbourChange | None:
    """Compare one district's findings; None where the project changes nothing of them."""
    stored, was, becomes = states
    pairs = [_rank(columns, at) for columns in (was, becomes)]
    if pairs[0] == pairs[1]:
        return None
    row = near.iloc[at]
    return NeighbourChange(
        district=str(row["id"]),
        name=row["name"],
        households=whole(row["households"]),
        pack=pack.id,
        rule=rule.id,
        change=GAINS if pairs[1] < pairs[0] else LOSES,
        baseline=str(stored["verdict"][at]),
        before=str(was["verdict"][at]),
        after=str(becomes["verdict"][at]),
        baseline_m=number(stored["value"][at]),
        before_m=number(was["value"][at]),
        after_m=number(becomes["value"][at]),
        before_outside=whole(was["households_outside"][at]),
        after_outside=whole(becomes["households_outside"][at]),
    )


def _rank(columns: dict[str, NDArray[Any]], at: int) -> tuple[float, int, float]:
    """Order findings from the best: fewer outside, a better verdict, a shorter way."""
    outside, metres = columns["households_outside"][at], columns["value"][at]
    return (
        -1.0 if np.isnan(outside) else float(outside),
        VERDICTS.index(str(columns["verdict"][at])),
        np.inf if np.isnan(metres) else float(metres),
    )


def number(value: float) -> float | None:
    """Return a cell as a plain number; None for NaN."""
    return None if np.isnan(value) else float(value)


def whole(value: Any) -> int | None:  # noqa: ANN401 - any scalar of a frame
    """Return a cell as a whole number; None where it is missing."""
    return None if pd.isna(value) else int(value)
