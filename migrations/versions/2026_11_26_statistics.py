"""Statistics of a run on the columns it is asked by, and on no others.

Sealing a run took longer to analyse than to index: most columns of a finding are wide, and no
query ever selects by them. What is not analysed is planned with PostgreSQL's defaults.
"""

from __future__ import annotations

from alembic import op

revision: str = "statistics"
down_revision: str | None = "network_diagnosis"
branch_labels: None = None
depends_on: None = None

# As in the revision `evaluations`, but for the columns that are analysed.
SEAL = """
CREATE OR REPLACE FUNCTION seal_run(id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
    asked text;
BEGIN
    IF (id ~ '^[0-9a-f]{32}$') IS NOT TRUE THEN
        RAISE EXCEPTION '% is no id of an evaluation', id USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR parent, asked IN VALUES ASKED LOOP
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION run.%I FOR VALUES IN (%L)',
            parent, parent || '_' || id, id);
        EXECUTE format('REVOKE INSERT ON run.%I FROM yike_app', parent || '_' || id);
        EXECUTE format('ANALYZE run.%I', parent || '_' || id) || asked;
    END LOOP;
END
$$
"""
COLUMNS = {
    "evaluation_district": "(evaluation_id, rank, district_id, flag, areas, geometry)",
    "finding": "(evaluation_id, number, district_id, rule, verdict)",
    "evaluation_area": "(evaluation_id, number, code, level, rule, part, verdict)",
}


def upgrade() -> None:
    """Analyse the columns that queries select and order by."""
    _seal(COLUMNS)


def downgrade() -> None:
    """Analyse every column again."""
    _seal(dict.fromkeys(COLUMNS, ""))


def _seal(asked: dict[str, str]) -> None:
    values = ", ".join(f"('{table}', '{columns}')" for table, columns in asked.items())
    op.execute(SEAL.replace("ASKED", values))
