"""Jobs: their record, and the queue of procrastinate in a schema of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager

revision: str = "jobs"
down_revision: str | None = "expired_imports"
branch_labels: None = None
depends_on: None = None

CHANGING = (
    "status",
    "progress",
    "message",
    "attempt",
    "started_at",
    "updated_at",
    "finished_at",
    "evaluation_id",
    "result",
    "problem",
)
CHECKS = {
    "id_is_random": "id ~ '^[0-9a-f]{32}$'",
    "status_known": "status IN ('accepted', 'running', 'successful', 'failed', 'dismissed')",
    "response_known": "response IN ('raw', 'document')",
    "progress_is_percent": "progress BETWEEN 0 AND 100",
    "attempt_counted": "attempt >= 0",
    "ended_is_dated": "(status IN ('successful', 'failed', 'dismissed')) "
    "= (finished_at IS NOT NULL)",
    "success_has_result": "(status = 'successful') "
    "= (evaluation_id IS NOT NULL OR result IS NOT NULL)",
    "failure_has_problem": "(status = 'failed') = (problem IS NOT NULL)",
}

# The role that serves may delete no job. What has ended long ago it may have removed, and only
# that: who asked for it stays in the audit.
EXPIRE = """
CREATE FUNCTION expire_jobs(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    expired bigint;
BEGIN
    DELETE FROM public.job
    WHERE finished_at < least(before, now()) AND status IN ('successful', 'failed', 'dismissed');
    GET DIAGNOSTICS expired = ROW_COUNT;
    RETURN expired;
END
$$
"""
# The functions name their tables without a schema; pinned, they can be called from any session.
PIN = """
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'queue'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = queue, pg_temp', one);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    """Create the record and the queue; who asked for what never changes."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "job",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("asked_on", sa.Date, nullable=False),
        sa.Column("response", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("areas", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("progress", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("message", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("started_at", moment),
        sa.Column("updated_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("finished_at", moment),
        sa.Column("evaluation_id", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_job_{name}"))
            for name, condition in CHECKS.items()
        ),
    )
    op.create_index("ix_job_created_at", "job", ["created_at", "id"])
    op.create_index(
        "ix_job_actor_active",
        "job",
        ["actor"],
        postgresql_where=sa.text("status IN ('accepted', 'running')"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({', '.join(CHANGING)}) ON job TO yike_app")
    op.execute(EXPIRE)
    op.execute("REVOKE ALL ON FUNCTION expire_jobs(timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION expire_jobs(timestamptz) TO yike_app")
    _install_queue()


def _install_queue() -> None:
    """Install procrastinate's own schema, as the version of it that is installed has it.

    An upgrade of procrastinate that changes it brings scripts, which a later migration runs where
    the comment of the schema names an older version.
    """
    op.execute("CREATE SCHEMA queue")
    op.execute("SET LOCAL search_path = queue, public")
    # Many statements in one text, with percent signs: the driver's cursor takes it as it is.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
    op.execute("SET LOCAL search_path TO DEFAULT")
    op.execute(PIN)
    op.execute("COMMENT ON SCHEMA queue IS 'procrastinate 3.10'")
    op.execute("GRANT USAGE ON SCHEMA queue TO yike_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO yike_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA queue TO yike_app")


def downgrade() -> None:
    """Drop both; jobs that wait are lost, results of ended ones too."""
    op.execute("DROP SCHEMA queue CASCADE")
    op.execute("DROP FUNCTION expire_jobs(timestamptz)")
    op.drop_table("job")
