"""The street every few metres of ground belongs to, asked once and kept.

Which street a place joins does not depend on where a walk begins. So the answers of
`spatial.snapping.snap` on a lattice of points serve every polygon that is drawn over it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from spatial.crs import unproject
from spatial.edge_vertices import places_on
from spatial.graph import WalkGraph
from spatial.snapping import DETOUR_M, near_barriers, snap
from spatial.street_bits import StreetBits, street_bits

STEP_M: Final = 10.0

# Lattice points around a place.
CORNERS: Final = 4

# Points a side of the squares that are asked at once.
_BLOCK: Final = 16
# Squares kept: 16 bytes a point make these 67 MB, and 420 km² at the usual step.
_KEPT: Final = 16_384
_AROUND: Final = ((0, 0), (1, 0), (0, 1), (1, 1))
# Into how many parts a side a cell is taken for places between its corners.
_ROUGH_PARTS: Final = 2
_RIM_PARTS: Final = 4
_RECORD: Final = np.dtype(
    [
        ("edge", np.int32),
        ("fraction", np.float32),
        ("connector_m", np.float32),
        ("away_x", np.float16),
        ("away_y", np.float16),
    ]
)


@dataclass(frozen=True, eq=False)
class Window:
    """A rectangle of lattice points; those of squares that were not asked are off the network.

    Parameters
    ----------
    low
        Place of the first point in the graph's system, shape (2,).
    step_m
        Metres between points.
    edge
        Edge each point joins, -1 for none, shape (rows, columns) as all that follow.
    fraction, connector_m
        As in `spatial.snapping.Snap`; no number where there is none.
    away
        Unit vector from the street to the point, shape (2, rows, columns); zero on the street.
    amid_xy, amid
        Places between the points where ground is narrower than the lattice, shape (k, 2), and
        their ``edge``, ``fraction`` and ``connector_m`` in the fields of a record, shape (k,).
    """

    low: NDArray[np.float64]
    step_m: float
    edge: NDArray[np.int32]
    fraction: NDArray[np.float32]
    connector_m: NDArray[np.float32]
    away: NDArray[np.float16]
    amid_xy: NDArray[np.float64]
    amid: NDArray[np.void]

    @property
    def high(self) -> NDArray[np.float64]:
        """Place of the last point in the graph's system, shape (2,)."""
        rows, columns = self.edge.shape
        return np.asarray(self.low + (np.array([columns, rows]) - 1) * self.step_m)

    def around(self, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which places lie within the rectangle, not on its rim."""
        return np.asarray(((xy > self.low) & (xy < self.high)).all(axis=1))

    def corners(self, mask: NDArray[np.bool_], xy: NDArray[np.float64]) -> NDArray[np.int64]:
        """Count, of the four points around places within, those of a mask over the points."""
        column, row = np.floor((xy - self.low) / self.step_m).astype(np.int64).T
        count = mask.astype(np.int64)
        return np.asarray(
            count[row, column]
            + count[row, column + 1]
            + count[row + 1, column]
            + count[row + 1, column + 1]
        )


@dataclass(frozen=True, eq=False)
class _Block:
    """A square of points, and the places between them (see `Window`)."""

    points: NDArray[np.void]
    amid_xy: NDArray[np.float64]
    amid: NDArray[np.void]


@dataclass(frozen=True, eq=False)
class _Bits:
    """Bits of streets with their tree, and how far is looked for the nearest."""

    bits: StreetBits
    tree: KDTree | None
    reach_m: float

    def nearest(self, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Find the nearest bit for each point; infinitely far where there is none."""
        if self.tree is None or len(xy) == 0:
            return np.full(len(xy), np.inf), np.zeros(len(xy), dtype=np.int64)
        metres, bit = self.tree.query(xy, distance_upper_bound=self.reach_m)
        return np.asarray(metres), np.asarray(bit)

    def nearest_sound_m(
        self, xy: NDArray[np.float64], island: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Measure how far the nearest bit of no island is from each point, infinite for none."""
        sound = ~island[self.bits.edge]
        if len(xy) == 0 or not sound.any():
            return np.full(len(xy), np.inf)
        metres, _ = self.bits[sound].tree().query(xy, distance_upper_bound=self.reach_m)
        return np.asarray(metres)


@dataclass(frozen=True, eq=False)
class Lattice:
    """Where the points of a square lattice join the streets.

    Parameters
    ----------
    graph
        The streets.
    snap_limit_m
        Longest connector, geodesic metres, inclusive.
    step_m
        Metres between points in the graph's projected system.
    """

    graph: WalkGraph
    snap_limit_m: float
    step_m: float = STEP_M
    _blocks: dict[tuple[int, int], _Block] = field(default_factory=dict, repr=False)

    def window(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> Window:
        """Return the points of the squares that meet any of some boxes.

        Parameters
        ----------
        low, high
            South-western and north-eastern corners in the graph's system, shape (k, 2) each, at
            least one.

        Returns
        -------
        A rectangle around all of them with room of a square on every side.
        """
        side_m = _BLOCK * self.step_m
        first = np.floor(low / side_m).astype(np.int64)
        last = np.floor(high / side_m).astype(np.int64)
        corner, shape = first.min(axis=0), last.max(axis=0) - first.min(axis=0) + 1
        wanted = _covered(first - corner, last - corner, shape)
        x, y = np.nonzero(wanted)
        keys = list(zip((x + corner[0]).tolist(), (y + corner[1]).tolist(), strict=True))
        blocks = self._answered(keys)
        whole = np.full(
            (int(shape[1]) + 2, int(shape[0]) + 2, _BLOCK, _BLOCK), _nowhere(), dtype=_RECORD
        )
        whole[y + 1, x + 1] = np.stack([block.points for block in blocks])
        points = whole.transpose(0, 2, 1, 3).reshape(whole.shape[0] * _BLOCK, -1)
        return Window(
            low=(corner - 1) * side_m,
            step_m=self.step_m,
            edge=np.ascontiguousarray(points["edge"]),
            fraction=np.ascontiguousarray(points["fraction"]),
            connector_m=np.ascontiguousarray(points["connector_m"]),
            away=np.stack([points["away_x"], points["away_y"]]),
            amid_xy=np.concatenate([block.amid_xy for block in blocks]),
            amid=np.concatenate([block.amid for block in blocks]),
        )

    def _answered(self, keys: list[tuple[int, int]]) -> list[_Block]:
        """Return squares, asking those that are not known yet."""
        known = {key: self._blocks[key] for key in keys if key in self._blocks}
        missing = [key for key in keys if key not in known]
        if missing:
            fresh = dict(zip(missing, self._ask(np.array(missing)), strict=True))
            known |= fresh
            self._blocks.update(fresh)
            for key in list(self._blocks)[: max(0, len(self._blocks) - _KEPT)]:
                self._blocks.pop(key, None)
        return [known[key] for key in keys]

    def _ask(self, blocks: NDArray[np.int64]) -> list[_Block]:
        # A row and a column more than are kept, so that every cell of a square has its corners.
        inside = np.arange(_BLOCK + 1)
        rows, columns = np.meshgrid(inside, inside, indexing="ij")
        x = blocks[:, 0, np.newaxis, np.newaxis] * _BLOCK + columns
        y = blocks[:, 1, np.newaxis, np.newaxis] * _BLOCK + rows
        xy = np.column_stack([x.ravel(), y.ravel()]) * self.step_m
        bits = self._bits_around(xy)
        records, rim = self._answer(xy, bits)
        points = records.reshape(x.shape)
        rim = rim.reshape(x.shape)[:, :-1, :-1]
        finer = [
            _within(cells, parts, blocks, step_m=self.step_m)
            for cells, parts in ((rim, _RIM_PARTS), (_rough(points) & ~rim, _ROUGH_PARTS))
        ]
        block, row, column = (np.concatenate([part[i] for part in finer]) for i in range(3))
        amid_xy = np.concatenate([part[3] for part in finer])
        order = np.argsort(block, kind="stable")
        block, row, column, amid_xy = (a[order] for a in (block, row, column, amid_xy))
        amid, _ = self._answer(amid_xy, bits)
        strange = np.ones(len(block), dtype=bool)
        for right, up in _AROUND:
            strange &= amid["edge"] != points["edge"][block, row + up, column + right]
        amid_xy, amid, of = amid_xy[strange], amid[strange], block[strange]
        parts = np.searchsorted(of, np.arange(len(blocks) + 1))
        return [
            _Block(square[:-1, :-1], amid_xy[begin:end], amid[begin:end])
            for square, begin, end in zip(
                points, parts[:-1].tolist(), parts[1:].tolist(), strict=True
            )
        ]

    def _bits_around(self, xy: NDArray[np.float64]) -> _Bits:
        reach_m = self.snap_limit_m + self.step_m
        bits = street_bits(self.graph, xy.min(axis=0) - reach_m, xy.max(axis=0) + reach_m)
        return _Bits(bits, bits.tree() if len(bits.edge) else None, reach_m)

    def _answer(
        self, xy: NDArray[np.float64], bits: _Bits
    ) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
        """Join points to streets, and tell which are at the rim of an island's ground.

        Where no barrier nor island is near, the nearest bit of a street says which street it is,
        which is fast; of two that are equally far but for half a bit, it may say the other.

        At the rim the sound street beside is just too far, or just near enough, and the island's
        ground may be a wedge or a sickle narrower than the lattice.
        """
        records = np.full(len(xy), _nowhere(), dtype=_RECORD)
        exact = near_barriers(self.graph, xy, limit_m=self.snap_limit_m)
        nearest_m, bit = bits.nearest(xy)
        known = np.flatnonzero(np.isfinite(nearest_m))
        island = np.zeros(len(xy), dtype=bool)
        island[known] = self.graph.island[bits.bits.edge[bit[known]]]
        plain = known[~(exact | island)[known]]
        self._fill(records, plain, xy, segment=bits.bits.segment[bit[plain]])
        rest = np.flatnonzero(exact | island)
        records[rest] = self._joined(xy[rest])
        rim = np.zeros(len(xy), dtype=bool)
        amiss = np.flatnonzero(island)
        beyond_m = bits.nearest_sound_m(xy[amiss], self.graph.island) - nearest_m[amiss] - DETOUR_M
        rim[amiss] = np.abs(beyond_m) < self.step_m
        rim[amiss] |= nearest_m[amiss] > self.snap_limit_m - DETOUR_M - self.step_m
        return records, rim

    def _fill(
        self,
        records: NDArray[np.void],
        at: NDArray[np.int64],
        xy: NDArray[np.float64],
        *,
        segment: NDArray[np.int32],
    ) -> None:
        """Fill in points that join at the nearest place of a segment each."""
        index = self.graph.index
        a, b = index.xy[index.segment[segment]], index.xy[index.segment[segment] + 1]
        run, gap = b - a, xy[at] - a
        square = (run * run).sum(axis=1)
        share = np.divide((gap * run).sum(axis=1), square, out=np.zeros(len(at)), where=square > 0)
        foot = a + np.clip(share, 0.0, 1.0)[:, np.newaxis] * run
        away = xy[at] - foot
        metres = np.hypot(away[:, 0], away[:, 1])
        fraction = index.fraction(segment, foot)
        near = np.flatnonzero(metres <= self.snap_limit_m)
        at, away, metres = at[near], away[near], metres[near]
        records["edge"][at] = index.edge[segment[near]]
        records["fraction"][at] = fraction[near]
        records["connector_m"][at] = metres
        unit = np.divide(away.T, metres, out=np.zeros_like(away.T), where=metres > 0)
        records["away_x"][at], records["away_y"][at] = unit

    def _joined(self, xy: NDArray[np.float64]) -> NDArray[np.void]:
        """Join points to streets by the rule for places itself."""
        index = self.graph.index
        places = np.asarray(shapely.points(unproject(xy, source=self.graph.crs)), dtype=object)
        found = snap(self.graph, places, limit_m=self.snap_limit_m)
        records = np.full(len(xy), _nowhere(), dtype=_RECORD)
        on = np.flatnonzero(found.on_network)
        feet = places_on(index, index.xy, edge=found.edge[on], fraction=found.fraction[on])
        away = (xy[on] - feet).T
        metres = np.hypot(away[0], away[1])
        records["edge"][on] = found.edge[on]
        records["fraction"][on] = found.fraction[on]
        records["connector_m"][on] = found.connector_m[on]
        unit = np.divide(away, metres, out=np.zeros_like(away), where=metres > 0)
        records["away_x"][on], records["away_y"][on] = unit
        return records


def _within(
    cells: NDArray[np.bool_], parts: int, blocks: NDArray[np.int64], *, step_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Scatter places evenly in cells: block, row and column of each, and where it is."""
    block, row, column = np.nonzero(cells)
    corner = blocks[block] * _BLOCK + np.column_stack([column, row])
    share = (np.arange(parts) + 0.5) / parts
    inside = np.stack(np.meshgrid(share, share), axis=-1).reshape(-1, 2)
    xy = ((corner[:, np.newaxis] + inside) * step_m).reshape(-1, 2)
    block, row, column = (np.repeat(array, len(inside)) for array in (block, row, column))
    return block, row, column, xy


def _rough(points: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell the cells whose corners do not all join one street; shape (k, side, side)."""
    edge = points["edge"]
    first = edge[:, :-1, :-1]
    return np.asarray(
        (edge[:, 1:, :-1] != first) | (edge[:, :-1, 1:] != first) | (edge[:, 1:, 1:] != first)
    )


def _covered(
    first: NDArray[np.int64], last: NDArray[np.int64], shape: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark the squares of a grid that ranges cover, by sums over their corners."""
    edges = np.zeros((int(shape[0]) + 1, int(shape[1]) + 1), dtype=np.int64)
    for x, y, sign in (
        (first[:, 0], first[:, 1], 1),
        (last[:, 0] + 1, first[:, 1], -1),
        (first[:, 0], last[:, 1] + 1, -1),
        (last[:, 0] + 1, last[:, 1] + 1, 1),
    ):
        np.add.at(edges, (x, y), sign)
    return np.asarray(edges.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0)


def _nowhere() -> NDArray[np.void]:
    return np.array((-1, np.nan, np.nan, 0.0, 0.0), dtype=_RECORD)
