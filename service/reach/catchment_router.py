"""Who is within reach of facilities: POST /v1/catchments."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.core.json_answer import json_answer
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.language import LanguageDependency
from service.core.model_input import read_asked
from service.core.openapi import content, problems, request_body
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.reach.catchment_answer import answer_catchments
from service.reach.schemas import CatchmentsBody


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
        document = answer_catchments(
            resources,
            principal,
            read_asked(parse_json(body), CatchmentsBody),
            language=language,
            today=date.today(),  # noqa: DTZ011  the day where the service stands
        )
        return json_answer(document, language)
