"""Where places join the streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.crs import geodesic_m, project, project_lonlat, unproject
from spatial.graph import WalkGraph
from spatial.street_index import Near, StreetIndex

# How much farther than the nearest street a street that leads somewhere may be, to be joined in
# the place of one that is an island.
DETOUR_M: Final = 30.0

# A projected distance differs from the geodesic by less than this share inside a zone.
_SCALE_MARGIN: Final = 1.002
_ROUNDING_M: Final = 0.01


@dataclass(frozen=True, eq=False)
class Snap:
    """Where places join the streets.

    Parameters
    ----------
    edge
        Number of the edge joined, -1 for a place off the network, shape (n,).
    fraction
        Position of the split point along the edge from `u` to `v`, in [0, 1]; NaN off the network.
    connector_m
        Geodesic length of the connector from the place to the split point, metres; NaN off the
        network.
    """

    edge: NDArray[np.int64]
    fraction: NDArray[np.float64]
    connector_m: NDArray[np.float64]

    @property
    def on_network(self) -> NDArray[np.bool_]:
        """True where the place joins a street within the limit, shape (n,)."""
        return self.edge >= 0

    def __getitem__(self, chosen: NDArray[Any] | slice) -> Snap:
        """Return the snaps at the chosen positions."""
        return Snap(self.edge[chosen], self.fraction[chosen], self.connector_m[chosen])

    def and_then(self, others: Snap) -> Snap:
        """Return these snaps and others behind them."""
        return Snap(
            np.concatenate([self.edge, others.edge]),
            np.concatenate([self.fraction, others.fraction]),
            np.concatenate([self.connector_m, others.connector_m]),
        )


@dataclass(frozen=True, eq=False)
class _Links:
    """Possible connectors: place, edge, metres and split point, in no order."""

    place: NDArray[np.int64]
    edge: NDArray[np.int64]
    fraction: NDArray[np.float64]
    metres: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[Any]) -> _Links:
        return _Links(
            self.place[chosen], self.edge[chosen], self.fraction[chosen], self.metres[chosen]
        )


def snap(graph: WalkGraph, places: NDArray[Any], *, limit_m: float) -> Snap:
    """Join places to a street each, by splitting it.

    That is the nearest street open to the walker whose connector crosses no barrier; where it
    belongs to an island (`WalkGraph.island`) and another does not that is at most `DETOUR_M`
    farther, that other one. So the path of a walled garden, or the far bank's, does not win over
    the street a few steps on.

    Parameters
    ----------
    graph
        The streets.
    places
        Points or other geometries in EPSG:4326, shape (n,); a polygon joins from its nearest
        point. None and empty geometries are off the network.
    limit_m
        A connector of at most this geodesic length in metres is accepted (≤); a place farther
        from every street is off the network.

    Returns
    -------
    One snap a place. Of edges at the same distance the lowest-numbered is taken.
    """
    edge = np.full(len(places), -1, dtype=np.int64)
    fraction = np.full(len(places), np.nan)
    connector_m = np.full(len(places), np.nan)
    if len(places) and graph.open.any():
        links = _links(graph, places, limit_m=limit_m)
        chosen = links[_choose(links, island=graph.island)]
        edge[chosen.place] = chosen.edge
        fraction[chosen.place] = chosen.fraction
        connector_m[chosen.place] = chosen.metres
    return Snap(edge, fraction, connector_m)


def _choose(links: _Links, *, island: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Choose a link for each place that has any; positions into `links`."""
    if len(links.place) == 0:
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((links.edge, links.metres, links.place))
    place = links.place[order]
    first = np.ones(len(place), dtype=bool)
    np.not_equal(place[1:], place[:-1], out=first[1:])
    start = np.flatnonzero(first)
    lost = island[links.edge[order]]
    if not lost.any():
        return order[start]
    nearest_m = links.metres[order[start]][np.cumsum(first) - 1]
    # Sound streets within the detour come before islands, each by distance.
    astray = lost | (links.metres[order] > nearest_m + DETOUR_M)
    by_worth = order[np.lexsort((np.arange(len(order)), astray, place))]
    return by_worth[start]


def _links(graph: WalkGraph, places: NDArray[Any], *, limit_m: float) -> _Links:
    """List the connectors that may be chosen, none longer than the limit nor across a barrier."""
    points = shapely.get_type_id(places) == shapely.GeometryType.POINT
    points &= ~shapely.is_empty(places)
    if points.all():
        return _point_links(graph, places, np.arange(len(places)), limit_m=limit_m)
    return _joined(
        _point_links(graph, places, np.flatnonzero(points), limit_m=limit_m),
        _shape_links(graph, places, np.flatnonzero(~points), limit_m=limit_m),
    )


def _joined(*parts: _Links) -> _Links:
    return _Links(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("place", "edge", "fraction", "metres")
        )
    )


def _point_links(
    graph: WalkGraph, places: NDArray[Any], at: NDArray[np.int64], *, limit_m: float
) -> _Links:
    lonlat = shapely.get_coordinates(places[at])
    xy = project_lonlat(lonlat, target=graph.crs)
    finite = np.isfinite(xy)
    if not finite.all():
        whole = finite.all(axis=1)
        at, lonlat, xy = at[whole], lonlat[whole], xy[whole]
    planar_m = limit_m * _SCALE_MARGIN + _ROUNDING_M
    walled = near_barriers(graph, xy, limit_m=planar_m)
    shut = np.flatnonzero(walled)
    open_ = np.flatnonzero(~walled) if len(shut) else np.arange(len(xy))
    near = graph.index.nearest(
        xy[open_],
        usable=graph.open,
        inferior=graph.island,
        limit_m=planar_m,
        slack_m=DETOUR_M * _SCALE_MARGIN + _ROUNDING_M,
    )
    links = _measured(graph, near, at[open_], lonlat[open_], limit_m=limit_m)
    if len(shut) == 0:
        return links
    # Where a barrier may be in the way, the nearest that is left may be anywhere in the limit.
    near = graph.index.within(xy[shut], usable=graph.open, limit_m=planar_m)
    near = _nearest_of_each_edge(near, graph.index)
    return _joined(links, _measured(graph, near, at[shut], lonlat[shut], limit_m=limit_m))


def _nearest_of_each_edge(near: Near, index: StreetIndex) -> Near:
    edge = index.edge[near.segment]
    order = np.lexsort((near.metres, edge, near.point))
    point, edge = near.point[order], edge[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (point[1:] != point[:-1]) | (edge[1:] != edge[:-1])
    return near[order[first]]


def _measured(
    graph: WalkGraph,
    near: Near,
    place: NDArray[np.int64],
    lonlat: NDArray[np.float64],
    *,
    limit_m: float,
) -> _Links:
    """Measure connectors on the ellipsoid, and drop those too long or across a barrier."""
    here = lonlat[near.point]
    there = unproject(near.foot, source=graph.crs)
    metres = geodesic_m(here, there)
    # The same place twice is no distance, whatever the way to degrees and back rounds.
    metres[near.metres == 0] = 0.0
    kept = (metres <= limit_m) & ~_crossing(graph, here, there)
    if not kept.all():
        near, metres = near[kept], metres[kept]
    return _Links(
        place[near.point],
        graph.index.edge[near.segment].astype(np.int64),
        graph.index.fraction(near.segment, near.foot),
        metres,
    )


def _shape_links(
    graph: WalkGraph, places: NDArray[Any], at: NDArray[np.int64], *, limit_m: float
) -> _Links:
    """List the connectors of places that are no points, from their nearest sides."""
    at = at[~(shapely.is_missing(places[at]) | shapely.is_empty(places[at]))]
    if len(at) == 0:
        return _nothing()
    local = project(places[at], target=graph.crs)
    finite = np.isfinite(shapely.bounds(local)).all(axis=1)
    at, local = at[finite], local[finite]
    if len(at) == 0:
        return _nothing()
    index, planar_m = graph.index, limit_m * _SCALE_MARGIN + _ROUNDING_M
    if len(graph.barriers) or not graph.open.all():
        reach_m = np.full(len(at), planar_m)
    else:
        (found, _), gap_m = index.tree.query_nearest(
            local, max_distance=planar_m, all_matches=False, return_distance=True
        )
        at, local = at[found], local[found]
        reach_m = np.minimum(gap_m + DETOUR_M * _SCALE_MARGIN, planar_m)
    pair, edge = index.tree.query(local, predicate="dwithin", distance=reach_m + _ROUNDING_M)
    usable = graph.open[edge]
    pair, edge = pair[usable], edge[usable]
    ends = shapely.get_coordinates(shapely.shortest_line(local[pair], index.lines[edge])).reshape(
        -1, 2, 2
    )
    here, there = unproject(ends[:, 0], source=graph.crs), unproject(ends[:, 1], source=graph.crs)
    metres = geodesic_m(here, there)
    metres[(ends[:, 0] == ends[:, 1]).all(axis=1)] = 0.0
    kept = (metres <= limit_m) & ~_crossing(graph, here, there)
    foot = shapely.points(ends[kept, 1])
    fraction = shapely.line_locate_point(index.lines[edge[kept]], foot, normalized=True)
    return _Links(
        at[pair[kept]], edge[kept].astype(np.int64), np.clip(fraction, 0.0, 1.0), metres[kept]
    )


def near_barriers(
    graph: WalkGraph, xy: NDArray[np.float64], *, limit_m: float
) -> NDArray[np.bool_]:
    """Tell which points are so near a barrier that a connector may cross it.

    Parameters
    ----------
    graph
        The streets.
    xy
        Points in the graph's system, finite, shape (n, 2).
    limit_m
        Planar metres, inclusive.
    """
    walled = np.zeros(len(xy), dtype=bool)
    if len(graph.barriers) and len(xy):
        walls = shapely.STRtree(project(graph.barriers, target=graph.crs))
        points = shapely.points(xy)
        walled[walls.query(points, predicate="dwithin", distance=limit_m)[0]] = True
    return walled


def _crossing(
    graph: WalkGraph, here: NDArray[np.float64], there: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which connectors meet a barrier; one that touches it does."""
    crossing = np.zeros(len(here), dtype=bool)
    if len(graph.barriers) and len(here):
        links = shapely.linestrings(np.stack([here, there], axis=1))
        crossing[shapely.STRtree(graph.barriers).query(links, predicate="intersects")[0]] = True
    return crossing


def _nothing() -> _Links:
    empty = np.zeros(0)
    return _Links(empty.astype(np.int64), empty.astype(np.int64), empty, empty)
