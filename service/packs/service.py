"""Storing and loading rule packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from service.packs.tables import PACK
from spatial.errors import PackError
from spatial.policy.pack import Pack
from spatial.policy.pack_parsing import parse_pack


def store_packs(connection: Connection, packs: Sequence[Pack]) -> int:
    """Store packs and put these versions into use; return how many versions were new.

    A version stored before is not stored again and never changes.
    """
    added = 0
    for pack in packs:
        now = func.clock_timestamp()
        inserted = connection.execute(
            insert(PACK)
            .values(
                id=pack.id,
                version=pack.version,
                document=dict(pack.document),
                document_no=pack.document_no,
                title=pack.title,
                issuer=pack.issuer,
                effective_from=pack.effective_from,
                effective_to=pack.effective_to,
                used_since=now,
            )
            .on_conflict_do_nothing()
            .returning(PACK.c.id)
        ).first()
        if inserted is not None:
            added += 1
        elif versions_in_use(connection).get(pack.id) != pack.version:
            connection.execute(
                update(PACK)
                .where(PACK.c.id == pack.id, PACK.c.version == pack.version)
                .values(used_since=now)
            )
    return added


def versions_in_use(connection: Connection) -> dict[str, str]:
    """Return the version in use of each pack, the last one stored, by pack id."""
    return last_of_each(
        (row.id, row.version)
        for row in connection.execute(select(PACK.c.id, PACK.c.version).order_by(*by_age()))
    )


def by_age() -> tuple[ColumnElement[Any], ...]:
    """Return the order in which the row in use is the last of each id."""
    return PACK.c.id, PACK.c.used_since, PACK.c.version.desc()


def last_of_each(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the version in use by pack id, of ids and versions in the order `by_age`."""
    # A dict keeps the last of a key.
    return dict(rows)


def list_packs(connection: Connection) -> tuple[Pack, ...]:
    """Return the packs in use, ordered by id."""
    return load_versions(connection, versions_in_use(connection))


def load_pack(connection: Connection, pack_id: str) -> Pack:
    """Return the version in use of a pack.

    Raises
    ------
    PackError
        When no such pack is stored.
    """
    versions = versions_in_use(connection)
    if pack_id not in versions:
        known = ", ".join(sorted(versions)) or "none"
        raise PackError(f"no pack {pack_id!r} is stored; stored are: {known}")
    return load_versions(connection, {pack_id: versions[pack_id]})[0]


def load_versions(connection: Connection, versions: Mapping[str, str]) -> tuple[Pack, ...]:
    """Return packs by id and version, ordered by id.

    Raises
    ------
    PackError
        When a version is not stored, or its document no longer gives it.
    """
    rows = connection.execute(
        select(PACK.c.id, PACK.c.version, PACK.c.document)
        .where(tuple_(PACK.c.id, PACK.c.version).in_(list(versions.items())))
        .order_by(PACK.c.id)
    ).all()
    missing = versions.keys() - {row.id for row in rows}
    if missing:
        raise PackError(f"pack {min(missing)!r} is not stored in version {versions[min(missing)]}")
    packs = []
    for row in rows:
        pack = parse_pack(row.document, source=f"stored pack {row.id}")
        if pack.version != row.version:
            raise PackError(f"stored pack {row.id}: its document is not of version {row.version}")
        packs.append(pack)
    return tuple(packs)
