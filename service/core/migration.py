"""Bringing a database to the schema this version of Yike needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import migrations


def alembic_config(url: str | None = None) -> Config:
    """Return Alembic's configuration, made here so that an installed Yike needs no file for it.

    Parameters
    ----------
    url
        Database address of the owner role; None where a connection is given instead.
    """
    config = Config()
    folder = Path(next(iter(migrations.__path__)))
    config.set_main_option("script_location", _literal(str(folder)))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    if url is not None:
        config.set_main_option("sqlalchemy.url", _literal(url))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` (owner role) up to `revision`, all or nothing.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        When the database cannot be reached, or the role may not create what is needed.
    """
    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate the database at `url` (owner role) down to `revision`; ``base`` removes all."""
    command.downgrade(alembic_config(url), revision)


def head_revision() -> str | None:
    """Return the revision this version of Yike needs."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def current_revision(connection: Connection) -> str | None:
    """Return the revision the database is at; None when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(connection: Connection) -> bool:
    """Tell whether the database has exactly the schema this version needs."""
    return current_revision(connection) == head_revision()


def _literal(value: str) -> str:
    """Escape what the configuration parser would take for a reference."""
    return value.replace("%", "%%")


__all__ = [
    "alembic_config",
    "current_revision",
    "downgrade",
    "head_revision",
    "is_current",
    "upgrade",
]
