"""Texts without a number: duties of process, permissions, preferences of siting.

They are shown with their quote as `indicator`, or answered by a recorded yes or no: an imported
indicator named like the rule, 1 for yes and 0 for no, whose source names the officer.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding
from spatial.policy.findings import ADVISE, INDICATOR, MET, NOT_MET, UNDETERMINED
from spatial.policy.kinds.kind import POSITIVE, AreaKind
from spatial.policy.rule import Rule

PERMISSION: Final = "permission"


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Show the statement for every area it applies to, with its answer where one is recorded.

    A statement about districts, projects, facilities or plans is kept by the areas at the top.
    A permission stays an `indicator` whatever the answer: nobody must make use of it.
    """
    findings: list[AreaFinding] = []
    for area in facts.areas_for(rule):
        answer = facts.figures.recorded(rule.id, area)
        if answer is None:
            findings.append(AreaFinding(facts.code(area), INDICATOR, "statement_open"))
            continue
        if answer.known not in (0, 1):
            # Neither a yes nor a no: a slip, or a number of something.
            gap = {"indicator": rule.id, "area": facts.code(area)}
            findings.append(
                AreaFinding(facts.code(area), UNDETERMINED, "figure_missing", missing=(gap,))
            )
            continue
        yes = answer.known == 1
        verdict = MET if yes else (ADVISE if rule.severity == "advisory" else NOT_MET)
        if rule.kind == PERMISSION:
            verdict = INDICATOR
        findings.append(
            AreaFinding(
                facts.code(area),
                verdict,
                "statement_yes" if yes else "statement_no",
                value=Fraction(answer.known),
                definition=answer.source or None,
            )
        )
    return findings


def _kind(name: str) -> AreaKind:
    return AreaKind(
        name=name,
        parameters={"expects": {"const": True}},
        optional={"near_m": POSITIVE},
        judge=judge,
        evaluable="statement",
    )


FAMILY: Final = tuple(
    _kind(name) for name in ("process_requirement", PERMISSION, "siting_preference")
)
