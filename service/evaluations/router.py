"""Evaluations: ask for one, read it and its parts."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.core.json_answer import json_answer
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.language import LanguageDependency
from service.core.openapi import content, problems, request_body
from service.core.resources import ResourcesDependency
from service.core.security import EditorDependency
from service.evaluations import service as evaluations
from service.evaluations.dependencies import RUN, RunDependency, visible
from service.evaluations.presentation import run_notices
from service.evaluations.process import EVALUATE, check_request
from service.evaluations.schemas import evaluation_document, read_request
from service.jobs import records
from service.jobs.document import JOBS_PATH, base_address, job_document
from service.jobs.limits import refuse_too_many_districts
from service.jobs.preferring import APPLIED, PreferAsync


def build_router() -> APIRouter:
    """Return the routes of evaluations: /v1/evaluations."""
    router = APIRouter(prefix="/evaluations", tags=["evaluations"])
    _add_creating(router)
    _add_reading(router)
    return router


def _add_creating(router: APIRouter) -> None:
    @router.post(
        "",
        status_code=201,
        operation_id="create_evaluation",
        summary="Evaluate the stored districts by the rules of packs",
        description=(
            "The same request on the same data answers 200 with the run there is. More districts "
            "than one request may take, or `Prefer: respond-async`, make it a job: 202, and "
            "Location says where it can be followed."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("EvaluationBody",)),
        responses={
            200: content("application/json", "Evaluation", "The run there was already"),
            201: content("application/json", "Evaluation", "The new run"),
            202: content("application/json", "Job", "The job that will evaluate"),
            **problems(400, 401, 403, 409, 413, 415, 422, 429),
        },
    )
    def create_evaluation(
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        body: Body,
        language: LanguageDependency,
        prefer_async: PreferAsync,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        today = date.today()  # noqa: DTZ011  the day where the service stands
        document = parse_json(body)
        wanted = read_request(document, today=today)
        districts = check_request(resources, principal, wanted)
        if prefer_async or districts > resources.settings.evaluation.max_districts:
            refuse_too_many_districts(
                districts, settings=resources.settings, as_job=True, instead=""
            )
            with resources.writing() as connection:
                job = records.submit(
                    connection,
                    EVALUATE,
                    document,
                    principal=principal,
                    language=language,
                    asked_on=today,
                    most_per_key=resources.settings.jobs.max_per_key,
                )
            return json_answer(
                job_document(job, base=base_address(request)),
                language,
                status=202,
                headers={
                    "Location": f"{JOBS_PATH}/{job.id}",
                    **(APPLIED if prefer_async else {}),
                },
            )
        run = evaluations.run(
            resources.engine,
            wanted,
            network_cache=resources.network_cache,
            actor=principal.id,
        )
        with resources.reading() as connection:
            stored = visible(connection, principal, run.id)
            notices = run_notices(connection, stored, language)
        location = f"{request.url.path}/{run.id}"
        href = str(request.url.replace(path=location, query=""))
        return json_answer(
            {**evaluation_document(stored, href=href), **notices},
            language,
            status=201 if run.created else 200,
            headers={"Location": location},
        )


def _add_reading(router: APIRouter) -> None:
    @router.get(
        RUN,
        operation_id="get_evaluation",
        summary="Read what a run rests on",
        response_class=Response,
        responses={
            200: content("application/json", "Evaluation", "The run"),
            **problems(400, 401, 404),
        },
    )
    def get_evaluation(
        request: Request,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            notices = run_notices(connection, stored, language)
        href = str(request.url.replace(query=""))
        return json_answer({**evaluation_document(stored, href=href), **notices}, language)

    @router.get(
        f"{RUN}/summary",
        operation_id="get_evaluation_summary",
        summary="Read the counts of a run: the object `yike evaluate --json` prints",
        response_class=Response,
        responses={
            200: content("application/json", "Summary", "The counts"),
            **problems(400, 401, 404),
        },
    )
    def get_summary(
        stored: RunDependency, resources: ResourcesDependency, language: LanguageDependency
    ) -> Response:
        with resources.reading() as connection:
            document = evaluations.summary(connection, stored.id)
            notices = run_notices(connection, stored, language)
        return json_answer({**document, **notices}, language)
