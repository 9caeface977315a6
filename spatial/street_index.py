"""Where the streets are: their segments in a grid of cells, as plain arrays.

Arrays alone, so that they can be mapped into memory and shared by processes; asked for many
points at once without a Python object for each street.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

# Points asked at once; bounds the memory of a question, changes no answer.
_CHUNK: Final = 16_384
_FEW: Final = 64
# Far more than rounding makes of a distance inside a city.
_ROUNDING_M: Final = 1e-3


@dataclass(frozen=True, eq=False)
class StreetIndex:
    """Street segments by cell.

    Parameters
    ----------
    crs
        Projected system, metres: that of the middle of the network's nodes.
    xy
        Vertices of all edges in `crs`, shape (c, 2).
    offsets
        Edge i has the vertices ``xy[offsets[i]:offsets[i + 1]]``, shape (m + 1,).
    segment
        First vertex of each segment, shape (s,).
    edge
        Edge each segment belongs to, shape (s,).
    along_m
        Planar metres from the beginning of the edge to the segment, shape (s,).
    line_m
        Planar length of each edge, metres, shape (m,).
    low
        South-western corner of the grid in `crs`, shape (2,).
    cell_m
        Side of a cell, metres, shape (1,).
    shape
        Columns and rows of the grid, shape (2,).
    cell_start, cell_segment
        The segments whose box meets cell i (row × columns + column) are
        ``cell_segment[cell_start[i]:cell_start[i + 1]]``.
    """

    crs: CRS
    xy: NDArray[np.float64]
    offsets: NDArray[np.int64]
    segment: NDArray[np.int32]
    edge: NDArray[np.int32]
    along_m: NDArray[np.float64]
    line_m: NDArray[np.float64]
    low: NDArray[np.float64]
    cell_m: NDArray[np.float64]
    shape: NDArray[np.int64]
    cell_start: NDArray[np.int64]
    cell_segment: NDArray[np.int32]

    @cached_property
    def lines(self) -> NDArray[Any]:
        """Edges as LineStrings in `crs`, shape (m,)."""
        found = shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, np.asarray(self.xy), (self.offsets,)
        )
        return np.asarray(found, dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index over `lines`, for places that are no points."""
        return shapely.STRtree(self.lines)

    def nearest(
        self,
        points: NDArray[np.float64],
        *,
        usable: NDArray[np.bool_],
        inferior: NDArray[np.bool_],
        limit_m: float,
        slack_m: float,
    ) -> Near:
        """Find the nearest segment of each point, and a better one a little farther.

        Parameters
        ----------
        points
            In `crs`, finite, shape (n, 2).
        usable
            Mask over the edges; others are passed over.
        inferior
            Mask over the edges: where the nearest is inferior, the nearest that is not is found
            too.
        limit_m
            Planar metres, inclusive.
        slack_m
            How much farther than the nearest the better one may be, planar metres, inclusive.

        Returns
        -------
        Pairs of a point and a segment; several of a point where rounding cannot tell which is
        nearer, the lowest-numbered segment first.
        """
        found: list[Near] = []
        todo = np.arange(len(points))
        every = bool(usable.all())
        # For few places a look at more cells costs less than a second look.
        rings = 1 if len(todo) > _FEW else 2
        while len(todo):
            sure_m = rings * float(self.cell_m[0])
            left: list[NDArray[np.int64]] = []
            for chunk in _chunks(todo, max(1, _CHUNK // (rings * rings))):
                here = points[chunk]
                point, segment = self._block(here, rings=rings, usable=None if every else usable)
                metres = self._roughly_m(here, point, segment)
                rank = inferior[self.edge[segment]]
                # In turn a point's nearest of those that are not inferior, and of those that are.
                place = point * 2 + rank
                least = np.full(2 * len(chunk), np.inf)
                np.minimum.at(least, place, metres)
                better, worse = least[::2], least[1::2]
                far_m = np.where(better <= worse, better, worse + slack_m)
                done = np.minimum(far_m, limit_m) <= sure_m
                near = metres <= np.minimum(least, limit_m)[place] + _ROUNDING_M
                kept = done[point] & near
                # A long segment is met in several cells: once is enough, in a fixed order.
                pair = np.unique(point[kept] * len(self.segment) + segment[kept])
                point, segment = np.divmod(pair, len(self.segment))
                found.append(self._measure(points, chunk[point], segment.astype(np.int32)))
                left.append(chunk[~done])
            todo = left[0] if len(left) == 1 else np.concatenate(left)
            rings *= 2
        return _joined(found)

    def within(
        self, points: NDArray[np.float64], *, usable: NDArray[np.bool_], limit_m: float
    ) -> Near:
        """Find all usable segments at most `limit_m` planar metres (≤) from points in `crs`."""
        found: list[Near] = []
        every = bool(usable.all())
        rings = int(np.ceil(limit_m / self.cell_m[0]))
        for chunk in _chunks(np.arange(len(points)), max(1, _CHUNK // (rings * rings))):
            here = points[chunk]
            point, segment = self._block(here, rings=rings, usable=None if every else usable)
            metres = self._roughly_m(here, point, segment)
            kept = np.flatnonzero(metres <= limit_m + _ROUNDING_M)
            found.append(self._measure(points, chunk[point[kept]], segment[kept]))
        return _joined(found)

    def _block(
        self, points: NDArray[np.float64], *, rings: int, usable: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Pair points with the usable segments of the cells around them; None for all usable."""
        columns, rows = self._size
        cell = np.floor((points - self.low) / self.cell_m[0])
        # Far outside the grid a cell number would not fit an integer.
        cell = np.minimum(np.maximum(cell, -rings - 1), self.shape + rings).astype(np.int64)
        column = cell[:, 0]
        first = np.minimum(np.maximum(column - rings, 0), columns)
        last = np.minimum(np.maximum(column + (rings + 1), 0), columns)
        row = cell[:, 1, np.newaxis] + np.arange(-rings, rings + 1)
        inside = (row >= 0) & (row < rows) & (last > first)[:, np.newaxis]
        point, _ = inside.nonzero()
        base = row[inside] * columns
        start = self.cell_start[base + first[point]]
        count = self.cell_start[base + last[point]] - start
        point = point.repeat(count)
        at = np.arange(len(point)) + (start - (count.cumsum() - count)).repeat(count)
        segment = self.cell_segment.take(at)
        if usable is None:
            return point, segment
        kept = usable[self.edge[segment]]
        return point[kept], segment[kept]

    def _roughly_m(
        self, points: NDArray[np.float64], point: NDArray[np.int64], segment: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Distance from points to segments, but for rounding: fast, for choosing among many."""
        dx, dy = self._run[0].take(segment), self._run[1].take(segment)
        gap_x = points[:, 0].take(point) - self._beginning[0].take(segment)
        gap_y = points[:, 1].take(point) - self._beginning[1].take(segment)
        t = (gap_x * dx + gap_y * dy) * self._per_square.take(segment)
        np.maximum(t, 0.0, out=t)
        np.minimum(t, 1.0, out=t)
        gap_x -= t * dx
        gap_y -= t * dy
        return np.asarray(np.sqrt(gap_x * gap_x + gap_y * gap_y))

    @cached_property
    def _size(self) -> tuple[int, int]:
        """Columns and rows of the grid."""
        return int(self.shape[0]), int(self.shape[1])

    @cached_property
    def _beginning(self) -> NDArray[np.float64]:
        return np.ascontiguousarray(self.xy[self.segment].T)

    @cached_property
    def _run(self) -> NDArray[np.float64]:
        return np.ascontiguousarray((self.xy[self.segment + 1] - self.xy[self.segment]).T)

    @cached_property
    def _per_square(self) -> NDArray[np.float64]:
        square = (self._run**2).sum(axis=0)
        # A segment of no length is its own beginning.
        inverse = np.divide(1.0, square, out=np.zeros_like(square), where=square > 0)
        return np.asarray(inverse, dtype=np.float64)

    def _measure(
        self, points: NDArray[np.float64], point: NDArray[np.int64], segment: NDArray[np.int32]
    ) -> Near:
        at = self.segment[segment]
        a, b, p = self.xy[at], self.xy[at + 1], points[point]
        d = b - a
        t = np.einsum("ij,ij->i", p - a, d) * self._per_square[segment]
        t = np.minimum(np.maximum(t, 0.0), 1.0)[:, np.newaxis]
        # The far end itself, not what rounding makes of it: edges that meet there then tie.
        foot = np.where(t == 1.0, b, a + t * d)
        gap = p - foot
        return Near(point, segment, np.hypot(gap[:, 0], gap[:, 1]), foot)

    def fraction(
        self, segment: NDArray[np.int32], foot: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how far along their edges places on segments lie, in [0, 1]."""
        gap = foot - self.xy[self.segment[segment]]
        along = self.along_m[segment] + np.hypot(gap[:, 0], gap[:, 1])
        whole = self.line_m[self.edge[segment]]
        share = np.divide(along, whole, out=np.zeros_like(along), where=whole > 0)
        return np.asarray(np.minimum(np.maximum(share, 0.0), 1.0))


@dataclass(frozen=True, eq=False)
class Near:
    """Pairs of a point and a segment near it.

    Parameters
    ----------
    point, segment
        Their numbers, shape (k,).
    metres
        Planar distance, shape (k,).
    foot
        Nearest place on the segment, in the index's system, shape (k, 2).
    """

    point: NDArray[np.int64]
    segment: NDArray[np.int32]
    metres: NDArray[np.float64]
    foot: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[Any]) -> Near:
        """Return the chosen pairs."""
        return Near(
            self.point[chosen], self.segment[chosen], self.metres[chosen], self.foot[chosen]
        )


def _no_pairs() -> Near:
    return Near(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0), np.zeros((0, 2)))


def _joined(parts: list[Near]) -> Near:
    if len(parts) <= 1:
        return parts[0] if parts else _no_pairs()
    point, segment, metres, foot = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("point", "segment", "metres", "foot")
    )
    return Near(point, segment, metres, foot)


def _chunks(numbers: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
