"""The jobs: who asked for what, how far it is, and how it ended.

The queue itself is procrastinate's, in a schema of its own; an entry there only says that a job
waits or is worked on. This table is the record, and outlives the entry.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
)

from service.core.database import METADATA

# Schema of procrastinate's tables.
QUEUE_SCHEMA: Final = "queue"

ACCEPTED: Final = "accepted"
RUNNING: Final = "running"
SUCCESSFUL: Final = "successful"
FAILED: Final = "failed"
DISMISSED: Final = "dismissed"
# As OGC API Processes calls them.
STATUSES: Final = (ACCEPTED, RUNNING, SUCCESSFUL, FAILED, DISMISSED)
ACTIVE: Final = (ACCEPTED, RUNNING)
WHOLE: Final = 100

_WORDS = ", ".join(f"'{status}'" for status in STATUSES)

JOB: Final = Table(
    "job",
    METADATA,
    Column("id", Text(collation="C"), primary_key=True),
    Column("process", Text, nullable=False),
    # As text: JSONB would give its exact numbers back as floats.
    Column("inputs", Text, nullable=False),
    # The day it was asked on: what `today` means however late the job is begun.
    Column("asked_on", Date, nullable=False),
    # How OGC API Processes hands the result out: raw or document.
    Column("response", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("actor", Text, nullable=False),
    # Areas the key is limited to; empty means no limit.
    Column("areas", ARRAY(Text), nullable=False),
    Column("status", Text, nullable=False),
    Column("progress", SmallInteger, nullable=False, server_default="0"),
    Column("message", Text),
    # Counts how often a worker began: whoever holds an older number has lost the job.
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    # The result is a stored run, or a document.
    Column("evaluation_id", Text),
    Column("result", Text),
    # Of a failed one: the problem as it is answered.
    Column("problem", Text),
    CheckConstraint("id ~ '^[0-9a-f]{32}$'", name="id_is_random"),
    CheckConstraint(f"status IN ({_WORDS})", name="status_known"),
    CheckConstraint("response IN ('raw', 'document')", name="response_known"),
    CheckConstraint("progress BETWEEN 0 AND 100", name="progress_is_percent"),
    CheckConstraint("attempt >= 0", name="attempt_counted"),
    CheckConstraint(
        "(status IN ('successful', 'failed', 'dismissed')) = (finished_at IS NOT NULL)",
        name="ended_is_dated",
    ),
    CheckConstraint(
        "(status = 'successful') = (evaluation_id IS NOT NULL OR result IS NOT NULL)",
        name="success_has_result",
    ),
    CheckConstraint("(status = 'failed') = (problem IS NOT NULL)", name="failure_has_problem"),
)
Index("ix_job_created_at", JOB.c.created_at, JOB.c.id)
Index(
    "ix_job_actor_active",
    JOB.c.actor,
    postgresql_where=JOB.c.status.in_(ACTIVE),
)
