"""Evaluation runs, with a partition of districts, findings and area rows for each.

A run must be there whole or not at all, never change, be quick to store and quick to drop. The
role that serves may create no table; it asks `prepare_run` for the three tables of a run, fills
them, and `seal_run` attaches them and takes its right to insert away. Attaching locks out no
reader of other runs, which creating a partition in place would. `drop_run` is the owner's alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "evaluations"
down_revision: str | None = "keys_and_audit"
branch_labels: None = None
depends_on: None = None

FLAGS = ("underserved", "undetermined", "watch", "served", "not_assessed")
FLAG_KNOWN = f"flag IN {FLAGS}"
VERDICT_KNOWN = (
    "verdict IN ('met', 'met_relaxed', 'advise', 'not_met', 'not_due', 'undetermined', "
    "'indicator', 'not_applicable')"
)

# The functions run with the owner's rights, so their search path is pinned and every name of
# ours is qualified: nobody can put another table or operator in the way.
PREPARE = """
CREATE FUNCTION prepare_run(id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    IF (id ~ '^[0-9a-f]{32}$') IS NOT TRUE THEN
        RAISE EXCEPTION '% is no id of an evaluation', id USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH parent IN ARRAY ARRAY['evaluation_district', 'finding', 'evaluation_area'] LOOP
        EXECUTE format(
            'CREATE TABLE run.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            parent || '_' || id, parent);
        EXECUTE format('GRANT SELECT, INSERT ON run.%I TO yike_app', parent || '_' || id);
    END LOOP;
END
$$
"""
SEAL = """
CREATE FUNCTION seal_run(id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    IF (id ~ '^[0-9a-f]{32}$') IS NOT TRUE THEN
        RAISE EXCEPTION '% is no id of an evaluation', id USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH parent IN ARRAY ARRAY['evaluation_district', 'finding', 'evaluation_area'] LOOP
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION run.%I FOR VALUES IN (%L)',
            parent, parent || '_' || id, id);
        EXECUTE format('REVOKE INSERT ON run.%I FROM yike_app', parent || '_' || id);
        EXECUTE format('ANALYZE run.%I', parent || '_' || id);
    END LOOP;
END
$$
"""
DROP = """
CREATE FUNCTION drop_run(id text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    DELETE FROM public.evaluation WHERE evaluation.id = drop_run.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    FOREACH parent IN ARRAY ARRAY['evaluation_district', 'finding', 'evaluation_area'] LOOP
        EXECUTE format('DROP TABLE run.%I', parent || '_' || id);
    END LOOP;
    RETURN true;
END
$$
"""


def upgrade() -> None:
    """Create the tables, the schema of the partitions and the functions that make them."""
    op.execute("CREATE SCHEMA run")
    op.execute("GRANT USAGE ON SCHEMA run TO yike_app")
    _create_evaluation()
    _create_evaluation_district()
    _create_finding()
    _create_evaluation_area()
    for statement in (PREPARE, SEAL, DROP):
        op.execute(statement)
    op.execute("REVOKE ALL ON FUNCTION prepare_run, seal_run, drop_run FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION prepare_run, seal_run TO yike_app")
    op.execute("GRANT SELECT, INSERT ON evaluation TO yike_app")
    op.execute("GRANT SELECT ON evaluation_district, finding, evaluation_area TO yike_app")


def downgrade() -> None:
    """Remove all runs."""
    op.execute("DROP FUNCTION prepare_run, seal_run, drop_run")
    for table in ("evaluation_area", "finding", "evaluation_district", "evaluation"):
        op.drop_table(table)
    op.execute("DROP SCHEMA run CASCADE")


def _create_evaluation() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("packs", sa.JSON, nullable=False),
        sa.Column("network_version", sa.Text),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("area", sa.Text),
        sa.Column("parameters", JSONB, nullable=False),
        sa.Column("data_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_version", sa.Text, nullable=False),
        sa.Column("region", sa.JSON, nullable=False),
        sa.Column("warnings", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("seconds", sa.JSON, nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation"),
        sa.ForeignKeyConstraint(
            ["network_version"], ["network.version"], name="fk_evaluation_network_version_network"
        ),
        sa.CheckConstraint("id ~ '^[0-9a-f]{32}$'", name=op.f("ck_evaluation_id_is_hash")),
    )
    op.create_index("ix_evaluation_created_at", "evaluation", ["created_at"])


def _create_evaluation_district() -> None:
    op.create_table(
        "evaluation_district",
        sa.Column("evaluation_id", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("district_id", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("households", sa.BigInteger),
        sa.Column("community", sa.Text),
        sa.Column("areas", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("flag", sa.Text, nullable=False),
        sa.Column("households_concerned", sa.BigInteger),
        sa.Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "rank", name="pk_evaluation_district"),
        sa.CheckConstraint(FLAG_KNOWN, name=op.f("ck_evaluation_district_flag_known")),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_evaluation_district_rank_from_1")),
        postgresql_partition_by="LIST (evaluation_id)",
    )
    op.create_index(
        "uq_evaluation_district_district_id",
        "evaluation_district",
        ["evaluation_id", "district_id"],
        unique=True,
    )
    op.create_index(
        "ix_evaluation_district_geometry",
        "evaluation_district",
        ["geometry"],
        postgresql_using="gist",
    )


def _create_finding() -> None:
    numbers = (
        "value",
        "threshold",
        "deficit",
        "straight_m",
        "walking_m",
        "walking_minutes",
        "nearest_m",
        "snap_m",
        "covered_share",
        "households_outside",
        "unit_households",
    )
    op.create_table(
        "finding",
        sa.Column("evaluation_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("district_id", sa.Text(collation="C"), nullable=False),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("reason_code", sa.Text),
        sa.Column("warning_code", sa.Text),
        sa.Column("demand", sa.Text),
        sa.Column("definition_code", sa.Text),
        sa.Column("unit_id", sa.Text),
        *(sa.Column(name, sa.Numeric) for name in numbers),
        sa.Column("near_threshold", sa.Boolean, nullable=False),
        sa.Column("missing", JSONB),
        sa.Column("facilities", JSONB),
        sa.Column("alternatives", JSONB),
        sa.Column("would_count_if", JSONB),
        sa.PrimaryKeyConstraint("evaluation_id", "number", name="pk_finding"),
        sa.CheckConstraint(VERDICT_KNOWN, name=op.f("ck_finding_verdict_known")),
        postgresql_partition_by="LIST (evaluation_id)",
    )
    op.create_index("ix_finding_district_id", "finding", ["evaluation_id", "district_id"])


def _create_evaluation_area() -> None:
    numbers = (
        "numerator",
        "denominator",
        "value",
        "undetermined_weight",
        "points_share",
        "deficit",
        "households",
    )
    op.create_table(
        "evaluation_area",
        sa.Column("evaluation_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        *(sa.Column(name, sa.Numeric) for name in numbers),
        sa.Column("definition", sa.Text),
        sa.Column("unit", sa.Text),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("districts", *FLAGS)),
        sa.PrimaryKeyConstraint("evaluation_id", "number", name="pk_evaluation_area"),
        sa.CheckConstraint(VERDICT_KNOWN, name=op.f("ck_evaluation_area_verdict_known")),
        postgresql_partition_by="LIST (evaluation_id)",
    )
