"""A network made ready for walking: adjacency in CSR, lines in metres, a spatial index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import csr_matrix
from scipy.spatial import KDTree

from spatial.crs import metric_crs, project


@dataclass(frozen=True, eq=False)
class WalkGraph:
    """Arrays that answer walking questions on one network.

    Parameters
    ----------
    adjacency
        Symmetric CSR matrix of shape (n, n); an entry is the length in metres of the shortest
        edge between two nodes.
    u, v, length_m
        The edges, as in `spatial.network.Network`.
    crs
        Projected system of `lines`, metres.
    lines
        Edge geometry in `crs`, shape (m,).
    tree
        Index over `lines`.
    """

    adjacency: csr_matrix[np.float64]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]
    crs: CRS
    lines: NDArray[Any]
    tree: shapely.STRtree

    @cached_property
    def vertices(self) -> KDTree:
        """Index over the vertices of `lines`: how far the nearest is bounds any search."""
        # A balanced tree takes longer to build and answers no faster; nor does one without the
        # ends that edges share.
        return KDTree(shapely.get_coordinates(self.lines), balanced_tree=False)


def build_graph(
    u: NDArray[np.int32],
    v: NDArray[np.int32],
    length_m: NDArray[np.float64],
    geometry: NDArray[Any],
    node_lonlat: NDArray[np.float64],
) -> WalkGraph:
    """Build the walking arrays of a network's edges (see `spatial.network.Network`).

    The projected system is that of the middle of the network's extent, so it depends on nothing
    but the network.
    """
    nodes = len(node_lonlat)
    middle = (node_lonlat.min(axis=0) + node_lonlat.max(axis=0)) / 2
    crs = metric_crs(float(middle[0]), float(middle[1]))
    lines = project(geometry, target=crs)
    return WalkGraph(
        adjacency=_adjacency(u, v, length_m, nodes),
        u=np.asarray(u),
        v=np.asarray(v),
        length_m=np.asarray(length_m),
        crs=crs,
        lines=lines,
        tree=shapely.STRtree(lines),
    )


def _adjacency(
    u: NDArray[np.int32], v: NDArray[np.int32], length_m: NDArray[np.float64], nodes: int
) -> csr_matrix[np.float64]:
    """Both directions of every edge; of parallel edges the shortest, loops left out.

    A CSR matrix made from coordinates would add parallel edges up, so they are thinned first.
    """
    useful = u != v
    start = np.concatenate([u[useful], v[useful]]).astype(np.int64)
    end = np.concatenate([v[useful], u[useful]]).astype(np.int64)
    metres = np.concatenate([length_m[useful], length_m[useful]])
    order = np.lexsort((metres, end, start))
    start, end, metres = start[order], end[order], metres[order]
    first = np.ones(len(start), dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    start, end, metres = start[first], end[first], metres[first]
    pointers = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(start, minlength=nodes), out=pointers[1:])
    return csr_matrix((metres, end.astype(np.int32), pointers), shape=(nodes, nodes))
