"""Districts grouped by area and part: the rows that a roll-up has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.grouping import weighted_count
from spatial.policy.facts import Facts
from spatial.policy.findings import FLAGS
from spatial.policy.places import Membership

OCCUPIED: Final = "occupied"
PLANNED: Final = "planned"
RURAL: Final = "rural"
PARTS: Final = (OCCUPIED, RURAL, PLANNED)


@dataclass(frozen=True, eq=False)
class Groups:
    """Districts grouped by area and part.

    Parameters
    ----------
    area, part
        Of each group.
    of, first
        Of each district: its group, and whether it is the first of its unit that lies in an area
        of the level: there the unit's deficit counts, once.
    """

    area: NDArray[np.int64]
    part: NDArray[Any]
    of: NDArray[np.int64]
    first: NDArray[np.bool_]

    def sum(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Sum over each group; NaN where a value is."""
        return weighted_count(self.of, values.astype(float), size=len(self.area))


def part_of_districts(facts: Facts) -> NDArray[Any]:
    """Tell the part of each district: planned and rural ones are in no other's denominator."""
    return np.where(facts.stage == "planned", PLANNED, np.where(facts.rural, RURAL, OCCUPIED))


def group_districts(
    numbers: NDArray[np.int64], part: NDArray[Any], *, unit: NDArray[np.int64]
) -> Groups:
    """Group districts that lie in areas by the number of their area and by part.

    `unit` is the number of the unit each belongs to.
    """
    keys = numbers * len(PARTS) + np.array([PARTS.index(name) for name in part])
    key, of = np.unique(keys, return_inverse=True)
    first = np.zeros(len(unit), dtype=bool)
    first[np.unique(unit, return_index=True)[1]] = True
    return Groups(key // len(PARTS), np.array(PARTS, dtype=object)[key % len(PARTS)], of, first)


def tallied(
    groups: Groups, flag: NDArray[Any], households: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    """Count districts, their households where known, and their flags."""
    return {
        "part": groups.part,
        "districts": groups.sum(np.ones(len(flag))).astype(np.int64),
        "households": groups.sum(np.nan_to_num(households)),
        **{name: groups.sum(flag == name).astype(np.int64) for name in FLAGS},
    }


@dataclass(frozen=True, eq=False)
class Grouping:
    """How the districts of a pack roll up: which rows there are, whatever is found.

    Parameters
    ----------
    area, part
        Number of the area and name of the part, a row each in the order of `roll_up`, shape (g,).
    rows
        For each level the row each district counts in, -1 for none, shape (n,) each.
    first
        For each level whether it is where the deficit of its unit counts, shape (n,) each.
    """

    area: NDArray[np.int64]
    part: NDArray[Any]
    rows: tuple[NDArray[np.int64], ...]
    first: tuple[NDArray[np.bool_], ...]


def grouping(facts: Facts, places: Membership) -> Grouping:
    """Group the districts of a pack as `roll_up` does.

    Parameters
    ----------
    facts
        Of the pack.
    places
        Where the districts lie.
    """
    part = part_of_districts(facts)
    areas, parts, rows = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=object)], []
    firsts = []
    start = 0
    for numbers in places.area.values():
        inside = numbers >= 0
        if not inside.any():
            continue
        groups = group_districts(
            numbers[inside], part[inside], unit=facts.units.of_district[inside]
        )
        of = np.full(len(numbers), -1, dtype=np.int64)
        of[inside] = start + groups.of
        rows.append(of)
        first = np.zeros(len(numbers), dtype=bool)
        first[inside] = groups.first
        firsts.append(first)
        areas.append(groups.area)
        parts.append(groups.part)
        start += len(groups.area)
    return Grouping(np.concatenate(areas), np.concatenate(parts), tuple(rows), tuple(firsts))
