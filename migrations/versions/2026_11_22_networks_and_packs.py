"""Street networks and rule packs, both in immutable versions.

An evaluation names the versions it used; it can be replayed only while those never change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "networks_and_packs"
down_revision: str | None = "history"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Create the tables; the role that serves may add versions and choose the one in use."""
    op.create_table(
        "network",
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("crs", sa.Text, nullable=False),
        _instant("created_at", server_default=sa.func.now()),
        _instant("used_since"),
        sa.Column("nodes", sa.Integer, nullable=False),
        sa.Column("edges", sa.Integer, nullable=False),
        sa.Column("length_m", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_network"),
        sa.CheckConstraint("version ~ '^[0-9a-f]{64}$'", name=op.f("ck_network_version_is_sha256")),
        sa.CheckConstraint(
            "nodes >= 0 AND edges >= 0 AND length_m >= 0", name=op.f("ck_network_not_negative")
        ),
    )
    op.create_table(
        "network_edge",
        sa.Column("network_version", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("u", sa.Integer, nullable=False),
        sa.Column("v", sa.Integer, nullable=False),
        sa.Column("length_m", sa.Double, nullable=False),
        sa.Column("highway", sa.Text),
        sa.Column("geometry", Geometry("LINESTRING", 4326, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("network_version", "number", name="pk_network_edge"),
        sa.ForeignKeyConstraint(
            ["network_version"],
            ["network.version"],
            name="fk_network_edge_network_version_network",
        ),
        sa.CheckConstraint(
            "length_m > 0 AND length_m < 'Infinity'", name=op.f("ck_network_edge_length_m_positive")
        ),
        sa.CheckConstraint(
            "number >= 0 AND u >= 0 AND v >= 0", name=op.f("ck_network_edge_not_negative")
        ),
    )
    op.create_index(
        "ix_network_edge_geometry", "network_edge", ["geometry"], postgresql_using="gist"
    )
    op.create_table(
        "pack",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("document_no", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("effective_to", sa.Date),
        _instant("stored_at", server_default=sa.func.now()),
        _instant("used_since"),
        sa.PrimaryKeyConstraint("id", "version", name="pk_pack"),
        sa.CheckConstraint("version ~ '^[0-9a-f]{64}$'", name=op.f("ck_pack_version_is_sha256")),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_pack_effective_to_not_before_from")
        ),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (used_since) ON network, pack TO yike_app")
    op.execute("GRANT SELECT, INSERT ON network_edge TO yike_app")


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("pack")
    op.drop_table("network_edge")
    op.drop_table("network")


def _instant(
    name: str, *, server_default: sa.ColumnElement[Any] | None = None
) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=False, server_default=server_default
    )
