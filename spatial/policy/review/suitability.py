"""Conditions a local profile sets on facilities apart from distance: floor, entrance, lift.

None of the four documents sets one; a pack of a place's own names them as data, in
``facility_conditions`` of a gate with the check of that name.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from spatial.policy.findings import MET, NOT_MET, UNDETERMINED
from spatial.policy.review.gate import GateCase, Step, nothing
from spatial.policy.review.matching import condition_answers
from spatial.policy.review.project import PlannedFacility
from spatial.policy.review.remedy import Remedy

CHECK: Final = "facility_conditions"
_REMEDIES: Final = ("lower_floor", "add_entrance", "add_lift")
_FIELDS: Final = ("floor_level", "own_entrance", "lift")


def facility_conditions(case: GateCase) -> list[Step]:
    """Hold each facility under review to the conditions of the gate, one step a condition."""
    asked = case.rule.parameters.get(CHECK) or {}
    kinds = asked.get("kinds")
    facilities = [one for one in case.under_review if kinds is None or one.kind in kinds]
    if not facilities:
        return nothing(CHECK, "no_facility_of_service")
    highest = asked.get("max_floor_level")
    steps = [
        _step(facility, field, kept=kept, highest=highest)
        for facility in facilities
        for field, kept in condition_answers(
            facility,
            max_floor_level=None if highest is None else int(highest),
            own_entrance=bool(asked.get("own_entrance")),
            lift=bool(asked.get("lift")),
        )
    ]
    return steps or nothing(CHECK, "no_conditions_set")


def _step(facility: PlannedFacility, field: str, *, kept: bool | None, highest: int | None) -> Step:
    # A floor is a figure to compare; the other two are there or not.
    level = field == "floor_level"
    needed = Decimal(highest) if level and highest is not None else None
    provided = Decimal(facility.floor_level) if level and facility.floor_level is not None else None
    if kept is None:
        gap = {"facility": facility.id, "field": field}
        return Step(
            CHECK,
            UNDETERMINED,
            f"{field}_unknown",
            facility.id,
            facility.phase,
            needed=needed,
            missing=(gap,),
        )
    if kept:
        return Step(
            CHECK,
            MET,
            f"{field}_met",
            facility.id,
            facility.phase,
            needed=needed,
            provided=provided,
        )
    action = dict(zip(_FIELDS, _REMEDIES, strict=True))[field]
    return Step(
        CHECK,
        NOT_MET,
        f"{field}_failed",
        facility.id,
        facility.phase,
        needed=needed,
        provided=provided,
        remedies=(Remedy(action, amount=needed, facility=facility.id),),
    )
