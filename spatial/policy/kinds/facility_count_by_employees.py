"""Industrial parks: one childcare facility for every 10,000 employees reached.

Source: 金政发〔2022〕29号 三(一)1(1)¶2,
产业园区员工规模每达1万人,产业园区配建婴幼儿照护服务设施一处.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pandas as pd

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding
from spatial.policy.findings import MET, NOT_APPLICABLE, NOT_MET, UNDETERMINED
from spatial.policy.kinds.kind import COUNT, MEASURE, AreaKind
from spatial.policy.rule import Rule


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Judge every industrial park: required = floor(employees ÷ 10,000), located in the park."""
    if facts.parks is None:
        return []
    each = int(rule.parameters["employees_per_facility"])
    there = facts.park_facilities(rule.parameters["has"])
    findings: list[AreaFinding] = []
    for i, (park, employees) in enumerate(
        zip(facts.parks["id"], facts.parks["employees"], strict=True)
    ):
        if pd.isna(employees) or there is None:
            gap = {"layer": "facilities"} if there is None else {"field": "employees"}
            findings.append(AreaFinding(str(park), UNDETERMINED, "figure_missing", missing=(gap,)))
            continue
        needed, found, possible = int(employees) // each, int(there[0][i]), int(there[1][i])
        if needed == 0:
            verdict, reason = NOT_APPLICABLE, "below_the_threshold"
        elif found >= needed:
            verdict, reason = MET, "has_what_is_asked"
        elif found + possible >= needed:
            verdict, reason = UNDETERMINED, "figure_missing"
        else:
            verdict, reason = NOT_MET, "lacks_what_is_asked"
        missing = ({"facilities_not_known": str(possible)},) if verdict == UNDETERMINED else ()
        findings.append(
            AreaFinding(
                str(park),
                verdict,
                reason,
                numerator=Fraction(found),
                denominator=Fraction(int(employees)),
                value=Fraction(found),
                threshold=Decimal(needed),
                deficit=Fraction(needed - found) if found < needed else None,
                unit="facilities",
                missing=missing,
            )
        )
    return findings


KIND: Final = AreaKind(
    name="facility_count_by_employees",
    parameters={"employees_per_facility": COUNT, "has": MEASURE},
    judge=judge,
)
