"""Browsers sign in: one-time links and the sessions they open.

A link and a session are each found by the hash of their secret and belong to an API key: whoever
revokes the key ends both. The serving role uses up links and ends sessions, and deletes neither.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "browser_sessions"
down_revision: str | None = "data_imports"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "sign_in_link",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        _now("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        *_constraints("sign_in_link"),
    )
    op.create_table(
        "browser_session",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        _now("created_at"),
        _now("seen_at"),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        *_constraints("browser_session"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (used_at) ON sign_in_link TO yike_app")
    op.execute("GRANT SELECT, INSERT, UPDATE (seen_at, ended_at) ON browser_session TO yike_app")


def downgrade() -> None:
    """Remove the tables; every browser has to sign in again."""
    op.drop_table("browser_session")
    op.drop_table("sign_in_link")


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _constraints(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("hash", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=f"fk_{table}_key_id_api_key"),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f(f"ck_{table}_hash_is_sha256")),
    )
