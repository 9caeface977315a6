"""The rule packs used last, kept in memory between requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from sqlalchemy import Connection

from service.packs.service import load_versions, versions_in_use
from spatial.policy.pack import Pack


class PackCache:
    """Keeps the packs read last; a version never changes, so threads may share them.

    Reading one from the database holds its document against the schema, which takes longer than
    most answers do.

    Parameters
    ----------
    most
        How many versions, at least 1; the one that was not used for longest goes first.
    """

    def __init__(self, *, most: int = 64) -> None:
        self.most = most
        self._lock = Lock()
        self._packs: OrderedDict[tuple[str, str], Pack] = OrderedDict()

    def in_use(self, connection: Connection) -> tuple[Pack, ...]:
        """Return the packs in use in the database, ordered by id."""
        return self.of(connection, versions_in_use(connection))

    def of(self, connection: Connection, versions: Mapping[str, str]) -> tuple[Pack, ...]:
        """Return packs by id and version, ordered by id.

        Raises
        ------
        PackError
            When a version is not stored.
        """
        # Held while reading: the second of two requests waits instead of reading them again.
        with self._lock:
            missing = {
                name: version
                for name, version in versions.items()
                if (name, version) not in self._packs
            }
            read = load_versions(connection, missing) if missing else ()
            self._packs |= {(pack.id, pack.version): pack for pack in read}
            found = []
            for key in sorted(versions.items()):
                self._packs.move_to_end(key)
                found.append(self._packs[key])
            while len(self._packs) > self.most:
                self._packs.popitem(last=False)
        return tuple(found)
