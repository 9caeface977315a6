"""What was odd about a street network when it was imported.

A network imported again is looked over again: what districts and facilities there are by then
changes how many lie near a street.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "network_diagnosis"
down_revision: str | None = "street_traits"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Add the column; of networks stored before nothing is known."""
    op.add_column("network", sa.Column("diagnosis", JSONB))
    op.execute("GRANT UPDATE (diagnosis) ON network TO yike_app")


def downgrade() -> None:
    """Drop the column, and its grant with it."""
    op.drop_column("network", "diagnosis")
