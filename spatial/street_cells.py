"""Making the index of the streets: their segments entered in a grid of cells."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.crs import metric_crs, project_lonlat
from spatial.street_index import StreetIndex

# A city block or so: most places have a street in the nine cells around them.
_CELL_M: Final = 64.0


def build_index(
    coordinates: NDArray[np.float64],
    offsets: NDArray[np.int64],
    node_lonlat: NDArray[np.float64],
) -> StreetIndex:
    """Index edges given by their vertices in EPSG:4326 (see `spatial.network.Network`).

    The projected system is that of the middle of the network's nodes, so it depends on nothing
    but the network.
    """
    middle = (node_lonlat.min(axis=0) + node_lonlat.max(axis=0)) / 2
    crs = metric_crs(float(middle[0]), float(middle[1]))
    xy = project_lonlat(np.asarray(coordinates), target=crs)
    offsets = np.asarray(offsets, dtype=np.int64)
    edges = len(offsets) - 1
    owner = np.repeat(np.arange(edges, dtype=np.int32), np.diff(offsets))
    segment = np.flatnonzero(owner[1:] == owner[:-1])
    edge = owner[segment]
    gap = xy[segment + 1] - xy[segment]
    metres = np.hypot(gap[:, 0], gap[:, 1])
    walked = np.concatenate([[0.0], np.cumsum(metres)])
    first = np.searchsorted(edge, np.arange(edges + 1))
    low, cell_m, shape, cell_start, cell_segment = _cells(xy[segment], xy[segment + 1])
    return StreetIndex(
        crs=crs,
        xy=xy,
        offsets=offsets,
        segment=segment.astype(np.int32),
        edge=edge,
        along_m=walked[:-1] - walked[first[edge]],
        line_m=walked[first[1:]] - walked[first[:-1]],
        low=low,
        cell_m=np.array([cell_m]),
        shape=shape,
        cell_start=cell_start,
        cell_segment=cell_segment,
    )


def _cells(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Enter segments in every cell their box meets."""
    least, most = np.minimum(a, b), np.maximum(a, b)
    low, high = least.min(axis=0), most.max(axis=0)
    # A stray street far away must not make a grid that fills the memory.
    room = 16 * len(a) + 4096
    cell_m = max(_CELL_M, float(np.sqrt(np.prod(np.maximum(high - low, 1.0)) / room)))
    shape = np.floor((high - low) / cell_m).astype(np.int64) + 1
    first = np.floor((least - low) / cell_m).astype(np.int64)
    last = np.floor((most - low) / cell_m).astype(np.int64)
    span = last - first + 1
    count = span[:, 0] * span[:, 1]
    segment = np.repeat(np.arange(len(a), dtype=np.int32), count)
    offset = np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count)
    width = span[segment, 0]
    column = first[segment, 0] + offset % width
    row = first[segment, 1] + offset // width
    cell = row * shape[0] + column
    order = np.argsort(cell, kind="stable")
    start = np.zeros(int(shape[0] * shape[1]) + 1, dtype=np.int64)
    np.cumsum(np.bincount(cell, minlength=len(start) - 1), out=start[1:])
    return low, cell_m, shape, start, segment[order]
