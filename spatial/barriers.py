"""User-drawn barriers: what a scenario closes to people on foot."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.canonical_edges import canonical
from spatial.crs import WGS84
from spatial.errors import InputError, NetworkError, UnknownCRSError
from spatial.network import Network
from spatial.ragged_lines import chosen_lines, ragged_lengths_m
from spatial.traits import EdgeTraits

_ALLOWED: Final = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.MULTILINESTRING,
    shapely.GeometryType.POLYGON,
    shapely.GeometryType.MULTIPOLYGON,
)
# An end that lies on a barrier to within a millimetre or so is shut there.
_TOUCH_DEG: Final = 1e-8


def with_barriers(network: Network, barriers: GeoDataFrame) -> Network:
    """Cut a network along barriers.

    A street that crosses a line ends on either side of it; the part of a street inside a polygon
    is taken out, and a junction on a barrier is taken apart. No connector from a place to a street
    may cross or touch a barrier (`spatial.snapping`), so what lies inside a polygon is off the
    network.

    Parameters
    ----------
    network
        The baseline; it stays as it is.
    barriers
        Lines and polygons in a declared CRS. None and empty geometries bar nothing.

    Returns
    -------
    A network with a version of its own; without any barrier the same network.

    Raises
    ------
    UnknownCRSError
        When the barriers declare no CRS.
    InputError
        Naming the row, when a barrier is no line or polygon, or is not valid.
    NetworkError
        When no street is left.
    """
    walls = _walls(barriers)
    if len(walls) == 0:
        return network
    wall = shapely.union_all(walls)
    shapely.prepare(wall)
    near = shapely.STRtree(network.geometry).query(wall, predicate="dwithin", distance=_TOUCH_DEG)
    touched = np.sort(near)
    parts, of = shapely.get_parts(
        shapely.difference(network.geometry[touched], wall), return_index=True
    )
    kept = ~shapely.is_empty(parts)
    parts, edge = parts[kept], touched[of[kept]]
    lonlat, owner = shapely.get_coordinates(parts, return_index=True)
    offsets = np.searchsorted(owner, np.arange(len(parts) + 1))
    length_m = ragged_lengths_m(lonlat, offsets)
    cut = _own_ends(network)
    untouched = np.setdiff1d(np.arange(len(network.u)), touched)
    outside, outside_offsets = chosen_lines(network.coordinates, network.offsets, untouched)
    if len(untouched) + len(parts) == 0:
        raise NetworkError("the barriers leave no street")
    pieces = network.traits[edge].shared(length_m / network.length_m[edge])
    return canonical(
        np.concatenate([outside, lonlat]),
        np.concatenate([outside_offsets, outside_offsets[-1] + offsets[1:]]),
        np.concatenate([network.length_m[untouched], length_m]),
        _together(network.traits[untouched], pieces),
        np.concatenate([cut[untouched], cut[edge] | _shut(network, edge, parts, wall)]),
        left_out=network.left_out,
        barriers=np.concatenate([network.barriers, walls]),
    )


def _walls(barriers: GeoDataFrame) -> NDArray[Any]:
    if barriers.crs is None:
        raise UnknownCRSError("the barriers declare no coordinate reference system")
    given = np.asarray(barriers.geometry.array, dtype=object)
    present = ~(shapely.is_missing(given) | shapely.is_empty(given))
    wrong = present & ~np.isin(shapely.get_type_id(given), _ALLOWED)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        msg = f"barriers, row {row + 1}, field geometry: a {given[row].geom_type}; a barrier is a "
        raise InputError(f"{msg}line or a polygon")
    invalid = present & ~shapely.is_valid(given)
    if invalid.any():
        row = int(np.flatnonzero(invalid)[0])
        reason = shapely.is_valid_reason(given[row])
        raise InputError(f"barriers, row {row + 1}, field geometry: not valid ({reason})")
    lonlat = np.asarray(barriers[present].to_crs(WGS84).geometry.array, dtype=object)
    if not np.isfinite(shapely.get_coordinates(lonlat)).all():
        raise InputError("barriers: coordinates that are not finite in the declared CRS")
    return np.asarray(shapely.force_2d(lonlat), dtype=object)


def _own_ends(network: Network) -> NDArray[np.bool_]:
    """Tell which ends of edges are cut already: alone at their node, with others at the place."""
    degree = np.bincount(np.concatenate([network.u, network.v]), minlength=len(network.node_lonlat))
    cells = np.rint(network.node_lonlat / _TOUCH_DEG).astype(np.int64)
    _, cell, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    alone = (degree == 1) & (count[cell.reshape(-1)] > 1)
    return np.column_stack([alone[network.u], alone[network.v]])


def _shut(
    network: Network, edge: NDArray[np.int64], parts: NDArray[Any], wall: shapely.Geometry
) -> NDArray[np.bool_]:
    """Tell which ends of what is left of edges do not join: the new ones, and those on a wall."""
    ends = np.stack(
        [
            network.coordinates[network.offsets[:-1][edge]],
            network.coordinates[network.offsets[1:][edge] - 1],
        ],
        axis=1,
    )
    shut = np.zeros((len(parts), 2), dtype=bool)
    for column, position in enumerate((0, -1)):
        points = shapely.get_point(parts, position)
        new = (shapely.get_coordinates(points) != ends[:, column]).any(axis=1)
        shut[:, column] = new | shapely.dwithin(points, wall, _TOUCH_DEG)
    return shut


def _together(a: EdgeTraits, b: EdgeTraits) -> EdgeTraits:
    other = b.arrays()
    return EdgeTraits(
        **{name: np.concatenate([array, other[name]]) for name, array in a.arrays().items()}
    )
