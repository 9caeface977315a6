"""The database: its metadata, its engine and the name of the role that serves.

Everything is synchronous SQLAlchemy Core; services take a connection first and leave the
transaction to their caller.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Engine, MetaData, create_engine, make_url

APP_ROLE: Final = "yike_app"

# Alembic can only drop or alter a constraint whose name is known, so every name is derived.
NAMING_CONVENTION: Final = MappingProxyType(
    {
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

METADATA: Final = MetaData(naming_convention=dict(NAMING_CONVENTION))


def create_database_engine(url: str, **options: Any) -> Engine:  # noqa: ANN401  passed on
    """Return an engine for the PostGIS database at `url`.

    Parameters
    ----------
    url
        A PostgreSQL URL; whatever driver it names, psycopg 3 is used.
    **options
        Passed to `sqlalchemy.create_engine`, over the defaults set here.

    Returns
    -------
    An engine whose sessions keep UTC, so that every instant read is in UTC, and whose pool
    replaces connections the server has closed.

    Raises
    ------
    sqlalchemy.exc.ArgumentError
        When `url` is not a database URL.
    """
    settings: dict[str, Any] = {
        "pool_pre_ping": True,
        "connect_args": {"options": "-c timezone=UTC", "application_name": "yike"},
    }
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), **(settings | options))
