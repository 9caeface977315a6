"""Snapping places to streets, and walking from every place to its nearest site in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from spatial.crs import geodesic_m, project, unproject
from spatial.graph import WalkGraph

# Beyond this a distance is null with the reason beyond_5000_m (design, section 2).
SEARCH_LIMIT_M: Final = 5000.0

# A projected distance differs from the geodesic by less than this share inside a zone.
_SCALE_MARGIN: Final = 1.002


@dataclass(frozen=True, eq=False)
class Snap:
    """Where places join the streets.

    Parameters
    ----------
    edge
        Number of the nearest edge, -1 for a place off the network, shape (n,).
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

    def __getitem__(self, chosen: NDArray[Any]) -> Snap:
        """Return the snaps at the chosen positions."""
        return Snap(self.edge[chosen], self.fraction[chosen], self.connector_m[chosen])


@dataclass(frozen=True, eq=False)
class Walk:
    """The nearest site on foot, for each place.

    Parameters
    ----------
    metres
        Connector, streets and connector together, shape (n,). Infinite where no site lies within
        the search limit; NaN for a place off the network.
    site
        Number of the nearest site, -1 where there is none, shape (n,).
    """

    metres: NDArray[np.float64]
    site: NDArray[np.int64]


def snap(graph: WalkGraph, places: NDArray[Any], *, limit_m: float) -> Snap:
    """Join places to their nearest edge by splitting it.

    Parameters
    ----------
    graph
        The streets.
    places
        Points or polygons in EPSG:4326, shape (n,); a polygon joins from its nearest point.
        None and empty geometries are off the network.
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
    if len(places) == 0 or len(graph.lines) == 0:
        return Snap(edge, fraction, connector_m)
    projected = project(places, target=graph.crs)
    place, line = _nearest_edges(graph, projected, limit_m=limit_m * _SCALE_MARGIN + 0.01)

    lines = graph.lines[line]
    links = shapely.shortest_line(projected[place], lines)
    ends = shapely.get_coordinates(links).reshape(-1, 2, 2)
    metres = geodesic_m(
        unproject(ends[:, 0], source=graph.crs), unproject(ends[:, 1], source=graph.crs)
    )
    # A place exactly on a street has no link to measure: shapely answers with a zero-length one.
    near = metres <= limit_m
    place, line, lines, ends = place[near], line[near], lines[near], ends[near]
    edge[place] = line
    fraction[place] = shapely.line_locate_point(lines, shapely.points(ends[:, 1]), normalized=True)
    connector_m[place] = metres[near]
    return Snap(edge, np.clip(fraction, 0.0, 1.0), connector_m)


def _nearest_edges(
    graph: WalkGraph, projected: NDArray[Any], *, limit_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the nearest edge of each place within a projected distance; ties to the lowest."""
    points = shapely.get_type_id(projected) == shapely.GeometryType.POINT
    points &= ~shapely.is_empty(projected)
    points[points] = np.isfinite(shapely.get_coordinates(projected[points])).all(axis=1)
    # The nearest vertex bounds the distance to the nearest edge, so what is measured for a point
    # is only what meets a small box: a fifth of the time of the tree's own search.
    point = np.flatnonzero(points)
    xy = shapely.get_coordinates(projected[point])
    bound = np.minimum(graph.vertices.query(xy)[0] + 0.001, limit_m)[:, np.newaxis]
    pair, line = graph.tree.query(shapely.box(*(xy - bound).T, *(xy + bound).T))
    metres = shapely.distance(projected[point[pair]], graph.lines[line])

    rest = np.flatnonzero(~points)
    (other, other_line), other_m = graph.tree.query_nearest(
        projected[rest], max_distance=limit_m, all_matches=True, return_distance=True
    )
    place = np.concatenate([point[pair], rest[other]])
    line = np.concatenate([line, other_line])
    metres = np.concatenate([metres, other_m])
    near = metres <= limit_m
    place, line, metres = place[near], line[near], metres[near]
    order = np.lexsort((line, metres, place))
    place, first = np.unique(place[order], return_index=True)
    return place, line[order][first]


def nearest_walk(
    graph: WalkGraph,
    *,
    places: Snap,
    sites: Snap,
    site_of: NDArray[np.int64],
    limit_m: float = SEARCH_LIMIT_M,
) -> Walk:
    """Find the nearest site on foot for all places, in one multi-source search.

    Parameters
    ----------
    graph
        The streets.
    places
        Where the places join the streets.
    sites
        Where the entrances of the sites join; entrances off the network are passed over.
    site_of
        Number of the site each entrance belongs to, shape (len(sites),); several entrances of
        one site share its number.
    limit_m
        Search limit in metres, inclusive.

    Returns
    -------
    Walking metres and site of each place (see `Walk`).
    """
    used = np.flatnonzero(sites.on_network)
    reached = places.on_network
    metres = np.where(reached, np.inf, np.nan)
    site = np.full(len(metres), -1, dtype=np.int64)
    if len(used) == 0 or not reached.any():
        return Walk(metres, site)
    sites, site_of = sites[used], site_of[used]
    node_m, node_site = node_distances(graph, sites=sites, site_of=site_of, limit_m=limit_m)

    at = np.flatnonzero(reached)
    edge, fraction = places.edge[at], places.fraction[at]
    along = fraction * graph.length_m[edge]
    via_u = node_m[graph.u[edge]] + along
    via_v = node_m[graph.v[edge]] + (graph.length_m[edge] - along)
    best = np.where(via_u <= via_v, via_u, via_v)
    best_site = np.where(via_u <= via_v, node_site[graph.u[edge]], node_site[graph.v[edge]])
    direct_m, direct_site = _along_the_same_edge(
        edge, along, sites, site_of, sites.fraction * graph.length_m[sites.edge]
    )
    closer = direct_m < best
    best, best_site = np.where(closer, direct_m, best), np.where(closer, direct_site, best_site)
    best = best + places.connector_m[at]
    found = best <= limit_m
    metres[at[found]] = best[found]
    site[at[found]] = best_site[found]
    return Walk(metres, site)


def node_distances(
    graph: WalkGraph, *, sites: Snap, site_of: NDArray[np.int64], limit_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Walk from all sites at once to every node of the network.

    Parameters
    ----------
    graph, sites, site_of, limit_m
        As in `nearest_walk`; every entrance must be on the network.

    Returns
    -------
    node_m, node_site
        Metres to the nearest site (infinite beyond `limit_m`) and its number (-1 for none), each
        of shape (n,).
    """
    nodes = graph.adjacency.shape[0]
    entrances = len(sites.edge)
    along = sites.fraction * graph.length_m[sites.edge]
    # Each entrance becomes a row of its own with an arc to either end of its edge, appended
    # behind the rows of the street nodes: the cached adjacency is copied, never rebuilt.
    ends = np.column_stack([graph.u[sites.edge], graph.v[sites.edge]]).astype(np.int32)
    arcs = np.column_stack(
        [sites.connector_m + along, sites.connector_m + graph.length_m[sites.edge] - along]
    )
    base = graph.adjacency
    size = nodes + entrances
    pointers = np.concatenate(
        [base.indptr, base.indptr[-1] + 2 * np.arange(1, entrances + 1, dtype=base.indptr.dtype)]
    )
    extended = csr_matrix(
        (
            np.concatenate([base.data, arcs.ravel()]),
            np.concatenate([base.indices, ends.ravel()]),
            pointers,
        ),
        shape=(size, size),
    )
    metres, _, source = dijkstra(
        extended,
        directed=True,
        indices=np.arange(nodes, size),
        min_only=True,
        limit=limit_m,
        return_predecessors=True,
    )
    # Sources are rows behind the nodes; the negative mark of a node without one ends up at -1.
    site = np.append(site_of, -1)[np.maximum(source[:nodes] - nodes, -1)]
    return metres[:nodes], site


def _along_the_same_edge(
    edge: NDArray[np.int64],
    along: NDArray[np.float64],
    sites: Snap,
    site_of: NDArray[np.int64],
    sites_along: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Walk straight along one edge to sites on that same edge, without passing its ends."""
    metres = np.full(len(edge), np.inf)
    site = np.full(len(edge), -1, dtype=np.int64)
    order = np.argsort(sites.edge, kind="stable")
    first = np.searchsorted(sites.edge[order], edge, side="left")
    count = np.searchsorted(sites.edge[order], edge, side="right") - first
    place = np.repeat(np.arange(len(edge)), count)
    if len(place) == 0:
        return metres, site
    offset = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    entrance = order[np.repeat(first, count) + offset]
    walk = np.abs(along[place] - sites_along[entrance]) + sites.connector_m[entrance]
    best = np.lexsort((site_of[entrance], walk, place))
    place, chosen = np.unique(place[best], return_index=True)
    metres[place] = walk[best][chosen]
    site[place] = site_of[entrance[best][chosen]]
    return metres, site
