"""Housing projects, as handed in, every version of them.

The document is the project file with its exact numbers; the other columns follow from it, for
lists, filters and maps.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "projects"
down_revision: str | None = "scenarios"
branch_labels: None = None
depends_on: None = None

CHECKS = {
    "id_given": "id <> ''",
    "version_from_1": "version >= 1",
    "superseded_after_recorded": "superseded_at > recorded_at",
    "valid_to_not_before_from": "valid_to >= valid_from",
    "stage_known": "stage IN ('plan', 'land_grant', 'design', 'verification', 'completion', "
    "'handover')",
    "units_minimum": "units >= 0",
    "document_is_object": "jsonb_typeof(document) = 'object'",
    "geometry_type": "GeometryType(geometry) IN ('POINT', 'POLYGON', 'MULTIPOLYGON')",
    "geometry_valid": "ST_IsValid(geometry)",
    "geometry_not_empty": "NOT ST_IsEmpty(geometry)",
    "geometry_in_range": "ST_XMin(geometry) >= -180 AND ST_XMax(geometry) <= 180 "
    "AND ST_YMin(geometry) >= -90 AND ST_YMax(geometry) <= 90",
}


def upgrade() -> None:
    """Create the table, its indexes and its seal."""
    op.create_table(
        "project",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True)),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
        sa.Column("name", sa.Text),
        sa.Column("stage", sa.Text),
        sa.Column("area", sa.Text),
        sa.Column("units", sa.BigInteger),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.Column("source_file", sa.Text, nullable=False),
        sa.Column("source_row", sa.BigInteger),
        sa.Column("source_crs", sa.Text, nullable=False),
        sa.Column("transformation", sa.Text),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_project"),
        *(
            sa.CheckConstraint(text, name=op.f(f"ck_project_{name}"))
            for name, text in CHECKS.items()
        ),
    )
    current = sa.text("superseded_at IS NULL")
    op.create_index("uq_project_current", "project", ["id"], unique=True, postgresql_where=current)
    op.create_index(
        "ix_project_geometry_current",
        "project",
        ["geometry"],
        postgresql_using="gist",
        postgresql_where=current,
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (superseded_at) ON project TO yike_app")
    op.execute(
        "CREATE TRIGGER history_is_sealed BEFORE UPDATE ON project FOR EACH ROW "
        "WHEN (OLD.superseded_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_history()"
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("project")
