"""The jobs as they are kept: asked for, followed, ended, and who may see one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Text,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from service.core import audit, scope
from service.core.errors.limits import TooManyJobsError
from service.core.errors.state import ConflictError, NotFoundError
from service.core.geojson import encode_json
from service.core.json_input import Json
from service.core.keys import Principal
from service.core.language import Language
from service.jobs import queue
from service.jobs.tables import ACCEPTED, ACTIVE, DISMISSED, FAILED, JOB, RUNNING, SUCCESSFUL, WHOLE
from service.jobs.wording import said

# A class of locks of its own, so that no other lock of the database is meant.
_KEY_LOCK: Final = 0x4A4F42
_RETRY_S: Final = "10"
_LISTED: Final = tuple(column for column in JOB.c if column.name not in {"inputs", "result"})


def submit(
    connection: Connection,
    process: str,
    inputs: Json,
    *,
    principal: Principal,
    language: Language,
    asked_on: date,
    most_per_key: int,
    response: str = "raw",
) -> Row[Any]:
    """Record a job and queue it, both in the caller's transaction.

    The more jobs of a key wait, the later its next one is begun: whoever asks for many does not
    hold up who asks for one.

    Parameters
    ----------
    inputs
        As given, and checked by the process.
    asked_on
        The day where the service stands.
    most_per_key
        Jobs of a key that may wait or run at the same time.

    Raises
    ------
    TooManyJobsError
        When the key has as many already.
    """
    # Two requests of one key at once must not both find room for the last one.
    number = func.hashtext(principal.id)
    connection.execute(select(func.pg_advisory_xact_lock(_KEY_LOCK, number)))
    active = connection.execute(
        select(func.count()).where(JOB.c.actor == principal.id, JOB.c.status.in_(ACTIVE))
    ).scalar_one()
    if active >= most_per_key:
        raise TooManyJobsError(
            f"{active} jobs of this key wait or run already; wait for one to end, or dismiss one.",
            headers={"Retry-After": _RETRY_S},
        )
    job_id = secrets.token_hex(16)
    connection.execute(
        insert(JOB).values(
            id=job_id,
            process=process,
            inputs=encode_json(inputs),
            asked_on=asked_on,
            response=response,
            language=language,
            actor=principal.id,
            areas=list(principal.areas),
            status=ACCEPTED,
            message=said("waiting", language),
        )
    )
    queue.put(connection, job_id, priority=-active)
    audit.record(
        connection,
        actor=principal.id,
        action="submit",
        target=f"job/{job_id}",
        detail={"process": process},
    )
    return find(connection, job_id, principal=principal)


def find(
    connection: Connection, job_id: str, *, principal: Principal, with_result: bool = False
) -> Row[Any]:
    """Return a job as it is shown.

    Parameters
    ----------
    with_result
        Read the result too; that and the inputs may be large.

    Raises
    ------
    NotFoundError
        When there is none, or the key may not see it.
    """
    wanted = visible(connection, principal)
    columns = (*_LISTED, JOB.c.result) if with_result else _LISTED
    row = connection.execute(select(*columns).where(JOB.c.id == job_id, *wanted)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such job.")
    return row


def visible(connection: Connection, principal: Principal) -> list[ColumnElement[bool]]:
    """Return what a job must meet to be seen with a key.

    A key sees its own. An administrator's sees all; scoped to areas, those of keys whose areas
    all lie in its own.
    """
    own = JOB.c.actor == principal.id
    if principal.role != "admin":
        return [own]
    codes = scope.area_codes(connection, principal)
    if codes is None:
        return []
    within = JOB.c.areas.op("<@", is_comparison=True)(literal(sorted(codes), ARRAY(Text)))
    return [or_(own, and_(func.cardinality(JOB.c.areas) > 0, within))]


def list_jobs(
    connection: Connection,
    *conditions: ColumnElement[bool],
    principal: Principal,
    after: str | None = None,
    limit: int,
) -> list[Row[Any]]:
    """Return jobs without inputs and results, the newest first.

    Parameters
    ----------
    *conditions
        Which of those the key may see.
    after
        Only those behind this one.
    """
    wanted = [*visible(connection, principal), *conditions]
    if after is not None:
        here = select(JOB.c.created_at).where(JOB.c.id == after).scalar_subquery()
        wanted.append(
            or_(JOB.c.created_at < here, and_(JOB.c.created_at == here, JOB.c.id < after))
        )
    statement = select(*_LISTED).where(*wanted)
    ordered = statement.order_by(JOB.c.created_at.desc(), JOB.c.id.desc()).limit(limit)
    return list(connection.execute(ordered))


def dismiss(connection: Connection, job_id: str, *, principal: Principal) -> Row[Any]:
    """Call a job off, or throw the result of an ended one away, in the caller's transaction.

    A run that an evaluation has stored stays: it is the same run for whoever asks for it.

    Raises
    ------
    NotFoundError
        When there is none, or the key may not see it.
    ConflictError
        When it was dismissed before.
    """
    row = find(connection, job_id, principal=principal)
    ended = connection.execute(
        update(JOB)
        .where(JOB.c.id == job_id, JOB.c.status != DISMISSED)
        .values(
            status=DISMISSED,
            message=said("dismissed", row.language),
            evaluation_id=None,
            result=None,
            problem=None,
            **_now(),
            finished_at=func.coalesce(JOB.c.finished_at, func.clock_timestamp()),
        )
    )
    if ended.rowcount == 0:
        raise ConflictError("The job was dismissed before.")
    queue.call_off(connection, job_id)
    audit.record(connection, actor=principal.id, action="dismiss", target=f"job/{job_id}")
    return find(connection, job_id, principal=principal)


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
            **_now(),
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


def expire(connection: Connection, *, keep_days: float) -> int:
    """Remove jobs that ended so many days ago; return how many."""
    before = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, keep_days * 86_400)
    removed: int = connection.execute(select(func.expire_jobs(before))).scalar_one()
    return removed


def _write(connection: Connection, job_id: str, held: int, **values: Any) -> bool:  # noqa: ANN401  # columns
    written = connection.execute(
        update(JOB)
        .where(JOB.c.id == job_id, JOB.c.status == RUNNING, JOB.c.attempt == held)
        .values(**{**_now(), **values})
    )
    return written.rowcount == 1


def _now() -> dict[str, Any]:
    return {"updated_at": func.clock_timestamp()}
