"""The stored facilities around the projects reviewed last, kept in memory between requests."""

from __future__ import annotations

import math
from collections import OrderedDict
from datetime import date, datetime
from threading import Lock
from typing import Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import Connection

from service.core import history
from service.core.history import Moment
from service.core.parameters import BBox
from spatial.fields import FACILITIES

# Boxes are read with their sides at whole multiples of this, so that neighbours share one.
_CELL_DEG: Final = 0.05

_Key = tuple[datetime, date, BBox]


class AroundCache:
    """Keeps the facilities of the boxes asked for last; nobody changes a frame, threads share it.

    The instant of the last write is part of what a box is kept by, so what was read before a write
    is never given after it. Only facilities are kept: no key's scope hides any of them from a
    review.

    Parameters
    ----------
    most
        How many boxes, at least 1; the one that was not used for longest goes first.
    """

    def __init__(self, *, most: int = 64) -> None:
        self.most = most
        self._lock = Lock()
        self._frames: OrderedDict[_Key, GeoDataFrame] = OrderedDict()

    def facilities(self, connection: Connection, *, bbox: BBox, as_of: date) -> GeoDataFrame:
        """Read the facilities that intersect a box on a day; as `history.current` gives them.

        Parameters
        ----------
        connection
            In a snapshot: the instant and the rows must be of the same data.
        bbox
            West, south, east, north in degrees, EPSG:4326, borders included.
        """
        wide = _outward(bbox)
        key = (history.data_instant(connection), as_of, wide)
        with self._lock:
            frame = self._frames.get(key)
            if frame is not None:
                self._frames.move_to_end(key)
        # Not held while reading: others go on, and two who read the same box get the same rows.
        if frame is None:
            frame = history.current(
                connection, FACILITIES, bbox=wide, moment=Moment(valid_on=as_of)
            )
            with self._lock:
                self._frames[key] = frame
                while len(self._frames) > self.most:
                    self._frames.popitem(last=False)
        inside = shapely.intersects(
            np.asarray(frame.geometry.array, dtype=object), shapely.box(*bbox)
        )
        return frame.loc[inside].reset_index(drop=True)


def _outward(bbox: BBox) -> BBox:
    """Return the box of whole cells that holds a box."""
    west, south, east, north = bbox
    return (
        math.floor(west / _CELL_DEG) * _CELL_DEG,
        math.floor(south / _CELL_DEG) * _CELL_DEG,
        math.ceil(east / _CELL_DEG) * _CELL_DEG,
        math.ceil(north / _CELL_DEG) * _CELL_DEG,
    )
