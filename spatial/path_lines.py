"""How the way of a walk is drawn: connector, parts of streets, connector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import project, project_lonlat, unproject
from spatial.network import Network
from spatial.search import Stops
from spatial.stretches import Stretches, stretch_coordinates


@dataclass(frozen=True, eq=False)
class Way:
    """Ways in the order searched, pair by pair.

    Parameters
    ----------
    pair
        Position of the pair, ascending, shape (s,); each has at least one stretch.
    stretches
        What is walked, shape (s,).
    near, far
        Positions of the doors at both ends in their stops, by pair, shape (r,).
    """

    pair: NDArray[np.int64]
    stretches: Stretches
    near: NDArray[np.int64]
    far: NDArray[np.int64]


def drawn(
    network: Network,
    way: Way,
    one: Stops,
    other: Stops,
    doors: tuple[NDArray[Any], NDArray[Any]],
    *,
    turned: bool,
) -> NDArray[Any]:
    """Draw ways from door to door.

    Parameters
    ----------
    network, way
        The streets, and what of them is walked.
    one, other
        The stops at both ends.
    doors
        Geometries of all doors at both ends, EPSG:4326.
    turned
        True where people walk from the far end to the near one.

    Returns
    -------
    LineStrings in EPSG:4326 in the direction walked, shape (r,).
    """
    if len(way.near) == 0:
        return np.zeros(0, dtype=object)
    lonlat, offsets = stretch_coordinates(network, way.stretches)
    pair = np.repeat(way.pair, np.diff(offsets))
    first = np.searchsorted(pair, np.arange(len(way.near)))
    after = np.searchsorted(pair, np.arange(len(way.near)), side="right")
    crs = network.index.crs
    begin = _ends(doors[0][one.door[way.near]], lonlat[first], crs=crs)
    end = _ends(doors[1][other.door[way.far]], lonlat[after - 1], crs=crs)
    number = np.arange(len(way.near))
    owner = np.concatenate([number, pair, number])
    order = np.argsort(owner, kind="stable")
    # Stable: of each pair first its beginning, then its streets, then its end.
    owner, chain = owner[order], np.concatenate([begin, lonlat, end])[order]
    fresh = np.ones(len(owner), dtype=bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (chain[1:] != chain[:-1]).any(axis=1)
    # A walk of no length is still drawn, by two positions.
    alone = np.bincount(owner[fresh], minlength=len(number)) == 1
    last = np.append(owner[1:] != owner[:-1], True)  # a value, not a switch
    fresh |= last & alone[owner]
    if turned:
        owner, chain, fresh = owner[::-1], chain[::-1], fresh[::-1]
        back = np.argsort(owner[fresh], kind="stable")
        lines = shapely.linestrings(chain[fresh][back], indices=owner[fresh][back])
    else:
        lines = shapely.linestrings(chain[fresh], indices=owner[fresh])
    return np.asarray(lines, dtype=object)


def _ends(shapes: NDArray[Any], split: NDArray[np.float64], *, crs: CRS) -> NDArray[np.float64]:
    """Place where connectors begin: the point itself, or the nearest of a polygon or line."""
    ends = np.array(split)
    points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    ends[points] = shapely.get_coordinates(shapes[points])
    wide = np.flatnonzero(~points)
    if len(wide):
        local = project(shapes[wide], target=crs)
        foot = shapely.points(project_lonlat(split[wide], target=crs))
        links = shapely.get_coordinates(shapely.shortest_line(local, foot)).reshape(-1, 2, 2)
        apart = (links[:, 0] != links[:, 1]).any(axis=1)
        ends[wide[apart]] = unproject(links[apart, 0], source=crs)
    return ends
