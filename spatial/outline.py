"""The outline of the ground that a walk of at most so long covers.

A place off the streets takes its connector to the street it joins, and the walk from there
(`spatial.snapping`, `spatial.reach`). So ground is coloured by the street it joins, never by a
margin around streets: beside a reached street may lie ground that joins another, unreached one.

The lattice says what the ground costs every few metres. Where its points disagree, the line is
drawn where the limit is crossed, or where one street's ground ends and the other's begins. A
street so near another that its ground slips between the points is put right by a strip of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import shapely
from contourpy import FillType, contour_generator
from numpy.typing import NDArray

from spatial.crs import unproject
from spatial.geometry import surface
from spatial.lattice import CORNERS, Lattice, Window
from spatial.snapping import snap
from spatial.spread import Spread
from spatial.street_bits import shadowed, street_bits

# How far, in metres, an outline may lie from where the engine has the limit; and by how many
# equivalent metres the cost of a place may then still miss the limit.
TOLERANCE_M: Final = 10.0

# Neighbours whose costs differ by more than this many steps join streets that do not meet nearby.
_JUMP_STEPS: Final = 2.0
# Corners of the outline keep off the points of the lattice, so that it stays valid.
_INSET: Final = 0.02
# Strips: half their width, and what a street may be wrong by before it gets one.
_STRIP_M: Final = 2.0
_SLIGHT_M: Final = 3.0
_SPECK_M: Final = 0.5
_SMOOTH_M: Final = 1.0
# A projected distance differs from the geodesic by less than this share inside a zone.
_SCALE_MARGIN: Final = 1.002


@dataclass(frozen=True, eq=False)
class Probes:
    """Places that may slip between the lattice points: on every street, and some others.

    Parameters
    ----------
    xy
        In the graph's system, shape (k, 2).
    half
        What each stands for reaches so far to either side, metres, shape (k, 2).
    metres
        As in `Ground`, shape (k,).
    """

    xy: NDArray[np.float64]
    half: NDArray[np.float64]
    metres: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[Any]) -> Probes:
        """Return the chosen places."""
        return Probes(self.xy[chosen], self.half[chosen], self.metres[chosen])


@dataclass(frozen=True, eq=False)
class Ground:
    """What the ground around a walk costs, up to the limit of its search.

    Parameters
    ----------
    spread
        The walk.
    window
        Lattice points around all that is reached.
    metres
        Equivalent metres between the origin and each point, both connectors included; infinite
        where it is not reached, shape (rows, columns).
    probes
        Places between the points.
    snap_limit_m
        Longest connector of a place.
    """

    spread: Spread
    window: Window
    metres: NDArray[np.float64]
    probes: Probes
    snap_limit_m: float


def ground_around(spread: Spread, lattice: Lattice) -> Ground | None:
    """Work out what the ground costs that a walk covers; None where it reaches no street."""
    graph, index = spread.graph, spread.graph.index
    edge = np.unique(spread.reached(spread.limit_m).edge)
    if len(edge) == 0:
        return None
    first = np.searchsorted(index.edge, edge, side="left")
    count = np.searchsorted(index.edge, edge, side="right") - first
    segment = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
    a, b = index.xy[index.segment[segment]], index.xy[index.segment[segment] + 1]
    cheapest = np.minimum(spread.node_m[graph.u[edge]], spread.node_m[graph.v[edge]])
    cheapest[np.isin(edge, spread.entrances.edge)] = 0.0
    room_m = np.minimum(lattice.snap_limit_m, spread.limit_m - cheapest) * _SCALE_MARGIN
    room = np.repeat(room_m, count)[:, np.newaxis]
    window = lattice.window(np.minimum(a, b) - room, np.maximum(a, b) + room)
    metres = _costs_m(spread, window.edge, window.fraction, window.connector_m)
    return Ground(spread, window, metres, _probes(spread, window), lattice.snap_limit_m)


def _costs_m(
    spread: Spread,
    edge: NDArray[np.int32],
    fraction: NDArray[np.float32],
    connector_m: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Work out what places cost that join the streets so; infinite where they do not."""
    metres = np.full(edge.shape, np.inf)
    on = edge >= 0
    metres[on] = connector_m[on] + spread.street_m(
        edge[on].astype(np.int64), fraction[on].astype(np.float64)
    )
    return metres


def _probes(spread: Spread, window: Window) -> Probes:
    bits = street_bits(spread.graph, window.low, window.high)
    bits = bits[~shadowed(spread.graph, bits) & window.around(bits.xy)]
    amid = window.amid
    return Probes(
        xy=np.concatenate([bits.xy, window.amid_xy]),
        half=np.concatenate([bits.half, np.full((len(amid), 2), (_SPECK_M, 0.0))]),
        metres=np.concatenate(
            [
                spread.street_m(bits.edge, bits.fraction),
                _costs_m(spread, amid["edge"], amid["fraction"], amid["connector_m"]),
            ]
        ),
    )


def outline(ground: Ground, *, limit_m: float) -> shapely.MultiPolygon:
    """Draw the ground whose places cost at most so much.

    Parameters
    ----------
    ground
        Searched at least two steps of its lattice farther than `limit_m`, so that the crossing of
        the limit is seen from both sides.
    limit_m
        Equivalent metres, inclusive.

    Returns
    -------
    Valid polygons in the graph's system, with their holes; empty where nothing is reached. Within
    `TOLERANCE_M` of it lies every place that costs at most ``limit_m - TOLERANCE_M``; no place
    that costs ``limit_m + TOLERANCE_M`` or more lies deeper in it.
    """
    inside = ground.metres <= limit_m
    drawn = _with_strips(_contour(ground, inside, limit_m=limit_m), ground, inside, limit_m=limit_m)
    drawn = shapely.simplify(drawn, _SMOOTH_M)
    if shapely.is_empty(drawn):
        # So short a walk that it slips between the points: the reached streets are all there is.
        index = ground.spread.graph.index
        lines = ground.spread.reached(limit_m).lines(index, index.xy)
        drawn = shapely.union_all(shapely.buffer(lines, _STRIP_M))
    return surface(drawn)


def _contour(ground: Ground, inside: NDArray[np.bool_], *, limit_m: float) -> shapely.MultiPolygon:
    """Draw a line around the lattice points inside."""
    found = contour_generator(
        z=np.where(inside, 1.0, -1.0), name="serial", fill_type=FillType.ChunkCombinedOffsetOffset
    ).filled(0.0, 2.0)
    # What comes back depends on the type of filling, which its annotation cannot say.
    (points,), (rings,), (outers,) = cast("tuple[list[Any], list[Any], list[Any]]", found)
    if points is None:
        return shapely.MultiPolygon()
    placed = _placed(points, ground, inside, limit_m=limit_m)
    polygons = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON,
        ground.window.low + placed * ground.window.step_m,
        (rings.astype(np.int64), outers.astype(np.int64)),
    )
    return shapely.MultiPolygon(list(polygons))


def _placed(
    points: NDArray[np.float64], ground: Ground, inside: NDArray[np.bool_], *, limit_m: float
) -> NDArray[np.float64]:
    """Move the corners of a contour to where the limit is crossed.

    Each lies half way between two neighbours, one inside and one outside, and stays between
    them; so lines that did not cross do not cross afterwards.
    """
    low, high = np.floor(points).astype(np.int64), np.ceil(points).astype(np.int64)
    turned = inside[low[:, 1], low[:, 0]][:, np.newaxis]
    here, there = np.where(turned, low, high), np.where(turned, high, low)
    run = (there - here).T
    a, b = _Side.of(ground, here, run), _Side.of(ground, there, run)
    step_m = ground.window.step_m
    left_m, over_m = limit_m - a.metres, b.metres - limit_m
    with np.errstate(invalid="ignore", divide="ignore"):
        # Ground of one street, or of streets that meet: what it costs rises evenly.
        even = left_m / (left_m + over_m)
        # Ground of two streets ends where both are equally far.
        nearer_m = a.connector_m - (b.connector_m - b.rise * step_m)
        farther_m = (a.connector_m + a.rise * step_m) - b.connector_m
        ridge = nearer_m / (nearer_m - farther_m)
        edge_of_reach = (ground.snap_limit_m - a.connector_m) / (a.rise * step_m)
        ridge = np.where(b.on, ridge, edge_of_reach)
        ridge = np.where((ridge > 0) & (ridge < 1), ridge, 0.5)
        # The limit may be crossed before, or only after that.
        ridge = np.minimum(ridge, left_m / (step_m * a.steepest))
        ridge = np.maximum(ridge, 1.0 - over_m / (step_m * b.steepest))
    share = np.where(b.metres - a.metres <= _JUMP_STEPS * step_m, even, ridge)
    return np.asarray(here + (np.clip(share, _INSET, 1.0 - _INSET) * run).T)


@dataclass(frozen=True, eq=False)
class _Side:
    """Lattice points on one side of an outline, seen along the way across it.

    `rise` is by how much the connector grows for each metre across, `steepest` the most by which
    the whole cost does on the level.
    """

    metres: NDArray[np.float64]
    connector_m: NDArray[np.float64]
    on: NDArray[np.bool_]
    rise: NDArray[np.float64]
    steepest: NDArray[np.float64]

    @classmethod
    def of(cls, ground: Ground, at: NDArray[np.int64], run: NDArray[np.int64]) -> _Side:
        window, column, row = ground.window, at[:, 0], at[:, 1]
        away = window.away[:, row, column].astype(np.float64)
        rise = (away * run).sum(axis=0)
        along = np.abs(away[0] * run[1] - away[1] * run[0])
        return cls(
            metres=ground.metres[row, column],
            connector_m=window.connector_m[row, column].astype(np.float64),
            on=window.edge[row, column] >= 0,
            rise=rise,
            steepest=np.maximum(rise + along, 1e-3),
        )


def _with_strips(
    drawn: shapely.MultiPolygon, ground: Ground, inside: NDArray[np.bool_], *, limit_m: float
) -> shapely.Geometry:
    """Put right the streets that slip between the lattice points."""
    probes, wanted = ground.probes, ground.probes.metres <= limit_m
    # Amid points that agree with a place there is nothing to ask.
    around = ground.window.corners(inside, probes.xy)
    doubtful = np.where(wanted, around < CORNERS, around > 0)
    doubtful &= np.abs(probes.metres - limit_m) > _SLIGHT_M
    at = np.flatnonzero(doubtful)
    shapely.prepare(drawn)
    at = at[shapely.contains_xy(drawn, probes.xy[at]) != wanted[at]]
    at = at[_own(ground, probes.xy[at], limit_m=limit_m, wanted=wanted[at])]
    if len(at) == 0:
        return drawn
    ends = np.stack([probes.xy[at] - probes.half[at], probes.xy[at] + probes.half[at]], axis=1)
    lines = np.asarray(shapely.linestrings(ends), dtype=object)
    strips = np.asarray(shapely.buffer(lines, _STRIP_M, quad_segs=2), dtype=object)
    less = shapely.difference(drawn, shapely.union_all(strips[~wanted[at]]))
    return shapely.union(less, shapely.union_all(strips[wanted[at]]))


def _own(
    ground: Ground, xy: NDArray[np.float64], *, limit_m: float, wanted: NDArray[Any]
) -> NDArray[np.bool_]:
    """Tell which places the engine itself judges so: streets may lie on one another."""
    if len(xy) == 0:
        return np.zeros(0, dtype=bool)
    graph = ground.spread.graph
    places = np.asarray(shapely.points(unproject(xy, source=graph.crs)), dtype=object)
    found = snap(graph, places, limit_m=ground.snap_limit_m)
    metres = np.full(len(places), np.inf)
    on = found.on_network
    metres[on] = ground.spread.street_m(found.edge[on], found.fraction[on]) + found.connector_m[on]
    return np.asarray((metres <= limit_m) == wanted)
