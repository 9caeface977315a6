"""Straight-line distance to the nearest site: the geodesic between nearest points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import KDTree

from spatial.crs import geodesic_m, project, unproject
from spatial.reach import SEARCH_LIMIT_M

# Two sites whose projected distances differ by less than this share may swap places on the
# ellipsoid, so all of them are measured.
_TIE_SHARE: Final = 1e-4
_TIE_M: Final = 0.01


@dataclass(frozen=True, eq=False)
class Straight:
    """The nearest site in a straight line, for each place.

    Parameters
    ----------
    metres
        Geodesic metres between nearest points, shape (n,); infinite where no site lies within the
        search limit, NaN for a place without geometry.
    site
        Number of that site, -1 where there is none, shape (n,).
    """

    metres: NDArray[np.float64]
    site: NDArray[np.int64]


def nearest_straight(
    places: NDArray[Any],
    sites: NDArray[Any],
    *,
    crs: CRS,
    limit_m: float = SEARCH_LIMIT_M,
    projected: NDArray[Any] | None = None,
    projected_sites: NDArray[Any] | None = None,
    tree: KDTree | None = None,
) -> Straight:
    """Find the nearest site in a straight line.

    Parameters
    ----------
    places, sites
        Geometries of any type in EPSG:4326, shapes (n,) and (k,); None and empty ones have no
        distance.
    crs
        Projected system, metres, in which nearest points are found; the distance itself is the
        geodesic between them.
    limit_m
        Search limit in metres, inclusive.
    projected, projected_sites
        The same places and sites in `crs`, where the caller has them at hand.
    tree
        Of the projected sites, where the caller has it at hand (`tree_of`).

    Returns
    -------
    Metres and site of each place. Of sites at the same distance the lowest-numbered is taken.
    """
    usable = ~(shapely.is_missing(places) | shapely.is_empty(places))
    metres = np.where(usable, np.inf, np.nan)
    site = np.full(len(places), -1, dtype=np.int64)
    if not usable.any() or len(sites) == 0:
        return Straight(metres, site)
    if projected is None:
        projected = project(places, target=crs)
    sites_m = project(sites, target=crs) if projected_sites is None else projected_sites
    place, candidate = _candidates(
        projected, sites_m, limit_m=limit_m * (1 + _TIE_SHARE) + _TIE_M, tree=tree
    )
    measured = pair_distances_m(projected[place], sites_m[candidate], crs=crs)
    order = np.lexsort((candidate, measured, place))
    first = np.ones(len(order), dtype=bool)
    np.not_equal(place[order[1:]], place[order[:-1]], out=first[1:])
    best = order[first]
    best = best[measured[best] <= limit_m]
    metres[place[best]] = measured[best]
    site[place[best]] = candidate[best]
    return Straight(metres, site)


def _candidates(
    places: NDArray[Any], sites: NDArray[Any], *, limit_m: float, tree: KDTree | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair each place with the sites that may be its nearest on the ellipsoid, all projected."""
    if _points(places):
        tree = tree or tree_of(sites)
        if tree is not None:
            return _candidate_points(shapely.get_coordinates(places), tree, limit_m=limit_m)
    index = shapely.STRtree(sites)
    (place, _), gap = index.query_nearest(
        places, max_distance=limit_m, return_distance=True, all_matches=False
    )
    pair, candidate = index.query(places[place], predicate="dwithin", distance=_tied(gap))
    return place[pair], candidate


def _candidate_points(
    places: NDArray[np.float64], tree: KDTree, *, limit_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair points with points: a tenth of the time, since few have more than one candidate."""
    gap, nearest = map(np.asarray, tree.query(places, k=2, distance_upper_bound=limit_m))
    found = np.flatnonzero(np.isfinite(gap[:, 0]))
    close = gap[found, 1] <= _tied(gap[found, 0])
    if not close.any():
        return found, nearest[found, 0].astype(np.int64)
    single, several = found[~close], found[close]
    near = tree.query_ball_point(places[several], _tied(gap[several, 0]))
    return (
        np.concatenate([single, np.repeat(several, [len(each) for each in near])]),
        np.concatenate([nearest[single, 0], *near]).astype(np.int64),
    )


def _tied(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    return gap * (1 + _TIE_SHARE) + _TIE_M


def tree_of(sites: NDArray[Any]) -> KDTree | None:
    """Index sites to look places up in, projected; None unless all of them are points."""
    return KDTree(shapely.get_coordinates(sites)) if len(sites) and _points(sites) else None


def _points(geometries: NDArray[Any]) -> bool:
    """Tell whether each is a point and has a place."""
    if not (shapely.get_type_id(geometries) == shapely.GeometryType.POINT).all():
        return False
    coordinates = shapely.get_coordinates(geometries)
    return len(coordinates) == len(geometries) and bool(np.isfinite(coordinates).all())


def pair_distances_m(a: NDArray[Any], b: NDArray[Any], *, crs: CRS) -> NDArray[np.float64]:
    """Measure the geodesic between the nearest points of pairs of geometries.

    Parameters
    ----------
    a, b
        Geometries in `crs`, shape (n,) each, none of them empty.
    crs
        Projected system, metres.

    Returns
    -------
    Metres, shape (n,); 0 where a pair touches.
    """
    if len(a) == 0:
        return np.zeros(0)
    # Points are their own nearest points: a tenth of the work, and by far the most common case.
    points = (shapely.get_type_id(a) == 0).all() and (shapely.get_type_id(b) == 0).all()
    ends = (
        np.stack([shapely.get_coordinates(a), shapely.get_coordinates(b)], axis=1)
        if points
        else shapely.get_coordinates(shapely.shortest_line(a, b)).reshape(-1, 2, 2)
    )
    return geodesic_m(unproject(ends[:, 0], source=crs), unproject(ends[:, 1], source=crs))
