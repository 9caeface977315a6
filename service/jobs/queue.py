"""The queue: procrastinate's, spoken to from the same transactions that write the record.

An entry is made, and called off, together with the row of its job: a job is never recorded without
being queued, nor queued without being recorded. The identifier of a job is the lock of its entry,
so that none waits twice and none is worked on twice.
"""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Connection, text

QUEUE: Final = "jobs"
TASK: Final = "run_job"

_DEFER: Final = text("""
    SELECT queue.procrastinate_defer_jobs_v1(ARRAY[
        ROW(:queue, :task, :priority, :job, :job, CAST(:args AS jsonb), NULL)
    ]::queue.procrastinate_job_to_defer_v1[])
""")
_CALL_OFF: Final = text("""
    SELECT queue.procrastinate_cancel_job_v1(entry.id, true, true)
    FROM queue.procrastinate_jobs AS entry
    WHERE entry.lock = :job AND entry.status IN ('todo', 'doing')
""")
# Nobody else can be about to queue them: a job and its entry are committed together.
_UNQUEUED: Final = text("""
    SELECT job.id FROM public.job
    WHERE job.status IN ('accepted', 'running') AND NOT EXISTS (
        SELECT FROM queue.procrastinate_jobs AS entry
        WHERE entry.lock = job.id AND entry.status IN ('todo', 'doing')
    )
    FOR UPDATE SKIP LOCKED
""")
_CLEAR: Final = text("""
    DELETE FROM queue.procrastinate_jobs
    WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')
""")


def put(connection: Connection, job_id: str, *, priority: int = 0) -> None:
    """Queue a job, in the transaction that records it.

    Parameters
    ----------
    priority
        Higher ones are begun earlier; of the same, the one that came first.
    """
    values = {
        "queue": QUEUE,
        "task": TASK,
        "priority": priority,
        "job": job_id,
        "args": json.dumps({"job_id": job_id}),
    }
    connection.execute(_DEFER, values)


def call_off(connection: Connection, job_id: str) -> None:
    """Take a job that waits out of the queue; tell the worker of one that runs to stop."""
    connection.execute(_CALL_OFF, {"job": job_id})


def put_back_lost(connection: Connection) -> int:
    """Queue again what is neither ended nor queued, and clear what is left of ended entries.

    Returns
    -------
    How many jobs were lost: none, unless somebody emptied the queue.
    """
    connection.execute(_CLEAR)
    lost = connection.execute(_UNQUEUED).scalars().all()
    for job_id in lost:
        put(connection, job_id)
    return len(lost)
