"""What in a project contradicts something else in it, each with its JSON pointer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import shapely

from spatial.crs import metric_crs
from spatial.crs import project as to_metres
from spatial.policy.review.ledger import ledger_faults
from spatial.policy.review.matching import candidates
from spatial.policy.review.project import (
    Block,
    Milestones,
    PlannedBuilding,
    PlannedFacility,
    Project,
)
from spatial.policy.review.stages import STAGES, SYNC_STEPS

ProjectFault = tuple[str, str]

# Neighbouring phases and edges of a site are drawn with less care than this.
OVERLAP_M2: Final = 1.0
OUTSIDE_M: Final = 1.0
# No housing project is wider; a slip of a coordinate would lay a grid over half a country.
WIDEST_M: Final = 10_000.0
_WIDEST_DEGREES: Final = 1.0


def pointer(*steps: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a place."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def consistency_faults(project: Project) -> Iterator[ProjectFault]:
    """Yield every contradiction in a project whose single values are sound."""
    yield from _repeated("phases", [phase.id for phase in project.phases])
    yield from _repeated("buildings", [building.id for building in project.buildings])
    yield from _repeated("massing", [block.id for block in project.massing])
    yield from _massing(project)
    yield from _repeated("facilities", [facility.id for facility in project.facilities])
    yield from _phase_names(project)
    yield from _shapes(project)
    for number, phase in enumerate(project.phases):
        yield from _dates(phase.housing, ("phases", number, "housing"))
    for number, facility in enumerate(project.facilities):
        yield from _dates(facility.dates, ("facilities", number, "dates"))
    yield from _grant(project)
    yield from _history(project)
    yield from _requirements(project)
    yield from ledger_faults(project, pointer)
    yield from _record(project)


def _repeated(member: str, ids: Sequence[str]) -> Iterator[ProjectFault]:
    for number, one in enumerate(ids):
        if one in ids[:number]:
            yield pointer(member, number, "id"), f"{one!r} is already in {member}"


def _things(
    project: Project,
) -> Iterator[tuple[str, Sequence[PlannedBuilding | Block | PlannedFacility]]]:
    yield "buildings", project.buildings
    yield "massing", project.massing
    yield "facilities", project.facilities


def _massing(project: Project) -> Iterator[ProjectFault]:
    """Yield a massing beside buildings, and phases of which it shows nothing."""
    if not project.massing:
        return
    if project.buildings:
        yield pointer("massing"), "is given beside buildings: which of the two is meant is not said"
    shown = {block.phase for block in project.massing}
    for phase in project.phases:
        if phase.id not in shown:
            yield pointer("massing"), f"phase {phase.id!r} has units, and no block"


def _phase_names(project: Project) -> Iterator[ProjectFault]:
    known = [phase.id for phase in project.phases]
    for member, things in _things(project):
        for number, thing in enumerate(things):
            place = pointer(member, number, "phase")
            if not thing.phase:
                yield place, f"{thing.id!r} is in no phase; the phases are {', '.join(known)}"
            elif thing.phase not in known:
                yield place, f"there is no phase {thing.phase!r}; the phases are {', '.join(known)}"
    for number, phase in enumerate(project.phases_under_review):
        if phase not in known:
            yield pointer("phases_under_review", number), f"there is no phase {phase!r}"


def _shapes(project: Project) -> Iterator[ProjectFault]:
    """Yield phases that overlap, and what lies outside the site."""
    west, south, east, north = project.site.bounds
    wide = max(east - west, north - south) > _WIDEST_DEGREES
    phases = [
        (number, one) for number, one in enumerate(project.phases) if one.geometry is not None
    ]
    things = [
        (member, number, thing)
        for member, things in _things(project)
        for number, thing in enumerate(things)
        if thing.geometry is not None
    ]
    if not wide:
        crs = metric_crs((west + east) / 2, (south + north) / 2)
        shapes = np.empty(1 + len(phases) + len(things), dtype=object)
        shapes[:] = [
            project.site,
            *(one.geometry for _, one in phases),
            *(t.geometry for *_, t in things),
        ]
        # All at once: one alone takes as long.
        site, *local = to_metres(shapes, target=crs)
        left, bottom, right, top = site.bounds
        wide = max(right - left, top - bottom) > WIDEST_M
    if wide:
        yield pointer("site"), f"is more than {WIDEST_M / 1000:.0f} km across"
        return
    drawn = [
        (number, phase.id, shape) for (number, phase), shape in zip(phases, local, strict=False)
    ]
    for (_, one, first), (number, other, second) in combinations(drawn, 2):
        shared = first.intersection(second).area
        if shared > OVERLAP_M2:
            yield (
                pointer("phases", number, "geometry"),
                f"phases {one!r} and {other!r} overlap by {shared:.0f} m²",
            )
    if not local or shapely.get_dimensions(project.site) < 2:  # noqa: PLR2004 - a point has no inside
        return
    inside = shapely.covers(site.buffer(OUTSIDE_M), np.array(local, dtype=object)).tolist()
    for (number, name, _), within in zip(drawn, inside, strict=False):
        if not within:
            yield pointer("phases", number, "geometry"), f"phase {name!r} lies outside the site"
    for (member, number, thing), within in zip(things, inside[len(drawn) :], strict=True):
        if not within:
            yield pointer(member, number, "geometry"), f"{thing.id!r} lies outside the site"


def _dates(dates: Milestones, path: tuple[str | int, ...]) -> Iterator[ProjectFault]:
    given = [(step, dates.of(step)) for step in SYNC_STEPS]
    known = [(step, date) for step, date in given if date is not None]
    for (before, early), (after, late) in pairwise(known):
        if late < early:
            yield pointer(*path, f"{after}_on"), f"{late} is before {before}_on, {early}"


def _grant(project: Project) -> Iterator[ProjectFault]:
    """Yield documents dated against the order in which they are made."""
    plan, conditions = project.control_plan, project.planning_conditions
    made = [
        (("control_plan", "issued_on"), None if plan is None else plan.issued_on),
        (
            ("planning_conditions", "issued_on"),
            None if conditions is None else conditions.issued_on,
        ),
        (("land_grant", "granted_on"), project.granted_on),
    ]
    known = [(path, date) for path, date in made if date is not None]
    for (before, early), (after, late) in pairwise(known):
        if late < early:
            yield pointer(*after), f"{late} is before {pointer(*before)}, {early}"


def _history(project: Project) -> Iterator[ProjectFault]:
    order = list(STAGES)
    for number, (stage, date) in enumerate(project.history):
        if stage != order[number % len(order)] or number >= len(order):
            skipped = order[number] if number < len(order) else "no further stage"
            yield (
                pointer("history", number, "stage"),
                f"{stage!r} stands where {skipped!r} comes next: a stage is skipped or repeated",
            )
            return
        if number and date < project.history[number - 1][1]:
            earlier = project.history[number - 1]
            yield (
                pointer("history", number, "passed_on"),
                f"{date} is before {earlier[0]}, {earlier[1]}",
            )
    if project.stage is not None:
        message = skipped_stage(project, project.stage)
        if message is not None:
            yield pointer("stage"), message


def skipped_stage(project: Project, stage: str) -> str | None:
    """Say which stage a review at `stage` would skip; None where none, or no history is given."""
    order = list(STAGES)
    passed = len(project.history)
    if not passed or order.index(stage) <= passed:
        return None
    return f"{stage!r} skips {order[passed]!r}: the history ends with {order[passed - 1]!r}"


def _requirements(project: Project) -> Iterator[ProjectFault]:
    for member in ("control_plan", "planning_conditions"):
        document = getattr(project, member)
        if document is not None:
            ids = [item.id for item in document.items]
            for number, one in enumerate(ids):
                if one in ids[:number]:
                    yield pointer(member, "items", number, "id"), f"{one!r} is already an item"
    conditions = project.planning_conditions
    if conditions is None:
        return
    known = {item.id: item for item in conditions.items}
    for number, facility in enumerate(project.facilities):
        if facility.fulfils is not None:
            item = known.get(facility.fulfils)
            place = pointer("facilities", number, "fulfils")
            if item is None:
                yield place, f"the planning conditions have no item {facility.fulfils!r}"
            elif item.service != facility.service:
                yield place, f"{facility.kind!r} is no facility of {item.service}"
        else:
            yield from _ambiguous(project, number, facility)


def _ambiguous(project: Project, number: int, facility: PlannedFacility) -> Iterator[ProjectFault]:
    several = candidates(facility, project.planning_conditions)
    if len(several) > 1:
        names = ", ".join(item.id for item in several)
        yield (
            pointer("facilities", number),
            f"{facility.id!r} may answer the items {names}: say which one in fulfils",
        )


def _record(project: Project) -> Iterator[ProjectFault]:
    record = project.record
    if record is None or record.approved_radius_m is None:
        return
    if not (record.siting_difficult or record.low_demand):
        yield (
            pointer("record", "approved_radius_m"),
            "is given, but neither siting_difficult nor low_demand",
        )
