"""Counting who is within reach of facilities, as asked: the answer of /v1/catchments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Connection

from service.core import history, scope
from service.core.errors.request import InvalidBodyError
from service.core.errors.state import ConflictError
from service.core.history import Moment
from service.core.keys import Principal
from service.core.language import Language
from service.core.notices import notice_member
from service.core.resources import Resources
from service.core.settings import Settings
from service.jobs.limits import refuse_too_many_districts
from service.networks.service import sources_of
from service.reach.catchment_document import catchment_items, catchment_members
from service.reach.catchment_question import CatchmentQuestion, stored_catchments
from service.reach.dependencies import named_members
from service.reach.places import read_places, refuse_too_many
from service.reach.schemas import CatchmentsBody, exact
from service.reach.walking import read_walking
from spatial.doors import Doors, doors_of, doors_of_rows
from spatial.errors import InputError
from spatial.fields import AREAS, DISTRICTS, FACILITIES
from spatial.limits import limits_of

COMMAND: Final = "yike catchments --facilities FILE"


@dataclass(frozen=True, eq=False)
class Asked:
    """The facilities of a question.

    Parameters
    ----------
    ids
        Of all asked about, in order.
    at
        Places in `ids` of those that can be looked at.
    doors
        Their doors, in that order.
    others
        Status and what is wrong of the rest, by place in `ids`.
    sources
        What stored rows say of their origin.
    """

    ids: tuple[str, ...]
    at: tuple[int, ...]
    doors: Doors
    others: Mapping[int, tuple[str, str]]
    sources: tuple[object, ...]


def check_catchments(
    resources: Resources,
    principal: Principal,
    asked: CatchmentsBody,
    *,
    today: date,
    as_job: bool = False,
) -> None:
    """Refuse a question that cannot be answered, without answering it.

    Parameters
    ----------
    as_job
        True for a job, which may be about more districts than one request.

    Raises
    ------
    ProblemError
        As `answer_catchments`.
    """
    question = _question(asked, today)
    with resources.reading() as connection:
        counted = _counted_districts(connection, principal, asked.area)
        _refuse_too_many_districts(
            connection, counted, question.as_of, settings=resources.settings, as_job=as_job
        )
        _facilities(
            connection,
            principal,
            asked,
            question.as_of,
            most=resources.settings.reach.max_origins,
        )


def answer_catchments(
    resources: Resources,
    principal: Principal,
    asked: CatchmentsBody,
    *,
    language: Language,
    today: date,
    as_job: bool = False,
    report: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Count, and return what is answered.

    Parameters
    ----------
    today
        The day data are seen on where none is asked for.
    as_job
        True for a job, which may be about more districts than one request.
    report
        Told how many facilities are done, and of how many.

    Raises
    ------
    InvalidBodyError, ForbiddenError, TooManyOriginsError, TooManyDistrictsError
        When the question cannot be answered.
    ConflictError
        When there is no district to count.
    """
    question = _question(asked, today)
    with resources.reading() as connection:
        counted = _counted_districts(connection, principal, asked.area)
        _refuse_too_many_districts(
            connection, counted, question.as_of, settings=resources.settings, as_job=as_job
        )
        facilities = _facilities(
            connection,
            principal,
            asked,
            question.as_of,
            most=resources.settings.reach.max_origins,
        )
        network = resources.network_cache.latest(connection)
        try:
            found = stored_catchments(
                connection,
                question,
                facilities=facilities.doors,
                network=network,
                conditions=counted,
                report=report,
            )
        except InputError as error:
            raise ConflictError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        moment = Moment(valid_on=question.as_of)
        sources = [
            *facilities.sources,
            *history.sources(connection, DISTRICTS, *counted, moment=moment),
        ]
        if network is not None:
            sources += sources_of(connection, network.version)
    return {
        **question.walking.as_json(),
        "as_of": question.as_of,
        "area": asked.area,
        "network": None if network is None else network.version,
        **notice_member(sources, language),
        **catchment_members(found),
        "items": catchment_items(found, facilities.ids, at=facilities.at, others=facilities.others),
    }


def _question(asked: CatchmentsBody, today: date) -> CatchmentQuestion:
    with named_members():
        walking = read_walking(
            asked.profile.value,
            speed=None if asked.speed is None else Fraction(asked.speed),
            direction=asked.direction.value,
            penalties=asked.penalties.penalties(),
        )
        straight = limits_of(metres=exact(asked.metres) or (), profile=walking.profile)
        minutes = limits_of(minutes=exact(asked.minutes) or (), profile=walking.profile)
    return CatchmentQuestion(walking, straight, (*straight, *minutes), asked.as_of or today)


def _counted_districts(
    connection: Connection, principal: Principal, area: str | None
) -> list[ColumnElement[bool]]:
    if area is None:
        return scope.conditions(connection, principal, DISTRICTS)
    scope.require_area(connection, principal, area)
    if not scope.existing(connection, AREAS, [area]):
        raise InvalidBodyError.of("/area", f"there is no area {area[:60]!r}")
    return scope.in_area(connection, area, DISTRICTS)


def _refuse_too_many_districts(
    connection: Connection,
    counted: list[ColumnElement[bool]],
    as_of: date,
    *,
    settings: Settings,
    as_job: bool,
) -> None:
    districts = history.count(connection, DISTRICTS, *counted, moment=Moment(valid_on=as_of))
    refuse_too_many_districts(
        districts,
        settings=settings,
        as_job=as_job,
        instead=f"ask for a job at /ogc/processes/catchments, or use the command line: {COMMAND}",
    )


def _facilities(
    connection: Connection,
    principal: Principal,
    asked: CatchmentsBody,
    as_of: date,
    *,
    most: int,
) -> Asked:
    if isinstance(asked.facilities, list):
        refuse_too_many(len(asked.facilities), most=most, command=COMMAND)
        return _stored(connection, principal, tuple(asked.facilities), as_of)
    places = read_places(asked.facilities, at="/facilities", most=most, command=COMMAND)
    others = {index: ("invalid_geometry", why) for index, why in places.faults.items()}
    outside = scope.places_outside(connection, principal, places.geometry)
    for index in np.flatnonzero(outside).tolist():
        others.setdefault(index, ("forbidden", "outside of the areas of the key"))
    at = tuple(index for index in range(len(places.ids)) if index not in others)
    return Asked(
        places.ids, at, doors_of(places.geometry[list(at)]), MappingProxyType(others), sources=()
    )


def _stored(
    connection: Connection, principal: Principal, ids: tuple[str, ...], as_of: date
) -> Asked:
    if not ids:
        raise InvalidBodyError.of("/facilities", "expected at least one")
    rows = history.current(connection, FACILITIES, keys=set(ids), moment=Moment(valid_on=as_of))
    outside = scope.keys_outside(connection, principal, FACILITIES, rows["id"].tolist())
    row_of = {name: row for row, name in enumerate(rows["id"].tolist())}
    others: dict[int, tuple[str, str]] = {}
    at: list[int] = []
    chosen: list[int] = []
    for index, name in enumerate(ids):
        if name not in row_of:
            others[index] = ("not_found", f"there is no such facility on {as_of}")
        elif name in outside:
            others[index] = ("forbidden", "outside of the areas of the key")
        else:
            at.append(index)
            chosen.append(row_of[name])
    frame = rows.iloc[chosen].reset_index(drop=True)
    doors = doors_of_rows(frame)
    return Asked(ids, tuple(at), doors, MappingProxyType(others), tuple(frame["source"]))
