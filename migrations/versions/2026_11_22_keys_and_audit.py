"""API keys and the audit.

Nobody is served without a key, and whoever must defend a refusal in court must show that the
record of it was not touched: the role that serves can append to the audit and read it, no more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "keys_and_audit"
down_revision: str | None = "networks_and_packs"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Create the tables; a key may be revoked, an entry of the audit never changed."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("areas", sa.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.CheckConstraint(
            "role IN ('viewer', 'editor', 'reviewer', 'admin')", name=op.f("ck_api_key_role_known")
        ),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_api_key_hash_is_sha256")),
        sa.CheckConstraint(
            "array_position(areas, NULL) IS NULL", name=op.f("ck_api_key_areas_given")
        ),
    )
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
        sa.UniqueConstraint("previous_hash", name="uq_audit_previous_hash"),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_audit_sequence_from_1")),
        sa.CheckConstraint(
            "octet_length(hash) = 32 AND octet_length(previous_hash) = 32",
            name=op.f("ck_audit_hashes_are_sha256"),
        ),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (revoked_at) ON api_key TO yike_app")
    op.execute("GRANT SELECT, INSERT ON audit TO yike_app")


def downgrade() -> None:
    """Remove the tables, and with them every key and the audit."""
    op.drop_table("audit")
    op.drop_table("api_key")
