"""What is stored around the projects reviewed last, kept in memory between requests."""

from __future__ import annotations

import math
from collections import OrderedDict
from datetime import date, datetime
from threading import Lock
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from service.core import history
from service.core.history import Moment
from service.core.named_areas import outlines
from service.core.parameters import BBox
from spatial.fields import FACILITIES
from spatial.network import Network
from spatial.policy.review.around import Around, KnownAround

# Projects in one cell share what is around them; a side is about 20 km, a city has a few.
_CELL_DEG: Final = 0.2
# What is read around a cell is widened in steps of this, so that sites of any size share it.
_STEP_DEG: Final = 0.05
# More areas than a province has; anybody can name codes that are none.
_OUTLINES: Final = 2_000

_Key = tuple[datetime, date, str | None, BBox]


class AroundCache:
    """Keeps what is known of the facilities of the cells asked for last; threads share it.

    The instant of the last write and the streets are part of what is kept by, so what was read
    before a write is never given after it, nor a walk on other streets. Only facilities are kept:
    no key's scope hides any of them from a review.

    Parameters
    ----------
    most
        How many cells, at least 1; the one that was not used for longest goes first. A cell of a
        large city takes some 10 MB.
    """

    def __init__(self, *, most: int = 16) -> None:
        self.most = most
        self._lock = Lock()
        self._known: OrderedDict[_Key, KnownAround] = OrderedDict()
        self._reading: dict[_Key, Lock] = {}
        self._outlines: tuple[datetime | None, dict[str, BaseGeometry | None]] = (None, {})

    def around(
        self,
        connection: Connection,
        *,
        instant: datetime,
        bbox: BBox,
        as_of: date,
        network: Network | None,
    ) -> Around:
        """Return the facilities that intersect a box on a day, with what is known of them.

        Parameters
        ----------
        connection
            In the snapshot the instant was read in: the rows must be of the same data.
        instant
            Of the last write the snapshot sees.
        bbox
            West, south, east, north in degrees, EPSG:4326, borders included.
        network
            The streets their entrances join; None without any.
        """
        version = None if network is None else network.version
        key = (instant, as_of, version, _cell(bbox))
        known = self._find(key)
        if known is None:
            with self._lock:
                reading = self._reading.setdefault(key, Lock())
            # The second of two requests waits instead of reading and working it out again.
            with reading:
                known = self._find(key)
                if known is None:
                    known = _read(connection, bbox=key[-1], as_of=as_of, network=network)
                    self._keep(key, known)
        boxes = known.boxes.T
        west, south, east, north = bbox
        inside = (boxes[0] <= east) & (boxes[2] >= west) & (boxes[1] <= north) & (boxes[3] >= south)
        # A box that meets another may hold nothing that does.
        for at in known.surfaces[inside[known.surfaces]].tolist():
            inside[at] = shapely.intersects(known.columns["geometry"][at], shapely.box(*bbox))
        return Around(known, inside)

    def outline(
        self, connection: Connection, *, instant: datetime, code: str
    ) -> BaseGeometry | None:
        """Return the outline of an area as of the last write; None where none is stored."""
        at, known = self._outlines
        if at != instant or len(known) >= _OUTLINES:
            known = {}
            self._outlines = (instant, known)
        if code not in known:
            found = outlines(connection, [code]).get(code)
            if found is not None:
                shapely.prepare(found)
            # Two threads may read the same; the last one's stays. That there is none is kept too.
            known[code] = found
        return known[code]

    def _find(self, key: _Key) -> KnownAround | None:
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
            return known

    def _keep(self, key: _Key, known: KnownAround) -> None:
        with self._lock:
            self._known[key] = known
            self._reading.pop(key, None)
            # Nobody asks for the data of before a write again.
            for old in [one for one in self._known if one[0] < key[0]]:
                del self._known[old]
            while len(self._known) > self.most:
                self._known.popitem(last=False)


def _read(
    connection: Connection, *, bbox: BBox, as_of: date, network: Network | None
) -> KnownAround:
    frame = history.current(connection, FACILITIES, bbox=bbox, moment=Moment(valid_on=as_of))
    return KnownAround.of(frame, network=network, as_of=as_of)


def _cell(bbox: BBox) -> BBox:
    """Return the cell the middle of a box lies in, widened to hold the box wherever it lies."""
    sides = []
    for low, high in ((bbox[0], bbox[2]), (bbox[1], bbox[3])):
        corner = math.floor((low + high) / 2 / _CELL_DEG) * _CELL_DEG
        wide = math.ceil((high - low) / 2 / _STEP_DEG) * _STEP_DEG
        sides.append((corner - wide, corner + _CELL_DEG + wide))
    (west, east), (south, north) = sides
    return west, south, east, north
