"""The layers with their history, and the role that serves them.

Import diff, undo, replay and audit all rest on knowing every former version of a row, which no
later migration could recover. So areas, districts, buildings, facilities and parks are
append-only from the first migration on, and the role that serves can neither delete a version
nor change anything of it but the instant it was superseded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision: str = "history"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None

LAYERS = ("area", "district", "building", "facility", "park")
POLYGONS = ("POLYGON", "MULTIPOLYGON")
PLACES = ("POINT", "POLYGON", "MULTIPOLYGON")

# A role of this name may serve several databases of the cluster, so it is never dropped here.
CREATE_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'yike_app') THEN
        IF NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
            RAISE EXCEPTION 'the role yike_app does not exist and % may not create it', current_user
                USING HINT = 'let an administrator run: CREATE ROLE yike_app LOGIN PASSWORD ...';
        END IF;
        CREATE ROLE yike_app NOLOGIN;
    END IF;
END
$$
"""

# Storing goes through temporary tables; databases may have been closed to everybody, or, from
# before PostgreSQL 15, left open for everybody to create tables in.
PRIVILEGES = """
DO $$
BEGIN
    IF NOT has_database_privilege('yike_app', current_database(), 'TEMPORARY') THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO yike_app', current_database());
    END IF;
    IF has_schema_privilege('yike_app', 'public', 'CREATE') THEN
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
    GRANT USAGE ON SCHEMA public TO yike_app;
END
$$
"""

# Privileges limit which column changes; this limits how: a superseded version stays superseded.
SEAL_FUNCTION = """
CREATE FUNCTION refuse_change_of_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'version % of % is history and cannot change', OLD.version, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""


def upgrade() -> None:
    """Create the extension, the role, the state of the data and the five layers."""
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute(CREATE_ROLE)
    op.execute(PRIVILEGES)
    # Whoever serves asks whether the schema is the one it needs.
    op.execute("GRANT SELECT ON alembic_version TO yike_app")
    op.create_table(
        "data_state",
        sa.Column("singleton", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("instant", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("singleton", name="pk_data_state"),
        sa.CheckConstraint("singleton", name=op.f("ck_data_state_one_row")),
    )
    op.execute("INSERT INTO data_state (instant) VALUES (clock_timestamp())")
    op.execute("GRANT SELECT, UPDATE (instant) ON data_state TO yike_app")
    op.execute(SEAL_FUNCTION)
    _create_area()
    _create_district()
    _create_building()
    _create_facility()
    _create_park()
    for table in LAYERS:
        op.execute(f"GRANT SELECT, INSERT, UPDATE (superseded_at) ON {table} TO yike_app")
        op.execute(
            f"CREATE TRIGGER history_is_sealed BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN (OLD.superseded_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_history()"
        )


def downgrade() -> None:
    """Remove the tables; the extension and the role may serve others and stay."""
    for table in (*LAYERS, "data_state"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change_of_history()")


def _create_area() -> None:
    _create_layer(
        "area",
        "code",
        [
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("level", sa.Text),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("parent", sa.Text),
            *_counts(
                "population", "households", "population_60_plus", "population_0_3", "employees"
            ),
            sa.Column("source", sa.Text),
        ],
        {
            "level_known": "level IN ('province', 'prefecture', 'county', 'township', 'community')",
            "kind_known": "kind IN ('province', 'prefecture', 'county', 'subdistrict', 'town', "
            "'township', 'urban_community', 'rural_community', 'planning_unit')",
        },
        POLYGONS,
    )
    _index_current("area", "parent")


def _create_district() -> None:
    _create_layer(
        "district",
        "id",
        [
            sa.Column("name", sa.Text),
            sa.Column("stage", sa.Text),
            sa.Column("permitted_on", sa.Date),
            *_counts("households", "population", "population_60_plus", "population_0_3"),
            sa.Column("community", sa.Text),
            sa.Column("pool", sa.Text),
            sa.Column("land_grant", sa.Text),
            sa.Column("siting_difficult", sa.Boolean),
            sa.Column("low_demand", sa.Boolean),
            sa.Column("conditions_available", sa.Boolean),
            sa.Column("justified_by", sa.Text),
            sa.Column("justified_on", sa.Date),
            sa.Column("justified_body", sa.Text),
            sa.Column("approved_radius_m", sa.Numeric),
            sa.Column("source", sa.Text),
            sa.Column("entrances", Geometry("MULTIPOINT", 4326, spatial_index=False)),
        ],
        {
            "stage_known": "stage IN ('planned', 'new', 'existing')",
            "approved_radius_m_minimum": "approved_radius_m >= 0",
            "approved_radius_m_maximum": "approved_radius_m <= 800",
            "justification_complete": "NOT (coalesce(siting_difficult, false) "
            "OR coalesce(low_demand, false) OR coalesce(conditions_available, false)) "
            "OR (justified_by IS NOT NULL AND justified_on IS NOT NULL "
            "AND justified_body IS NOT NULL)",
        },
        PLACES,
    )
    _index_current("district", "community")


def _create_building() -> None:
    _create_layer(
        "building",
        "id",
        [
            sa.Column("district_id", sa.Text, nullable=False),
            *_counts("households"),
            sa.Column("source", sa.Text),
        ],
        {},
        PLACES,
    )
    _index_current("building", "district_id")


def _create_facility() -> None:
    areas = ("floor_area_m2", "childcare_floor_area_m2", "site_area_m2")
    _create_layer(
        "facility",
        "id",
        [
            sa.Column("name", sa.Text),
            sa.Column("service", sa.Text),
            sa.Column("kind", sa.Text, nullable=False),
            *(sa.Column(name, sa.Numeric) for name in areas),
            *_counts("places", "inclusive_places", "beds", "nursing_beds", "dementia_beds"),
            sa.Column("operator", sa.Text),
            sa.Column("open_to_residents", sa.Boolean),
            sa.Column("takes_outside_children", sa.Boolean),
            sa.Column("registered", sa.Boolean),
            sa.Column("service_area", sa.ARRAY(sa.Text)),
            sa.Column("floor_level", sa.BigInteger),
            sa.Column("own_entrance", sa.Boolean),
            sa.Column("lift", sa.Boolean),
            sa.Column("status", sa.Text),
            sa.Column("approved_on", sa.Date),
            sa.Column("built_on", sa.Date),
            sa.Column("accepted_on", sa.Date),
            sa.Column("handed_over_on", sa.Date),
            sa.Column("opened_on", sa.Date),
            sa.Column("closed_on", sa.Date),
            sa.Column("district_id", sa.Text),
            sa.Column("project_id", sa.Text),
            sa.Column("pool", sa.Text),
            sa.Column("source", sa.Text),
            sa.Column("entrances", Geometry("MULTIPOINT", 4326, spatial_index=False)),
        ],
        {
            "service_known": "service IN ('childcare', 'elderly', 'education')",
            "kind_known": "kind IN ('nursery', 'community_childcare', 'kindergarten_class', "
            "'workplace_childcare', 'home_childcare', 'care_home', 'day_care', 'complex', "
            "'regional_centre', 'disabled_care', 'mutual_aid', 'home_service_station', "
            "'elderly_university')",
            "operator_known": "operator IN ('public', 'private', 'public_built_private_run')",
            "status_known": "status IN ('planned', 'approved', 'under_construction', 'built', "
            "'accepted', 'handed_over', 'operating', 'closed')",
            **{f"{name}_minimum": f"{name} >= 0" for name in areas},
            **{f"{name}_maximum": f"{name} < 'Infinity'" for name in areas},
            "closed_not_before_opened": "closed_on >= opened_on",
        },
        PLACES,
    )


def _create_park() -> None:
    _create_layer(
        "park",
        "id",
        [sa.Column("name", sa.Text), *_counts("employees"), sa.Column("source", sa.Text)],
        {},
        POLYGONS,
    )


def _counts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger) for name in names]


def _create_layer(
    table: str,
    key: str,
    columns: Sequence[sa.Column[Any]],
    checks: Mapping[str, str],
    geometry_types: Sequence[str],
) -> None:
    """Create one version table with its checks and its indexes over the current versions."""
    geometries = [column.name for column in columns if isinstance(column.type, Geometry)]
    every_check = {
        f"{key}_given": f"{key} <> ''",
        "version_from_1": "version >= 1",
        "superseded_after_recorded": "superseded_at > recorded_at",
        "valid_to_not_before_from": "valid_to >= valid_from",
        "geometry_type": f"GeometryType(geometry) IN {geometry_types}",
        **checks,
    }
    for column in columns:
        if isinstance(column.type, sa.BigInteger) and column.name != "floor_level":
            every_check[f"{column.name}_minimum"] = f"{column.name} >= 0"
    for name in (*geometries, "geometry"):
        every_check[f"{name}_valid"] = f"ST_IsValid({name})"
        every_check[f"{name}_not_empty"] = f"NOT ST_IsEmpty({name})"
        every_check[f"{name}_in_range"] = (
            f"ST_XMin({name}) >= -180 AND ST_XMax({name}) <= 180 "
            f"AND ST_YMin({name}) >= -90 AND ST_YMax({name}) <= 90"
        )
    op.create_table(
        table,
        sa.Column(key, sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True)),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
        *columns,
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.Column("source_file", sa.Text, nullable=False),
        sa.Column("source_row", sa.BigInteger),
        sa.Column("source_crs", sa.Text, nullable=False),
        sa.Column("transformation", sa.Text),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(key, "version", name=f"pk_{table}"),
        *(
            sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))
            for name, text in every_check.items()
        ),
    )
    current = sa.text("superseded_at IS NULL")
    op.create_index(f"uq_{table}_current", table, [key], unique=True, postgresql_where=current)
    op.create_index(
        f"ix_{table}_geometry_current",
        table,
        ["geometry"],
        postgresql_using="gist",
        postgresql_where=current,
    )


def _index_current(table: str, column: str) -> None:
    op.create_index(
        f"ix_{table}_{column}", table, [column], postgresql_where=sa.text("superseded_at IS NULL")
    )
