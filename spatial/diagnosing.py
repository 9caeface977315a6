"""Looking a street network over: what hangs together, what ends short, what lies near."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from spatial.crs import geodesic_m, project, project_lonlat, unproject
from spatial.diagnosis import Amount, Diagnosis, Island, Snapped, Undershoot
from spatial.geometry import declared
from spatial.grouping import weighted_count
from spatial.network import Network
from spatial.traits import BRIDGE, GROUND, TUNNEL

# A part of more than this share of the length is no stray path.
SIZEABLE_SHARE: Final = 0.01
MAX_ISLANDS: Final = 20
MAX_UNDERSHOOTS: Final = 100
# A stub this many gaps long ends beside the street it leaves, and is meant to.
_STUB_GAPS: Final = 10.0
# As `spatial.ragged_lines` tells nodes apart.
_SAME_PLACE_DEG: Final = 1e-8


def diagnose(
    network: Network,
    *,
    gap_m: float = 2.0,
    districts: GeoDataFrame | None = None,
    facilities: GeoDataFrame | None = None,
    snap_limit_m: float = 200.0,
) -> Diagnosis:
    """Look a network over.

    Parameters
    ----------
    gap_m
        A dead end this near (≤) to an edge it does not join is an undershoot. Left out are ends
        at the very coordinates of a node of that edge (a gate keeps them apart), short stubs
        beside the street they leave, and ends that pass a bridge or tunnel.
    districts, facilities
        Layers in EPSG:4326 whose places are looked up: the declared ``entrances``, else the
        geometry. None is not looked up.
    snap_limit_m
        A place this near (≤) to a street is on the network.

    Notes
    -----
    Neighbourhoods are found in the projected system of the network; gaps are geodesic.
    """
    component, length_m = _components(network)
    order = np.argsort(-length_m, kind="stable")
    total = float(length_m.sum())
    ends = _dead_ends(network)
    gaps = _undershoots(network, ends, gap_m=gap_m)
    layers = {"districts": districts, "facilities": facilities}
    return Diagnosis(
        nodes=len(network.node_lonlat),
        edges=len(network.u),
        length_m=_rounded(total),
        components=len(length_m),
        largest_share=float(length_m[order[0]] / total),
        sizeable=int((length_m > SIZEABLE_SHARE * total).sum()),
        islands=tuple(
            _island(network, component, number, total) for number in order[1 : MAX_ISLANDS + 1]
        ),
        dead_ends=len(ends),
        gap_m=gap_m,
        undershoots=len(gaps),
        undershoot_places=gaps[:MAX_UNDERSHOOTS],
        by_class=_by_class(network),
        steps=_amount(network, network.traits.steps),
        bridges=_amount(network, network.traits.structure == BRIDGE),
        tunnels=_amount(network, network.traits.structure == TUNNEL),
        one_way=_amount(network, network.traits.forward != network.traits.backward),
        left_out=MappingProxyType(dict(network.left_out)),
        snapped=MappingProxyType(
            {
                name: _snapped(network, layer, limit_m=snap_limit_m)
                for name, layer in layers.items()
                if layer is not None
            }
        ),
    )


def _components(network: Network) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the part of each edge, and the length of each part in metres."""
    nodes = len(network.node_lonlat)
    links = csr_matrix((np.ones(len(network.u)), (network.u, network.v)), shape=(nodes, nodes))
    # On foot one may be one-way; which streets touch has no direction.
    _, part = connected_components(links, directed=False)
    number, component = np.unique(part[network.u], return_inverse=True)
    return np.asarray(component, dtype=np.intp), weighted_count(
        component, network.length_m, size=len(number)
    )


def _island(network: Network, component: NDArray[np.intp], number: int, total: float) -> Island:
    edges = np.flatnonzero(component == number)
    length_m = float(network.length_m[edges].sum())
    lon, lat = network.node_lonlat[network.u[edges[0]]]
    return Island(len(edges), _rounded(length_m), length_m / total, float(lon), float(lat))


def _dead_ends(network: Network) -> NDArray[np.intp]:
    """Return the nodes of one edge; a ring's only node is none."""
    degree = np.bincount(np.concatenate([network.u, network.v]), minlength=len(network.node_lonlat))
    return np.flatnonzero(degree == 1)


def _undershoots(
    network: Network, ends: NDArray[np.intp], *, gap_m: float
) -> tuple[Undershoot, ...]:
    index = network.index
    own = np.full(len(network.node_lonlat), -1)
    own[network.u] = np.arange(len(network.u))
    own[network.v] = np.arange(len(network.v))
    xy = project_lonlat(network.node_lonlat[ends], target=index.crs)
    points = np.asarray(shapely.points(xy), dtype=object)
    at, edge = index.tree.query(points, predicate="dwithin", distance=gap_m)
    node, mine = ends[at], own[ends[at]]
    missed = (mine != edge) & ~_deliberate(network, node, mine, edge, gap_m=gap_m)
    at, edge = at[missed], edge[missed]
    if not len(at):
        return ()
    lines = index.lines[edge]
    places = shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, points[at]))
    to_lonlat = unproject(shapely.get_coordinates(places), source=index.crs)
    from_lonlat = np.asarray(network.node_lonlat)[ends[at]]
    gaps = geodesic_m(from_lonlat, to_lonlat)
    # The nearest edge of each end, the smallest gaps first.
    nearest = np.lexsort((gaps, at))
    nearest = nearest[np.unique(at[nearest], return_index=True)[1]]
    nearest = nearest[np.lexsort((*from_lonlat[nearest].T, gaps[nearest]))]
    return tuple(
        Undershoot(
            lon=float(from_lonlat[i, 0]),
            lat=float(from_lonlat[i, 1]),
            to_lon=float(to_lonlat[i, 0]),
            to_lat=float(to_lonlat[i, 1]),
            gap_m=_rounded(float(gaps[i])),
        )
        for i in nearest
    )


def _deliberate(
    network: Network,
    node: NDArray[np.intp],
    own: NDArray[np.intp],
    edge: NDArray[np.intp],
    *,
    gap_m: float,
) -> NDArray[np.bool_]:
    """Tell which dead ends are meant to end near an edge."""
    lonlat = np.asarray(network.node_lonlat)
    gated = np.zeros(len(node), dtype=bool)
    neighbour = np.zeros(len(node), dtype=bool)
    root = np.where(network.u[own] == node, network.v[own], network.u[own])
    for end in (network.u[edge], network.v[edge]):
        gated |= (np.abs(lonlat[node] - lonlat[end]) <= _SAME_PLACE_DEG).all(axis=1)
        neighbour |= root == end
    stub = neighbour & (np.asarray(network.length_m)[own] <= _STUB_GAPS * gap_m)
    structure = np.asarray(network.traits.structure)
    passed = (structure[edge] != GROUND) & (structure[edge] != structure[own])
    return np.asarray(gated | stub | passed)


def _by_class(network: Network) -> Mapping[str, Amount]:
    classes = np.array(["" if name is None else str(name) for name in network.highway])
    names, code = np.unique(classes, return_inverse=True)
    length_m = weighted_count(code.reshape(-1), network.length_m, size=len(names))
    edges = np.bincount(code.reshape(-1), minlength=len(names))
    order = np.argsort(-length_m, kind="stable")
    return MappingProxyType(
        {str(names[i]): Amount(int(edges[i]), _rounded(float(length_m[i]))) for i in order}
    )


def _amount(network: Network, chosen: NDArray[np.bool_]) -> Amount:
    length_m = float(np.asarray(network.length_m)[chosen].sum())
    return Amount(int(np.count_nonzero(chosen)), _rounded(length_m))


def _snapped(network: Network, layer: GeoDataFrame, *, limit_m: float) -> Snapped:
    geometry = np.asarray(layer.geometry.array, dtype=object)
    if "entrances" in layer:
        entrances, given = declared(layer["entrances"])
        geometry = np.where(given, entrances, geometry)
    index = network.index
    shapes = project(geometry, target=index.crs)
    near = np.unique(index.tree.query(shapes, predicate="dwithin", distance=limit_m)[0])
    share = len(near) / len(layer) if len(layer) else None
    return Snapped(len(layer), len(near), share, limit_m)


def _rounded(metres: float) -> float:
    return round(metres, 3)
