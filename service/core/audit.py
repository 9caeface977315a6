"""The audit: who did what to what, in a chain no row of which can change unnoticed.

The hash of each entry covers its content and the hash of the entry before. The role that serves
can insert and read entries, not change or delete them; whoever could (the owner of the database)
breaks the chain, and `verify` says where. Entries cut off at the end leave a whole, shorter
chain: keep the last hash elsewhere where that matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Text, cast, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from service.core.tables import AUDIT

FIRST_PREVIOUS_HASH: Final = bytes(32)

# Any number, as long as every writer takes the same.
_CHAIN_LOCK: Final = 0x41554449
_ROWS_AT_ONCE: Final = 1_000


@dataclass(frozen=True)
class BrokenLink:
    """The first entry that is not what was written, and why it is known."""

    sequence: int
    reason: str


def record(
    connection: Connection,
    *,
    actor: str,
    action: str,
    target: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append an entry to the audit, in the caller's transaction.

    Other writers of the audit wait until the transaction ends, so make it the last thing done.

    Parameters
    ----------
    actor
        A key's id or the name of a command.
    action
        What was done, as ``store`` or ``evaluate``.
    target
        What it was done to.
    detail
        More of it, fit for JSON.

    Raises
    ------
    RuntimeError
        When the transaction is not READ COMMITTED: its snapshot may lack the last entry.
    """
    if connection.get_isolation_level() != "READ COMMITTED":
        raise RuntimeError("the audit is written in READ COMMITTED transactions only")
    connection.execute(select(func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    last = connection.execute(
        select(AUDIT.c.sequence, AUDIT.c.hash).order_by(AUDIT.c.sequence.desc()).limit(1)
    ).one_or_none()
    sequence, previous_hash = (1, FIRST_PREVIOUS_HASH) if last is None else (last[0] + 1, last[1])
    # JSONB keeps no text, so the hash is over the text it gives back.
    at, detail_text = connection.execute(
        select(func.clock_timestamp(), cast(literal(dict(detail or {}), JSONB), Text))
    ).one()
    connection.execute(
        insert(AUDIT).values(
            sequence=sequence,
            at=at,
            actor=actor,
            action=action,
            target=target,
            detail=dict(detail or {}),
            previous_hash=previous_hash,
            hash=_hash(sequence, at, actor, action, target, detail_text, previous_hash),
        )
    )


def verify(connection: Connection) -> BrokenLink | None:
    """Walk the chain from the first entry; return the first broken link, None when it is whole."""
    query = select(AUDIT, cast(AUDIT.c.detail, Text).label("detail_text")).order_by(
        AUDIT.c.sequence
    )
    # A long audit is read in parts; the cursor on the server is closed wherever this ends.
    with connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
        return _first_broken(rows)


def _first_broken(rows: Iterable[Row[Any]]) -> BrokenLink | None:
    expected_sequence, previous_hash = 1, FIRST_PREVIOUS_HASH
    for row in rows:
        if row.sequence != expected_sequence:
            return BrokenLink(expected_sequence, "the entry is missing")
        if row.previous_hash != previous_hash:
            return BrokenLink(row.sequence, "it does not follow the entry before")
        content = (row.sequence, row.at, row.actor, row.action, row.target, row.detail_text)
        if row.hash != _hash(*content, previous_hash):
            return BrokenLink(row.sequence, "its content is not what was recorded")
        expected_sequence, previous_hash = row.sequence + 1, row.hash
    return None


def _hash(
    sequence: int,
    at: datetime,
    actor: str,
    action: str,
    target: str,
    detail_text: str,
    previous_hash: bytes,
) -> bytes:
    """Hash one entry; JSON keeps the parts apart whatever stands in them."""
    parts = [
        sequence,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        actor,
        action,
        target,
        detail_text,
        previous_hash.hex(),
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).digest()
