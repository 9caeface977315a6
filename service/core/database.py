"""The database: its metadata, its engine and the name of the role that serves.

Everything is synchronous SQLAlchemy Core; services take a connection first and leave the
transaction to their caller.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Engine, MetaData, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

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

# A connection that was used so lately is believed to be open; any other is tried first. Trying
# costs an exchange with the database, which short requests feel.
_BELIEVED_S: Final = 1.0
_LEFT: Final = "yike_left"

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
    replaces connections the server has closed: a connection that lay idle for a second is tried
    before it is used.

    Raises
    ------
    sqlalchemy.exc.ArgumentError
        When `url` is not a database URL.
    """
    settings: dict[str, Any] = {
        "connect_args": {"options": "-c timezone=UTC", "application_name": "yike"},
    }
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), **(settings | options)
    )
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "checkout", _try_idle(engine))
    return engine


def _note_time(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[_LEFT] = time.monotonic()


def _try_idle(engine: Engine) -> Callable[[DBAPIConnection, ConnectionPoolEntry, object], None]:
    def try_idle(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        left = entry.info.get(_LEFT)
        if left is None or time.monotonic() - left < _BELIEVED_S:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            # All that lay in the pool as long were closed with it.
            raise InvalidatePoolError

    return try_idle
