"""Who is within reach of facilities: POST /v1/catchments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np
from fastapi import APIRouter, Request
from sqlalchemy import ColumnElement, Connection
from starlette.responses import Response

from service.core import history, scope
from service.core.errors import ConflictError, InvalidBodyError, TooManyDistrictsError
from service.core.geojson import encode_json
from service.core.history import Moment
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.keys import Principal
from service.core.language import LanguageDependency, language_headers
from service.core.notices import notice_member
from service.core.openapi import content, problems, request_body
from service.core.resources import Resources, ResourcesDependency
from service.core.security import ViewerDependency
from service.networks.service import sources_of
from service.reach.catchment_document import catchment_items, catchment_members
from service.reach.catchment_question import CatchmentQuestion, stored_catchments
from service.reach.dependencies import named_members
from service.reach.places import read_places, refuse_too_many
from service.reach.schemas import CatchmentsBody, exact, read_asked
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


def add_catchments(router: APIRouter) -> None:
    """Add the route of catchments."""

    @router.post(
        "/catchments",
        operation_id="count_catchments",
        summary="Count who is within reach of facilities, of each and of all together",
        description=(
            "Households, people, people over 60 and under 3, and districts within each limit, in a "
            "straight line and on foot, judged by demand points as an evaluation does. In `union` "
            "a household counts once. Every facility has a status of its own; one that cannot be "
            "used spoils no other."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("CatchmentsBody",)),
        responses={
            200: content("application/json", "Catchments", "The counts"),
            **problems(400, 401, 403, 409, 413, 415, 422),
        },
    )
    def count_catchments(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        asked = read_asked(parse_json(body), CatchmentsBody)
        question = _question(asked)
        most = resources.settings.reach.max_origins
        with resources.reading() as connection:
            counted = _counted_districts(connection, principal, asked.area)
            _refuse_too_many_districts(resources, connection, counted, question.as_of)
            facilities = _facilities(connection, principal, asked, question.as_of, most=most)
            network = resources.network_cache.latest(connection)
            try:
                found = stored_catchments(
                    connection,
                    question,
                    facilities=facilities.doors,
                    network=network,
                    conditions=counted,
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
        document = {
            **question.walking.as_json(),
            "as_of": question.as_of,
            "area": asked.area,
            "network": None if network is None else network.version,
            **notice_member(sources, language),
            **catchment_members(found),
            "items": catchment_items(
                found, facilities.ids, at=facilities.at, others=facilities.others
            ),
        }
        return Response(
            encode_json(document),
            media_type="application/json",
            headers=language_headers(language),
        )


def _question(asked: CatchmentsBody) -> CatchmentQuestion:
    with named_members():
        walking = read_walking(
            asked.profile.value,
            speed=None if asked.speed is None else Fraction(asked.speed),
            direction=asked.direction.value,
            penalties=asked.penalties.penalties(),
        )
        straight = limits_of(metres=exact(asked.metres) or (), profile=walking.profile)
        minutes = limits_of(minutes=exact(asked.minutes) or (), profile=walking.profile)
    today = date.today()  # noqa: DTZ011  the day where the service stands
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
    resources: Resources, connection: Connection, counted: list[ColumnElement[bool]], as_of: date
) -> None:
    districts = history.count(connection, DISTRICTS, *counted, moment=Moment(valid_on=as_of))
    most = resources.settings.evaluation.max_districts
    if districts > most:
        raise TooManyDistrictsError(
            f"{districts} districts are more than the {most} of one request; name a smaller area, "
            f"or use the command line: {COMMAND}"
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
