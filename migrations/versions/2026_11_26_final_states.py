"""What has ended stays ended, whoever asks: links, sessions, keys and signed reviews.

The serving role may write that a link was used, a session or a key ended. Grants cannot say that
this happens once, and a check cannot see what another transaction is just about to write; so
triggers do, and those of a review wait for one another.
"""

from __future__ import annotations

from alembic import op

revision: str = "final_states"
down_revision: str | None = "key_persons"
branch_labels: None = None
depends_on: None = None

# Table, and its column that goes from missing to an instant, once.
ENDS = (
    ("sign_in_link", "used_at"),
    ("browser_session", "ended_at"),
    ("api_key", "revoked_at"),
)
REFUSE_REVIVAL = """
CREATE FUNCTION refuse_revival() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% of % is set, and stays as it is', TG_ARGV[0], TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""
# The same lock as service/reviews/adding.py takes first. A snapshot older than the lock would not
# show what was committed while it was waited for, so there must be none.
LOCK = """
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'reviews are added to in transactions that read what is committed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.review_id, 0));
"""
REFUSE_OVERRIDE = f"""
CREATE OR REPLACE FUNCTION refuse_override_after_signature() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    {LOCK}
    IF EXISTS (SELECT FROM public.review_signature WHERE review_id = NEW.review_id) THEN
        RAISE EXCEPTION 'review % is signed', NEW.review_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""
REFUSE_SIGNATURE = f"""
CREATE FUNCTION refuse_signature_under_others() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    given bigint;
BEGIN
    {LOCK}
    SELECT count(*) INTO given FROM public.review_override WHERE review_id = NEW.review_id;
    IF given <> NEW.overrides THEN
        RAISE EXCEPTION 'review % has % overrides, not the % signed under',
            NEW.review_id, given, NEW.overrides
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""  # noqa: S608  # only the lock is put in
# As migration "reviews" made it.
WITHOUT_LOCK = REFUSE_OVERRIDE.replace(LOCK, "")


def upgrade() -> None:
    """Create the triggers."""
    op.execute(REFUSE_REVIVAL)
    for table, column in ENDS:
        op.execute(
            f"CREATE TRIGGER {column}_is_final BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN (OLD.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column}) "
            f"EXECUTE FUNCTION refuse_revival('{column}')"
        )
    op.execute(REFUSE_OVERRIDE)
    op.execute(REFUSE_SIGNATURE)
    op.execute(
        "CREATE TRIGGER signed_under_these BEFORE INSERT ON review_signature FOR EACH ROW "
        "EXECUTE FUNCTION refuse_signature_under_others()"
    )


def downgrade() -> None:
    """Drop them; the trigger of overrides is again as it was."""
    op.execute("DROP TRIGGER signed_under_these ON review_signature")
    op.execute("DROP FUNCTION refuse_signature_under_others()")
    op.execute(WITHOUT_LOCK)
    for table, column in ENDS:
        op.execute(f"DROP TRIGGER {column}_is_final ON {table}")
    op.execute("DROP FUNCTION refuse_revival()")
