"""API keys: made once, shown once, kept as a hash.

A key reads ``yike_<id>_<secret>``. The secret is 256 random bits, so nobody can guess it, with or
without the hash; one SHA-256 therefore suffices, where a password would need a slow hash. The id
is public: it names the key in lists, in logs and in the audit.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from service.core.tables import API_KEY
from spatial.errors import InputError

# Editors and reviewers each do more than viewers; neither does the other's work.
ROLES: Final = ("viewer", "editor", "reviewer", "admin")

_PATTERN: Final = re.compile(r"yike_([0-9a-f]{12})_([0-9a-f]{64})")
_NO_HASH: Final = bytes(32)
# Made once: every request asks it.
_VALID: Final = select(API_KEY).where(
    API_KEY.c.id == bindparam("key_id"), API_KEY.c.revoked_at.is_(None)
)


@dataclass(frozen=True)
class Principal:
    """Who is asking.

    Parameters
    ----------
    id, name
        Of the key.
    role
        One of `ROLES`.
    areas
        Codes of the areas the key is limited to, with all under them; empty means no limit.
    person
        Whose key it is: several keys may be one person's. Whoever made the key vouches for it.
    """

    id: str
    name: str
    role: str
    areas: tuple[str, ...]
    person: str = ""


@dataclass(frozen=True)
class KeyRecord:
    """A key as it is listed: everything but the secret."""

    principal: Principal
    created_at: datetime
    revoked_at: datetime | None


def create_key(
    connection: Connection,
    *,
    role: str,
    name: str,
    areas: Sequence[str] = (),
    person: str | None = None,
) -> str:
    """Make a key and return it; it cannot be read again.

    Parameters
    ----------
    person
        Whose key it is; None for the one its name says.

    Raises
    ------
    InputError
        When the role does not exist, or the name or the person is empty.
    """
    if role not in ROLES:
        raise InputError(f"role {role!r} does not exist; roles are {', '.join(ROLES)}")
    if not name.strip():
        raise InputError("a key needs a name")
    if person is not None and not person.strip():
        raise InputError("a key is a person's; the name of the person is blank")
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    connection.execute(
        insert(API_KEY).values(
            id=key_id,
            name=name,
            person=name if person is None else person,
            role=role,
            areas=list(areas),
            hash=_hash(secret),
        )
    )
    return f"yike_{key_id}_{secret}"


def key_id_of(key: str) -> str:
    """Return the public part of a key.

    Raises
    ------
    ValueError
        When it is no key.
    """
    match = _PATTERN.fullmatch(key)
    if match is None:
        raise ValueError("this is no key")
    return match[1]


def authenticate(connection: Connection, key: str) -> Principal | None:
    """Return whose key it is; None when it is malformed, unknown, wrong or revoked."""
    match = _PATTERN.fullmatch(key)
    if match is None:
        return None
    key_id, secret = match.groups()
    row = connection.execute(_VALID, {"key_id": key_id}).one_or_none()
    # An unknown id takes the same steps as a known one.
    right = hmac.compare_digest(_hash(secret), _NO_HASH if row is None else row.hash)
    if row is None or not right:
        return None
    return principal_of(row)


def find_key(connection: Connection, key_id: str) -> Principal | None:
    """Return whose key has this id, for work that goes on after the request; None when revoked."""
    row = connection.execute(_VALID, {"key_id": key_id}).one_or_none()
    if row is None:
        return None
    return principal_of(row)


def revoke_key(connection: Connection, key_id: str) -> bool:
    """Make a key useless from now on; False when there is none or it was revoked before."""
    revoked = connection.execute(
        update(API_KEY)
        .where(API_KEY.c.id == key_id, API_KEY.c.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp())
    )
    return revoked.rowcount == 1


def list_keys(connection: Connection) -> tuple[KeyRecord, ...]:
    """Return all keys, revoked ones too, in the order they were made."""
    rows = connection.execute(select(API_KEY).order_by(API_KEY.c.created_at, API_KEY.c.id))
    return tuple(
        KeyRecord(
            principal=principal_of(row),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    )


def principal_of(row: Row[Any]) -> Principal:
    """Return whose key a row of the keys is."""
    return Principal(
        id=row.id, name=row.name, role=row.role, areas=tuple(row.areas), person=row.person
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
