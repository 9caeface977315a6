"""A finding of a review, in the form of the design's section 4, whatever rule it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from spatial.policy.review.gate import Step
from spatial.policy.review.remedy import Remedy

# Columns of distance and coverage that only rules of reach have.
REACH_COLUMNS: Final = (
    "straight_m",
    "walking_m",
    "walking_minutes",
    "nearest_m",
    "snap_m",
    "covered_share",
    "households_outside",
    "demand",
)
GENERAL_RULE: Final = "general_rule"
# Why a finding is shown beside what decides.
TARGET: Final = "target"
AFTER_DESIGN: Final = "after_design"
CONDITIONS_HOLD: Final = "conditions_hold"


@dataclass(frozen=True, eq=False)
class ReviewFinding:
    """One rule's answer for the project.

    Parameters
    ----------
    pack, rule, kind, subject, severity
        Of the rule; the pack is ``project`` for the project's own 规划条件.
    verdict
        As in `spatial.policy.findings`.
    gate
        True for a gate of the stage.
    binds
        True where it decides; False where it is shown beside what decides.
    beside
        Why it does not decide: `TARGET`, `AFTER_DESIGN` or `CONDITIONS_HOLD`; None where it does.
    against
        What was compared with: ``general_rule``, ``planning_conditions``, ``control_plan``,
        ``housing``, ``approval`` or ``record``.
    provided_by
        Who says what is provided: ``project``, or the document that stands for it.
    needed, provided, deficit, unit
        Exact figures; None where there are none.
    reason, definition
        Texts by language.
    steps
        Of a gate.
    alternatives
        Other readings: ``reading, verdict, value, threshold``, and ``changes`` where one would
        change the verdict.
    remedies
        Smallest changes that would make it hold.
    measures
        Values of `REACH_COLUMNS`.
    near_threshold, unit_id, unit_households, facilities, missing, would_count_if
        As in an evaluation.
    clause, quote, reading
        Of the rule; the reading by language.
    """

    pack: str
    rule: str
    kind: str
    subject: str
    severity: str
    verdict: str
    gate: bool
    binds: bool
    against: str
    clause: str
    quote: str
    reading: Mapping[str, str]
    reason: Mapping[str, str | None]
    beside: str | None = None
    provided_by: str = "project"
    needed: Decimal | None = None
    provided: Decimal | None = None
    deficit: Decimal | None = None
    unit: str | None = None
    definition: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    steps: tuple[Step, ...] = ()
    alternatives: Sequence[Mapping[str, Any]] = ()
    remedies: tuple[Remedy, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    near_threshold: bool = False
    unit_id: str | None = None
    unit_households: int | None = None
    facilities: Sequence[str] = ()
    missing: Sequence[Mapping[str, str]] = ()
    would_count_if: Sequence[Mapping[str, str]] = ()
