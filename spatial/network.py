"""The street network: immutable edges whose topology comes from their end coordinates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import csr_matrix

from spatial.crs import WGS84, unproject
from spatial.errors import NetworkError, UnknownCRSError
from spatial.graph import WalkGraph, adjacency_of, edge_costs_m
from spatial.grouping import weighted_count
from spatial.lattice import Lattice
from spatial.profiles import LEVEL, Impedance
from spatial.ragged_lines import (
    chosen_lines,
    ends_backward,
    number_nodes,
    ordered,
    ragged_lengths_m,
    reverse,
)
from spatial.street_index import StreetIndex, build_index
from spatial.traits import EdgeTraits, differing, traits_of

# Ways that are closed to people on foot whatever else their tags say.
CLOSED_TO_FOOT: Final = frozenset({"motorway", "motorway_link"})

# Graphs of different impedances kept with a network: anyone may ask for penalties of their own.
_GRAPHS: Final = 8


# Each may take some 60 MB.
_LATTICES: Final = 4


@dataclass(frozen=True, eq=False)
class Kept:
    """What takes time to work out from a network's edges.

    Parameters
    ----------
    index
        Where the streets are.
    adjacency
        The adjacency of `spatial.profiles.LEVEL` (see `spatial.graph.WalkGraph`).
    """

    index: StreetIndex
    adjacency: csr_matrix[np.float64]


@dataclass(frozen=True, eq=False)
class Network:
    """An immutable version of a street network.

    Parameters
    ----------
    u, v
        Node numbers of each edge, u ≤ v, shape (m,).
    length_m
        Geodesic length of each edge along its geometry, metres, shape (m,).
    coordinates, offsets
        Vertices of all edges in EPSG:4326, shape (c, 2); edge i runs from `u` to `v` through
        ``coordinates[offsets[i]:offsets[i + 1]]``.
    traits
        Class, directions, stairs, waits and slope of each edge.
    node_lonlat
        Degrees in EPSG:4326, shape (n, 2).
    version
        SHA-256 over the edges and barriers, in hexadecimal: the same give the same version.
    left_out
        How many lines were not taken, by reason.
    barriers
        Lines and polygons in EPSG:4326 that no connector may cross, shape (b,); the edges are cut
        already (`spatial.barriers`).
    kept
        What was worked out before and kept with the edges (`spatial.network_files`).
    """

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    offsets: NDArray[np.int64]
    traits: EdgeTraits
    node_lonlat: NDArray[np.float64]
    version: str
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    barriers: NDArray[Any] = field(default_factory=lambda: np.zeros(0, dtype=object))
    kept: Kept | None = field(default=None, repr=False)
    _graphs: dict[Impedance, WalkGraph] = field(default_factory=dict, repr=False)
    _lattices: dict[tuple[bool, float], Lattice] = field(default_factory=dict, repr=False)

    @property
    def highway(self) -> NDArray[Any]:
        """Class of each edge as OpenStreetMap names it, or None, shape (m,)."""
        return self.traits.highway

    @cached_property
    def geometry(self) -> NDArray[Any]:
        """Shapely LineStrings in EPSG:4326 running from `u` to `v`, shape (m,)."""
        lines = shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, np.asarray(self.coordinates), (self.offsets,)
        )
        return np.asarray(lines, dtype=object)

    @cached_property
    def index(self) -> StreetIndex:
        """Where the streets are, built on first use and kept with the network."""
        if self.kept is not None:
            return self.kept.index
        return build_index(self.coordinates, self.offsets, self.node_lonlat)

    @property
    def graph(self) -> WalkGraph:
        """The network made ready for walking where nothing but length and slope costs."""
        return self.graph_for(LEVEL)

    def graph_for(self, impedance: Impedance) -> WalkGraph:
        """Return the network made ready for walking, built on first use and kept with it."""
        known = self._graphs.get(impedance)
        if known is None:
            if len(self._graphs) >= _GRAPHS:
                self._graphs.pop(next(iter(self._graphs)), None)
            known = self._graphs[impedance] = self._walked(impedance)
        return known

    def _walked(self, impedance: Impedance) -> WalkGraph:
        forward_m, backward_m = edge_costs_m(self.length_m, self.traits, impedance=impedance)
        return WalkGraph(
            adjacency=self.kept.adjacency
            if self.kept is not None and impedance == LEVEL
            else adjacency_of(self.u, self.v, forward_m, backward_m, len(self.node_lonlat)),
            u=np.asarray(self.u),
            v=np.asarray(self.v),
            length_m=np.asarray(self.length_m),
            forward_m=forward_m,
            backward_m=backward_m,
            index=self.index,
            barriers=self.barriers,
        )

    def lattice_for(self, impedance: Impedance, *, snap_limit_m: float) -> Lattice:
        """Return the ground by the street it joins, asked as it is needed and kept here."""
        # Nothing but stairs decides which streets are open; what they cost joins no place.
        key = (impedance.steps, snap_limit_m)
        lattice = self._lattices.get(key)
        if lattice is None:
            for oldest in list(self._lattices)[: max(0, len(self._lattices) + 1 - _LATTICES)]:
                self._lattices.pop(oldest, None)
            lattice = Lattice(self.graph_for(impedance), snap_limit_m)
            self._lattices[key] = lattice
        return lattice

    @property
    def has_slope(self) -> bool:
        """True where any edge costs more than its length for its slope."""
        return bool((self.traits.slope_forward > 1).any() or (self.traits.slope_backward > 1).any())

    def edge_frame(self) -> GeoDataFrame:
        """Return the edges as a frame: number, u, v, length_m, traits, geometry in EPSG:4326."""
        return GeoDataFrame(
            {
                "number": np.arange(len(self.u)),
                "u": self.u,
                "v": self.v,
                "length_m": self.length_m,
                **self.traits.arrays(),
            },
            geometry=self.geometry,
            crs=WGS84,
        )


def build_network(lines: GeoDataFrame) -> Network:
    """Build a network from street lines.

    Lines meet where their ends meet, whatever node numbers the file carries. Motorways are left
    out (`CLOSED_TO_FOOT`), as are lines closed both ways, empty geometries, lines of no length and
    exact copies; how many stands in ``left_out``. MultiLineStrings are taken apart, and the
    crossings and lifts of one shared among its parts by length.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in a declared CRS. Optional columns: ``highway`` (a class,
        or several in a list or in text as OSMnx writes it: the first counts); the traits of
        `spatial.traits.EdgeTraits`; ``cut_start`` and ``cut_end``, true where that end of the line
        joins no other (a closed gate).

    Raises
    ------
    UnknownCRSError
        When the frame declares no CRS.
    NetworkError
        When a geometry is of another type, a coordinate is not finite or outside the CRS, a trait
        is not of its field, or no walkable line is left.
    """
    if lines.crs is None:
        raise UnknownCRSError("the street lines declare no coordinate reference system")
    left_out: dict[str, int] = {}
    highway = (
        _first_classes(lines["highway"].to_numpy(dtype=object))
        if "highway" in lines
        else np.full(len(lines), None, dtype=object)
    )
    geometry = np.asarray(lines.geometry.array, dtype=object)
    _refuse_other_types(geometry)
    traits = traits_of(lines, highway=highway)
    cut = np.column_stack([_flags(lines, "cut_start"), _flags(lines, "cut_end")])

    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    left_out["empty"] = int((~present).sum())
    closed = np.isin(highway.astype(str), list(CLOSED_TO_FOOT))
    walkable = present & ~closed & (traits.forward | traits.backward)
    left_out["closed_to_foot"] = int((present & ~walkable).sum())
    if not walkable.any():
        raise NetworkError("no walkable street is left: every line is empty or closed to foot")
    traits, cut = traits[walkable], cut[walkable]
    parts, parent = shapely.get_parts(geometry[walkable], return_index=True)
    coordinates, line = shapely.get_coordinates(parts, return_index=True)
    lonlat = _to_lonlat(coordinates, lines.crs)
    offsets = np.searchsorted(line, np.arange(len(parts) + 1))
    length_m = ragged_lengths_m(lonlat, offsets)
    traits, cut = traits[parent], cut[parent]
    if len(parts) > int(walkable.sum()):
        traits = traits.shared(_share_of_whole(length_m, parent))
        cut = cut & np.column_stack(
            [np.diff(parent, prepend=-1) > 0, np.diff(parent, append=len(parent)) > 0]
        )
    kept = length_m > 0
    left_out["no_length"] = int((~kept).sum())
    if not kept.any():
        raise NetworkError("no walkable street is left: no line has any length")
    lonlat, offsets = chosen_lines(lonlat, offsets, np.flatnonzero(kept))
    return canonical(lonlat, offsets, length_m[kept], traits[kept], cut[kept], left_out=left_out)


def network_from_edges(
    *,
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    length_m: NDArray[np.float64],
    geometry: NDArray[Any],
    traits: EdgeTraits,
) -> Network:
    """Rebuild a network from edges that `build_network` made, as a database keeps them.

    Parameters
    ----------
    u, v, length_m, geometry, traits
        As in `Network`, in the order of the network.

    Returns
    -------
    The same network, with the same version.
    """
    coordinates, line = shapely.get_coordinates(geometry, return_index=True)
    offsets = np.searchsorted(line, np.arange(len(geometry) + 1))
    return assemble(u, v, length_m, coordinates, offsets, traits)


def assemble(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    length_m: NDArray[np.float64],
    coordinates: NDArray[np.float64],
    offsets: NDArray[np.int64],
    traits: EdgeTraits,
    *,
    left_out: Mapping[str, int] = MappingProxyType({}),
    barriers: NDArray[Any] | None = None,
) -> Network:
    """Put edges in canonical form together, and work out their version.

    Parameters
    ----------
    u, v, length_m, coordinates, offsets, traits, left_out, barriers
        As in `Network`, in the order `canonical` gives them; no barriers where None.
    """
    node_lonlat = np.empty((int(max(u.max(), v.max())) + 1 if len(u) else 0, 2))
    # The lower-numbered edge last: where ends lie a hair apart, its coordinates are the node's.
    node_lonlat[v[::-1]] = coordinates[offsets[1:] - 1][::-1]
    node_lonlat[u[::-1]] = coordinates[offsets[:-1]][::-1]
    walls = np.zeros(0, dtype=object) if barriers is None else barriers
    return Network(
        u=u,
        v=v,
        length_m=np.asarray(length_m, dtype=np.float64),
        coordinates=coordinates,
        offsets=offsets,
        traits=traits,
        node_lonlat=node_lonlat,
        version=_digest(u, v, coordinates, offsets, traits, walls),
        left_out=left_out,
        barriers=walls,
    )


def _to_lonlat(coordinates: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
    """Bring the coordinates of street lines to degrees, longitude first."""
    same = crs.equals(WGS84, ignore_axis_order=True)
    lonlat = coordinates if same else unproject(coordinates, source=crs)
    if not np.isfinite(lonlat).all():
        raise NetworkError("a street has coordinates that are not finite in its declared CRS")
    if (np.abs(lonlat) > (180.0, 90.0)).any():
        raise NetworkError("a street lies outside the range of longitude and latitude")
    return lonlat


def _share_of_whole(length_m: NDArray[np.float64], parent: NDArray[Any]) -> NDArray[np.float64]:
    whole = weighted_count(parent, length_m, size=int(parent.max()) + 1)[parent]
    share = np.divide(length_m, whole, out=np.zeros_like(length_m), where=whole > 0)
    return np.asarray(share, dtype=np.float64)


def canonical(
    lonlat: NDArray[np.float64],
    offsets: NDArray[np.int64],
    length_m: NDArray[np.float64],
    traits: EdgeTraits,
    cut: NDArray[np.bool_],
    *,
    left_out: Mapping[str, int],
    barriers: NDArray[Any] | None = None,
) -> Network:
    """Make a network of lines: nodes numbered, edges turned and ordered, copies dropped.

    Parameters
    ----------
    lonlat, offsets
        Ragged lines in EPSG:4326 (`spatial.ragged_lines`), m of them.
    length_m
        Geodesic length of each, metres, > 0, shape (m,).
    traits
        Of each, as the line is drawn.
    cut
        Whether its beginning and its end join no other line, shape (m, 2).
    left_out, barriers
        As in `Network`; the copies dropped are added to the former.
    """
    u, v = number_nodes(lonlat, offsets, cut)
    turned = (u > v) | ((u == v) & ends_backward(lonlat, offsets))
    lonlat = reverse(lonlat, offsets, turned)
    traits = traits.turned(turned)
    u, v = np.minimum(u, v), np.maximum(u, v)
    order = ordered(u, v, lonlat, offsets, traits)
    lonlat, offsets = chosen_lines(lonlat, offsets, order)
    return assemble(
        u[order].astype(np.int32),
        v[order].astype(np.int32),
        length_m[order],
        lonlat,
        offsets,
        traits[order],
        left_out=MappingProxyType({**left_out, "copies": len(u) - len(order)}),
        barriers=barriers,
    )


def _digest(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    coordinates: NDArray[np.float64],
    offsets: NDArray[np.int64],
    traits: EdgeTraits,
    barriers: NDArray[Any],
) -> str:
    digest = hashlib.sha256()
    for array in (u, v, np.asarray(offsets, dtype=np.int64), coordinates):
        digest.update(np.ascontiguousarray(array).data)
    digest.update("\0".join("" if name is None else str(name) for name in traits.highway).encode())
    for array in differing(traits).values():
        digest.update(np.ascontiguousarray(array).data)
    for wkb in sorted(shapely.to_wkb(barriers, byte_order=1).tolist()):
        digest.update(wkb)
    return digest.hexdigest()


def _flags(lines: GeoDataFrame, name: str) -> NDArray[np.bool_]:
    if name not in lines:
        return np.zeros(len(lines), dtype=np.bool_)
    return lines[name].fillna(value=False).to_numpy(dtype=np.bool_)


def _first_classes(values: NDArray[Any]) -> NDArray[Any]:
    """Read OpenStreetMap classes, each different text once: there are few."""
    known: dict[str, str | None] = {}
    classes = np.empty(len(values), dtype=object)
    for i, value in enumerate(values.tolist()):
        if isinstance(value, str):
            if value not in known:
                known[value] = _first_class(value)
            classes[i] = known[value]
        else:
            classes[i] = _first_class(value)
    return classes


def _first_class(value: object) -> str | None:
    """Read an OpenStreetMap class that may be missing, a list, or a list written as text."""
    if isinstance(value, (list, tuple, np.ndarray)):
        value = value[0] if len(value) else None
    if not isinstance(value, str):
        return None
    return value.strip("[]").split(",")[0].strip("'\" ") or None


def _refuse_other_types(geometry: NDArray[Any]) -> None:
    types = shapely.get_type_id(geometry)
    lines = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
    wrong = np.flatnonzero(~np.isin(types, [-1, *lines]))
    if len(wrong):
        row = int(wrong[0])
        msg = f"row {row + 1}, field geometry: a {geometry[row].geom_type}, not a line"
        raise NetworkError(msg)
