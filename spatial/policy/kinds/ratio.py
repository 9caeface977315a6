"""Ratios and shares of figures: places per 1,000 people, beds per 10,000, shares of beds, staff.

One family: numerator ÷ denominator × per, compared with the target of the year. The catalogue
names its members by what they measure; how they are worked out is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding, Bounds, compare
from spatial.policy.figure import Figure
from spatial.policy.kinds.kind import MEASURE, NUMBER_OR_NULL, TEXT, AreaKind
from spatial.policy.rule import Rule
from spatial.policy.targets import Target, target_on

INCREASING: Final = "increasing"


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Judge every area by its ratio.

    Unrounded and exact. A figure that is missing, and a denominator of nought, give
    `undetermined`, never 0 and never a division. ``report_only`` gives the value without a verdict.
    """
    target = target_on(
        rule.targets_by_year,
        as_of=facts.as_of,
        target_year=facts.target_year,
        minimum=rule.parameters["minimum"],
    )
    if rule.parameters.get("report_only"):
        target = None
    return [_judge_area(rule, facts, area, target) for area in facts.areas_for(rule)]


def _judge_area(rule: Rule, facts: AreaFacts, area: int, target: Target | None) -> AreaFinding:
    parameters = rule.parameters
    per = int(parameters["per"])
    numerator = facts.figures.figure(parameters["numerator"], area)
    denominator = facts.figures.figure(parameters["denominator"], area)
    missing = [*numerator.missing, *denominator.missing]
    bounds = _bounds(numerator, denominator, per)
    if denominator.complete and denominator.known == 0:
        missing.append({"figure": "denominator_is_zero"})
    if parameters["operator"] == INCREASING:
        return _increase(rule, facts, area, numerator, denominator, bounds, missing)
    return compare(
        rule,
        facts.code(area),
        target,
        bounds,
        numerator=numerator,
        denominator=denominator,
        per=per,
        missing=missing,
        definition=rule.kind,
    )


def _bounds(numerator: Figure, denominator: Figure, per: int) -> Bounds:
    """Bound the ratio; what is missing can only add to a figure."""
    if denominator.known == 0 or not denominator.complete:
        # With an incomplete denominator the ratio may be as small as nought.
        whole = numerator.complete and denominator.known > 0
        high = numerator.known / denominator.known * per if whole else None
        return Bounds(None, None) if denominator.complete else Bounds(Fraction(0), high)
    low = numerator.known / denominator.known * per
    return Bounds(low, low if numerator.complete else None)


def _increase(
    rule: Rule,
    facts: AreaFacts,
    area: int,
    numerator: Figure,
    denominator: Figure,
    bounds: Bounds,
    missing: Sequence[Mapping[str, str]],
) -> AreaFinding:
    """Compare the ratio with that of the year before: 逐年增加."""
    before = _before(rule, facts, area, numerator)
    known = bounds.low is not None and bounds.low == bounds.high
    verdict, reason = "undetermined", "figure_missing"
    gaps = list(missing)
    if before is None:
        gaps.append({"figure": "year_before"})
    elif known and bounds.low is not None:
        grew = bounds.low > before
        verdict, reason = ("met", "ratio_grew") if grew else ("not_met", "ratio_did_not_grow")
    return AreaFinding(
        facts.code(area),
        verdict,
        reason,
        numerator=numerator.shown,
        denominator=denominator.shown,
        value=bounds.low if known else None,
        unit=rule.parameters["unit"],
        missing=tuple(gaps),
        facilities=numerator.facilities,
        definition=rule.kind,
    )


def _before(rule: Rule, facts: AreaFacts, area: int, latest: Figure) -> Fraction | None:
    if latest.year is None:
        return None
    figures: list[Figure] = []
    for side in ("numerator", "denominator"):
        name = rule.parameters[side].get("name")
        found = (
            None if name is None else facts.figures.indicator(str(name), area, before=latest.year)
        )
        if found is None:
            return None
        figures.append(found)
    top, bottom = figures
    return None if bottom.known == 0 else top.known / bottom.known * int(rule.parameters["per"])


def _kind(name: str) -> AreaKind:
    parameters: dict[str, Any] = {
        "numerator": MEASURE,
        "denominator": MEASURE,
        "per": {"enum": [1, 100, 1000, 10000]},
        "operator": {"enum": [">=", ">", "<=", INCREASING]},
        "minimum": NUMBER_OR_NULL,
        "unit": TEXT,
    }
    return AreaKind(
        name=name,
        parameters=parameters,
        optional={"report_only": {"const": True}},
        judge=judge,
    )


FAMILY: Final = tuple(
    _kind(name)
    for name in (
        "places_per_1000_pop",
        "ratio_per_1000_elderly",
        "ratio_per_10k_elderly",
        "staffing_ratio",
        "area_per_person",
        "land_per_capita",
        "share_of_beds",
        "share_of_places",
        "share_of_facilities",
        "share_of_floor_area",
        "share_of_population",
    )
)
