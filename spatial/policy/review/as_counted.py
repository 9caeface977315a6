"""What a planned facility counts with at a stage: its areas, and its status."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from spatial.policy.review.project import AsBuilt, PlannedFacility, Project
from spatial.policy.review.stages import Stage


def measured(project: Project, facility: PlannedFacility, stage: Stage) -> PlannedFacility:
    """Put what was measured in the place of what was approved, where it has been built."""
    if stage.before_building or facility.phase not in _due(project):
        return facility
    built: AsBuilt = facility.as_built
    return replace(
        facility,
        floor_area_m2=built.floor_area_m2,
        childcare_floor_area_m2=built.childcare_floor_area_m2,
        site_area_m2=built.site_area_m2,
    )


def _due(project: Project) -> tuple[str, ...]:
    return (*project.earlier_phases, *project.reviewed_phases)


def status_of(
    project: Project, facility: PlannedFacility, stage: Stage, as_of: dt.date
) -> str | None:
    """Return the status a facility counts with; None where that is not known, or ``absent``."""
    counts_as = "operating" if facility.status == "operating" else "approved"
    if stage.before_building or facility.phase not in _due(project):
        return counts_as
    # A date of building still to come beats a status that runs ahead of it.
    state = facility.state(as_of)
    if state == "unknown":
        return None
    return counts_as if state == "built" else "absent"


def as_it_stands(facility: PlannedFacility, as_of: dt.date) -> str | None:
    """Return the status a facility of another member of the pool counts with; None not known."""
    state = facility.state(as_of)
    if state == "built":
        return "operating" if facility.status == "operating" else "built"
    if state == "suspended":
        return "planned"
    return facility.status
