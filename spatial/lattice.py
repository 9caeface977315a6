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

from spatial.crs import unproject
from spatial.graph import WalkGraph
from spatial.parts import places_on
from spatial.snapping import DETOUR_M, near_barriers, snap
from spatial.street_bits import BIT_M, street_bits

STEP_M: Final = 10.0

# Lattice points around a place.
CORNERS: Final = 4

# Points a side of the squares that are asked at once.
_BLOCK: Final = 16
# Squares kept: 16 bytes a point make these 67 MB, and 420 km² at the usual step.
_KEPT: Final = 16_384
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
    """

    low: NDArray[np.float64]
    step_m: float
    edge: NDArray[np.int32]
    fraction: NDArray[np.float32]
    connector_m: NDArray[np.float32]
    away: NDArray[np.float16]

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
    _blocks: dict[tuple[int, int], NDArray[np.void]] = field(default_factory=dict, repr=False)

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
        whole[y + 1, x + 1] = blocks
        points = whole.transpose(0, 2, 1, 3).reshape(whole.shape[0] * _BLOCK, -1)
        return Window(
            low=(corner - 1) * side_m,
            step_m=self.step_m,
            edge=np.ascontiguousarray(points["edge"]),
            fraction=np.ascontiguousarray(points["fraction"]),
            connector_m=np.ascontiguousarray(points["connector_m"]),
            away=np.stack([points["away_x"], points["away_y"]]),
        )

    def _answered(self, keys: list[tuple[int, int]]) -> NDArray[np.void]:
        """Return squares, asking those that are not known yet; shape (k, side, side)."""
        known = {key: self._blocks[key] for key in keys if key in self._blocks}
        missing = [key for key in keys if key not in known]
        if missing:
            fresh = dict(zip(missing, self._ask(np.array(missing)), strict=True))
            known |= fresh
            self._blocks.update(fresh)
            for key in list(self._blocks)[: max(0, len(self._blocks) - _KEPT)]:
                self._blocks.pop(key, None)
        return np.stack([known[key] for key in keys])

    def _ask(self, blocks: NDArray[np.int64]) -> NDArray[np.void]:
        inside = np.arange(_BLOCK)
        rows, columns = np.meshgrid(inside, inside, indexing="ij")
        x = blocks[:, 0, np.newaxis, np.newaxis] * _BLOCK + columns
        y = blocks[:, 1, np.newaxis, np.newaxis] * _BLOCK + rows
        xy = np.column_stack([x.ravel(), y.ravel()]) * self.step_m
        records = np.full(len(xy), _nowhere(), dtype=_RECORD)
        walled = near_barriers(self.graph, xy, limit_m=self.snap_limit_m)
        self._answer_walled(records, np.flatnonzero(walled), xy)
        self._answer_open(records, np.flatnonzero(~walled), xy)
        return records.reshape(x.shape)

    def _answer_open(
        self, records: NDArray[np.void], at: NDArray[np.int64], xy: NDArray[np.float64]
    ) -> None:
        """Fill in points no barrier is near: from the nearest bits of streets, which is fast.

        Where two streets are equally far but for half a bit, the other may be taken.
        """
        if len(at) == 0:
            return
        graph, limit_m = self.graph, self.snap_limit_m
        bits = street_bits(graph, xy[at].min(axis=0) - limit_m, xy[at].max(axis=0) + limit_m)
        if len(bits.edge) == 0:
            return
        found_m, found = bits.tree().query(xy[at], distance_upper_bound=limit_m + BIT_M / 2)
        near = np.flatnonzero(np.isfinite(found_m))
        at, rough_m, bit = at[near], np.asarray(found_m)[near], np.asarray(found)[near]
        astray = np.flatnonzero(graph.island[bits.edge[bit]])
        sound = np.flatnonzero(~graph.island[bits.edge])
        if len(astray) and len(sound):
            other_m, other = (
                bits[sound].tree().query(xy[at[astray]], distance_upper_bound=limit_m + BIT_M / 2)
            )
            better = np.flatnonzero(np.asarray(other_m) <= rough_m[astray] + DETOUR_M)
            bit[astray[better]] = sound[np.asarray(other)[better]]
        self._fill(records, at, xy, segment=bits.segment[bit])

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

    def _answer_walled(
        self, records: NDArray[np.void], at: NDArray[np.int64], xy: NDArray[np.float64]
    ) -> None:
        """Fill in points near a barrier, by the rule for places itself."""
        places = np.asarray(shapely.points(unproject(xy[at], source=self.graph.crs)), dtype=object)
        found = snap(self.graph, places, limit_m=self.snap_limit_m)
        on = np.flatnonzero(found.on_network)
        index = self.graph.index
        feet = places_on(index, index.xy, edge=found.edge[on], fraction=found.fraction[on])
        away = (xy[at[on]] - feet).T
        metres = np.hypot(away[0], away[1])
        records["edge"][at[on]] = found.edge[on]
        records["fraction"][at[on]] = found.fraction[on]
        records["connector_m"][at[on]] = found.connector_m[on]
        unit = np.divide(away, metres, out=np.zeros_like(away), where=metres > 0)
        records["away_x"][at[on]], records["away_y"][at[on]] = unit


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
