"""Jobs: follow them, call one off: /v1/jobs."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NotFoundError
from service.core.json_answer import json_answer
from service.core.openapi import content, problems
from service.core.paging import Page, PageParameter, page_members
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.jobs import records
from service.jobs.document import base_address, job_document
from service.jobs.tables import JOB

JOB_ID: Final = re.compile("[0-9a-f]{32}")
Status = Literal["accepted", "running", "successful", "failed", "dismissed"]


def known_job_id(text: str) -> str:
    """Return the identifier of a job from a path.

    Raises
    ------
    NotFoundError
        If no job can have it.
    """
    if not JOB_ID.fullmatch(text):
        raise NotFoundError("There is no such job.")
    return text


def job_after(page: Page) -> str | None:
    """Return the job a page starts behind.

    Raises
    ------
    InvalidParameterError
        If the cursor is one of another list.
    """
    if page.after is not None and not JOB_ID.fullmatch(page.after):
        raise InvalidParameterError.of("after", "a cursor of another list")
    return page.after


def build_router() -> APIRouter:
    """Return the routes of jobs."""
    router = APIRouter(prefix="/jobs", tags=["jobs"])

    @router.get(
        "",
        operation_id="list_jobs",
        summary="List the jobs of this key, the newest first; an administrator's lists all",
        response_class=Response,
        responses={
            200: content("application/json", "Jobs", "A page"),
            **problems(400, 401),
        },
    )
    def list_jobs(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        page: PageParameter,
        status: Annotated[Status | None, Query(description="Only jobs of this status")] = None,
        process: Annotated[str | None, Query(description="Only jobs of this process")] = None,
    ) -> Response:
        conditions = []
        if status is not None:
            conditions.append(JOB.c.status == status)
        if process is not None:
            conditions.append(JOB.c.process == process)
        with resources.reading() as connection:
            found = records.list_jobs(
                connection,
                *conditions,
                principal=principal,
                after=job_after(page),
                limit=page.limit + 1,
            )
        shown = found[: page.limit]
        members = page_members(
            request,
            next_key=shown[-1].id if len(found) > len(shown) else None,
            returned=len(shown),
            matched=None,
        )
        jobs = [job_document(job, base=base_address(request)) for job in shown]
        return json_answer({"jobs": jobs, **members})

    @router.get(
        "/{job_id}",
        operation_id="get_job",
        summary="How far a job is, and where its result is",
        response_class=Response,
        responses={200: content("application/json", "Job", "The job"), **problems(400, 401, 404)},
    )
    def get_job(
        job_id: str, request: Request, resources: ResourcesDependency, principal: ViewerDependency
    ) -> Response:
        with resources.reading() as connection:
            job = records.find(connection, known_job_id(job_id), principal=principal)
        return json_answer(job_document(job, base=base_address(request)))

    @router.delete(
        "/{job_id}",
        operation_id="dismiss_job",
        summary="Call a job off; of one that has ended, throw the result away",
        response_class=Response,
        responses={
            200: content("application/json", "Job", "The job, dismissed"),
            **problems(400, 401, 404, 409),
        },
    )
    def dismiss_job(
        job_id: str, request: Request, resources: ResourcesDependency, principal: ViewerDependency
    ) -> Response:
        with resources.writing() as connection:
            job = records.dismiss(connection, known_job_id(job_id), principal=principal)
        return json_answer(job_document(job, base=base_address(request)))

    return router
