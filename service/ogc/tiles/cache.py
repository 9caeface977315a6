"""Tiles that were made, kept in memory for as long as the data they show are the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True)
class MadeTile:
    """A tile.

    Parameters
    ----------
    packed
        Of media type ``application/vnd.mapbox-vector-tile``, packed with gzip; empty for a tile
        with nothing in it.
    full
        Whether it has as many features as a tile may have, so that more may be left out.
    """

    packed: bytes
    full: bool


class TileCache:
    """The tiles asked for last, by what they show; those asked for longest ago go first.

    A key must name everything a tile depends on: the collection, the state of its data as the key
    of the caller sees them, the address, the filter.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, MadeTile] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> MadeTile | None:
        """Return the tile of a key, if it is kept."""
        with self._lock:
            tile = self._kept.get(key)
            if tile is not None:
                self._kept.move_to_end(key)
            return tile

    def put(self, key: str, tile: MadeTile, *, max_bytes: int) -> None:
        """Keep a tile, and let go of others until all of them fit into `max_bytes`."""
        with self._lock:
            former = self._kept.pop(key, None)
            if former is not None:
                self._bytes -= _size(key, former)
            self._kept[key] = tile
            self._bytes += _size(key, tile)
            while self._bytes > max_bytes and self._kept:
                self._bytes -= _size(*self._kept.popitem(last=False))


def _size(key: str, tile: MadeTile) -> int:
    # An entry costs some 300 bytes beside what it holds.
    return len(key) + len(tile.packed) + 300
