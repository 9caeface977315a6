"""The street network in use, kept in memory between requests."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from service.networks import service as networks
from spatial.network import Network


class NetworkCache:
    """Keeps the network used last; networks are immutable, so threads may share it.

    Parameters
    ----------
    folder
        Where networks are kept as memory-mapped files, shared by processes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._network: Network | None = None

    def latest(self, connection: Connection) -> Network | None:
        """Return the network in use in the database; None when there is none."""
        version = networks.latest(connection)
        return None if version is None else self.load(connection, version)

    def load(self, connection: Connection, version: str) -> Network:
        """Return a network with the graph built of it so far.

        Raises
        ------
        InputError
            When no such network is stored.
        """
        # Held while loading: the second of two requests waits instead of loading it again.
        with self._lock:
            if self._network is None or self._network.version != version:
                self._network = networks.load(connection, version, cache_dir=self.folder)
            return self._network
