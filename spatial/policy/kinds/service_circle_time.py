"""服务圈 by walking time: whether every demand point is within so many minutes on foot.

Source: readings §5 and design §4 "Circle at a district". The minutes stand in the text, the mode
and the share do not; the pack names the profile.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.policy.facts import Facts
from spatial.policy.findings import (
    ADVISE,
    INDICATOR,
    MET,
    NOT_MET,
    UNDETERMINED,
    blank_findings,
    first_holding,
)
from spatial.policy.kinds.kind import POSITIVE, PROFILE, TARGET_GROUP, DistrictKind
from spatial.policy.kinds.points import (
    NEAR_THRESHOLD_MM,
    add_alternative,
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


def judge(rule: Rule, facts: Facts) -> dict[str, NDArray[Any]]:
    """Judge each district by its demand points.

    A point is inside at ≤ minutes × speed of the profile, compared in whole millimetres. `met`:
    all points are inside. `not_met`: none is inside under the rule's profile, the widest profile
    or the straight-line screen. `advise`: anything between. `undetermined`: without a network, and
    where points off the network, or on an island of streets without a way out, leave more than
    one of these possible. Rural: `indicator`.
    """
    parameters, demand = rule.parameters, facts.city.demand
    minutes = Fraction(parameters["minutes"])
    profile = facts.city.profile(parameters["profile"])
    widest = facts.city.profile(parameters["widest_profile"])
    reach = facts.reach(rule.counts, profile.impedance)
    wide_mm = facts.reach(rule.counts, widest.impedance).walk_mm
    limit_mm = _whole_mm(profile.limit_m(minutes))
    screen_mm = _whole_mm(Fraction(parameters["straight_screen_m"]))
    inside = reach.walk_mm <= limit_mm
    wide = (
        inside | (wide_mm <= _whole_mm(widest.limit_m(minutes))) | (reach.straight_mm <= screen_mm)
    )
    unknown = np.isnan(reach.walk_mm)
    points = demand.count
    all_inside = per_district(demand, inside) == points
    any_wide = per_district(demand, wide) > 0
    any_unknown = per_district(demand, unknown) > 0
    any_outside = per_district(demand, ~inside & ~unknown) > 0

    columns = blank_findings(len(points))
    columns["verdict"] = first_holding(
        [all_inside, any_unknown & ~(any_wide & any_outside), ~any_wide],
        [MET, UNDETERMINED, NOT_MET],
        default=ADVISE,
    )
    worst = worst_point(demand, reach.walk_mm)
    worst_mm = reach.walk_mm[worst]
    columns["value"] = np.where(any_unknown, np.nan, metres(worst_mm))
    columns["threshold"] = np.full(len(points), limit_mm / 1000.0)
    columns["unit"][:] = "m"
    over = columns["value"] > columns["threshold"]
    columns["deficit"] = np.where(over, (worst_mm - limit_mm) / 1000.0, np.nan)
    fill_distances(
        columns,
        facts,
        reach,
        deciding_mm=reach.walk_mm,
        deciding_facility=reach.walk_facility,
        worst=worst,
        speed_m_per_s=float(profile.speed_m_per_s),
    )
    fill_coverage(columns, facts, inside=inside)
    near = np.abs(reach.walk_mm - limit_mm) <= NEAR_THRESHOLD_MM
    columns["near_threshold"] = per_district(demand, near) > 0
    # Whether anyone is inside at all may hang on the outer limits alone.
    outer = (
        (wide_mm, _whole_mm(widest.limit_m(minutes))),
        (reach.straight_mm, screen_mm),
    )
    with_more, with_less = (
        per_district(
            demand,
            inside | np.logical_or.reduce([metres_mm <= most + by for metres_mm, most in outer]),
        )
        > 0
        for by in (NEAR_THRESHOLD_MM, -NEAR_THRESHOLD_MM)
    )
    columns["near_threshold"] |= with_more & ~with_less
    any_inside = per_district(demand, inside) > 0
    _explain(columns, facts, worst_mm=worst_mm, any_unknown=any_unknown, any_inside=any_inside)
    _name_islands(columns, astray=per_district(demand, reach.astray) > 0)
    fill_would_count(
        columns, rule, facts, inside=inside, limit_mm=limit_mm, walking=profile.impedance
    )
    _straight_reading(columns, facts, straight_mm=reach.straight_mm, screen_mm=screen_mm)
    columns["verdict"][facts.rural] = INDICATOR
    columns["reason_code"][facts.rural] = "rural"
    restrict_to_stages(columns, rule, facts)
    return columns


def _whole_mm(limit_m: Fraction) -> float:
    """Distances are whole millimetres, so ≤ a limit is ≤ its whole part."""
    return float(floor(limit_m * 1000))


def _explain(
    columns: dict[str, NDArray[Any]],
    facts: Facts,
    *,
    worst_mm: NDArray[np.float64],
    any_unknown: NDArray[np.bool_],
    any_inside: NDArray[np.bool_],
) -> None:
    verdict = columns["verdict"]
    columns["reason_code"] = first_holding(
        [
            fulfilled(verdict),
            np.isposinf(worst_mm),
            (verdict == ADVISE) & any_inside,
            verdict == ADVISE,
        ],
        ["circle_met", "beyond_5000_m", "circle_part", "circle_screen"],
        default="circle_none",
    )
    if facts.city.network is None:
        columns["covered_share"][:] = np.nan
        columns["households_outside"][:] = np.nan
        columns["reason_code"][:] = "no_network"
        missing = [{"field": "network"}]
    else:
        columns["covered_share"][verdict == UNDETERMINED] = np.nan
        columns["reason_code"][(verdict == UNDETERMINED) & any_unknown] = "off_network"
        missing = [{"field": "street_within_snap_limit"}]
    for row in np.flatnonzero(any_unknown).tolist():
        columns["missing"][row] = missing


def _name_islands(columns: dict[str, NDArray[Any]], *, astray: NDArray[np.bool_]) -> None:
    """Say of what is undetermined for a street that leads nowhere known that it is that."""
    columns["reason_code"][astray & (columns["verdict"] == UNDETERMINED)] = "street_island"
    for row in np.flatnonzero(astray).tolist():
        columns["missing"][row] = [{"field": "street_connected"}]


def _straight_reading(
    columns: dict[str, NDArray[Any]],
    facts: Facts,
    *,
    straight_mm: NDArray[np.float64],
    screen_mm: float,
) -> None:
    """Note where the straight line would say otherwise; the clause means walking."""
    demand = facts.city.demand
    within = per_district(demand, straight_mm <= screen_mm)
    points = demand.count
    verdict = first_holding([within == points, within == 0], [MET, NOT_MET], default=ADVISE)
    rows = np.flatnonzero((verdict != columns["verdict"]) & ~facts.rural)
    if len(rows) == 0:
        return
    add_alternative(
        columns,
        rows,
        reading="straight_line",
        verdict=verdict,
        value=metres(straight_mm[worst_point(demand, straight_mm)]),
        threshold=np.full(len(points), screen_mm / 1000.0),
    )


KIND: Final = DistrictKind(
    name="service_circle_time",
    parameters={
        "minutes": POSITIVE,
        "profile": PROFILE,
        "widest_profile": PROFILE,
        "straight_screen_m": POSITIVE,
        "target_group": TARGET_GROUP,
    },
    judge=judge,
    reach=True,
)
