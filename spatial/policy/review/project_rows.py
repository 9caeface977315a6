"""The rows of a project among districts, facilities and buildings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from spatial.policy.review.ledger import counting_share
from spatial.policy.review.massing import demand_buildings
from spatial.policy.review.project import PlannedFacility, Project, Requirements
from spatial.policy.review.stages import Stage

# What an item stands for where its document leaves the kind open.
_ANY_KIND: Final = {"childcare": "nursery", "elderly": "day_care"}


def facility_row(project: Project, facility: PlannedFacility, status: str | None) -> dict[str, Any]:
    """Make the row of a facility of the project or its pool, with the status it counts with."""
    share = counting_share(project, facility.id)
    floor, rooms = facility.floor_area_m2, facility.childcare_floor_area_m2
    if share is not None:
        # No more than there is may be shared, once it has been measured.
        floor = None if floor is None else min(share, floor)
        rooms = None if rooms is None else min(share, rooms)
    own = facility.id in {one.id for one in project.facilities}
    return {
        "id": facility.id,
        "name": facility.name,
        "service": facility.service,
        "kind": facility.kind,
        "floor_area_m2": floor,
        "childcare_floor_area_m2": rooms,
        "site_area_m2": facility.site_area_m2,
        "open_to_residents": facility.open_to_residents,
        "takes_outside_children": facility.takes_outside_children,
        "floor_level": facility.floor_level,
        "own_entrance": facility.own_entrance,
        "lift": facility.lift,
        "status": status,
        "district_id": project.id if own else facility.phase,
        "pool": None if project.pool is None or share == 0 else project.pool.id,
        "entrances": facility.entrances,
        "geometry": facility.geometry,
        "share": share,
    }


def required_rows(project: Project, service: str, document: Requirements) -> list[dict[str, Any]]:
    """Make facilities of what a document asks for: as many, of as much floor area together."""
    rows = []
    for item in document.of((service,)):
        whole = item.floor_area_m2
        each = None if whole is None else (whole / item.count).quantize(Decimal("0.0001"))
        for number in range(item.count):
            last = number == item.count - 1
            area = each
            if last and whole is not None and each is not None:
                area = whole - each * (item.count - 1)
            facility = PlannedFacility(
                id=item.id if item.count == 1 else f"{item.id}-{number + 1}",
                kind=item.kind or _ANY_KIND[service],
                phase=project.phases[0].id,
                floor_area_m2=area,
                # What is asked for is asked for its purpose.
                childcare_floor_area_m2=area if service == "childcare" else None,
                takes_outside_children=True,
                open_to_residents=True,
            )
            row = facility_row(project, facility, "approved")
            rows.append({**row, "district_id": project.id})
    return rows


def building_rows(project: Project) -> list[dict[str, Any]]:
    """Make the rows of the project's residential buildings, as planned or of its massing."""
    return [
        {
            "id": building.id,
            "district_id": project.id,
            "households": building.units,
            "geometry": building.geometry,
        }
        for building in demand_buildings(project)
    ]


def district_row(project: Project, stage: Stage) -> dict[str, Any]:
    """Make the row of the project as a district."""
    record, population = project.record, project.population
    return {
        "id": project.id,
        "name": project.name,
        "stage": "planned" if stage.before_building else "new",
        "households": project.units,
        "population": None if population is None else population.persons,
        "pool": None if project.pool is None else project.pool.id,
        "land_grant": project.land_grant,
        "siting_difficult": record is not None and record.siting_difficult,
        "low_demand": record is not None and record.low_demand,
        "conditions_available": record is not None and record.conditions_available,
        "justified_by": None if record is None else record.justified_by,
        "justified_on": None if record is None else record.justified_on,
        "justified_body": None if record is None else record.justified_body,
        "approved_radius_m": None if record is None else record.approved_radius_m,
        "entrances": project.entrances,
        "geometry": project.site,
    }


def member_rows(project: Project) -> list[dict[str, Any]]:
    """Make the rows of the other members of the project's pool, at the point of its site."""
    if project.pool is None:
        return []
    return [
        {
            "id": member.project,
            "stage": "planned",
            "households": member.units,
            "pool": project.pool.id,
            "geometry": project.site.representative_point(),
        }
        for member in project.pool.members
    ]
