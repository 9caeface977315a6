"""Scenarios that are kept.

A version is never changed: the serving role adds the next one, and one that closes the scenario.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "scenarios"
down_revision: str | None = "browser_sessions"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "scenario",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base_evaluation", sa.Text, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_scenario"),
        sa.ForeignKeyConstraint(
            ["base_evaluation"], ["evaluation.id"], name="fk_scenario_base_evaluation_evaluation"
        ),
        sa.CheckConstraint("id ~ '^[0-9a-f]{16}$'", name=op.f("ck_scenario_id_is_random")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_scenario_version_from_1")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_scenario_name_given")),
    )
    op.execute("GRANT SELECT, INSERT ON scenario TO yike_app")


def downgrade() -> None:
    """Remove the table, and with it every scenario."""
    op.drop_table("scenario")
