"""服务半径 in a straight line, with its relaxation band.

Source: 金政发〔2022〕29号 三(一)1(1)¶2 (300 m, 500—800 m), readings §4, design §4 "Radius". The
main rule carries the whole state table; the relaxed one repeats it against the approved radius.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.demand import BUILDINGS
from spatial.exact import decimal_digits, scaled
from spatial.policy.facts import Facts
from spatial.policy.findings import (
    ADVISE,
    MET,
    MET_RELAXED,
    NOT_APPLICABLE,
    NOT_MET,
    blank_findings,
    first_holding,
)
from spatial.policy.kinds.kind import POSITIVE, TARGET_GROUP, DistrictKind
from spatial.policy.kinds.points import (
    NEAR_THRESHOLD_MM,
    add_alternative,
    clear,
    fill_coverage,
    fill_distances,
    fill_would_count,
    fulfilled,
    metres,
    per_district,
    restrict_to_stages,
    worst_point,
)
from spatial.policy.rule import Rule
from spatial.profiles import PROFILES
from spatial.table import objects, truth

RELAXED: Final = "relaxed"


def judge(rule: Rule, facts: Facts) -> dict[str, NDArray[Any]]:
    """Judge each district by the straight line from its demand points.

    `met`: all points at ≤ the radius. `met_relaxed`: all at ≤ the approved radius, by a record.
    `not_met`: all beyond the outer radius, or for new and planned districts one building beyond
    it. `advise`: anything between. The relaxed rule is `not_applicable` without a record.
    """
    recorded, approved_mm = _approved(rule, facts)
    relaxed = rule.parameters["role"] == RELAXED
    if relaxed and not recorded.any():
        columns = blank_findings(len(recorded))
        _not_recorded(columns, ~recorded)
        restrict_to_stages(columns, rule, facts)
        return columns
    demand, reach = facts.city.demand, facts.reach(rule.counts)
    points = demand.count
    distance = reach.straight_mm
    radius_mm = float(Decimal(rule.parameters["radius_m"]) * 1000)
    outer_mm = float(Decimal(rule.parameters["outer_radius_m"]) * 1000)
    # What a district is held to: its approved radius where one is recorded.
    held_mm = np.where(recorded, approved_mm, radius_mm)
    held = distance <= held_mm[demand.district]
    within = per_district(demand, distance <= radius_mm)
    beyond = per_district(demand, distance > outer_mm)
    buildings = (demand.kind == BUILDINGS) & (facts.stage != "existing")

    columns = blank_findings(len(points))
    columns["verdict"] = first_holding(
        [
            within == points,
            recorded & (per_district(demand, held) == points),
            (beyond == points) | (buildings & (beyond > 0)),
        ],
        [MET, MET_RELAXED, NOT_MET],
        default=ADVISE,
    )
    worst = worst_point(demand, distance)
    columns["value"] = metres(distance[worst])
    columns["threshold"] = held_mm / 1000.0
    columns["unit"][:] = "m"
    over = distance[worst] > held_mm
    columns["deficit"] = np.where(over, metres(distance[worst] - held_mm), np.nan)
    fill_distances(
        columns,
        facts,
        reach,
        deciding_mm=distance,
        deciding_facility=reach.straight_facility,
        worst=worst,
        speed_m_per_s=float(PROFILES["adult_with_child"].speed_m_per_s),
    )
    fill_coverage(columns, facts, inside=held)
    near = np.zeros(len(distance), dtype=bool)
    for limit in (radius_mm, outer_mm, held_mm[demand.district]):
        near |= np.abs(distance - limit) <= NEAR_THRESHOLD_MM
    columns["near_threshold"] = per_district(demand, near) > 0
    columns["reason_code"] = first_holding(
        [
            columns["verdict"] == MET,
            columns["verdict"] == MET_RELAXED,
            np.isposinf(distance[worst]),
            columns["verdict"] == NOT_MET,
            recorded,
        ],
        ["radius_met", "radius_met_relaxed", "beyond_5000_m", "radius_outer", "radius_approved"],
        default="radius_not_relaxed",
    )
    fill_would_count(columns, rule, facts, inside=held, limit_mm=outer_mm, walking=None)
    _walking_reading(columns, facts, walk_mm=reach.walk_mm, held_mm=held_mm)
    if relaxed:
        clear(columns, ~recorded)
        _not_recorded(columns, ~recorded)
    restrict_to_stages(columns, rule, facts)
    return columns


def _not_recorded(columns: dict[str, NDArray[Any]], rows: NDArray[np.bool_]) -> None:
    columns["verdict"][rows] = NOT_APPLICABLE
    columns["reason_code"][rows] = "no_relaxation_record"


def _approved(rule: Rule, facts: Facts) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which districts have a record of relaxation, and the radius approved, in whole mm.

    NaN where there is no record at all.
    """
    districts = facts.city.districts
    recorded = truth(districts["siting_difficult"]) | truth(districts["low_demand"])
    if not recorded.any():
        return recorded, np.full(len(recorded), np.nan)
    default = Decimal(rule.parameters["default_approved_radius_m"])
    radii = [
        default if radius is None else radius for radius in objects(districts["approved_radius_m"])
    ]
    # A relaxation asks for no less than the clause itself allows.
    radii = [max(radius, Decimal(rule.parameters["radius_m"])) for radius in radii]
    digits = max(3, decimal_digits(radii))
    # Distances are whole millimetres, so ≤ a radius is ≤ its whole part in millimetres.
    return recorded, np.asarray(scaled(radii, digits=digits) // 10 ** (digits - 3), dtype=float)


def _walking_reading(
    columns: dict[str, NDArray[Any]],
    facts: Facts,
    *,
    walk_mm: NDArray[np.float64],
    held_mm: NDArray[np.float64],
) -> None:
    """Note where walking would turn a held radius into one that is not; the clause means 直线."""
    demand = facts.city.demand
    walked = per_district(demand, walk_mm <= held_mm[demand.district]) == demand.count
    known = per_district(demand, np.isnan(walk_mm)) == 0
    rows = np.flatnonzero(known & fulfilled(columns["verdict"]) & ~walked)
    if len(rows) == 0:
        return
    add_alternative(
        columns,
        rows,
        reading="walking_distance",
        verdict=np.full(len(walked), ADVISE, dtype=object),
        value=metres(walk_mm[worst_point(demand, walk_mm)]),
        threshold=held_mm / 1000.0,
    )


KIND: Final = DistrictKind(
    name="service_radius",
    parameters={
        "role": {"enum": ["main", RELAXED]},
        "radius_m": POSITIVE,
        "default_approved_radius_m": POSITIVE,
        "outer_radius_m": POSITIVE,
        "target_group": TARGET_GROUP,
    },
    judge=judge,
    reach=True,
)
