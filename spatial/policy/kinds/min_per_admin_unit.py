"""At least so many in every unit: 每个县(市、区)至少有1所…."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding
from spatial.policy.findings import ADVISE, INDICATOR, MET, NOT_DUE, NOT_MET, UNDETERMINED
from spatial.policy.kinds.having import Having, having
from spatial.policy.kinds.kind import HAS, LOGIC, AreaKind
from spatial.policy.rule import Rule
from spatial.policy.targets import Target, target_on


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Judge every area by whether it has what is asked; `not_due` before the target's year."""
    target = target_on(rule.targets_by_year, as_of=facts.as_of, target_year=facts.target_year)
    asked, logic = rule.parameters["has"], rule.parameters["logic"]
    return [
        have_finding(rule, facts, area, having(facts, area, asked, logic=logic), target)
        for area in facts.areas_for(rule)
    ]


def have_finding(
    rule: Rule, facts: AreaFacts, area: int, have: Having, target: Target | None
) -> AreaFinding:
    """Say what an area has of what is asked; value and threshold are those of the first figure."""
    asked = rule.parameters["has"]
    due = target is None or target.due
    fails = ADVISE if rule.severity == "advisory" else NOT_MET
    if not asked:
        verdict, reason = INDICATOR, "standard_not_set"
    elif have.holds is None:
        verdict, reason = UNDETERMINED, "figure_missing"
    elif not due:
        verdict, reason = NOT_DUE, "target_not_due"
    else:
        verdict, reason = (
            (MET, "has_what_is_asked") if have.holds else (fails, "lacks_what_is_asked")
        )
    known = have.figures[0].known if have.figures else None
    threshold = asked[0]["at_least"] if asked else None
    short = None
    if known is not None and threshold is not None and have.figures[0].complete:
        short = max(Fraction(threshold) - known, Fraction(0)) or None
    return AreaFinding(
        facts.code(area),
        verdict,
        reason,
        value=known if have.figures and have.figures[0].complete else None,
        numerator=known,
        threshold=threshold,
        deficit=short,
        target_year=None if target is None else target.year,
        missing=have.missing if have.holds is None else (),
        facilities=have.facilities,
    )


KIND: Final = AreaKind(
    name="min_per_admin_unit", parameters={"has": HAS, "logic": LOGIC}, judge=judge
)
