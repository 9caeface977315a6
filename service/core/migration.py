"""Bring a database to the schema this version of Yike needs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config

SCRIPTS: Final = Path(__file__).resolve().parents[2] / "migrations"


def alembic_config(url: str) -> Config:
    """Return the Alembic configuration for a database.

    Parameters
    ----------
    url
        SQLAlchemy address, of the role that owns the schema; ``sqlalchemy.url`` of the
        configuration.
    """
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, *, revision: str = "head") -> None:
    """Migrate a database up to `revision`; one that is there already is left alone."""
    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, *, revision: str) -> None:
    """Migrate a database down to `revision` (``base`` is the empty database)."""
    command.downgrade(alembic_config(url), revision)
