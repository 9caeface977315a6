"""Findings of the gates of a stage, and of the project's own 规划条件."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from spatial.policy.findings import ADVISE, MET, NOT_MET, UNDETERMINED
from spatial.policy.pack import Pack
from spatial.policy.review.checks import CHECKS, judge_gate
from spatial.policy.review.finding import CONDITIONS_HOLD, GENERAL_RULE, ReviewFinding
from spatial.policy.review.gate import GRAVITY, GateCase, Step, worst
from spatial.policy.review.ledger import brought_m2
from spatial.policy.review.project import Project
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.stages import REVIEW_GATE, Stage, gates_at
from spatial.policy.review.step_wording import gate_reason, sentence
from spatial.policy.rule import Counts, Rule
from spatial.policy.terms import LANGUAGES

PROJECT: Final = "project"
CONDITIONS_RULE: Final = "project.planning_conditions"
_CONDITION_CHECKS: Final = MappingProxyType(
    {
        "design": ("planning_conditions",),
        # They hold until the project is handed over, not only when it is first measured.
        **dict.fromkeys(
            ("verification", "completion", "handover"),
            ("as_built_land_area", "as_built_floor_area"),
        ),
    }
)
_AGAINST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "land_minimum": GENERAL_RULE,
        "facility_conditions": GENERAL_RULE,
        "four_sync": "housing",
        "grant": "control_plan",
        "planning": "planning_conditions",
        "as": "planning_conditions",
        "handover": "record",
    }
)


def tolerance_of(rule: Rule, override: Decimal | None) -> Decimal:
    """Return the share what is built may fall short by: the caller's, else the rule's, else 0."""
    if override is not None:
        return override
    return Decimal(rule.parameters.get("shrink_tolerance", 0))


def gate_findings(
    project: Project, pack: Pack, *, stage: Stage, as_of: dt.date, tolerance: Decimal | None
) -> tuple[ReviewFinding, ...]:
    """Judge the gates of a pack that stand at a stage."""
    findings = []
    for rule in gates_at(pack, stage):
        case = GateCase(project, rule, stage, as_of, tolerance_of(rule, tolerance))
        findings.append(_finding(pack.id, rule, judge_gate(case, pack), case))
    return tuple(findings)


def condition_findings(
    project: Project,
    packs: Sequence[Pack],
    *,
    stage: Stage,
    as_of: dt.date,
    tolerance: Decimal | None,
) -> tuple[ReviewFinding, ...]:
    """Compare with the project's own 规划条件 what no gate of the packs compares.

    They bind whoever took the land, whether or not a policy document says so again.
    """
    document, checks = project.planning_conditions, _CONDITION_CHECKS.get(stage.id)
    if document is None or checks is None:
        return ()
    told: set[str] = set()
    for pack in packs:
        for rule in gates_at(pack, stage):
            if set(checks) & set(rule.parameters["checks"]):
                told |= set(GateCase(project, rule, stage, as_of).services)
    findings = []
    for service in ("childcare", "elderly"):
        if service in told or not document.of((service,)):
            continue
        rule = Rule(
            id=f"{CONDITIONS_RULE}.{service}",
            clause=document.document_no,
            quote=document.quote or "",
            kind=REVIEW_GATE,
            subject=service,
            applies_to=("project",),
            area_kinds=(),
            severity="mandatory",
            condition=None,
            reading=MappingProxyType(
                {
                    "zh": "本项目出让时确定的规划条件，与一般规定不同的以规划条件为准。",
                    "en": (
                        "The project's own planning conditions, fixed at the land grant; they hold "
                        "where they differ from a general rule."
                    ),
                }
            ),
            parameters=MappingProxyType(
                {"stage": stage.id, "checks": list(checks), "uses_rule": None}
            ),
            targets_by_year=MappingProxyType({}),
            baselines=MappingProxyType({}),
            baseline_notes=MappingProxyType({}),
            basic_full_coverage=False,
            counts=Counts(kinds=(), status="operating", require=()),
        )
        case = GateCase(project, rule, stage, as_of, tolerance_of(rule, tolerance))
        steps = tuple(step for check in checks for step in CHECKS[check](case))
        findings.append(_finding(PROJECT, rule, steps, case))
    return tuple(findings)


def low_conditions(
    project: Project, general: Sequence[ReviewFinding], *, stage: Stage
) -> tuple[ReviewFinding, ...]:
    """Report 规划条件 that ask for less floor area than the general rule, once they are fixed.

    At the land grant the general rule itself is judged by them; from then on they hold, and that
    they lie below is reported as advice.
    """
    document = project.planning_conditions
    if document is None or not stage.conditions_fixed:
        return ()
    findings = []
    for finding in general:
        items = document.of((finding.subject,))
        areas = [item.floor_area_m2 for item in items if item.floor_area_m2 is not None]
        if finding.kind != "floor_area_per_100hh" or finding.needed is None or not areas:
            continue
        # In a pool the general rule asks of all members, who answer for it together.
        others = brought_m2(project, finding.facilities)
        asked = sum(areas, others)
        if asked >= finding.needed:
            continue
        step = Step(
            "conditions_level",
            ADVISE,
            "conditions_below_rule_in_pool" if others else "conditions_below_rule",
            item=document.document_no,
            needed=finding.needed,
            provided=asked,
            deficit=finding.needed - asked,
            unit="m2",
            remedies=(Remedy("raise_conditions", finding.needed - asked, "m2"),),
        )
        findings.append(
            replace(
                finding,
                kind="planning_conditions",
                verdict=ADVISE,
                gate=False,
                binds=False,
                beside=CONDITIONS_HOLD,
                provided_by="planning_conditions",
                provided=asked,
                deficit=step.deficit,
                reason={lang: sentence(step, lang=lang) for lang in LANGUAGES},
                definition={},
                steps=(step,),
                alternatives=(),
                remedies=step.remedies,
                facilities=(),
                missing=(),
                would_count_if=(),
                near_threshold=False,
            )
        )
    return tuple(findings)


def _finding(pack: str, rule: Rule, steps: Sequence[Step], case: GateCase) -> ReviewFinding:
    verdict = worst([step.verdict for step in steps])
    setting = [step for step in steps if step.verdict == verdict]
    figures = next((s for s in setting if isinstance(s.needed, Decimal)), None)
    figures = figures or next((s for s in setting if s.deficit is not None), None)
    check = str(rule.parameters["checks"][0])
    facilities = dict.fromkeys(step.facility for step in steps if step.facility is not None)
    # All that must change and be known for the gate to hold, not only what set its verdict; and one
    # change for one fault: the same hand-over is not asked for twice.
    graded = sorted(steps, key=lambda step: GRAVITY.index(step.verdict))
    open_steps = [step for step in graded if step.verdict in (NOT_MET, UNDETERMINED, ADVISE)]
    remedies = tuple(dict.fromkeys(r for step in open_steps for r in step.remedies))
    return ReviewFinding(
        pack=pack,
        rule=rule.id,
        kind=rule.kind,
        subject=rule.subject,
        severity=rule.severity,
        verdict=verdict,
        gate=True,
        binds=True,
        against=_AGAINST.get(check, _AGAINST.get(check.split("_", maxsplit=1)[0], "approval")),
        clause=rule.clause,
        quote=rule.quote,
        reading=rule.reading,
        reason={lang: gate_reason(setting, lang=lang) for lang in LANGUAGES},
        needed=_number(None if figures is None else figures.needed),
        provided=None if figures is None else _provided(figures),
        deficit=None if figures is None else figures.deficit,
        unit=None if figures is None else figures.unit,
        steps=tuple(graded),
        alternatives=_alternatives(steps, case),
        remedies=remedies,
        facilities=tuple(facilities),
        missing=tuple(gap for step in open_steps for gap in step.missing),
    )


def _provided(step: Step) -> Decimal | None:
    """Return what is there: of amounts of which none is known nobody can say, and it is not 0."""
    known = _number(step.provided)
    unknown = step.verdict == UNDETERMINED and step.missing and step.unit != "days"
    return None if unknown and not known else known


def _number(value: Decimal | str | None) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _alternatives(steps: Sequence[Step], case: GateCase) -> Sequence[Mapping[str, Any]]:
    """Name the stricter reading of 四同步: a phase without a facility waits for another's."""
    if not any(step.check == "four_sync" for step in steps) or not case.under_review:
        return ()
    verdict = worst([step.verdict for step in steps])
    for name in case.stage.sync:
        dates = [f.dates.of(name) for f in case.under_review]
        known = [date for date in dates if date is not None]
        if len(known) < len(dates):
            continue
        # An earlier phase has facilities of its own, though they are not under review any more.
        served = {facility.phase for facility in case.facilities}
        for phase in case.project.phases:
            housing = phase.housing.of(name)
            # Once built, housing still to come has not gone ahead of anything.
            if housing is None or (not case.stage.before_building and housing > case.as_of):
                continue
            if phase.id not in served and min(known) > housing:
                late = (min(known) - housing).days
                return [
                    {
                        "reading": "phase_without_facility",
                        "verdict": NOT_MET,
                        "value": late,
                        "threshold": 0,
                        "phase": phase.id,
                        "changes": verdict in (MET, ADVISE),
                    }
                ]
    return ()
