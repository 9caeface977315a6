"""A count against a target: so many centres, institutions, people by a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding, Bounds, compare
from spatial.policy.findings import MET, NOT_MET, UNDETERMINED
from spatial.policy.kinds.kind import MEASURE, OPERATOR, POSITIVE, TEXT, AreaKind
from spatial.policy.rule import Rule
from spatial.policy.targets import Target, target_on


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Judge every area by its count, and by the further figures of the same sentence.

    All of them must be reached; further figures (`more`) are due when the count is. A count that
    is not known for certain but reaches the target already is `met`.
    """
    target = target_on(rule.targets_by_year, as_of=facts.as_of, target_year=facts.target_year)
    findings: list[AreaFinding] = []
    for area in facts.areas_for(rule):
        figure = facts.figures.figure(rule.parameters["numerator"], area)
        bounds = Bounds(figure.known, figure.known if figure.complete else None)
        finding = compare(
            rule, facts.code(area), target, bounds, numerator=figure, missing=figure.missing
        )
        findings.append(_with_more(rule, facts, area, finding, target))
    return findings


def _with_more(
    rule: Rule, facts: AreaFacts, area: int, finding: AreaFinding, target: Target | None
) -> AreaFinding:
    """Let further figures of the sentence take part in a verdict that is due."""
    if finding.verdict not in (MET, NOT_MET, UNDETERMINED):
        return finding
    missing, others = list(finding.missing), []
    verdict, reason = finding.verdict, finding.reason_code
    for further in rule.parameters["more"]:
        figure = facts.figures.figure(further["numerator"], area)
        limit = Fraction(Decimal(further["minimum"]))
        reached = figure.known >= limit
        if target is not None and not reached:
            figure = figure.of_year(target.decided_from)
        others.append(
            {
                "reading": "further_figure",
                "verdict": MET if reached else (NOT_MET if figure.complete else UNDETERMINED),
                "value": float(figure.known),
                "threshold": float(limit),
            }
        )
        missing += list(figure.missing) if not reached else []
    verdicts = {verdict, *(str(other["verdict"]) for other in others)}
    if NOT_MET in verdicts:
        verdict = NOT_MET
    elif UNDETERMINED in verdicts:
        verdict = UNDETERMINED
    if verdict != finding.verdict:
        reason = "further_figure_missing" if verdict == UNDETERMINED else "further_figure_short"
    return replace(
        finding,
        verdict=verdict,
        reason_code=reason,
        missing=tuple(missing),
        alternatives=tuple(others),
    )


KIND: Final = AreaKind(
    name="count_target",
    parameters={
        "numerator": MEASURE,
        "operator": OPERATOR,
        "more": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["numerator", "minimum"],
                "properties": {"numerator": dict(MEASURE), "minimum": dict(POSITIVE)},
            },
        },
        "unit": TEXT,
    },
    judge=judge,
)
