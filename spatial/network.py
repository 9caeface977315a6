"""The street network: immutable edges whose topology comes from their end coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from spatial.crs import WGS84
from spatial.graph import WalkGraph, adjacency_of, edge_costs_m
from spatial.lattice import Lattice
from spatial.profiles import LEVEL, Impedance
from spatial.street_cells import build_index
from spatial.street_index import StreetIndex
from spatial.traits import EdgeTraits

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
