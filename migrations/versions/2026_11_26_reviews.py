"""Stored reviews of housing projects, overrides of their findings, signatures under them.

The role that serves may insert and read, nothing else; a signed review takes no more overrides,
whoever asks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "reviews"
down_revision: str | None = "projects"
branch_labels: None = None
depends_on: None = None

TABLES = ("review_signature", "review_override", "review")
VERDICTS = "('not_pass', 'undetermined', 'pass_with_advice', 'pass')"

SIGNED_FUNCTION = """
CREATE FUNCTION refuse_override_after_signature() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM public.review_signature WHERE review_id = NEW.review_id) THEN
        RAISE EXCEPTION 'review % is signed', NEW.review_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Create the tables and their grants."""
    _create_review()
    _create_override()
    op.create_table(
        "review_signature",
        sa.Column("review_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("overrides", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column(
            "signed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("signed_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("review_id", name="pk_review_signature"),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name="fk_review_signature_review_id_review"
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_review_signature_name_given")),
        sa.CheckConstraint("overrides >= 0", name=op.f("ck_review_signature_overrides_from_0")),
        sa.CheckConstraint(
            f"verdict IN {VERDICTS}", name=op.f("ck_review_signature_verdict_known")
        ),
    )
    op.execute(SIGNED_FUNCTION)
    op.execute(
        "CREATE TRIGGER signed_is_final BEFORE INSERT ON review_override FOR EACH ROW "
        "EXECUTE FUNCTION refuse_override_after_signature()"
    )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO yike_app")


def downgrade() -> None:
    """Drop the tables."""
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_override_after_signature()")


def _create_review() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("project_id", sa.Text(collation="C"), nullable=False),
        sa.Column("project_name", sa.Text),
        sa.Column("project_version", sa.Integer),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("illustration", sa.Boolean, nullable=False),
        sa.Column("inputs", JSONB, nullable=False),
        sa.Column("result", JSONB, nullable=False),
        sa.Column("code_version", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("data_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_by_name", sa.Text, nullable=False),
        sa.Column("site", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sa.CheckConstraint("id ~ '^[0-9a-f]{32}$'", name=op.f("ck_review_id_is_hexadecimal")),
        sa.CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_review_hash_is_sha256")),
        sa.CheckConstraint(
            "stage IN ('plan', 'land_grant', 'design', 'verification', 'completion', 'handover')",
            name=op.f("ck_review_stage_known"),
        ),
        sa.CheckConstraint(f"verdict IN {VERDICTS}", name=op.f("ck_review_verdict_known")),
    )
    op.create_index("ix_review_project_id", "review", ["project_id", "id"])


def _create_override() -> None:
    op.create_table(
        "review_override",
        sa.Column("review_id", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("finding", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("effective_verdict", sa.Text, nullable=False),
        sa.Column(
            "given_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("review_id", "number", name="pk_review_override"),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name="fk_review_override_review_id_review"
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_review_override_number_from_1")),
        sa.CheckConstraint("finding >= 0", name=op.f("ck_review_override_finding_from_0")),
        sa.CheckConstraint(
            "reason <> '' AND name <> ''", name=op.f("ck_review_override_reason_and_name_given")
        ),
        sa.CheckConstraint(
            "verdict IN ('met', 'met_relaxed', 'advise', 'not_met', 'undetermined', "
            "'not_applicable')",
            name=op.f("ck_review_override_verdict_known"),
        ),
        sa.CheckConstraint(
            f"effective_verdict IN {VERDICTS}",
            name=op.f("ck_review_override_effective_verdict_known"),
        ),
    )
