"""Declared pools (统筹): a ledger of floor area in which no square metre counts twice.

A pool adds up the dwelling units of its members and the facilities they bring (readings §3). A
facility without an entry in the ledger counts in the pool whole. With entries, what counts here is
the sum of those made out to the pool, to this project or to another member; what is made out to
anybody else counts there. The entries of a facility may never exceed its floor area. As one of a
number of facilities it counts whole or not at all: here where more than half of it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from spatial.policy.review.project import PlannedFacility, Pool, Project


def pooled(pool: Pool) -> tuple[PlannedFacility, ...]:
    """Return the facilities the other members bring, in order."""
    return tuple(facility for member in pool.members for facility in member.facilities)


def counting_share(project: Project, facility: str) -> Decimal | None:
    """Return the floor area of a facility that counts here, m²; None where all of it does."""
    pool = project.pool
    entries = [] if pool is None else [e for e in pool.ledger if e.facility == facility]
    if pool is None or not entries:
        return None
    here = {pool.id, project.id, *(member.project for member in pool.members)}
    return sum((entry.floor_area_m2 for entry in entries if entry.to in here), Decimal(0))


def split_away(project: Project, facility: PlannedFacility) -> bool:
    """Tell whether half of a facility or more counts elsewhere: as a facility it is not one here.

    A part of a facility is floor area, and no facility. As a whole it counts where more than half
    of it counts, and so for one at most, whoever asks.
    """
    share, whole = counting_share(project, facility.id), to_share(facility)
    return share is not None and whole is not None and 2 * share <= whole


def brought_m2(project: Project, counted: Sequence[str]) -> Decimal:
    """Sum the floor area other members bring, m²: of facilities that count, as far as known."""
    others = () if project.pool is None else pooled(project.pool)
    total = Decimal(0)
    for facility in others:
        whole, share = to_share(facility), counting_share(project, facility.id)
        if facility.id in counted and whole is not None:
            total += whole if share is None else min(share, whole)
    return total


def ledger_faults(project: Project, pointer: Callable[..., str]) -> Iterator[tuple[str, str]]:
    """Yield what makes a pool unusable: it names itself, or a square metre counts twice."""
    pool = project.pool
    if pool is None:
        return
    names: list[str] = []
    for number, member in enumerate(pool.members):
        place = pointer("pool", "members", number, "project")
        if member.project in (project.id, pool.id):
            yield place, f"the pool names itself: {member.project!r}"
        if member.project in names:
            yield place, f"{member.project!r} is already a member"
        names.append(member.project)
    own = [facility.id for facility in project.facilities]
    for number, member in enumerate(pool.members):
        for at, facility in enumerate(member.facilities):
            if facility.id in own:
                place = pointer("pool", "members", number, "facilities", at, "id")
                yield place, f"{facility.id!r} is brought in twice: it would count twice"
            own.append(facility.id)
    yield from _entry_faults(pool, (*project.facilities, *pooled(pool)), pointer)


def to_share(facility: PlannedFacility) -> Decimal | None:
    """Return the floor area there is to make out: that of the rooms for under-3s where given."""
    rooms = facility.childcare_floor_area_m2
    return facility.floor_area_m2 if rooms is None else rooms


def _entry_faults(
    pool: Pool, facilities: Sequence[PlannedFacility], pointer: Callable[..., str]
) -> Iterator[tuple[str, str]]:
    area = {facility.id: to_share(facility) for facility in facilities}
    given: dict[str, Decimal] = {}
    seen: list[tuple[str, str]] = []
    for number, entry in enumerate(pool.ledger):
        place = pointer("pool", "ledger", number)
        if entry.facility not in area:
            yield f"{place}/facility", f"the pool has no facility {entry.facility!r}"
            continue
        if (entry.facility, entry.to) in seen:
            yield place, f"{entry.facility!r} is made out to {entry.to!r} twice"
        seen.append((entry.facility, entry.to))
        whole = area[entry.facility]
        given[entry.facility] = given.get(entry.facility, Decimal(0)) + entry.floor_area_m2
        if whole is None:
            yield place, f"the floor area of {entry.facility!r} is not known: none can be shared"
        elif given[entry.facility] > whole:
            message = (
                f"{given[entry.facility]} m² of {entry.facility!r} are made out, and it has "
                f"{whole} m²: no square metre counts twice"
            )
            yield f"{place}/floor_area_m2", message
