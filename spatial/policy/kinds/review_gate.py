"""Gates of a review stage (不得通过…审查): judged in a project's review, not in an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_findings import AreaFinding
from spatial.policy.kinds.kind import AreaKind
from spatial.policy.rule import Rule


def judge(_rule: Rule, _facts: AreaFacts) -> Sequence[AreaFinding]:
    """Find nothing: a gate speaks of one project at one stage."""
    return []


KIND: Final = AreaKind(
    name="review_gate",
    parameters={
        "stage": {
            "enum": [
                "plan",
                "land_grant",
                "design",
                "verification",
                "completion",
                "handover",
                "all",
            ]
        },
        "checks": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
        "uses_rule": {"type": ["string", "null"]},
    },
    optional={
        "shrink_tolerance": {"type": "number", "minimum": 0},
        # Days after acceptance within which a handover is awaited; none where not given.
        "handover_within_days": {"type": "integer", "minimum": 0},
        # For the check of that name: what a local profile asks of facilities apart from distance.
        "facility_conditions": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "kinds": {"type": "array", "minItems": 1, "items": {"enum": list(FACILITY_KINDS)}},
                "max_floor_level": {"type": "integer", "minimum": -10, "maximum": 200},
                "own_entrance": {"type": "boolean"},
                "lift": {"type": "boolean"},
            },
        },
    },
    judge=judge,
    evaluable="review-stage",
)
