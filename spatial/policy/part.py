"""The facts of some districts, taken from those of a whole city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.demand import Demand
from spatial.policy.city import City
from spatial.policy.counting import Counted
from spatial.policy.facility_edits import carry
from spatial.policy.facts import Facts, Reach
from spatial.policy.gates import Gates
from spatial.policy.rule import Counts
from spatial.policy.searches import Answer, Question
from spatial.policy.units import Allotment, Units
from spatial.reach import SEARCH_LIMIT_M


def facts_of_part(
    every: Sequence[Facts],
    answers: Mapping[Question, Answer],
    counts: Mapping[Counts, Counted],
    districts: NDArray[np.int64],
) -> list[Facts]:
    """Take the facts of some districts: what rules find by them is what they find by the whole.

    Parameters
    ----------
    every
        The facts of each pack, with units and allotment of the whole city.
    answers
        To all questions the packs' rules ask of it.
    counts
        Which facilities count, by conditions.
    districts
        Numbers of the districts, ascending. Of a unit whose facilities were edited all members.

    Returns
    -------
    Facts of these districts alone, for each pack. Facilities none of them has to do with are left
    out, so that it takes no longer in a larger city.
    """
    city = every[0].city
    size = np.diff(city.demand.start)[districts]
    first = np.cumsum(size) - size
    points = np.arange(int(size.sum())) - np.repeat(first - city.demand.start[districts], size)
    used = np.zeros(len(city.facilities), dtype=bool)
    for answer in answers.values():
        nearest = answer.facility[points]
        used[nearest[nearest >= 0]] = True
    units = [np.unique(facts.units.of_district[districts]) for facts in every]
    for facts, unit in zip(every, units, strict=True):
        used |= np.isin(facts.allotment.unit, unit) | np.isin(facts.allotment.district, districts)
    facilities = np.flatnonzero(used)
    part = _part_of_city(city, districts, points, size, facilities)
    for one, chosen in counts.items():
        part._counted[one] = chosen[facilities]  # noqa: SLF001 - known from the whole
    result = []
    for facts, unit in zip(every, units, strict=True):
        mine = Facts(city=part, stage=facts.stage[districts], rural=facts.rural[districts])
        carry(
            mine,
            units=_units(facts.units, districts, unit),
            allotment=Allotment(
                unit=position(unit, facts.allotment.unit[facilities]),
                district=position(districts, facts.allotment.district[facilities]),
            ),
        )
        _know_reach(mine, answers, points, facilities)
        result.append(mine)
    return result


def position(among: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find numbers in an ascending list; -1 for those not in it."""
    if len(among) == 0:
        return np.full(len(numbers), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, numbers), len(among) - 1)
    return np.where(among[at] == numbers, at, -1).astype(np.int64)


def _units(units: Units, districts: NDArray[np.int64], chosen: NDArray[np.int64]) -> Units:
    return Units(
        of_district=position(chosen, units.of_district[districts]),
        id=units.id[chosen],
        group=units.group[chosen],
        households=units.households[chosen],
        conditions_available=units.conditions_available[chosen],
    )


def _part_of_city(
    city: City,
    districts: NDArray[np.int64],
    points: NDArray[np.int64],
    size: NDArray[np.int64],
    facilities: NDArray[np.int64],
) -> City:
    pair, place = city.gates.ways_out(points)
    gate, of_gate = np.unique(city.gates.gate[pair], return_inverse=True)
    owner = position(facilities, city.doors[1])
    door = np.flatnonzero(owner >= 0)
    snaps = {
        impedance: (gates[gate], doors[door])
        for impedance, (gates, doors) in city._snaps.items()  # noqa: SLF001 - as above
    }
    # Plain frames: rules read columns, which a frame of geometries gives at ten times the cost.
    frames = [
        cast("GeoDataFrame", pd.DataFrame(frame).iloc[rows].reset_index(drop=True))
        for frame, rows in ((city.districts, districts), (city.facilities, facilities))
    ]
    part = replace(
        city,
        districts=frames[0],
        facilities=frames[1],
        _snaps=snaps,
        _reach={},
        _counted={},
        _gain={},
    )
    demand = city.demand
    carry(
        part,
        crs=city.crs,
        demand=Demand(
            district=np.repeat(np.arange(len(districts)), size),
            geometry=demand.geometry[points],
            weight=demand.weight[points],
            start=np.concatenate([[0], np.cumsum(size)]),
            kind=demand.kind[districts],
        ),
        demand_local=city.demand_local[points],
        gates=Gates(
            geometry=city.gates.geometry[gate],
            point=place,
            gate=of_gate,
            inside_m=city.gates.inside_m[pair],
        ),
        doors=(city.doors[0][door], owner[door]),
        doors_local=city.doors_local[door],
    )
    return part


def _know_reach(
    facts: Facts,
    answers: Mapping[Question, Answer],
    points: NDArray[np.int64],
    facilities: NDArray[np.int64],
) -> None:
    """Answer what rules ask of the part by what is known of the whole."""

    def here(answer: Answer) -> tuple[NDArray[Any], NDArray[np.int64]]:
        return answer.mm[points], position(facilities, answer.facility[points])

    for question, answer in answers.items():
        mm, facility = here(answer)
        if question.unknown:
            key = (question.counts, question.limit_mm, question.walking)
            facts.city._gain[key] = (mm <= question.limit_mm, facility)  # noqa: SLF001
        elif question.walking is not None:
            straight = Question(question.counts, False, None, SEARCH_LIMIT_M * 1000)  # noqa: FBT003
            straight_mm, straight_facility = here(answers[straight])
            reach = Reach(
                straight_mm,
                straight_facility,
                mm,
                facility,
                answer.snap_m[points],
                answer.astray[points],
            )
            facts.know_reach(reach, question.counts, question.walking)
