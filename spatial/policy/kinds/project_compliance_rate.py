"""Share of new residential districts that comply, by number of districts (readings §8 达标率)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding, Bounds, compare
from spatial.policy.figure import Figure
from spatial.policy.findings import INDICATOR, MET, MET_RELAXED, UNDETERMINED
from spatial.policy.kinds.kind import NUMBER_OR_NULL, OPERATOR, TEXT, AreaKind
from spatial.policy.rule import Rule
from spatial.policy.targets import target_on


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Judge every area by the share of its new districts that hold the rule named.

    Planned districts are not built yet and stay out. Where the document prints no standard
    (``judged_by`` is null): `indicator`, with the number of new districts.
    """
    target = target_on(
        rule.targets_by_year,
        as_of=facts.as_of,
        target_year=facts.target_year,
        minimum=rule.parameters["minimum"],
    )
    judged_by = rule.parameters["judged_by"]
    new = facts.stage == "new"
    verdict = None
    if judged_by is not None:
        found = facts.verdicts(str(judged_by))
        # Without districts there are no verdicts, which is not the same as no standard.
        verdict = np.full(len(new), UNDETERMINED, dtype=object) if found is None else found
    findings: list[AreaFinding] = []
    for area in facts.areas_for(rule):
        level = facts.figures.areas["level"].iloc[area]
        inside = new & (facts.places.area[level] == area)
        total = int(inside.sum())
        if verdict is None:
            findings.append(
                AreaFinding(
                    facts.code(area),
                    INDICATOR,
                    "standard_not_set",
                    denominator=Fraction(total),
                    unit=rule.parameters["unit"],
                    definition=rule.kind,
                )
            )
            continue
        missing: list[dict[str, str]] = []
        held = int((inside & np.isin(verdict.astype(str), (MET, MET_RELAXED))).sum())
        unclear = int((inside & (verdict == UNDETERMINED)).sum())
        if unclear:
            missing.append({"rule": str(judged_by), "districts": str(unclear)})
        if total == 0:
            missing.append({"figure": "no_new_districts"})
            bounds = Bounds(None, None)
        else:
            bounds = Bounds(Fraction(100 * held, total), Fraction(100 * (held + unclear), total))
        findings.append(
            compare(
                rule,
                facts.code(area),
                target,
                bounds,
                numerator=Figure(Fraction(held)),
                denominator=Figure(Fraction(total)),
                per=100,
                missing=missing,
                definition=rule.kind,
            )
        )
    return findings


KIND: Final = AreaKind(
    name="project_compliance_rate",
    parameters={
        "judged_by": {"type": ["string", "null"]},
        "service": {"enum": ["childcare", "elderly"]},
        "minimum": NUMBER_OR_NULL,
        "operator": OPERATOR,
        "unit": TEXT,
    },
    judge=judge,
)
