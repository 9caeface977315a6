"""A requirement that a size triggers: communities of 1,000 people, of 20,000 people and so on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import HOLDS, AreaFinding
from spatial.policy.findings import NOT_APPLICABLE, UNDETERMINED
from spatial.policy.kinds import statement
from spatial.policy.kinds.having import having
from spatial.policy.kinds.kind import HAS, LOGIC, MEASURE, OPERATOR, POSITIVE, AreaKind
from spatial.policy.kinds.min_per_admin_unit import have_finding
from spatial.policy.rule import Rule
from spatial.policy.targets import target_on


def judge(rule: Rule, facts: AreaFacts) -> Sequence[AreaFinding]:
    """Judge every area whose size triggers the requirement.

    ``>=`` includes the threshold (达到, 以上), ``>`` does not (超过). Below it: `not_applicable`. A
    size that is not known: `undetermined`, unless what is asked is there anyway. A text about
    single facilities that asks for nothing of an area is a statement.
    """
    target = target_on(rule.targets_by_year, as_of=facts.as_of, target_year=facts.target_year)
    when, parameters = rule.parameters["when"], rule.parameters
    limit = Decimal(when["value"])
    since = None if target is None else target.decided_from
    if "facility" in rule.applies_to and not parameters["has"]:
        return statement.judge(rule, facts)
    findings: list[AreaFinding] = []
    for area in facts.areas_for(rule):
        size = facts.figures.figure(when["measure"], area)
        triggered = bool(HOLDS[when["operator"]](size.known, limit))
        have = having(facts, area, parameters["has"], logic=parameters["logic"], since=since)
        # What is missing of a size can only add to it: a size beyond the limit stays beyond it.
        certain = size.complete or (triggered and when["operator"] != "<=")
        if not certain and (have.holds is not True or not parameters["has"]):
            findings.append(
                AreaFinding(
                    facts.code(area), UNDETERMINED, "figure_missing", missing=tuple(size.missing)
                )
            )
        elif certain and not triggered:
            findings.append(
                AreaFinding(
                    facts.code(area),
                    NOT_APPLICABLE,
                    "below_the_threshold",
                    denominator=Fraction(size.known),
                )
            )
        else:
            findings.append(have_finding(rule, facts, area, have, target))
    return findings


KIND: Final = AreaKind(
    name="threshold_requirement",
    parameters={
        "when": {
            "type": "object",
            "additionalProperties": False,
            "required": ["measure", "operator", "value"],
            "properties": {
                "measure": dict(MEASURE),
                "operator": dict(OPERATOR),
                "value": dict(POSITIVE),
            },
        },
        "has": HAS,
        "logic": LOGIC,
    },
    judge=judge,
)
