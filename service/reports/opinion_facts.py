"""The facts of an opinion: the project, its 规划条件, its facilities, the data it rests on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final

from service.reports.opinion import Opinion
from service.reports.opinion_words import WORDS, Say
from service.reports.paper import Block, Cell, Facts, Grid, Paragraph
from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.numerals import grouped, phase_word
from spatial.policy.review.note_wording import assumption_text
from spatial.policy.review.project import AsBuilt, Item, PlannedFacility
from spatial.policy.review.stages import STAGES, SYNC_STEPS
from spatial.policy.review.words import receiver_name

NONE: Final = "—"


def kind_name(kind: str | None, *, lang: str) -> str:
    """Name a kind of facility; — for none."""
    known = FACILITY_KINDS.get(kind or "")
    if known is None:
        return kind or NONE
    return known.name_zh if lang == "zh" else known.name_en


def area(value: Decimal | None) -> str:
    """Write an area exactly; — for one that is not known."""
    return NONE if value is None else grouped(value)


def project_rows(opinion: Opinion) -> tuple[tuple[str, str], ...]:
    """Return names and values of what the project is."""
    say, project = Say(opinion.lang), opinion.project
    stage = STAGES[opinion.review["stage"]]
    rows = [
        (say("name"), project.name or NONE),
        (say("id"), project.id),
        (say("area"), project.area or NONE),
        (say("stage"), stage.name_zh if opinion.lang == "zh" else stage.name_en),
        (say("as_of"), opinion.review["as_of"]),
        (say("units"), say("units_value", units=grouped(project.units))),
        (
            say("phases"),
            say.apart(
                [
                    say(
                        "phase_value",
                        id=phase_word(phase.id, lang=opinion.lang),
                        units=grouped(phase.units),
                    )
                    for phase in project.phases
                ]
            ),
        ),
        (say("population"), _population(opinion, say)),
    ]
    if project.phases_under_review:
        rows.append((say("reviewed_phases"), say.listed(list(project.phases_under_review))))
    if project.land_grant:
        rows.append((say("land_grant"), project.land_grant))
    if project.planning_unit is not None:
        rows.append((say("planning_unit"), project.planning_unit.id))
    if project.pool is not None:
        members = say.listed([member.project for member in project.pool.members])
        rows.append((say("pool"), say("pool_value", id=project.pool.id, members=members)))
    if project.removes:
        rows.append((say("removes"), say.listed(list(project.removes))))
    provided = [
        say("provided_by_value", service=say(one["service"]), document=say(one["document"]))
        for one in opinion.review["assumptions"]
        if one["assumption"] == "provided_by"
    ]
    if provided:
        rows.append((say("provided_by"), say.apart(provided)))
    assumed = [
        said
        for one in opinion.review["assumptions"]
        if (said := assumption_text(one, lang=opinion.lang)) is not None
    ]
    if assumed:
        rows.append((say("assumed"), say.apart(assumed)))
    return tuple(rows)


def _population(opinion: Opinion, say: Say) -> str:
    population = opinion.project.population
    if population is None:
        return say("population_unknown")
    people = grouped(population.persons)
    if population.assumption is None:
        return say("population_value", people=people)
    return say(
        "population_assumed",
        people=people,
        persons=grouped(population.assumption.persons),
        units=grouped(opinion.project.units),
        source=population.assumption.source,
    )


def condition_blocks(opinion: Opinion) -> list[Block]:
    """Return the 规划条件: document, and a row an item."""
    say, asked = Say(opinion.lang), opinion.project.planning_conditions
    if asked is None:
        return [Paragraph(say("conditions_none"))]
    issued = "" if asked.issued_on is None else say("issued", on=asked.issued_on.isoformat())
    head = say("conditions_of", number=asked.document_no, issued=issued)
    names = ("item", "kind", "count", "floor_area", "site_area", "position", "terms")
    blocks: list[Block] = [Paragraph(head)]
    if asked.quote:
        blocks.append(Paragraph(asked.quote, "quote"))
    if asked.items:
        blocks.append(
            Grid(
                head=tuple(say(name) for name in names),
                rows=tuple(_item(item, say) for item in asked.items),
                widths=(20, 26, 17, 22, 20, 24, 41),
                numeric=frozenset({2, 3, 4}),
            )
        )
    return blocks


def _item(item: Item, say: Say) -> tuple[Cell, ...]:
    kind = kind_name(item.kind, lang=say.lang) if item.kind else say(item.service)
    terms = [
        say("max_floor", level=item.max_floor_level) if item.max_floor_level is not None else "",
        _yes(item.own_entrance, say, "own_entrance", None),
        _yes(item.lift, say, "lift", None),
        _yes(item.free_of_charge, say, "free", None),
        "" if item.receiver is None else receiver_name(item.receiver, lang=say.lang),
    ]
    return (
        Cell(item.id),
        Cell(kind),
        Cell(str(item.count)),
        Cell(area(item.floor_area_m2)),
        Cell(area(item.site_area_m2)),
        Cell(item.position or NONE),
        Cell(say.apart([term for term in terms if term]) or NONE),
    )


def facility_blocks(opinion: Opinion) -> list[Block]:
    """Return the planned facilities, a row each."""
    say, facilities = Say(opinion.lang), opinion.project.facilities
    as_of = day_of(opinion)
    if not facilities:
        return [Paragraph(say("facilities_none"))]
    names = ("facility", "kind", "phase", "floor_area", "site_area", "state")
    return [
        Grid(
            head=tuple(say(name) for name in names),
            rows=tuple(_facility(facility, say, as_of) for facility in facilities),
            widths=(28, 30, 14, 26, 22, 50),
            numeric=frozenset({3, 4}),
        )
    ]


def _facility(facility: PlannedFacility, say: Say, as_of: dt.date) -> tuple[Cell, ...]:
    name = facility.id if facility.name is None else f"{facility.id}\n{facility.name}"
    built = facility.as_built
    return (
        Cell(name),
        Cell(kind_name(facility.kind, lang=say.lang)),
        Cell(facility.phase),
        Cell(_areas(facility.floor_area_m2, built, "floor_area_m2", say)),
        Cell(_areas(facility.site_area_m2, built, "site_area_m2", say)),
        Cell(say.apart(facility_state(facility, say, as_of=as_of)) or NONE),
    )


def _areas(approved: Decimal | None, built: AsBuilt, field: str, say: Say) -> str:
    measured: Decimal | None = getattr(built, field)
    if measured is None:
        return area(approved)
    return f"{area(approved)}\n{say('measured', area=area(measured))}"


def day_of(opinion: Opinion) -> dt.date:
    """Return the day of the review."""
    return dt.date.fromisoformat(opinion.review["as_of"])


def facility_state(facility: PlannedFacility, say: Say, *, as_of: dt.date) -> list[str]:
    """Say on which floor a facility is, how it is entered, and how far it has come.

    A date after `as_of` is a plan, and is told as one.
    """
    said = [
        "" if facility.floor_level is None else say("floor", level=facility.floor_level),
        _yes(facility.own_entrance, say, "own_entrance", "no_own_entrance"),
        _yes(facility.lift, say, "lift", "no_lift"),
        _status(facility.status, say),
    ]
    dates = ((step, facility.dates.of(step)) for step in SYNC_STEPS)
    said += [
        say(f"{step}_on" if day <= as_of else f"{step}_to_come", on=day.isoformat())
        for step, day in dates
        if day is not None
    ]
    return [one for one in said if one]


def _status(status: str | None, say: Say) -> str:
    if status is None:
        return ""
    return say(f"status_{status}") if f"status_{status}" in WORDS else status


def _yes(value: bool | None, say: Say, yes: str, no: str | None) -> str:  # noqa: FBT001  # a fact that may be unknown
    if value is None:
        return ""
    return say(yes) if value else ("" if no is None else say(no))


def data_rows(opinion: Opinion) -> tuple[tuple[str, str], ...]:
    """Return names and values of what the opinion rests on."""
    say, basis = Say(opinion.lang), opinion.basis
    packs = [
        f"{pack['id']}: {pack['version']}" for pack in opinion.review["packs"] if pack["version"]
    ]
    known = say("facilities_not_known")
    if basis.facilities is not None:
        known = say("facilities_known_value", count=grouped(basis.facilities))
    rows = [
        (say("as_of"), opinion.review["as_of"]),
        (say("pack_version"), "\n".join(packs)),
        (say("network"), basis.network_version or say("no_network")),
        (say("facilities_known"), known),
    ]
    if basis.known_at is not None:
        rows.append((say("known_at"), basis.known_at))
    if basis.code_version is not None:
        rows.append((say("code"), basis.code_version))
    rows.append((say("digest"), basis.digest or say("digest_open")))
    if opinion.notices:
        rows.append((say("notices"), "\n".join(opinion.notices)))
    return tuple(rows)


def data_facts(opinion: Opinion) -> Facts:
    """Return `data_rows` as a block."""
    return Facts(data_rows(opinion))


def day_text(day: dt.date | None, say: Say) -> str:
    """Write a day as a signature has it; blanks to fill in where it is open."""
    if day is None:
        return say("day_open")
    return say("day", y=day.year, m=day.month, d=day.day)
