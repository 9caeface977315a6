"""Reach in a review: a verdict that something unknown might change is no verdict.

What is not known is `undetermined` and never more definite (design, sections 4 and 5): the
facilities around where nobody handed them in, the place of a facility of the project that has
none yet, and the walk to a facility that lies too far off the streets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from spatial.policy.counting import counted, standing
from spatial.policy.facts import Facts
from spatial.policy.findings import ADVISE, NOT_MET, UNDETERMINED
from spatial.policy.review.finding import ReviewFinding
from spatial.policy.review.placing import Placed, Surroundings
from spatial.policy.rule import Rule

CIRCLE: Final = "service_circle_time"
_OPEN: Final = (ADVISE, NOT_MET)
# Without the facility the walk to is not known, these say nothing.
_COVERAGE: Final = ("covered_share", "households_outside")


def settle_reach(
    finding: ReviewFinding,
    rule: Rule,
    *,
    facts: Facts,
    at: int,
    placed: Placed,
    surroundings: Surroundings,
) -> ReviewFinding:
    """Turn what fails, or holds in part, into `undetermined` where the unknown might undo it.

    Parameters
    ----------
    facts, at
        What the finding was judged by, and the number of the project in it.
    """
    if finding.verdict not in _OPEN:
        return finding
    unplaced = _without_place(rule, facts, placed)
    unheard = surroundings.facilities is None
    if unheard or unplaced:
        missing = [{"layer": "facilities"}] if unheard else []
        missing += [{"facility": name, "field": "geometry"} for name in unplaced]
        return replace(
            finding,
            verdict=UNDETERMINED,
            deficit=None,
            missing=missing,
            reason=_unknown_around(finding, unplaced, unheard=unheard),
        )
    lost = off_the_streets(rule, facts, at, verdict=finding.verdict)
    if not lost:
        return finding
    return replace(
        finding,
        verdict=UNDETERMINED,
        deficit=None,
        missing=[{"facility": name, "field": "street_within_snap_limit"} for name in lost],
        measures={
            name: None if name in _COVERAGE else value for name, value in finding.measures.items()
        },
        reason={
            "zh": (
                f"设施{'、'.join(lost)}离路网过远，步行距离不详；其余设施步行不能全部到达，不作判断"
            ),
            "en": (
                f"{', '.join(lost)} is too far from the street network to measure the walk, and "
                "the other facilities do not reach every dwelling point on foot"
            ),
        },
    )


def _without_place(rule: Rule, facts: Facts, placed: Placed) -> list[str]:
    """List facilities without a place that count for the rule, or may: no other could help."""
    rows = placed.unplaced
    if len(rows) == 0:
        return []
    status = standing(rows, as_of=facts.city.as_of)
    found = counted(rows, status=status, counts=rule.counts)
    may = found.operating | found.approved | found.unknown | found.asked
    return list(map(str, rows["id"][may]))


def _unknown_around(
    finding: ReviewFinding, unplaced: Sequence[str], *, unheard: bool
) -> dict[str, str]:
    zh, en = [], []
    if unheard:
        zh.append("周边现有设施未提供")
        en.append("the facilities around were not given")
    if unplaced:
        zh.append(f"设施{'、'.join(unplaced)}未定位")
        en.append(f"{', '.join(unplaced)} has no place yet")
    known_zh, known_en = (
        ("已知位置的设施均不能到达", "what is placed does not reach")
        if finding.verdict == NOT_MET
        else ("已知位置的设施只能部分到达", "what is placed reaches in part only")
    )
    return {
        "zh": f"{known_zh}；{'，'.join(zh)}，不作判断",
        "en": f"{known_en}; {', and '.join(en)}",
    }


def off_the_streets(rule: Rule, facts: Facts, at: int, *, verdict: str) -> Sequence[str]:
    """List facilities whose unknown walk might change a verdict about walking.

    A walk is never shorter than the straight line, so only a facility within the limit in a
    straight line may bring a dwelling point inside.

    Parameters
    ----------
    at
        Number of the district.
    verdict
        `advise` is open where every point that is not inside lies near such a facility;
        `not_met` where any point does.

    Returns
    -------
    Ids in order; none for a rule that is not about walking, and without streets.
    """
    city = facts.city
    if rule.kind != CIRCLE or city.network is None:
        return ()
    profile = city.profile(rule.parameters["profile"])
    chosen = facts.counted(rule.counts)
    lost = chosen.operating | (
        chosen.approved & (facts.allotment.unit == facts.units.of_district[at])
    )
    lost &= ~city.joins(profile.impedance)
    if not lost.any():
        return ()
    minutes = Fraction(rule.parameters["minutes"])
    limit_m = float(profile.limit_m(minutes))
    if verdict == NOT_MET:
        widest = city.profile(rule.parameters["widest_profile"])
        limit_m = max(limit_m, float(widest.limit_m(minutes)))
    points = np.flatnonzero(city.demand.district == at)
    walked_mm = facts.reach(rule.counts, profile.impedance).walk_mm[points]
    outside = ~(walked_mm <= limit_m * 1000)
    straight_mm, facility = city.straight(lost, points=points, limit_m=limit_m)
    near = outside & (straight_mm <= limit_m * 1000)
    settled = outside & ~near & ~np.isnan(walked_mm)
    if not near.any() or (verdict == ADVISE and settled.any()):
        return ()
    ids = city.facilities["id"]
    return [str(ids[number]) for number in np.unique(facility[near]).tolist()]
