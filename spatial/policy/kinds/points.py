"""From demand points to a district: counts, shares, worst and nearest (design, section 4)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.demand import BUILDINGS, GRID, POINT, Demand
from spatial.policy.facts import Facts, Reach
from spatial.policy.findings import MET, MET_RELAXED, NOT_APPLICABLE
from spatial.policy.rule import Rule
from spatial.profiles import Impedance
from spatial.table import objects

# A verdict that hangs on less than this is marked (design, section 4).
NEAR_THRESHOLD_MM = 500.0


def per_district(demand: Demand, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the points of each district where `mask` (p,) holds; shape (n,)."""
    return np.bincount(demand.district, weights=mask, minlength=len(demand.kind)).astype(np.int64)


def worst_point(demand: Demand, distance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Position of each district's farthest point; NaN counts as nearer than any distance."""
    known = np.where(np.isnan(distance), -1.0, distance)
    farthest = np.maximum.reduceat(known, demand.start[:-1])
    there = known == farthest[demand.district]
    return np.maximum.reduceat(np.where(there, np.arange(len(known)), -1), demand.start[:-1])


def nearest_point(demand: Demand, distance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Position of each district's nearest point; NaN counts as farther than any distance."""
    nearest = np.fmin.reduceat(distance, demand.start[:-1])
    unknown = np.isnan(nearest)
    there = (distance == nearest[demand.district]) | unknown[demand.district]
    count = len(distance)
    return np.minimum.reduceat(np.where(there, np.arange(count), count), demand.start[:-1])


def metres(millimetres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole millimetres as metres; NaN where beyond the search limit or unknown."""
    return np.where(np.isfinite(millimetres), millimetres, np.nan) / 1000.0


def fill_coverage(
    columns: dict[str, NDArray[Any]], facts: Facts, *, inside: NDArray[np.bool_]
) -> None:
    """Fill share and households by the points known to be inside; the rest is outside.

    A single point has no share; its households are all inside or all outside. Households outside
    are rounded up to whole ones from exact whole-number weights.
    """
    demand = facts.city.demand
    total = np.bincount(demand.district, weights=demand.weight, minlength=len(demand.kind))
    covered = np.bincount(
        demand.district, weights=demand.weight * inside, minlength=len(demand.kind)
    )
    outside = total - covered
    # A copy: rows of other stages are cleared in place, and the demand is every rule's.
    columns["demand"] = demand.kind.copy()
    columns["covered_share"] = np.where(demand.kind == POINT, np.nan, covered / total)
    # Whole numbers in float64 are exact here: households × weight stays far below 2**53.
    columns["households_outside"] = np.ceil(facts.households * outside / total)
    columns["definition_code"][demand.kind == BUILDINGS] = "share_of_buildings"
    columns["definition_code"][demand.kind == GRID] = "share_of_grid_points"


def fill_distances(
    columns: dict[str, NDArray[Any]],
    facts: Facts,
    reach: Reach,
    *,
    deciding_mm: NDArray[np.float64],
    deciding_facility: NDArray[np.int64],
    worst: NDArray[np.int64],
    speed_m_per_s: float,
) -> None:
    """Fill both distances at the worst point, the nearest point, and their facilities.

    `worst` is the `worst_point` of `deciding_mm`.
    """
    nearest = nearest_point(facts.city.demand, deciding_mm)
    columns["straight_m"] = metres(reach.straight_mm[worst])
    columns["walking_m"] = metres(reach.walk_mm[worst])
    columns["walking_minutes"] = np.round(columns["walking_m"] / speed_m_per_s / 60, 2)
    columns["nearest_m"] = metres(deciding_mm[nearest])
    columns["snap_m"] = np.round(reach.snap_m[worst], 3)
    ids = objects(facts.city.facilities["id"])
    pairs = zip(deciding_facility[nearest].tolist(), deciding_facility[worst].tolist(), strict=True)
    columns["facilities"] = _lists(
        [[str(ids[i]) for i in dict.fromkeys(pair) if i >= 0] for pair in pairs]
    )


def fill_would_count(
    columns: dict[str, NDArray[Any]],
    rule: Rule,
    facts: Facts,
    *,
    inside: NDArray[np.bool_],
    limit_mm: float,
    walking: Impedance | None,
) -> None:
    """Name facilities that would bring a point inside if what is not known of them held.

    `walking` is what a walk pays for, None for a straight line.
    """
    outside = ~inside
    would_serve, facility = facts.unknown_gain(
        rule.counts, limit_mm=limit_mm, walking=walking, outside=outside
    )
    gain = outside & would_serve
    pairs = np.concatenate(
        [
            np.column_stack([facts.city.demand.district[gain], facility[gain]]),
            _approved_gain(rule, facts, outside=outside, limit_mm=limit_mm, walking=walking),
        ]
    )
    if len(pairs) == 0:
        return
    missing_field = facts.counted(rule.counts).missing_field
    ids = objects(facts.city.facilities["id"])
    for row, number in np.unique(pairs, axis=0).tolist():
        entry = {"facility": str(ids[number]), "field": missing_field[number]}
        if columns["would_count_if"][row] is None:
            columns["would_count_if"][row] = []
        columns["would_count_if"][row].append(entry)


def _approved_gain(
    rule: Rule,
    facts: Facts,
    *,
    outside: NDArray[np.bool_],
    limit_mm: float,
    walking: Impedance | None,
) -> NDArray[np.int64]:
    """List pairs of a new district and an approved facility of its unit that may serve it.

    Of such a facility it is not known whether it keeps what the rule requires.
    """
    none = np.zeros((0, 2), dtype=np.int64)
    if rule.counts.status != "operating_or_approved_in_unit" or not outside.any():
        return none
    city, chosen = facts.city, facts.counted(rule.counts)
    units = np.unique(facts.allotment.unit[chosen.asked & (facts.allotment.unit >= 0)])
    if len(units) == 0:
        return none
    unit_of_point = facts.units.of_district[city.demand.district]
    outside = outside & (facts.stage != "existing")[city.demand.district]
    pairs = [none]
    for unit in units.tolist():
        facilities = chosen.asked & (facts.allotment.unit == unit)
        at = np.flatnonzero(outside & (unit_of_point == unit))
        if len(at) == 0:
            continue
        limit_m = limit_mm / 1000
        if walking is None:
            distance_mm, facility = city.straight(facilities, points=at, limit_m=limit_m)
        else:
            walked = city.walk(facilities, points=at, limit_m=limit_m, impedance=walking)
            distance_mm, facility = walked.walk_mm, walked.facility
        gain = distance_mm <= limit_mm
        pairs.append(np.column_stack([city.demand.district[at[gain]], facility[gain]]))
    return np.concatenate(pairs)


def add_alternative(
    columns: dict[str, NDArray[Any]],
    rows: NDArray[np.int64],
    *,
    reading: str,
    verdict: NDArray[Any],
    value: NDArray[np.float64],
    threshold: NDArray[np.float64],
) -> None:
    """Note on the given rows what another reading would say; arrays of shape (n,)."""
    noted = columns["alternatives"]
    for row, says, figure, limit in zip(
        rows.tolist(), verdict[rows], _numbers(value[rows]), _numbers(threshold[rows]), strict=True
    ):
        entry = {"reading": reading, "verdict": says, "value": figure, "threshold": limit}
        if noted[row] is None:
            noted[row] = []
        noted[row].append(entry)


def restrict_to_stages(
    columns: dict[str, NDArray[Any]], rule: Rule, facts: Facts
) -> NDArray[np.bool_]:
    """Mark districts of other stages `not_applicable` and clear their columns; return the rest."""
    applies = np.zeros(len(facts.stage), dtype=bool)
    for stage in rule.applies_to:
        applies |= facts.stage == stage
    if applies.all():
        return applies
    clear(columns, ~applies)
    columns["verdict"][~applies] = NOT_APPLICABLE
    columns["reason_code"][~applies] = "other_stage"
    return applies


def clear(columns: dict[str, NDArray[Any]], rows: NDArray[np.bool_]) -> None:
    """Empty every column on the given rows."""
    for column in columns.values():
        if column.dtype == object:
            column[rows] = None
        elif column.dtype == bool:
            column[rows] = False
        else:
            column[rows] = np.nan


def fulfilled(verdict: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where a verdict is `met` or `met_relaxed`."""
    return np.asarray((verdict == MET) | (verdict == MET_RELAXED), dtype=bool)


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Turn numbers into plain ones, NaN into None."""
    return [
        None if missing else value
        for value, missing in zip(values.tolist(), np.isnan(values), strict=True)
    ]


def _lists(rows: list[list[str]]) -> NDArray[Any]:
    column = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        column[i] = row or None
    return column
