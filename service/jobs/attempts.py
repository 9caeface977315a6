"""How a job that runs goes on and ends, as its row tells; one attempt at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, update

from service.jobs.records import touched
from service.jobs.tables import ACCEPTED, ACTIVE, FAILED, JOB, RUNNING, SUCCESSFUL, WHOLE


def begin(connection: Connection, job_id: str) -> Row[Any] | None:
    """Take a job on; None when it has ended, as when it was dismissed."""
    begun = connection.execute(
        update(JOB)
        .where(JOB.c.id == job_id, JOB.c.status.in_(ACTIVE))
        .values(
            status=RUNNING,
            attempt=JOB.c.attempt + 1,
            started_at=func.coalesce(JOB.c.started_at, func.clock_timestamp()),
            progress=0,
            **touched(),
        )
        .returning(JOB)
    )
    return begun.one_or_none()


def advance(
    connection: Connection, job_id: str, *, attempt: int, progress: int, message: str
) -> bool:
    """Record how far a job is; False when this worker no longer has it."""
    return _write(connection, job_id, attempt, progress=progress, message=message)


def succeed(
    connection: Connection,
    job_id: str,
    *,
    attempt: int,
    evaluation_id: str | None,
    result: str | None,
) -> bool:
    """Record the result of a job; False when this worker no longer has it."""
    return _write(
        connection,
        job_id,
        attempt,
        status=SUCCESSFUL,
        progress=WHOLE,
        message=None,
        evaluation_id=evaluation_id,
        result=result,
        finished_at=func.clock_timestamp(),
    )


def fail(
    connection: Connection, job_id: str, *, attempt: int, problem: Mapping[str, object]
) -> bool:
    """Record why a job failed; False when this worker no longer has it."""
    return _write(
        connection,
        job_id,
        attempt,
        status=FAILED,
        message=str(problem["detail"]),
        problem=json.dumps(problem),
        finished_at=func.clock_timestamp(),
    )


def release(connection: Connection, job_id: str, *, attempt: int) -> bool:
    """Give a job back whose worker stops: this attempt at it does not count."""
    return _write(
        connection,
        job_id,
        attempt,
        status=ACCEPTED,
        progress=0,
        message=None,
        attempt=JOB.c.attempt - 1,
    )


def _write(connection: Connection, job_id: str, held: int, **values: Any) -> bool:  # noqa: ANN401  # columns
    written = connection.execute(
        update(JOB)
        .where(JOB.c.id == job_id, JOB.c.status == RUNNING, JOB.c.attempt == held)
        .values(**{**touched(), **values})
    )
    return written.rowcount == 1
