"""What is odd about a street network: parts that do not touch, ends that just miss a street."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from spatial.crs import geodesic_m, project, project_lonlat, unproject
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


@dataclass(frozen=True)
class Island:
    """A part of a network that does not touch its largest part; a node of it in degrees."""

    edges: int
    length_m: float
    share: float
    lon: float
    lat: float


@dataclass(frozen=True)
class Undershoot:
    """A dead end, the nearest place on a street it does not join, and the metres between them."""

    lon: float
    lat: float
    to_lon: float
    to_lat: float
    gap_m: float


@dataclass(frozen=True)
class Amount:
    """Edges and their length in metres."""

    edges: int
    length_m: float


@dataclass(frozen=True)
class Snapped:
    """How many of the places of a layer lie within the limit of a street; share of none is None."""

    places: int
    within: int
    share: float | None
    limit_m: float


@dataclass(frozen=True)
class Diagnosis:
    """What is known of the shape of a network.

    Parameters
    ----------
    nodes, edges, length_m
        Of the whole network.
    components, largest_share
        Parts that do not touch one another, and the largest one's share of the length.
    sizeable
        How many parts have more than 1 % of the length.
    islands
        The parts but the largest, longest first, at most 20.
    dead_ends
        Nodes of one edge.
    gap_m
        A dead end this near (≤) to an edge it does not join is an undershoot.
    undershoots, undershoot_places
        How many there are; the smallest gaps, at most 100.
    by_class
        Edges by class of street; without a class under the empty text.
    steps, bridges, tunnels, one_way
        Edges that are so.
    left_out
        How many lines were not taken, by reason.
    snapped
        By layer, how many of its places lie near a street.
    """

    nodes: int
    edges: int
    length_m: float
    components: int
    largest_share: float
    sizeable: int
    islands: tuple[Island, ...]
    dead_ends: int
    gap_m: float
    undershoots: int
    undershoot_places: tuple[Undershoot, ...]
    by_class: Mapping[str, Amount]
    steps: Amount
    bridges: Amount
    tunnels: Amount
    one_way: Amount
    left_out: Mapping[str, int]
    snapped: Mapping[str, Snapped]

    @property
    def in_pieces(self) -> bool:
        """Tell whether more than one part is sizeable: a place on one never reaches another."""
        return self.sizeable > 1

    def as_json(self) -> dict[str, Any]:
        """Return it all as JSON holds it; lengths and gaps to the millimetre."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("by_class", "snapped"):
            plain[name] = {key: asdict(value) for key, value in plain[name].items()}
        for name in ("steps", "bridges", "tunnels", "one_way"):
            plain[name] = asdict(plain[name])
        for name in ("islands", "undershoot_places"):
            plain[name] = [asdict(value) for value in plain[name]]
        plain["left_out"] = dict(self.left_out)
        return plain


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
