"""Keys say whose they are, so that two keys of one person do not count as two persons.

Of the keys there are, the name says whose they are: it is what a signature compared until now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "key_persons"
down_revision: str | None = "jobs"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Add the person; the serving role may name it when it makes a key, and never again."""
    op.add_column("api_key", sa.Column("person", sa.Text))
    op.execute("UPDATE api_key SET person = CASE WHEN name = '' THEN id ELSE name END")
    op.alter_column("api_key", "person", nullable=False)
    op.create_check_constraint(op.f("ck_api_key_person_given"), "api_key", "person <> ''")


def downgrade() -> None:
    """Forget whose keys they are."""
    op.drop_column("api_key", "person")
