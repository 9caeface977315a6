"""Jobs: their status, results and dismissal, and the list (OGC API Processes Part 1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import ColumnElement, Row, any_, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, Text

from service.core.errors.catalogue import told_problem
from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NoSuchJobError, NotFoundError, ResultNotReadyError
from service.core.language import LanguageDependency
from service.core.paging import decode_cursor, page_members
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.jobs import records
from service.jobs.catalogue import find_process
from service.jobs.process import Outcome
from service.jobs.router import JOB_ID, known_job_id
from service.jobs.tables import ACTIVE, FAILED, JOB, STATUSES, SUCCESSFUL
from service.ogc.address import JSON, base, link
from service.ogc.asking import read_limit
from service.ogc.cql.errors import FilterError
from service.ogc.cql.temporal import OPEN, read_day, read_instant
from service.ogc.processes import RELATION, json_response, require_json
from service.ogc.results import results

_PART1: Final = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
CONFORMANCE: Final = (f"{_PART1}/job-list", f"{_PART1}/dismiss")
LIST_PARAMETERS: Final = (
    "limit",
    "after",
    "type",
    "processID",
    "status",
    "datetime",
    "minDuration",
    "maxDuration",
)
# The only type of job there is here.
_TYPE: Final = "process"
_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)


def build_router() -> APIRouter:
    """Return the routes ``/jobs``, ``/jobs/{id}`` and ``/jobs/{id}/results``."""
    router = APIRouter()

    @router.get("/jobs")
    def list_all(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        require_json(request, *LIST_PARAMETERS)
        query = request.query_params
        limit = read_limit(query.get("limit"), resources.settings.page)
        after = None if "after" not in query else decode_cursor(query["after"])
        if after is not None and not JOB_ID.fullmatch(after):
            raise InvalidParameterError.of("after", "a cursor of another list")
        conditions = _conditions(query)
        with resources.reading() as connection:
            found = records.list_jobs(
                connection, *conditions, principal=principal, after=after, limit=limit + 1
            )
        shown = found[:limit]
        paged = page_members(
            request,
            next_key=shown[-1].id if len(found) > limit else None,
            returned=len(shown),
            matched=None,
        )
        links = [{**one, "type": JSON, "title": one["rel"]} for one in paged["links"]]
        document = {"jobs": [status_info(request, job) for job in shown], "links": links}
        return json_response(document, language)

    @router.get("/jobs/{job_id}")
    def status(
        job_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        require_json(request)
        with _known(), resources.reading() as connection:
            job = records.find(connection, known_job_id(job_id), principal=principal)
        return json_response(status_info(request, job), language)

    @router.delete("/jobs/{job_id}")
    def dismiss(
        job_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        require_json(request)
        with _known(), resources.writing() as connection:
            job = records.dismiss(connection, known_job_id(job_id), principal=principal)
        return json_response(status_info(request, job), language)

    @router.get("/jobs/{job_id}/results")
    def job_results(
        job_id: str, request: Request, resources: ResourcesDependency, principal: ViewerDependency
    ) -> Response:
        require_json(request)
        with _known(), resources.reading() as connection:
            job = records.find(
                connection, known_job_id(job_id), principal=principal, with_result=True
            )
        if job.status in ACTIVE:
            raise ResultNotReadyError(f"The job is {job.status}: it has no results yet.")
        if job.status == FAILED:
            raise told_problem(json.loads(job.problem))
        if job.status != SUCCESSFUL:
            raise NotFoundError("The job was dismissed: it has no results.")
        return results(
            request,
            resources,
            principal,
            find_process(job.process),
            Outcome(evaluation_id=job.evaluation_id, document=job.result),
            job.response,
            job.language,
        )

    return router


def status_info(request: Request, job: Row[Any]) -> dict[str, Any]:
    """Return the status of a job as the standard writes it; what is not known is left out."""
    here = f"{base(request)}/jobs/{job.id}"
    links = [link(here, "self", JSON, "This job")]
    if job.status == SUCCESSFUL:
        links.append(link(f"{here}/results", f"{RELATION}/results", JSON, "Results"))
    elif job.status == FAILED:
        links.append(link(f"{here}/results", f"{RELATION}/exceptions", JSON, "Why it failed"))
    moments = {
        "created": job.created_at,
        "started": job.started_at,
        "finished": job.finished_at,
        "updated": job.updated_at,
    }
    return {
        "processID": job.process,
        "type": _TYPE,
        "jobID": job.id,
        "status": job.status,
        **({} if job.message is None else {"message": job.message}),
        "progress": job.progress,
        **{name: at.astimezone(UTC) for name, at in moments.items() if at is not None},
        "links": links,
    }


@contextmanager
def _known() -> Iterator[None]:
    """Name the fault as the standard does."""
    try:
        yield
    except NotFoundError as error:
        raise NoSuchJobError(error.detail) from None


def _conditions(query: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if "type" in query and _TYPE not in query["type"].split(","):
        conditions.append(literal(value=False))
    if "processID" in query:
        conditions.append(JOB.c.process == _any_of(query["processID"].split(",")))
    if "status" in query:
        statuses = query["status"].split(",")
        for one in statuses:
            if one not in STATUSES:
                raise InvalidParameterError.of("status", f"expected {' or '.join(STATUSES)}")
        conditions.append(JOB.c.status == _any_of(statuses))
    if "datetime" in query:
        conditions += _created(query["datetime"])
    taken = func.coalesce(JOB.c.finished_at, func.clock_timestamp()) - JOB.c.started_at
    if "minDuration" in query:
        conditions.append(taken >= literal(_seconds(query, "minDuration")))
    if "maxDuration" in query:
        conditions.append(taken <= literal(_seconds(query, "maxDuration")))
    return conditions


def _any_of(values: list[str]) -> ColumnElement[Any]:
    return any_(literal(values, ARRAY(Text)))


def _seconds(query: Mapping[str, str], name: str) -> timedelta:
    if not _SECONDS.fullmatch(query[name]):
        raise InvalidParameterError.of(name, "expected whole seconds from 0")
    return timedelta(seconds=int(query[name]))


def _created(text: str) -> list[ColumnElement[bool]]:
    """Read an instant, a day or an interval of them, against the time a job was created."""
    parts = text.split("/")
    wrong = InvalidParameterError.of("datetime", "expected an instant or an interval start/end")
    if len(parts) > 2:  # noqa: PLR2004  start and end
        raise wrong
    try:
        first = None if parts[0] in {"", OPEN} and len(parts) > 1 else _edge(parts[0], last=False)
        last = None if parts[-1] in {"", OPEN} and len(parts) > 1 else _edge(parts[-1], last=True)
    except FilterError:
        raise wrong from None
    if first is not None and last is not None and first > last:
        raise InvalidParameterError.of("datetime", "ends before it starts")
    conditions: list[ColumnElement[bool]] = []
    if first is not None:
        conditions.append(JOB.c.created_at >= literal(first, DateTime(timezone=True)))
    if last is not None:
        conditions.append(JOB.c.created_at <= literal(last, DateTime(timezone=True)))
    return conditions


def _edge(text: str, *, last: bool) -> datetime:
    if "T" in text.upper():
        return read_instant(text)
    return datetime.combine(read_day(text), time.max if last else time.min, UTC)
