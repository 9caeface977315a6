"""Edges in canonical form: lines numbered, turned and ordered, put together as a network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.network import Network
from spatial.ragged_lines import chosen_lines, ends_backward, number_nodes, ordered, reverse
from spatial.traits import EdgeTraits, differing


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
