"""At least so many in every unit: 每个县(市、区)至少有1所…."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

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
    since = None if target is None else target.decided_from
    return [
        have_finding(
            rule, facts, area, having(facts, area, asked, logic=logic, since=since), target
        )
        for area in facts.areas_for(rule)
    ]


def have_finding(
    rule: Rule, facts: AreaFacts, area: int, have: Having, target: Target | None
) -> AreaFinding:
    """Say what an area has of what is asked, by the figure that decides."""
    asked = rule.parameters["has"]
    due = target is None or target.due
    fails = ADVISE if rule.severity == "advisory" else NOT_MET
    if not asked:
        verdict, reason = INDICATOR, "standard_not_set"
    elif not due:
        # As of every target: before its year nothing is judged, whatever is known.
        verdict, reason = NOT_DUE, "target_not_due"
    elif have.holds is None:
        verdict, reason = UNDETERMINED, "figure_missing"
    else:
        verdict, reason = (
            (MET, "has_what_is_asked") if have.holds else (fails, "lacks_what_is_asked")
        )
    shown = _shown(asked, have)
    known = None if shown is None else have.figures[shown].known
    threshold = None if shown is None else asked[shown]["at_least"]
    complete = shown is not None and have.figures[shown].complete
    short = None
    if known is not None and threshold is not None and complete and have.holds is False:
        short = max(Fraction(threshold) - known, Fraction(0)) or None
    return AreaFinding(
        facts.code(area),
        verdict,
        reason,
        value=known if complete else None,
        numerator=None if shown is None else have.figures[shown].shown,
        threshold=threshold,
        deficit=short,
        target_year=None if target is None else target.year,
        missing=have.missing if have.holds is None else (),
        facilities=have.facilities,
    )


def _shown(asked: Sequence[Mapping[str, Any]], have: Having) -> int | None:
    """Choose the figure that decides: the first that is reached or, where all must be, is not."""
    reached = [
        figure.known >= Fraction(Decimal(one["at_least"]))
        for one, figure in zip(asked, have.figures, strict=True)
    ]
    if not reached:
        return None
    wanted = have.holds is True
    return reached.index(wanted) if wanted in reached else 0


KIND: Final = AreaKind(
    name="min_per_admin_unit", parameters={"has": HAS, "logic": LOGIC}, judge=judge
)
