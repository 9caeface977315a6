"""The completion stop: 缓建, 缩建, 停建, 不建, 建而不交 (攀办发〔2020〕80号 三(二)).

The clause stops acceptance 在整改到位之前: while a fault stands. So each check is about how things
stand on the day of the review; that something came late is told by 四同步, which compares dates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from spatial.policy.findings import MET, NOT_APPLICABLE, NOT_MET, UNDETERMINED
from spatial.policy.review.gate import GateCase, Step, at_least, nothing
from spatial.policy.review.matching import answering
from spatial.policy.review.project import Item, PlannedFacility
from spatial.policy.review.remedy import Remedy


def no_deferral(case: GateCase) -> list[Step]:
    """缓建: still being built; one that was built late is there now, and 四同步 tells that."""
    return _each(case, "no_deferral", _deferred)


def no_shrinkage(case: GateCase) -> list[Step]:
    """缩建: measured floor area below the approved one, less the tolerance."""
    return _each(case, "no_shrinkage", _shrunk)


def no_suspension(case: GateCase) -> list[Step]:
    """停建: building has been suspended."""
    return _each(case, "no_suspension", _suspended)


def no_omission(case: GateCase) -> list[Step]:
    """不建: not begun, given up, or fewer in the project than the 规划条件 ask for."""
    check = "no_omission"
    steps = _each(case, check, _omitted)
    reviewed = case.project.reviewed_phases
    for facility in case.project.facilities:
        if facility.cancelled and facility.service in case.services and facility.phase in reviewed:
            steps.append(_fails(check, "given_up", facility, "build"))
    document = case.project.planning_conditions
    for item in document.of(case.services) if document is not None else ():
        there = len(answering(case.project, item, document))
        if there < item.count:
            steps.append(_omitted_item(check, item, there))
    found = [step for step in steps if step.reason != "no_facility_of_service"]
    return found or steps


def earlier_phases_handed_over(case: GateCase) -> list[Step]:
    """建而不交 (i): facilities of earlier phases that are accepted and not handed over."""
    check = "earlier_phases_handed_over"
    earlier = [f for f in case.facilities if f.phase in case.project.earlier_phases]
    if not earlier:
        return nothing(check, "no_earlier_phase")
    steps = []
    for facility in earlier:
        dates = facility.dates
        if dates.handed_over_on is not None and dates.handed_over_on <= case.as_of:
            steps.append(
                Step(
                    check,
                    MET,
                    "handed_over",
                    facility.id,
                    facility.phase,
                    date=dates.handed_over_on,
                )
            )
        elif dates.accepted_on is not None and dates.accepted_on <= case.as_of:
            steps.append(
                replace(
                    _fails(check, "not_handed_over", facility, "hand_over"),
                    provided=Decimal((case.as_of - dates.accepted_on).days),
                    unit="days",
                    date=dates.accepted_on,
                )
            )
        elif dates.accepted_on is None and facility.state(case.as_of) in ("unknown", "built"):
            missing = ({"facility": facility.id, "field": "handed_over_on"},)
            steps.append(
                Step(
                    check,
                    UNDETERMINED,
                    "handover_unknown",
                    facility.id,
                    facility.phase,
                    missing=missing,
                )
            )
        else:
            steps.append(
                Step(check, NOT_APPLICABLE, "not_accepted_yet", facility.id, facility.phase)
            )
    return steps


def handover_agreement(case: GateCase) -> list[Step]:
    """建而不交 (ii): no agreement on the handover signed before acceptance."""
    return _each(case, "handover_agreement", _agreed)


def _each(
    case: GateCase, check: str, judge: Callable[[GateCase, str, PlannedFacility], Step]
) -> list[Step]:
    steps = [judge(case, check, facility) for facility in case.under_review]
    return steps or nothing(check, "no_facility_of_service")


def _fails(check: str, reason: str, facility: PlannedFacility, action: str) -> Step:
    remedy = Remedy(action, facility=facility.id, phase=facility.phase)
    return Step(check, NOT_MET, reason, facility.id, facility.phase, remedies=(remedy,))


def _holds(check: str, reason: str, facility: PlannedFacility) -> Step:
    return Step(check, MET, reason, facility.id, facility.phase)


def _open(check: str, reason: str, facility: PlannedFacility, field: str) -> Step:
    missing = ({"facility": facility.id, "field": field},)
    return Step(check, UNDETERMINED, reason, facility.id, facility.phase, missing=missing)


def _deferred(case: GateCase, check: str, facility: PlannedFacility) -> Step:
    state = facility.state(case.as_of)
    if state == "under_construction":
        return _fails(check, "still_building", facility, "build")
    if state == "unknown":
        return _open(check, "state_unknown", facility, "state")
    if state != "built":
        # Suspended or not begun: another of the five faults, and told by its own check.
        return Step(check, NOT_APPLICABLE, "told_elsewhere", facility.id, facility.phase)
    housing = case.project.phase(facility.phase).housing.built_on
    built = facility.dates.built_on
    there = replace(_holds(check, "built_by_now", facility), date=built, against=housing)
    if built is None or housing is None:
        return there
    late = Decimal((built - housing).days)
    if late <= 0:
        return replace(there, reason="built_in_time")
    return replace(there, reason="built_late", deficit=late, unit="days")


def _shrunk(case: GateCase, check: str, facility: PlannedFacility) -> Step:
    if facility.state(case.as_of) not in ("built", "unknown"):
        return Step(check, NOT_APPLICABLE, "told_elsewhere", facility.id, facility.phase)
    if facility.floor_area_m2 is None:
        return _open(check, "approved_area_unknown", facility, "floor_area_m2")
    return at_least(
        check,
        facility.floor_area_m2,
        [(facility.id, facility.as_built.floor_area_m2)],
        field="as_built.floor_area_m2",
        reason="survey",
        action="add_floor_area",
        tolerance=case.tolerance,
        facility=facility.id,
    )


def _suspended(case: GateCase, check: str, facility: PlannedFacility) -> Step:
    state = facility.state(case.as_of)
    if state == "suspended":
        return _fails(check, "suspended", facility, "resume")
    if state == "unknown":
        return _open(check, "state_unknown", facility, "state")
    return _holds(check, "not_suspended", facility)


def _omitted(case: GateCase, check: str, facility: PlannedFacility) -> Step:
    state = facility.state(case.as_of)
    if state == "not_started":
        return _fails(check, "not_begun", facility, "build")
    if state == "unknown":
        return _open(check, "state_unknown", facility, "state")
    return _holds(check, "begun", facility)


def _omitted_item(check: str, item: Item, there: int) -> Step:
    lacking = Decimal(item.count - there)
    remedy = Remedy("add_facilities", lacking, "facilities", item=item.id)
    told = Step(check, NOT_MET, "item_omitted", item=item.id, remedies=(remedy,))
    if there == 0:
        return told
    return replace(
        told,
        reason="item_incomplete",
        needed=Decimal(item.count),
        provided=Decimal(there),
        deficit=lacking,
        unit="facilities",
    )


def _agreed(_case: GateCase, check: str, facility: PlannedFacility) -> Step:
    answer = facility.handover.agreement
    if answer is None:
        return _open(check, "agreement_unknown", facility, "handover.agreement")
    if answer == "unsigned":
        return _fails(check, "agreement_unsigned", facility, "sign_agreement")
    return _holds(check, "agreement_signed", facility)


CHECKS: Final = (
    no_deferral,
    no_shrinkage,
    no_suspension,
    no_omission,
    earlier_phases_handed_over,
    handover_agreement,
)
