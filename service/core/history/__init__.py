"""The append-only history of areas, districts, buildings, facilities and parks.

Every write takes the one row of `data_state` first, so writes follow one another and each gets
an instant of its own, later than every instant before. The instant a snapshot reads there
therefore names exactly the data it sees, and reading as of that instant later gives the same
data again.
"""

from __future__ import annotations

from service.core.history.moment import NOW, Moment, advance, at_moment, data_instant, lock
from service.core.history.origin import Origin, Stored, origin_values
from service.core.history.reading import (
    count,
    current,
    field_conditions,
    read,
    read_versions,
    sources,
)
from service.core.history.sameness import same_value
from service.core.history.writing import close, store

__all__ = [
    "NOW",
    "Moment",
    "Origin",
    "Stored",
    "advance",
    "at_moment",
    "close",
    "count",
    "current",
    "data_instant",
    "field_conditions",
    "lock",
    "origin_values",
    "read",
    "read_versions",
    "same_value",
    "sources",
    "store",
]
