"""How Alembic reaches the database: one transaction, one migration at a time."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from service.core.database import create_database_engine
from service.core.schema import METADATA

# Any number, as long as it is always the same: two services that start at once must not both
# migrate.
_MIGRATION_LOCK = 0x59494B45


def migrate(connection: Connection) -> None:
    """Run the migrations on an open connection, inside its transaction."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_object=alembic_helpers.include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        compare_server_default=True,
    )
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        context.run_migrations()


def main() -> None:
    """Migrate on the connection the caller gave, else on one to the configured address."""
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        msg = "no database address is configured; use `yike migrate`"
        raise RuntimeError(msg)
    engine = create_database_engine(url)
    try:
        with engine.connect() as connection:
            migrate(connection)
    finally:
        engine.dispose()


main()
