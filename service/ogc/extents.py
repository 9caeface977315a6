"""The extents of collections, remembered for as long as their state is the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Final

from sqlalchemy import Connection, func, select

from service.ogc.collection import Collection

Box = tuple[float, float, float, float]

_KEPT: Final = 2_000


class Extents:
    """Reads extents and keeps the last ones: over a whole street network they are not cheap."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Box | None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, connection: Connection, collection: Collection) -> Box | None:
        """Return west, south, east, north in degrees; None for a collection without features."""
        key = (collection.id, collection.state)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        box = _extent(connection, collection)
        with self._lock:
            self._kept[key] = box
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return box


def _extent(connection: Connection, collection: Collection) -> Box | None:
    extent = func.ST_Extent(collection.geometry.column)
    statement = select(*corners(extent)).select_from(collection.source)
    row = connection.execute(statement.where(*collection.conditions)).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def corners(extent: Any) -> list[Any]:  # noqa: ANN401  SQL of a box
    """Return west, south, east and north of a PostGIS box."""
    return [func.ST_XMin(extent), func.ST_YMin(extent), func.ST_XMax(extent), func.ST_YMax(extent)]
