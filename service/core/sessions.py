"""Browsers that are signed in: one-time links, sessions, and the token against forged requests.

A link and a session are each a secret of 256 random bits, kept as a hash, and belong to an API
key: the browser may do what the key may, the audit names the key, and revoking the key ends both.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, insert, literal, select, update

from service.core.keys import Principal, principal_of
from service.core.tables import API_KEY, BROWSER_SESSION, SIGN_IN_LINK

_SECRET: Final = re.compile(r"[0-9a-f]{64}")
# A session's last use is written down once in a while, not with every tile of a map: each
# minute, or a tenth of the time it may be idle where that is less.
_SEEN_EVERY: Final = timedelta(minutes=1)
_SEEN_PART: Final = 0.1


@dataclass(frozen=True)
class Session:
    """A signed-in browser.

    Parameters
    ----------
    principal
        The key it signed in by.
    csrf_token
        What requests that change something must repeat in a header.
    stale
        True where its last use should be written down (`touch`).
    """

    principal: Principal
    csrf_token: str
    stale: bool


def create_link(connection: Connection, *, key_id: str, seconds: int) -> str:
    """Make a one-time link for a key and return its token; it cannot be read again.

    Parameters
    ----------
    key_id
        Of a key that is not revoked.
    seconds
        How long the link can be used.
    """
    token = secrets.token_hex(32)
    connection.execute(
        insert(SIGN_IN_LINK).values(
            hash=_hash(token),
            key_id=key_id,
            expires_at=func.clock_timestamp() + literal(timedelta(seconds=seconds)),
        )
    )
    return token


def find_link(connection: Connection, token: str) -> Principal | None:
    """Return whose link it is; None when it is unknown, used, too old or its key revoked."""
    if _SECRET.fullmatch(token) is None:
        return None
    row = connection.execute(
        select(API_KEY)
        .join_from(SIGN_IN_LINK, API_KEY, SIGN_IN_LINK.c.key_id == API_KEY.c.id)
        .where(*_usable(token), API_KEY.c.revoked_at.is_(None))
    ).one_or_none()
    return None if row is None else principal_of(row)


def use_link(connection: Connection, token: str) -> str | None:
    """Use a link up and return its key's id; None where `find_link` finds none."""
    if _SECRET.fullmatch(token) is None:
        return None
    valid = select(API_KEY.c.id).where(
        API_KEY.c.id == SIGN_IN_LINK.c.key_id, API_KEY.c.revoked_at.is_(None)
    )
    # One statement: of two requests with the same link only one finds it unused.
    return connection.execute(
        update(SIGN_IN_LINK)
        .where(*_usable(token), valid.exists())
        .values(used_at=func.clock_timestamp())
        .returning(SIGN_IN_LINK.c.key_id)
    ).scalar_one_or_none()


def _usable(token: str) -> tuple[ColumnElement[bool], ...]:
    return (
        SIGN_IN_LINK.c.hash == _hash(token),
        SIGN_IN_LINK.c.used_at.is_(None),
        SIGN_IN_LINK.c.expires_at > func.clock_timestamp(),
    )


def open_session(connection: Connection, key_id: str, *, former: str | None) -> str:
    """Sign a browser in by a key and return the secret of its cookie.

    Parameters
    ----------
    former
        What the browser's cookie was; that session ends. None where it had none.
    """
    if former is not None:
        end_session(connection, former)
    secret = secrets.token_hex(32)
    connection.execute(insert(BROWSER_SESSION).values(hash=_hash(secret), key_id=key_id))
    return secret


def find_session(
    connection: Connection, secret: str, *, idle_seconds: int, max_seconds: int
) -> Session | None:
    """Return the session of a cookie; None when unknown, ended, expired or its key revoked.

    Parameters
    ----------
    idle_seconds, max_seconds
        How long after its last use, and after signing in, a session ends.
    """
    if _SECRET.fullmatch(secret) is None:
        return None
    table, now = BROWSER_SESSION.c, func.clock_timestamp()
    idle = timedelta(seconds=idle_seconds)
    fresh = literal(min(_SEEN_EVERY, idle * _SEEN_PART))
    row = connection.execute(
        select(API_KEY, (table.seen_at < now - fresh).label("stale"))
        .join_from(BROWSER_SESSION, API_KEY, table.key_id == API_KEY.c.id)
        .where(
            table.hash == _hash(secret),
            table.ended_at.is_(None),
            table.seen_at > now - literal(idle),
            table.created_at > now - literal(timedelta(seconds=max_seconds)),
            API_KEY.c.revoked_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return Session(
        principal=principal_of(row),
        csrf_token=csrf_token(secret),
        stale=row.stale,
    )


def touch(connection: Connection, secret: str) -> None:
    """Write down that a session is in use."""
    connection.execute(
        update(BROWSER_SESSION)
        .where(BROWSER_SESSION.c.hash == _hash(secret))
        .values(seen_at=func.clock_timestamp())
    )


def end_session(connection: Connection, secret: str) -> None:
    """Sign a browser out: its cookie is worth nothing from now on."""
    connection.execute(
        update(BROWSER_SESSION)
        .where(BROWSER_SESSION.c.hash == _hash(secret), BROWSER_SESSION.c.ended_at.is_(None))
        .values(ended_at=func.clock_timestamp())
    )


def csrf_token(secret: str) -> str:
    """Return the token of a session: it follows from the cookie, and never the other way."""
    return hmac.new(secret.encode(), b"yike csrf", hashlib.sha256).hexdigest()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
