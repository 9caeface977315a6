"""The rule packs in use, kept in memory between requests."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from sqlalchemy import Connection

from service.packs.service import load_versions, versions_in_use
from spatial.policy.pack import Pack


class PackCache:
    """Keeps the packs read last; a version never changes, so threads may share them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._packs: dict[tuple[str, str], Pack] = {}

    def in_use(
        self, connection: Connection, *, versions: Mapping[str, str] | None = None
    ) -> tuple[Pack, ...]:
        """Return the packs in use in the database, ordered by id.

        Parameters
        ----------
        versions
            The version in use of each, where the caller has read them; None to read them.
        """
        if versions is None:
            versions = versions_in_use(connection)
        # Held while reading: the second of two requests waits instead of reading them again.
        with self._lock:
            missing = {
                name: version
                for name, version in versions.items()
                if (name, version) not in self._packs
            }
            read = load_versions(connection, missing) if missing else ()
            known = {**self._packs, **{(pack.id, pack.version): pack for pack in read}}
            self._packs = {key: known[key] for key in versions.items()}
            return tuple(self._packs[key] for key in sorted(self._packs))
