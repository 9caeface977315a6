"""Polygons against the engine: random places asked one by one, compared with the drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.crs import project, unproject
from spatial.isochrone import Isochrone
from spatial.network import Network
from spatial.profiles import Profile
from spatial.reach import Direction, nearest_walk
from spatial.snapping import Snap, snap

# The engine searches a little beyond the greatest limit: what lies past it is just as far out.
_SEARCH_M = 5200.0
_SNAP_LIMIT_M = 200.0


@dataclass(frozen=True)
class Agreement:
    """How far a drawing is from the engine.

    `outside_m` is how far the worst place clearly within the limit lies outside the drawing,
    `inside_m` how deep the worst place clearly beyond it lies inside.
    """

    places: int
    outside_m: float
    inside_m: float


def random_origins(network: Network, *, count: int, seed: int) -> NDArray[np.object_]:
    """Scatter places about the streets, most of them some way off."""
    index = network.graph.index
    random = np.random.default_rng(seed)
    on = index.xy[index.segment[random.integers(0, len(index.segment), count)]]
    places = np.empty(count, dtype=object)
    lonlat = unproject(on + random.normal(0, 40, on.shape), source=index.crs)
    places[:] = [shapely.Point(*place) for place in lonlat]
    return places


def agreements(
    network: Network,
    origin: shapely.Geometry,
    found: Isochrone,
    *,
    profile: Profile,
    direction: Direction,
    slack_m: float,
    each: int,
    seed: int,
) -> list[Agreement]:
    """Ask the engine what places cost that lie anywhere, on streets and about the outline.

    Parameters
    ----------
    slack_m
        Equivalent metres by which a place must be within, or beyond, the limit to count.
    each
        How many places of each of five kinds.
    """
    graph = network.graph_for(profile.impedance)
    entrances = np.array(
        list(origin.geoms) if isinstance(origin, shapely.MultiPoint) else [origin], dtype=object
    )
    doors = snap(graph, entrances, limit_m=_SNAP_LIMIT_M)
    random = np.random.default_rng(seed)
    answers = []
    for extent in found.extents:
        drawn = project(np.array([extent.polygon], dtype=object), target=graph.crs)[0]
        xy = _places(graph.index.xy, graph.index.segment, drawn, each=each, random=random)
        places = np.empty(len(xy), dtype=object)
        places[:] = shapely.points(unproject(xy, source=graph.crs))
        cost_m = _costs_m(network, places, doors, profile, direction)
        points = np.asarray(shapely.points(xy))
        gap_m = shapely.distance(points, drawn)
        depth_m = np.where(gap_m == 0, shapely.distance(points, drawn.boundary), 0.0)
        within, beyond = cost_m <= extent.limit_m - slack_m, cost_m >= extent.limit_m + slack_m
        answers.append(
            Agreement(
                places=len(xy),
                outside_m=float(gap_m[within].max(initial=0.0)),
                inside_m=float(depth_m[beyond].max(initial=0.0)),
            )
        )
    return answers


def _places(
    vertices: NDArray[np.float64],
    segment: NDArray[np.int32],
    drawn: shapely.Geometry,
    *,
    each: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    low, high = np.array(drawn.bounds).reshape(2, 2)
    anywhere = random.uniform(low - 250, high + 250, (each, 2))
    border = shapely.get_coordinates(
        shapely.line_interpolate_point(
            drawn.boundary, random.uniform(0, drawn.boundary.length, 2 * each)
        )
    )
    border[:each] += random.normal(0, 12, (each, 2))
    border[each:] += random.normal(0, 40, (each, 2))
    a, b = vertices[segment], vertices[segment + 1]
    near = np.flatnonzero(((a > low - 150) & (a < high + 150)).all(axis=1))
    chosen = random.choice(near, each)
    on = a[chosen] + random.uniform(0, 1, (each, 1)) * (b[chosen] - a[chosen])
    return np.concatenate([anywhere, border, on, on + random.normal(0, 15, on.shape)])


def _costs_m(
    network: Network,
    places: NDArray[np.object_],
    doors: Snap,
    profile: Profile,
    direction: Direction,
) -> NDArray[np.float64]:
    """Ask as verdicts do; infinite off the network."""
    graph = network.graph_for(profile.impedance)
    walk = nearest_walk(
        graph,
        places=snap(graph, places, limit_m=_SNAP_LIMIT_M),
        sites=doors,
        site_of=np.zeros(len(doors.edge), dtype=np.int64),
        limit_m=_SEARCH_M,
        direction=direction,
    )
    return np.where(np.isnan(walk.metres), np.inf, walk.metres)
