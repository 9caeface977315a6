"""四同步: planned, built, accepted and handed over in step with the housing, phase by phase.

Sources: 攀办发〔2020〕80号 三(二), 大政办发〔2022〕49号 三(六), 黔府办发〔2022〕6号 二(十二),
金政发〔2022〕29号 三(一)1(3)¶1; readings §7.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from spatial.policy.findings import ADVISE, MET, NOT_MET, UNDETERMINED
from spatial.policy.review.gate import GateCase, Step, nothing
from spatial.policy.review.project import PlannedFacility
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.stages import SYNC_STEPS

CHECK: Final = "four_sync"


def four_sync(case: GateCase) -> list[Step]:
    """Compare the dates of each facility with those of the housing of its phase.

    In step: the facility's date is ≤ the housing's; or one approval covers both (planning). A step
    that is not due at the stage, and whose two dates are given, is a schedule: out of step it is
    advice. A missing date of a step that is due is never presumed to be in step; only what is
    submitted together without any date is planned together, and the facility is in step where the
    housing has not yet taken the stage's own step.
    """
    steps = [
        step
        for facility in case.under_review
        for name in SYNC_STEPS
        if (step := _step(case, facility, name)) is not None
    ]
    return steps or nothing(CHECK, "no_facility_of_service")


def _step(case: GateCase, facility: PlannedFacility, name: str) -> Step | None:
    housing = case.project.phase(facility.phase).housing
    blank = Step(
        CHECK,
        MET,
        "in_step",
        facility.id,
        facility.phase,
        item=name,
        date=facility.dates.of(name),
        against=housing.of(name),
    )
    due = name in case.stage.sync
    approval = facility.dates.approval_no
    if name == "planned" and approval is not None and approval == housing.approval_no:
        return replace(blank, reason="same_approval", provided=approval)
    if blank.date is not None and blank.against is not None:
        late = (blank.date - blank.against).days
        return blank if late <= 0 else _late(blank, late, due=due)
    if not due:
        return None
    return _undated(case, blank)


def _late(blank: Step, days: int, *, due: bool) -> Step:
    remedy = Remedy("advance", Decimal(days), "days", facility=blank.facility, where=blank.item)
    return replace(
        blank,
        verdict=NOT_MET if due else ADVISE,
        reason="out_of_step" if due else "schedule_out_of_step",
        deficit=Decimal(days),
        unit="days",
        remedies=(remedy,),
    )


def _undated(case: GateCase, blank: Step) -> Step:
    """Judge a step that is due and lacks one date or both."""
    ours, theirs = blank.date, blank.against
    if blank.item == "planned" and case.stage.before_building and ours is None and theirs is None:
        return replace(blank, reason="same_submission")
    if ours is not None and ours <= case.as_of and blank.item == case.stage.own_step:
        return replace(blank, reason="before_housing")
    missing: list[dict[str, str]] = []
    if ours is None:
        missing.append({"facility": str(blank.facility), "field": f"dates.{blank.item}_on"})
    if theirs is None:
        missing.append({"phase": str(blank.phase), "field": f"housing.{blank.item}_on"})
    return replace(blank, verdict=UNDETERMINED, reason="date_missing", missing=tuple(missing))
