"""Imports: read and looked at before they are stored, and taken back afterwards.

What an import wrote is known by two instants: writes follow one another, so every version
recorded between them is of that import and of no other.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "data_imports"
down_revision: str | None = "statistics"
branch_labels: None = None
depends_on: None = None

CHANGING = (
    "state",
    "stage",
    "rows_done",
    "report",
    "digest",
    "origin_crs",
    "transformation",
    "accepted",
    "quarantine",
    "quarantine_suffix",
    "committed_at",
    "committed_by",
    "after_instant",
    "until_instant",
    "undone_at",
    "undone_by",
)
CHECKS = {
    "state_known": "state IN ('reading', 'previewed', 'refused', 'failed', 'committed', 'undone', "
    "'discarded')",
    "id_given": "id <> ''",
    "committed_is_dated": "(state IN ('committed', 'undone')) = (committed_at IS NOT NULL)",
    "committed_is_whole": "(committed_at IS NULL) = (until_instant IS NULL) "
    "AND (committed_at IS NULL) = (after_instant IS NULL) "
    "AND (committed_at IS NULL) = (committed_by IS NULL)",
    "instants_in_order": "after_instant <= until_instant",
    "undone_is_dated": "(state = 'undone') = (undone_at IS NOT NULL)",
}


def upgrade() -> None:
    """Create the table; who, what and when of an import never change."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "data_import",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("rows_done", sa.BigInteger),
        sa.Column("created_at", moment, nullable=False, server_default=sa.func.now()),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("request", JSONB, nullable=False),
        sa.Column("report", sa.Text),
        sa.Column("digest", sa.Text),
        sa.Column("origin_crs", sa.Text),
        sa.Column("transformation", sa.Text),
        sa.Column("accepted", sa.LargeBinary),
        sa.Column("quarantine", sa.LargeBinary),
        sa.Column("quarantine_suffix", sa.Text),
        sa.Column("committed_at", moment),
        sa.Column("committed_by", sa.Text),
        sa.Column("after_instant", moment),
        sa.Column("until_instant", moment),
        sa.Column("undone_at", moment),
        sa.Column("undone_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_data_import"),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_data_import_{name}"))
            for name, condition in CHECKS.items()
        ),
    )
    op.create_index("ix_data_import_created_at", "data_import", ["created_at", "id"])
    columns = ", ".join(CHANGING)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({columns}) ON data_import TO yike_app")


def downgrade() -> None:
    """Drop the table; what was stored stays, but can no longer be taken back."""
    op.drop_table("data_import")
