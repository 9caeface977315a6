"""Imports that nobody stored expire: their rows are forgotten, that they were stays."""

from __future__ import annotations

from alembic import op

revision: str = "expired_imports"
down_revision: str | None = "reviews"
branch_labels: None = None
depends_on: None = None

_BEFORE = ("reading", "previewed", "refused", "failed", "committed", "undone", "discarded")
_NAME = "ck_data_import_state_known"


def upgrade() -> None:
    """Allow the state."""
    _allow((*_BEFORE, "expired"))


def downgrade() -> None:
    """Call what has expired discarded, which it is as good as."""
    op.execute("UPDATE data_import SET state = 'discarded' WHERE state = 'expired'")
    _allow(_BEFORE)


def _allow(states: tuple[str, ...]) -> None:
    words = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint(op.f(_NAME), "data_import", type_="check")
    op.create_check_constraint(op.f(_NAME), "data_import", f"state IN ({words})")
