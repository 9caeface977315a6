"""Networks whose import was taken back are stored, and as if never in use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "network_withdrawn"
down_revision: str | None = "final_states"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Let a network be in use since never."""
    op.alter_column("network", "used_since", existing_type=_moment(), nullable=True)


def downgrade() -> None:
    """Have every network in use since it was made, those in use later before those taken back."""
    op.execute("UPDATE network SET used_since = created_at WHERE used_since IS NULL")
    op.alter_column("network", "used_since", existing_type=_moment(), nullable=False)


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)
