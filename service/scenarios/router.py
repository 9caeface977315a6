"""Scenarios over HTTP: try one, keep one, read, replace and end it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from service.core.errors.request import InvalidBodyError
from service.core.errors.rights import ForbiddenError
from service.core.errors.state import ConflictError, NotFoundError
from service.core.etags import IfMatch, check_if_match, etag
from service.core.json_answer import json_answer
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.keys import Principal
from service.core.language import Language, LanguageDependency
from service.core.openapi import content, problems, request_body
from service.core.parameters import known_id
from service.core.resources import Resources, ResourcesDependency
from service.core.security import EditorDependency, ViewerDependency, permitted
from service.evaluations.dependencies import visible
from service.evaluations.stored_evaluation import StoredEvaluation
from service.scenarios import records
from service.scenarios.records import StoredScenario
from service.scenarios.schemas import ScenarioRequest, read_body, short_document
from service.scenarios.service import work_out

ONE = "/{scenario_id}"


def build_router() -> APIRouter:
    """Return the routes of scenarios: /v1/scenarios."""
    router = APIRouter(prefix="/scenarios", tags=["scenarios"])
    _add_creating(router)
    _add_reading(router)
    _add_changing(router)
    return router


def _add_creating(router: APIRouter) -> None:
    @router.post(
        "",
        status_code=201,
        operation_id="create_scenario",
        summary="Work out what changes of facilities would change, and keep them under a name",
        description=(
            "With `dry_run=true` nothing is kept and any role may ask; keeping one needs role "
            "editor. The first question about an evaluation takes about as long as the evaluation."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("ScenarioBody",)),
        responses={
            200: content("application/json", "ScenarioResult", "What would change"),
            201: content("application/json", "Scenario", "Kept"),
            **problems(400, 401, 403, 409, 413, 415, 503),
        },
    )
    def create_scenario(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        body: Body,
        language: LanguageDependency,
        *,
        dry_run: Annotated[
            bool, Query(description="true: only answer; false (default): keep it too")
        ] = False,
    ) -> Response:
        if not dry_run:
            permitted(principal, "editor")
        require_media_type(request, JSON_TYPES)
        wanted = read_body(parse_json(body), named=not dry_run)
        stored = _base(resources, principal, wanted)
        result = work_out(resources, principal, stored, wanted.changes, language=language)
        if dry_run:
            return json_answer(result, language)
        with resources.writing() as connection:
            scenario = records.create(
                connection,
                name=wanted.name or "",
                base_evaluation=stored.id,
                changes=wanted.changes,
                actor=principal.id,
            )
        location = f"{request.url.path}/{scenario.id}"
        return _scenario(scenario, result, language, status=HTTPStatus.CREATED, location=location)


def _add_reading(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="list_scenarios",
        summary="List the scenarios that are kept, the latest change first",
        response_class=Response,
        responses={
            200: content("application/json", "Scenarios", "Without their results"),
            **problems(400, 401),
        },
    )
    def list_scenarios(
        resources: ResourcesDependency,
        principal: ViewerDependency,
        base_evaluation: Annotated[
            str | None, Query(description="Only scenarios of this evaluation")
        ] = None,
    ) -> Response:
        with resources.reading() as connection:
            found = records.listed(connection, base_evaluation=base_evaluation)
            bases = {one.base_evaluation for one in found}
            seen = {base for base in bases if _may_see(connection, principal, base)}
        shown = [short_document(one) for one in found if one.base_evaluation in seen]
        return json_answer({"scenarios": shown})

    @router.get(
        ONE,
        operation_id="get_scenario",
        summary="Read one scenario with its changes, worked out anew",
        response_class=Response,
        responses={
            200: content("application/json", "Scenario", "The scenario"),
            **problems(400, 401, 404, 503),
        },
    )
    def get_scenario(
        scenario_id: str,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            scenario, stored = _load(connection, principal, scenario_id)
        try:
            result = work_out(resources, principal, stored, scenario.changes, language=language)
        except (ConflictError, ForbiddenError, InvalidBodyError) as error:
            if principal.areas and not isinstance(error, ConflictError):
                # Its changes touch ground the key may not see.
                raise NotFoundError(f"There is no scenario {scenario_id}.") from None
            # The changes stay readable where they can no longer be worked out.
            return _scenario(scenario, None, language, reason=error.detail)
        return _scenario(scenario, result, language)


def _add_changing(router: APIRouter) -> None:
    changing = problems(400, 401, 403, 404, 409, 412, 413, 415, 428, 503)

    @router.put(
        ONE,
        operation_id="replace_scenario",
        summary="Replace the name, the evaluation and the changes of one scenario",
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("ScenarioBody",)),
        responses={200: content("application/json", "Scenario", "The new version"), **changing},
    )
    def replace_scenario(
        scenario_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        if_match: IfMatch,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        with resources.reading() as connection:
            before, _ = _load(connection, principal, scenario_id)
        check_if_match(if_match, before.version)
        wanted = read_body(parse_json(body), named=True)
        stored = _base(resources, principal, wanted)
        result = work_out(resources, principal, stored, wanted.changes, language=language)
        with resources.writing() as connection:
            records.lock(connection, before.id)
            now, _ = _load(connection, principal, before.id)
            check_if_match(if_match, now.version)
            scenario = records.replace(
                connection,
                now,
                name=wanted.name or "",
                base_evaluation=stored.id,
                changes=wanted.changes,
                actor=principal.id,
            )
        return _scenario(scenario, result, language)

    @router.delete(
        ONE,
        status_code=204,
        operation_id="close_scenario",
        summary="End one scenario; its history stays",
        response_class=Response,
        responses={204: {"description": "Closed"}, **problems(400, 401, 403, 404, 412, 428)},
    )
    def close_scenario(
        scenario_id: str,
        resources: ResourcesDependency,
        principal: EditorDependency,
        if_match: IfMatch,
    ) -> Response:
        with resources.reading() as connection:
            found, _ = _load(connection, principal, scenario_id)
        with resources.writing() as connection:
            records.lock(connection, found.id)
            now, _ = _load(connection, principal, found.id)
            check_if_match(if_match, now.version)
            records.close(connection, now, actor=principal.id)
        return Response(status_code=204)


def _base(resources: Resources, principal: Principal, wanted: ScenarioRequest) -> StoredEvaluation:
    try:
        with resources.reading() as connection:
            return visible(connection, principal, wanted.base_evaluation)
    except NotFoundError as error:
        raise InvalidBodyError.of("/base_evaluation", "there is no such evaluation") from error


def _load(
    connection: Connection, principal: Principal, scenario_id: str
) -> tuple[StoredScenario, StoredEvaluation]:
    """Return a scenario, and the evaluation it rests on, if the key may see that."""
    scenario = records.get(connection, known_id(scenario_id))
    if scenario is None:
        raise NotFoundError("There is no such scenario.")
    try:
        return scenario, visible(connection, principal, scenario.base_evaluation)
    except NotFoundError:
        raise NotFoundError("There is no such scenario.") from None


def _may_see(connection: Connection, principal: Principal, evaluation_id: str) -> bool:
    try:
        visible(connection, principal, evaluation_id)
    except NotFoundError:
        return False
    return True


def _scenario(
    scenario: StoredScenario,
    result: dict[str, Any] | None,
    language: Language,
    *,
    status: int = HTTPStatus.OK,
    location: str | None = None,
    reason: str | None = None,
) -> Response:
    document = {
        **short_document(scenario),
        "changes": scenario.changes,
        "result": result,
        "not_worked_out": reason,
    }
    headers = {"ETag": etag(scenario.version)}
    if location is not None:
        headers["Location"] = location
    return json_answer(document, language, status=status, headers=headers)
