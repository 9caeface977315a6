"""The register of imported figures, and what rules about areas find.

Many clauses rest on figures of registers (staff, enrolment, plans) that no layer holds. They are
imported, and kept with the history the layers have, so that a run can be replayed. Rules about
areas find more of an area than the roll-up of districts did: target and year, gap, progress,
what is missing; and nothing of districts, whose columns may be empty from here on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "indicators_and_area_rules"
down_revision: str | None = "evaluations"
branch_labels: None = None
depends_on: None = None

COUNTS = ("districts", "underserved", "undetermined", "watch", "served", "not_assessed")
# Only a run without rules about areas fits into the former table, and a run is whole or not there.
DROP_RUNS = """
DO $$
DECLARE
    runs text[] := ARRAY(
        SELECT DISTINCT evaluation_id FROM evaluation_area WHERE districts IS NULL OR name IS NULL);
    run_id text;
BEGIN
    FOREACH run_id IN ARRAY runs LOOP
        PERFORM drop_run(run_id);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    """Create the register; widen the area rows."""
    _create_indicator()
    for column in _area_columns():
        op.add_column("evaluation_area", column)
    for name in (*COUNTS, "name"):
        op.alter_column("evaluation_area", name, nullable=True)


def downgrade() -> None:
    """Remove the register, and the runs that used rules about areas."""
    op.execute(DROP_RUNS)
    for name in (*COUNTS, "name"):
        op.alter_column("evaluation_area", name, nullable=False)
    for column in _area_columns():
        op.drop_column("evaluation_area", column.name)
    op.drop_table("indicator")


def _create_indicator() -> None:
    op.create_table(
        "indicator",
        sa.Column("area", sa.Text(collation="C"), nullable=False),
        sa.Column("indicator", sa.Text(collation="C"), nullable=False),
        sa.Column("year", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True)),
        sa.Column("value", sa.Numeric),
        sa.Column("source", sa.Text),
        sa.Column("source_file", sa.Text, nullable=False),
        sa.Column("source_row", sa.BigInteger),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("area", "indicator", "year", "version", name="pk_indicator"),
        *(
            sa.CheckConstraint(text, name=op.f(f"ck_indicator_{name}"))
            for name, text in {
                "area_given": "area <> ''",
                "indicator_given": "indicator <> ''",
                "year_in_range": "year BETWEEN 1900 AND 2200",
                "version_from_1": "version >= 1",
                "superseded_after_recorded": "superseded_at > recorded_at",
                "value_finite": "value > '-Infinity' AND value < 'Infinity'",
            }.items()
        ),
    )
    op.create_index(
        "uq_indicator_current",
        "indicator",
        ["area", "indicator", "year"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (superseded_at) ON indicator TO yike_app")
    op.execute(
        "CREATE TRIGGER history_is_sealed BEFORE UPDATE ON indicator FOR EACH ROW "
        "WHEN (OLD.superseded_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_history()"
    )


def _area_columns() -> list[sa.Column[object]]:
    numbers = ("threshold", "next_target", "baseline", "progress")
    years = ("target_year", "next_target_year", "baseline_year")
    lists = ("missing", "facilities", "alternatives")
    return [
        sa.Column("reason_code", sa.Text),
        *(sa.Column(name, sa.Numeric) for name in numbers),
        *(sa.Column(name, sa.Integer) for name in years),
        *(sa.Column(name, JSONB) for name in lists),
    ]
