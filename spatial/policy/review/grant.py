"""The land grant against the approved control plan, field by field (攀办发〔2020〕80号 三(三)).

Only whether everything the control plan lists is carried over; nothing is added that it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from spatial.policy.findings import MET, NOT_APPLICABLE, NOT_MET
from spatial.policy.review.gate import GateCase, Step, at_least, lacks, nothing
from spatial.policy.review.project import Item
from spatial.policy.review.remedy import Remedy


def grant_facility_kind(case: GateCase) -> list[Step]:
    """Ask for every facility of the control plan, by kind and number."""
    return _compare(case, "grant_facility_kind", _kind)


def grant_floor_area(case: GateCase) -> list[Step]:
    """Ask for at least the floor area of the control plan."""
    return _compare(case, "grant_floor_area", _area("floor_area_m2"))


def grant_land_area(case: GateCase) -> list[Step]:
    """Ask for at least the land of the control plan."""
    return _compare(case, "grant_land_area", _area("site_area_m2"))


def grant_position(case: GateCase) -> list[Step]:
    """Ask for the position of the control plan."""
    return _compare(case, "grant_position", _terms("position"))


def grant_handover_terms(case: GateCase) -> list[Step]:
    """Ask for the receiver and the free handover of the control plan."""
    return _compare(case, "grant_handover_terms", _terms("receiver", "free_of_charge"))


_Comparison = Callable[[str, Item, Item], list[Step]]


def _compare(case: GateCase, check: str, compared: _Comparison) -> list[Step]:
    plan, scheme = case.project.control_plan, case.project.planning_conditions
    if plan is None:
        concerned = case.facilities or (scheme is not None and scheme.of(case.services))
        if not concerned:
            return nothing(check, "no_facility_of_service")
        return lacks(check, "no_control_plan", field="control_plan")
    items = plan.of(case.services)
    if not items:
        return nothing(check, "control_plan_silent")
    if scheme is None:
        return lacks(check, "no_planning_conditions", field="planning_conditions")
    carried = {item.id: item for item in scheme.items}
    steps: list[Step] = []
    for item in items:
        granted = carried.get(item.id)
        if granted is not None:
            steps += compared(check, item, granted)
        elif check == "grant_facility_kind":
            remedy = Remedy("carry_over", item=item.id)
            steps.append(Step(check, NOT_MET, "not_carried_over", item=item.id, remedies=(remedy,)))
        else:
            # Said once, by the check of kinds.
            steps.append(Step(check, NOT_APPLICABLE, "not_carried_over", item=item.id))
    return steps


def _kind(check: str, item: Item, granted: Item) -> list[Step]:
    """Name everything that differs: putting one right would not do."""
    steps: list[Step] = []
    for field, wanted, got in (
        ("service", item.service, granted.service),
        ("kind", item.kind, granted.kind),
    ):
        if wanted is not None and wanted != got:
            steps.append(_differs(check, item, field, wanted, got or "—"))
    if granted.count < item.count:
        steps.append(_differs(check, item, "count", str(item.count), str(granted.count)))
    return steps or [Step(check, MET, "carried_over", item=item.id)]


def _differs(check: str, item: Item, field: str, wanted: str, got: str) -> Step:
    return Step(
        check,
        NOT_MET,
        "term_differs",
        None,
        None,
        item.id,
        wanted,
        got,
        remedies=(Remedy("carry_over", item=item.id, where=field),),
    )


def _area(field: str) -> _Comparison:
    def compared(check: str, item: Item, granted: Item) -> list[Step]:
        needed = getattr(item, field)
        if needed is None:
            return [Step(check, NOT_APPLICABLE, "control_plan_silent", item=item.id)]
        got = getattr(granted, field)
        # A document that does not say it has not taken it over.
        amounts = [] if got is None else [(item.id, got)]
        return [
            at_least(
                check,
                needed,
                amounts,
                field=field,
                reason="grant_area" if field == "floor_area_m2" else "grant_land",
                action="raise_in_grant",
                item=item.id,
            )
        ]

    return compared


def _terms(*fields: str) -> _Comparison:
    def compared(check: str, item: Item, granted: Item) -> list[Step]:
        steps = []
        for field in fields:
            wanted, got = getattr(item, field), getattr(granted, field)
            if wanted is None:
                continue
            told = _differs(check, item, field, str(wanted), "—" if got is None else str(got))
            if wanted == got:
                told = replace(told, verdict=MET, reason="carried_over", remedies=())
            steps.append(told)
        return steps or [Step(check, NOT_APPLICABLE, "control_plan_silent", item=item.id)]

    return compared


CHECKS: Final = (
    grant_facility_kind,
    grant_floor_area,
    grant_land_area,
    grant_position,
    grant_handover_terms,
)
