"""Coverage of administrative units: the share of 街道, 乡镇 or 社区 that have what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding, Bounds, compare
from spatial.policy.figure import Figure
from spatial.policy.kinds.having import Having, having
from spatial.policy.kinds.kind import (
    HAS,
    LEVEL,
    LOGIC,
    NUMBER_OR_NULL,
    ONE,
    OPERATOR,
    TEXT,
    UNIT_KINDS,
    AreaKind,
)
from spatial.policy.rule import Rule
from spatial.policy.targets import Target, target_on

# 基本全覆盖 prints no number; an assumption, shown as one (readings §1).
BASIC_FULL_PERCENT: Final = Decimal(95)


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Judge every area by the share of its units that have what is asked, in per cent.

    Counted in units, not in people. A unit of which it is not known stays in the denominator and
    may turn out either way: the verdict is then `undetermined` unless it cannot matter. With
    ``among`` only units that have that count; one of which it is not known leaves all open.
    """
    target = target_on(
        rule.targets_by_year,
        as_of=facts.as_of,
        target_year=facts.target_year,
        minimum=rule.parameters.get("minimum"),
    )
    assumed = rule.basic_full_coverage and target is not None and target.value is None
    if assumed and target is not None:
        target = replace(target, value=BASIC_FULL_PERCENT)
    known: dict[int, Having] = {}
    findings = []
    for area in facts.areas_for(rule):
        finding = _judge_area(rule, facts, area, target, known)
        definition = "assumed_95_percent" if assumed else rule.kind
        findings.append(replace(finding, definition=definition))
    return findings


def _judge_area(
    rule: Rule, facts: AreaFacts, area: int, target: Target | None, known: dict[int, Having]
) -> AreaFinding:
    parameters = rule.parameters
    since = None if target is None else target.decided_from
    units = facts.figures.below(
        area, level=parameters["unit_level"], kinds=parameters["unit_kinds"]
    )
    for unit in units:
        if unit not in known:
            known[unit] = having(
                facts, unit, parameters["has"], logic=parameters["logic"], since=since
            )
    eligible = [_eligible(rule, facts, unit) for unit in units]
    missing = [gap for one in eligible if one.holds is None for gap in one.missing]
    undecided = any(one.holds is None for one in eligible)
    units = [unit for unit, one in zip(units, eligible, strict=True) if one.holds is True]
    have = sum(known[unit].holds is True for unit in units)
    unclear = [unit for unit in units if known[unit].holds is None]
    missing += [gap for unit in unclear for gap in known[unit].missing]
    facilities = tuple(f for unit in units for f in known[unit].facilities)
    if undecided:
        bounds = Bounds(Fraction(0), Fraction(100))
    elif not units:
        bounds = Bounds(None, None)
        missing = [{"level": str(parameters["unit_level"]), "area": facts.code(area)}]
    else:
        bounds = Bounds(
            Fraction(100 * have, len(units)), Fraction(100 * (have + len(unclear)), len(units))
        )
    return compare(
        rule,
        facts.code(area),
        target,
        bounds,
        numerator=Figure(Fraction(have), facilities=facilities),
        denominator=Figure(Fraction(len(units))),
        per=100,
        missing=missing,
    )


def _eligible(rule: Rule, facts: AreaFacts, unit: int) -> Having:
    among = rule.parameters.get("among")
    if among is None:
        return Having(holds=True, figures=())
    return having(facts, unit, [among], logic="all")


def _kind(name: str) -> AreaKind:
    return AreaKind(
        name=name,
        parameters={
            "unit_level": LEVEL,
            "unit_kinds": UNIT_KINDS,
            "has": HAS,
            "logic": LOGIC,
            "operator": OPERATOR,
            "unit": TEXT,
        },
        optional={"minimum": NUMBER_OR_NULL, "among": ONE},
        judge=judge,
    )


FAMILY: Final = tuple(_kind(name) for name in ("admin_unit_coverage", "plan_coverage"))
