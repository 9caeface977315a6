"""A job as it is shown under /v1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Row

from service.core.errors.problem import MEDIA_TYPE as PROBLEM
from service.jobs.tables import STATUSES, SUCCESSFUL

JOBS_PATH: Final = "/v1/jobs"


def base_address(request: Request) -> str:
    """Return the address of the service, without a slash at its end."""
    return str(request.url.replace(path="", query="", fragment="")).rstrip("/")


def job_document(job: Row[Any], *, base: str) -> dict[str, Any]:
    """Return a job as shown.

    Parameters
    ----------
    base
        Address of the service, without a slash at its end.
    """
    links = [_link("self", f"{base}{JOBS_PATH}/{job.id}")]
    if job.status == SUCCESSFUL:
        result = (
            f"{base}/ogc/jobs/{job.id}/results"
            if job.evaluation_id is None
            else f"{base}/v1/evaluations/{job.evaluation_id}"
        )
        links.append(_link("result", result))
    document: dict[str, Any] = {
        "id": job.id,
        "process": job.process,
        "status": job.status,
        "progress": job.progress,
        "message": job.message,
        "attempt": job.attempt,
        "created_at": job.created_at.astimezone(UTC),
        "started_at": _instant(job.started_at),
        "updated_at": job.updated_at.astimezone(UTC),
        "finished_at": _instant(job.finished_at),
        "created_by": job.actor,
        "areas": list(job.areas),
        "evaluation": job.evaluation_id,
    }
    if job.problem is not None:
        document["problem"] = json.loads(job.problem)
    return {**document, "links": links}


def _instant(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _link(relation: str, href: str) -> dict[str, str]:
    return {"rel": relation, "href": href, "type": "application/json"}


_TEXT: Final = {"type": "string"}
_MOMENT: Final = {"type": ["string", "null"], "format": "date-time"}
JOB_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A job: how far it is, and a link to its result once there is one",
        "required": ["id", "process", "status", "progress", "created_at", "links"],
        "properties": {
            "id": _TEXT,
            "process": _TEXT,
            "status": {"enum": list(STATUSES)},
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            "message": {"type": ["string", "null"], "description": "The stage it is at"},
            "attempt": {"type": "integer", "description": "How often a worker began it"},
            "created_at": _MOMENT,
            "started_at": _MOMENT,
            "updated_at": _MOMENT,
            "finished_at": _MOMENT,
            "created_by": _TEXT,
            "areas": {"type": "array", "items": _TEXT},
            "evaluation": {"type": ["string", "null"], "description": "The run it led to"},
            "problem": {"type": "object", "description": f"Why it failed, as {PROBLEM}"},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    }
)
JOBS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A page of jobs, the newest first",
        "required": ["jobs", "links"],
        "properties": {
            "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
            "numberReturned": {"type": "integer"},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    }
)
