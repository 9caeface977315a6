"""The imports as they are kept: recorded, looked up, listed, and who is at work on one."""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from service.core.errors.state import GoneError, NotFoundError
from service.core.keys import Principal
from service.uploads.request import ImportRequest
from service.uploads.tables import DATA_IMPORT, EXPIRED, FAILED, PREVIEWED, READING, REFUSED

# A class of locks of its own, so that no other lock of the database is meant.
_ALIVE_LOCK: Final = 0x494D50
_ID_BYTES: Final = 8
_SHORT: Final = tuple(
    column
    for column in DATA_IMPORT.c
    if column.name not in {"report", "accepted", "quarantine", "request"}
)


def new_id() -> str:
    """Return an identifier for an import."""
    return secrets.token_hex(_ID_BYTES)


def claim(connection: Connection, import_id: str) -> None:
    """Say that this session reads the file of an import, for as long as it lives."""
    connection.execute(select(func.pg_advisory_lock(_ALIVE_LOCK, _lock_number(import_id))))


def is_read(connection: Connection, import_id: str) -> bool:
    """Tell whether some session reads the file of an import now."""
    # Shared, so that two who ask at once do not take one another for the reader.
    free = func.pg_try_advisory_xact_lock_shared(_ALIVE_LOCK, _lock_number(import_id))
    return not connection.execute(select(free)).scalar_one()


def _lock_number(import_id: str) -> int:
    return int(import_id[:7], 16)


def begin(
    connection: Connection, import_id: str, request: ImportRequest, *, file: str, actor: str
) -> None:
    """Record that a file is being read."""
    connection.execute(
        insert(DATA_IMPORT).values(
            id=import_id,
            kind=request.kind,
            file=file,
            state=READING,
            stage="waiting",
            created_by=actor,
            request=request.as_json(),
        )
    )


def advance(connection: Connection, import_id: str, **values: object) -> None:
    """Record how far the reading has come, or how it ended; nothing if it ended before."""
    connection.execute(
        update(DATA_IMPORT)
        .where(DATA_IMPORT.c.id == import_id, DATA_IMPORT.c.state == READING)
        .values(**values)
    )


def expire(connection: Connection, *, hours: int) -> int:
    """Forget what was read of imports that are older than so many hours and were not stored.

    Returns
    -------
    How many; that they were stays.
    """
    oldest = func.now() - func.make_interval(0, 0, 0, 0, hours)
    return connection.execute(
        update(DATA_IMPORT)
        .where(
            DATA_IMPORT.c.state.in_((PREVIEWED, REFUSED, FAILED)),
            DATA_IMPORT.c.created_at < oldest,
        )
        .values(state=EXPIRED, accepted=None, quarantine=None, report=None, digest=None)
    ).rowcount


def find(
    connection: Connection, import_id: str, *, principal: Principal | None, lock: bool = False
) -> Row[Any]:
    """Return an import with all that is kept of it.

    Raises
    ------
    NotFoundError
        When there is none, or the key may not see it.
    GoneError
        When nobody stored it in time.
    """
    statement = select(DATA_IMPORT).where(DATA_IMPORT.c.id == import_id, *_visible(principal))
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFoundError("There is no such import.")
    if row.state == EXPIRED:
        raise GoneError(
            f"This import of {row.created_at:%Y-%m-%d} was not stored in time and has expired; "
            "upload the file again."
        )
    return row


def list_imports(
    connection: Connection,
    *,
    principal: Principal | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Row[Any]]:
    """Return imports without what was read, the newest first.

    Parameters
    ----------
    after
        Only those behind this one.
    """
    wanted = _visible(principal)
    if after is not None:
        here = select(DATA_IMPORT.c.created_at).where(DATA_IMPORT.c.id == after).scalar_subquery()
        wanted.append(
            or_(
                DATA_IMPORT.c.created_at < here,
                and_(DATA_IMPORT.c.created_at == here, DATA_IMPORT.c.id < after),
            )
        )
    statement = (
        select(*_SHORT)
        .where(*wanted)
        .order_by(DATA_IMPORT.c.created_at.desc(), DATA_IMPORT.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(statement).all())


def _visible(principal: Principal | None) -> list[Any]:
    """Return the condition of what a key may see: one that is scoped sees its own imports."""
    if principal is None or not principal.areas:
        return []
    return [DATA_IMPORT.c.created_by == principal.id]
