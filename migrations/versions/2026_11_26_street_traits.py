"""What is known of streets: directions, stairs, waits, bridges and slope.

Streets stored before were level and walked both ways.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "street_traits"
down_revision: str | None = "indicators_and_area_rules"
branch_labels: None = None
depends_on: None = None

TRAITS = (
    ("forward", sa.Boolean, "true"),
    ("backward", sa.Boolean, "true"),
    ("steps", sa.Boolean, "false"),
    ("crossings", sa.Double, "0"),
    ("lifts", sa.Double, "0"),
    ("structure", sa.SmallInteger, "0"),
    ("slope_forward", sa.Double, "1"),
    ("slope_backward", sa.Double, "1"),
)
CHECKS = {
    "open": "forward OR backward",
    "waits_not_negative": "crossings >= 0 AND lifts >= 0",
    "slope_from_1": "slope_forward >= 1 AND slope_backward >= 1",
}


def upgrade() -> None:
    """Add the columns; what is stored gets the values it was taken to have."""
    for name, kind, value in TRAITS:
        op.add_column(
            "network_edge", sa.Column(name, kind, nullable=False, server_default=sa.text(value))
        )
        op.alter_column("network_edge", name, server_default=None)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_network_edge_{name}"), "network_edge", condition)


def downgrade() -> None:
    """Drop the columns; a network whose streets differ in them cannot be kept as it was."""
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_network_edge_{name}"), "network_edge")
    for name, _, _ in reversed(TRAITS):
        op.drop_column("network_edge", name)
