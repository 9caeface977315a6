"""The project against its own 规划条件: as designed, and as built (攀办发〔2020〕80号 三(三))."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from spatial.policy.findings import MET, NOT_APPLICABLE, NOT_MET, UNDETERMINED
from spatial.policy.review.gate import GateCase, Step, at_least, lacks, nothing
from spatial.policy.review.matching import answering, suitable
from spatial.policy.review.project import Item, PlannedFacility
from spatial.policy.review.remedy import Remedy


def planning_conditions(case: GateCase) -> list[Step]:
    """Compare number, floor area, land and further conditions of each item with the design."""
    check = "planning_conditions"
    items = _items(case, check)
    if not isinstance(items, tuple):
        return items
    steps: list[Step] = []
    for item in items:
        fit = _fit(case, item)
        steps.append(_number(check, item, fit))
        for field, action in (("floor_area_m2", "add_floor_area"), ("site_area_m2", "add_land")):
            needed = getattr(item, field)
            if needed is not None:
                amounts = [(f.id, getattr(f, field) if known else None) for f, known in fit]
                steps.append(
                    at_least(
                        check,
                        needed,
                        amounts,
                        field=field,
                        reason="conditions_area" if field == "floor_area_m2" else "conditions_land",
                        action=action,
                        item=item.id,
                    )
                )
    return steps


def as_built_floor_area(case: GateCase) -> list[Step]:
    """Compare the floor area measured on completion with the 规划条件."""
    return _as_built(case, "as_built_floor_area", "floor_area_m2")


def as_built_land_area(case: GateCase) -> list[Step]:
    """Compare the land measured on completion with the 规划条件."""
    return _as_built(case, "as_built_land_area", "site_area_m2")


def _as_built(case: GateCase, check: str, field: str) -> list[Step]:
    items = _items(case, check)
    if not isinstance(items, tuple):
        return items
    steps: list[Step] = []
    for item in items:
        needed: Decimal | None = getattr(item, field)
        if needed is None:
            continue
        facilities = answering(case.project, item, case.project.planning_conditions)
        here = [f for f in facilities if f.phase in _due(case)]
        if len(here) < len(facilities):
            steps.append(Step(check, NOT_APPLICABLE, "later_phase", item=item.id))
            continue
        steps.append(
            at_least(
                check,
                needed,
                [(f.id, getattr(f.as_built, field)) for f in here],
                field=f"as_built.{field}",
                reason="as_built_area" if field == "floor_area_m2" else "as_built_land",
                action="add_floor_area" if field == "floor_area_m2" else "add_land",
                tolerance=case.tolerance,
                item=item.id,
            )
        )
    return steps or nothing(check, "conditions_silent")


def _due(case: GateCase) -> tuple[str, ...]:
    return (*case.project.earlier_phases, *case.project.reviewed_phases)


def _items(case: GateCase, check: str) -> tuple[Item, ...] | list[Step]:
    """Return the items to compare with, or the step that says why there are none."""
    document = case.project.planning_conditions
    if document is None:
        if case.facilities:
            return lacks(check, "no_planning_conditions", field="planning_conditions")
        plan = case.project.control_plan
        if plan is not None and plan.of(case.services):
            return lacks(check, "no_planning_conditions", field="planning_conditions")
        return nothing(check, "no_facility_of_service")
    items = document.of(case.services)
    return items or nothing(check, "conditions_silent")


def _fit(case: GateCase, item: Item) -> Sequence[tuple[PlannedFacility, bool]]:
    """List what answers an item and keeps its further conditions; False where that is open."""
    fit = []
    for facility in answering(case.project, item, case.project.planning_conditions):
        answer, _ = suitable(facility, item)
        if answer is not False:
            fit.append((facility, answer is True))
    return fit


def _number(check: str, item: Item, fit: Sequence[tuple[PlannedFacility, bool]]) -> Step:
    known = sum(1 for _, sure in fit if sure)
    unsure = [facility for facility, sure in fit if not sure]
    needed, provided = Decimal(item.count), Decimal(known)
    if known >= item.count:
        return Step(
            check,
            MET,
            "conditions_count_met",
            None,
            None,
            item.id,
            needed,
            provided,
            unit="facilities",
        )
    if known + len(unsure) >= item.count:
        missing = tuple(
            {"facility": facility.id, "field": field}
            for facility in unsure
            for field in suitable(facility, item)[1]
        )
        return Step(
            check,
            UNDETERMINED,
            "conditions_count_unknown",
            None,
            None,
            item.id,
            needed,
            provided,
            unit="facilities",
            missing=missing,
        )
    lacking = needed - provided
    remedy = Remedy("add_facilities", lacking, "facilities", item=item.id)
    return Step(
        check,
        NOT_MET,
        "conditions_count_short",
        None,
        None,
        item.id,
        needed,
        provided,
        lacking,
        "facilities",
        remedies=(remedy,),
    )


CHECKS: Final = (planning_conditions, as_built_floor_area, as_built_land_area)
