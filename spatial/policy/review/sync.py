"""四同步: planned, built, accepted and handed over in step with the housing, phase by phase.

Sources: 攀办发〔2020〕80号 三(二), 大政办发〔2022〕49号 三(六), 黔府办发〔2022〕6号 二(十二),
金政发〔2022〕29号 三(一)1(3)¶1; readings §7.

Before building, dates are what is submitted and are compared as they stand. Once it is asked what
has been built, a date after the day of the review is a plan and no fact: a step nobody has taken
yet is not in step, and not out of step either.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Final

from spatial.policy.findings import ADVISE, MET, NOT_MET, UNDETERMINED
from spatial.policy.review.gate import GateCase, Step, nothing
from spatial.policy.review.project import PlannedFacility
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.stages import SYNC_STEPS

CHECK: Final = "four_sync"
# States of building that are no building.
_UNBUILT: Final = ("under_construction", "suspended", "not_started")


def four_sync(case: GateCase) -> list[Step]:
    """Compare the dates of each facility with those of the housing of its phase.

    In step: the facility's date is ≤ the housing's; or one approval covers both (planning). A step
    that is not due at the stage, and whose two dates are given, is a schedule: out of step it is
    advice. Of a step that is due after building:

    - taken by the facility and not yet by the housing: in step, whenever the housing takes it;
    - taken by the housing and not yet by the facility: out of step already;
    - taken by neither: `undetermined`, whatever is scheduled.

    A missing date of a step that is due is never presumed to be in step; only what is submitted
    together without any date is planned together, and the facility is in step where the housing
    has not yet taken the stage's own step.
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
    if due and not case.stage.before_building:
        return _due(case, blank, facility)
    if blank.date is not None and blank.against is not None:
        late = (blank.date - blank.against).days
        return blank if late <= 0 else _late(case, blank, late, due=due)
    return _undated(case, blank) if due else None


def _due(case: GateCase, blank: Step, facility: PlannedFacility) -> Step:
    """Judge a step that must have been taken by now."""
    ours, theirs = (_taken(date, case) for date in (blank.date, blank.against))
    if ours and theirs:
        late = _days(blank.date, blank.against)
        return blank if late <= 0 else _late(case, blank, late, due=True)
    if ours and blank.against is not None:
        return replace(blank, reason="before_housing_scheduled")
    if theirs and (blank.date is not None or _unbuilt(case, blank, facility)):
        # However soon it follows, it follows.
        return replace(
            blank,
            verdict=NOT_MET,
            reason="housing_ahead" if blank.date is None else "housing_ahead_scheduled",
            deficit=Decimal(_days(blank.date or case.as_of, blank.against)),
            unit="days",
            remedies=(_decided(blank),),
        )
    if blank.date is not None and blank.against is not None:
        return _nobody_yet(blank)
    return _undated(case, blank)


def _taken(date: dt.date | None, case: GateCase) -> bool:
    return date is not None and date <= case.as_of


def _days(date: dt.date | None, against: dt.date | None) -> int:
    if date is None or against is None:
        raise ValueError("both dates are compared")
    return (date - against).days


def _unbuilt(case: GateCase, blank: Step, facility: PlannedFacility) -> bool:
    """Tell whether a facility without a date is known to be behind the housing: it is not built."""
    ahead = blank.against is not None and blank.against < case.as_of
    return ahead and blank.item != "planned" and facility.state(case.as_of) in _UNBUILT


def _nobody_yet(blank: Step) -> Step:
    """Judge a step that is scheduled for both, and taken by neither."""
    late = _days(blank.date, blank.against)
    missing = ({"facility": str(blank.facility), "field": f"dates.{blank.item}_on"},)
    open_step = replace(blank, verdict=UNDETERMINED, reason="scheduled_only", missing=missing)
    if late <= 0:
        return open_step
    remedy = Remedy("advance", Decimal(late), "days", facility=blank.facility, where=blank.item)
    return replace(
        open_step,
        reason="scheduled_only_out_of_step",
        deficit=Decimal(late),
        unit="days",
        remedies=(remedy,),
    )


def _late(case: GateCase, blank: Step, days: int, *, due: bool) -> Step:
    remedy = Remedy("advance", Decimal(days), "days", facility=blank.facility, where=blank.item)
    # No plan brings a day forward that is over; one approval of both may still be given.
    if _taken(blank.against, case):
        remedy = _decided(blank)
    return replace(
        blank,
        verdict=NOT_MET if due else ADVISE,
        reason="out_of_step" if due else "schedule_out_of_step",
        deficit=Decimal(days),
        unit="days",
        remedies=(remedy,),
    )


def _decided(blank: Step) -> Remedy:
    if blank.item == "planned":
        return Remedy("one_approval", facility=blank.facility, phase=blank.phase)
    return Remedy("officer_decides", facility=blank.facility, where=blank.item)


def _undated(case: GateCase, blank: Step) -> Step:
    """Judge a step that is due and lacks one date or both."""
    ours, theirs = blank.date, blank.against
    if blank.item == "planned" and case.stage.before_building and ours is None and theirs is None:
        return replace(blank, reason="same_submission")
    if _taken(ours, case) and blank.item == case.stage.own_step:
        return replace(blank, reason="before_housing")
    missing: list[dict[str, str]] = []
    if not (ours is not None if case.stage.before_building else _taken(ours, case)):
        missing.append({"facility": str(blank.facility), "field": f"dates.{blank.item}_on"})
    if theirs is None:
        missing.append({"phase": str(blank.phase), "field": f"housing.{blank.item}_on"})
    return replace(blank, verdict=UNDETERMINED, reason="date_missing", missing=tuple(missing))
