"""Reading a project from JSON: one message a fault, each with its JSON pointer (RFC 6901)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import shapely
from jsonschema import Draft202012Validator
from shapely.geometry.base import BaseGeometry

from spatial.errors import Fault, InputFaults
from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.review.consistency import consistency_faults, pointer
from spatial.policy.review.drawing import drawn
from spatial.policy.review.project import (
    AsBuilt,
    Block,
    Handover,
    HouseholdSize,
    Item,
    Milestones,
    Phase,
    PlannedBuilding,
    PlannedFacility,
    PlanningUnit,
    Pool,
    PoolMember,
    Project,
    Record,
    Requirements,
    Share,
)


def project_schema() -> dict[str, Any]:
    """Return the JSON Schema of projects."""
    text = resources.files("spatial.policy.review").joinpath("project.schema.json")
    schema: dict[str, Any] = json.loads(text.read_text("utf-8"))
    for name in ("facility", "item"):
        schema["$defs"][name]["properties"]["kind"] = {"enum": list(FACILITY_KINDS)}
    return schema


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(project_schema())


def parse_project(document: object, *, source: str) -> Project:
    """Check a project given as plain JSON data, and build it.

    Parameters
    ----------
    document
        Numbers are int, float or `decimal.Decimal`; a float stands for its shortest text.
    source
        Name for messages.

    Raises
    ------
    InputFaults
        With every fault; the ``field`` of each is the JSON pointer of the place, empty for the
        whole document. What contradicts something else is looked for once each value is sound.
    """
    faults = [
        (pointer(*error.absolute_path), error.message)
        for error in sorted(
            _validator().iter_errors(document),
            key=lambda error: [str(step) for step in error.absolute_path],
        )
    ]
    if not faults and isinstance(document, Mapping):
        plain = drawn(document, (), faults)
        if not faults:
            project = _project(plain)
            faults += consistency_faults(project)
            if not faults:
                return project
    raise InputFaults([Fault(source, None, place, message) for place, message in faults])


def _points(shape: BaseGeometry | None) -> shapely.MultiPoint | None:
    return None if shape is None else shapely.MultiPoint(shapely.get_coordinates(shape))


def _place(shape: BaseGeometry | None) -> BaseGeometry | None:
    return None if shape is None else _flat(shape)


def _flat(shape: BaseGeometry) -> BaseGeometry:
    flat: BaseGeometry = shapely.force_2d(shape) if shape.has_z else shape
    return flat


def _number(value: object) -> Decimal | None:
    if value is None:
        return None
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def _date(value: object) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(str(value))


def _numbers(plain: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: _number(plain.get(name)) for name in names}


def _given(plain: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: plain[name] for name in names if name in plain}


def _milestones(plain: Mapping[str, Any]) -> Milestones:
    dates = ("planned_on", "built_on", "accepted_on", "handed_over_on")
    return Milestones(
        **{name: _date(plain.get(name)) for name in dates}, approval_no=plain.get("approval_no")
    )


def _facility(plain: Mapping[str, Any], *, phase: str | None = None) -> PlannedFacility:
    areas = ("floor_area_m2", "childcare_floor_area_m2", "site_area_m2")
    handover = plain.get("handover", {})
    return PlannedFacility(
        id=plain["id"],
        kind=plain["kind"],
        # A facility in no phase is a fault of its own.
        phase=phase if phase is not None else plain.get("phase", ""),
        **_numbers(plain, *areas),
        **_given(plain, "name", "floor_level", "own_entrance", "lift"),
        **_given(plain, "takes_outside_children", "open_to_residents", "status", "fulfils"),
        dates=_milestones(plain.get("dates", {})),
        geometry=_place(plain.get("geometry")),
        entrances=_points(plain.get("entrances")),
        as_built=AsBuilt(**_numbers(plain.get("as_built", {}), *areas)),
        handover=Handover(
            handover.get("agreement"), handover.get("receiver"), _number(handover.get("price"))
        ),
    )


def _requirements(plain: Mapping[str, Any] | None) -> Requirements | None:
    if plain is None:
        return None
    texts = ("kind", "count", "position", "receiver", "free_of_charge")
    return Requirements(
        document_no=plain["document_no"],
        issued_on=_date(plain.get("issued_on")),
        quote=plain.get("quote"),
        items=tuple(
            Item(
                id=item["id"],
                service=item["service"],
                **_numbers(item, "floor_area_m2", "site_area_m2"),
                **_given(item, *texts, "max_floor_level", "own_entrance", "lift"),
            )
            for item in plain["items"]
        ),
    )


def _pool(plain: Mapping[str, Any] | None) -> Pool | None:
    if plain is None:
        return None
    return Pool(
        id=plain["id"],
        members=tuple(
            PoolMember(
                member["project"],
                member["units"],
                tuple(
                    _facility(one, phase=member["project"]) for one in member.get("facilities", ())
                ),
            )
            for member in plain["members"]
        ),
        ledger=tuple(
            Share(entry["facility"], entry["to"], Decimal(str(entry["floor_area_m2"])))
            for entry in plain.get("ledger", ())
        ),
    )


def _record(plain: Mapping[str, Any] | None) -> Record | None:
    if plain is None:
        return None
    return Record(
        justified_by=plain["justified_by"],
        justified_on=dt.date.fromisoformat(plain["justified_on"]),
        justified_body=plain["justified_body"],
        approved_radius_m=_number(plain.get("approved_radius_m")),
        **_given(plain, "siting_difficult", "low_demand", "conditions_available"),
    )


def _project(plain: Mapping[str, Any]) -> Project:
    size, unit = plain.get("household_size"), plain.get("planning_unit")
    grant = plain.get("land_grant", {})
    return Project(
        id=plain["id"],
        site=_flat(plain["site"]),
        **_given(plain, "name", "area", "stage"),
        entrances=_points(plain.get("entrances")),
        phases=tuple(
            Phase(
                phase["id"],
                phase["units"],
                _place(phase.get("geometry")),
                _milestones(phase.get("housing", {})),
            )
            for phase in plain["phases"]
        ),
        phases_under_review=tuple(plain.get("phases_under_review", ())),
        removes=tuple(plain.get("removes", ())),
        buildings=tuple(
            PlannedBuilding(one["id"], one["phase"], _flat(one["geometry"]), one.get("units"))
            for one in plain.get("buildings", ())
        ),
        massing=tuple(
            Block(one["id"], one["phase"], _flat(one["geometry"]), one["storeys"])
            for one in plain.get("massing", ())
        ),
        facilities=tuple(_facility(one) for one in plain.get("facilities", ())),
        given_population=plain.get("planned_population"),
        household_size=None
        if size is None
        else HouseholdSize(Decimal(str(size["persons"])), size["source"]),
        control_plan=_requirements(plain.get("control_plan")),
        planning_conditions=_requirements(plain.get("planning_conditions")),
        land_grant=grant.get("id"),
        granted_on=_date(grant.get("granted_on")),
        planning_unit=None
        if unit is None
        else PlanningUnit(
            unit["id"], unit.get("planned_population"), _number(unit.get("elderly_land_m2"))
        ),
        pool=_pool(plain.get("pool")),
        record=_record(plain.get("record")),
        history=tuple(
            (one["stage"], dt.date.fromisoformat(one["passed_on"]))
            for one in plain.get("history", ())
        ),
    )
