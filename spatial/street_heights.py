"""Heights along streets: where they are taken, and how bridges and tunnels are carried over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve
from scipy.spatial import KDTree

from spatial.crs import geodesic_m
from spatial.grouping import weighted_count
from spatial.network import Network

# Heights are taken this often along a street, or more often.
SAMPLE_STEP_M: Final = 20.0

# The smoothed ground near the end of a bridge knows of the valley, near that of a tunnel of the
# hill: within this distance the street is drawn straight from where the ground is its own.
END_ZONE_M: Final = 90.0

# Mean radius of the earth.
_EARTH_RADIUS_M: Final = 6_371_009.0


@dataclass(frozen=True, eq=False)
class Chain:
    """Streets cut into short segments between places; the first places are the nodes.

    Parameters
    ----------
    lonlat
        Places, degrees in EPSG:4326, shape (p, 2).
    start, end
        Numbers of the places each segment runs between, in the direction of its edge, shape (s,).
    edge
        Number of the edge each is part of, shape (s,).
    metres
        Length of each along the street, shape (s,).
    """

    lonlat: NDArray[np.float64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    edge: NDArray[np.int64]
    metres: NDArray[np.float64]

    def rise(self, height_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the slope of each segment from heights of the places; NaN where one is."""
        return np.asarray((height_m[self.end] - height_m[self.start]) / self.metres)


def cut_streets(network: Network, *, whole: NDArray[np.bool_]) -> Chain:
    """Cut edges into equal segments of at most `SAMPLE_STEP_M`; those in `whole` are left."""
    length_m = np.asarray(network.length_m)
    count = np.where(whole, 1, np.ceil(length_m / SAMPLE_STEP_M)).astype(np.int64)
    count = np.maximum(count, 1)
    edge = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    place = np.arange(len(edge)) - first[edge]
    nodes = len(network.node_lonlat)
    # Segment k of an edge ends at its sample k, the last at its node.
    inner = place < count[edge] - 1
    number = nodes + np.cumsum(inner) - 1
    end = np.where(inner, number, network.v[edge])
    start = np.where(place == 0, network.u[edge], np.append(-1, end[:-1]))
    lonlat = _along(
        np.asarray(network.coordinates),
        np.asarray(network.offsets),
        line=edge[inner],
        fraction=(place[inner] + 1) / count[edge[inner]],
    )
    return Chain(
        lonlat=np.concatenate([np.asarray(network.node_lonlat), lonlat]),
        start=start,
        end=end,
        edge=edge,
        metres=(length_m / count)[edge],
    )


def _along(
    vertices: NDArray[np.float64],
    offsets: NDArray[np.int64],
    *,
    line: NDArray[np.int64],
    fraction: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Find places at fractions of the length of lines in degrees, all in one pass."""
    steps = geodesic_m(vertices[:-1], vertices[1:])
    # Between lines a metre, so that no two lines share a place on the common scale.
    steps[offsets[1:-1] - 1] = 1.0
    scale = np.append(0.0, np.cumsum(steps))
    first, last = scale[offsets[:-1]], scale[offsets[1:] - 1]
    at = first[line] + fraction * (last - first)[line]
    return np.column_stack([np.interp(at, scale, vertices[:, axis]) for axis in (0, 1)])


def drawn_straight(
    chain: Chain,
    height: NDArray[np.float64],
    *,
    structure: NDArray[np.bool_],
    carried: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return heights with bridges, tunnels and what is about their ends drawn straight.

    Heights there are those that change evenly along each street and agree where streets meet:
    on a single line the straight line, where several meet the mean weighted by nearness.
    """
    size = len(height)
    on = np.zeros((3, size), dtype=bool)
    for row, chosen in enumerate((structure, carried & ~structure)):
        on[row, chain.start[chosen]] = on[row, chain.end[chosen]] = True
    portal = np.flatnonzero(on[0] & on[1])
    free = on[0].copy()
    if len(portal):
        free |= on[1] & _near(chain.lonlat, portal)
    if not free.any():
        return height
    usable = carried & (chain.start != chain.end)
    start, end = chain.start[usable], chain.end[usable]
    a, b = np.concatenate([start, end]), np.concatenate([end, start])
    pull = 1 / np.tile(chain.metres[usable], 2)
    known = ~free & np.isfinite(height)
    chosen = free[a] & (free[b] | known[b])
    a, b, pull = a[chosen], b[chosen], pull[chosen]

    number = np.cumsum(free) - 1
    unknowns = int(free.sum())
    among = free[b]
    links = csr_matrix(
        (pull[among], (number[a[among]], number[b[among]])), shape=(unknowns, unknowns)
    )
    parts, part = connected_components(links, directed=False)
    grounded = np.zeros(parts, dtype=bool)
    grounded[part[number[a[~among]]]] = True
    held = ~grounded[part]
    # What joins no ground is held at any one level: only differences of heights are used.
    total = weighted_count(number[a], pull, size=unknowns)
    given = weighted_count(number[a[~among]], pull[~among] * height[b[~among]], size=unknowns)
    laplacian = (diags_array(np.where(held, 1.0, total)) - diags_array(~held * 1.0) @ links).tocsc()
    solved = height.copy()
    solved[free] = spsolve(laplacian, given)
    return solved


def _near(lonlat: NDArray[np.float64], portal: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which places lie within `END_ZONE_M` of one of the portals among them."""
    lon, lat = np.radians(lonlat).T
    # Chords of a globe: exact enough for a zone, anywhere, and without a projection.
    globe = _EARTH_RADIUS_M * np.column_stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    )
    metres, _ = KDTree(globe[portal]).query(globe, distance_upper_bound=END_ZONE_M)
    return np.isfinite(metres)
