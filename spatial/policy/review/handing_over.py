"""Handover after acceptance: record, receiver, free of charge (攀办发〔2020〕80号 三(二))."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from spatial.policy.findings import MET, NOT_MET, UNDETERMINED
from spatial.policy.review.gate import GateCase, Step, nothing
from spatial.policy.review.project import PlannedFacility
from spatial.policy.review.remedy import Remedy

# As 三(二) names them: 县级民政部门或乡镇人民政府(街道办事处).
RECEIVERS: Final = ("county_civil_affairs", "township_government", "subdistrict_office")


def handover_record(case: GateCase) -> list[Step]:
    """Ask for a handover after acceptance; without one the days since acceptance are told.

    What has not been handed over does not pass. It fails once the days the pack allows for it are
    over; until then, and where the pack sets none, it is `undetermined`.
    """
    return _each(case, "handover_record", _recorded)


def handover_receiver(case: GateCase) -> list[Step]:
    """Ask for a receiver the clause names."""
    return _each(case, "handover_receiver", _received)


def handover_free_of_charge(case: GateCase) -> list[Step]:
    """Ask for a handover without payment."""
    return _each(case, "handover_free_of_charge", _free)


def _each(
    case: GateCase, check: str, judge: Callable[[GateCase, str, PlannedFacility], Step]
) -> list[Step]:
    steps = [judge(case, check, facility) for facility in case.under_review]
    return steps or nothing(check, "no_facility_of_service")


def _open(check: str, reason: str, facility: PlannedFacility, field: str) -> Step:
    missing = ({"facility": facility.id, "field": field},)
    return Step(check, UNDETERMINED, reason, facility.id, facility.phase, missing=missing)


def _recorded(case: GateCase, check: str, facility: PlannedFacility) -> Step:
    accepted, handed = facility.dates.accepted_on, facility.dates.handed_over_on
    if handed is not None and handed <= case.as_of:
        return Step(
            check, MET, "handed_over", facility.id, facility.phase, date=handed, against=accepted
        )
    if accepted is None or accepted > case.as_of:
        return _open(check, "acceptance_unknown", facility, "dates.accepted_on")
    days = (case.as_of - accepted).days
    allowed = case.handover_days
    waiting = Step(
        check,
        NOT_MET,
        "handover_waiting",
        facility.id,
        facility.phase,
        needed=None if allowed is None else Decimal(allowed),
        provided=Decimal(days),
        unit="days",
        date=accepted,
        remedies=(Remedy("hand_over", facility=facility.id, phase=facility.phase),),
    )
    if allowed is not None and days > allowed:
        return replace(waiting, deficit=Decimal(days - allowed))
    missing = ({"facility": facility.id, "field": "dates.handed_over_on"},)
    reason = "handover_no_days" if allowed is None else "handover_awaited"
    return replace(waiting, verdict=UNDETERMINED, reason=reason, missing=missing)


def _received(_case: GateCase, check: str, facility: PlannedFacility) -> Step:
    receiver = facility.handover.receiver
    if receiver is None:
        return _open(check, "receiver_unknown", facility, "handover.receiver")
    if receiver in RECEIVERS:
        return Step(check, MET, "receiver_named", facility.id, facility.phase, provided=receiver)
    remedy = Remedy("change_receiver", facility=facility.id, phase=facility.phase)
    return Step(
        check,
        NOT_MET,
        "receiver_other",
        facility.id,
        facility.phase,
        provided=receiver,
        remedies=(remedy,),
    )


def _free(_case: GateCase, check: str, facility: PlannedFacility) -> Step:
    price = facility.handover.price
    if price is None:
        return _open(check, "price_unknown", facility, "handover.price")
    if price == 0:
        return Step(check, MET, "free_of_charge", facility.id, facility.phase)
    remedy = Remedy("make_free", facility=facility.id, phase=facility.phase)
    return Step(
        check,
        NOT_MET,
        "paid_for",
        facility.id,
        facility.phase,
        needed=Decimal(0),
        provided=price,
        deficit=price,
        unit="yuan",
        remedies=(remedy,),
    )


CHECKS: Final = (handover_record, handover_receiver, handover_free_of_charge)
