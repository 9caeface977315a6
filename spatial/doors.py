"""Where places are entered and left: one door or several each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.geometry import areal
from spatial.policy.units import entrance_points

_LONLAT_LIMIT: Final = (180.0, 90.0)


@dataclass(frozen=True, eq=False)
class Doors:
    """The doors of places.

    Parameters
    ----------
    geometry
        Doors in EPSG:4326, shape (d,): points, or the whole place where it may be left anywhere
        along its side.
    owner
        Number of the place each door belongs to, ascending, shape (d,).
    places
        How many places there are.
    invalid
        True for a place whose geometry cannot be used; it has no door, shape (places,).
    """

    geometry: NDArray[Any]
    owner: NDArray[np.int64]
    places: int
    invalid: NDArray[np.bool_]


def doors_of(places: NDArray[Any]) -> Doors:
    """List the doors of places.

    Parameters
    ----------
    places
        Geometries in EPSG:4326, shape (n,). A MultiPoint has a door at each of its points; a
        polygon or a line is left where a street is nearest. None, empty and invalid geometries,
        coordinates that are not finite and those beyond ±180 and ±90 degrees are `invalid`.

    Returns
    -------
    The doors, in the order of the places.
    """
    shapes = np.asarray(places, dtype=object)
    invalid = unusable(shapes)
    usable = np.flatnonzero(~invalid)
    several = shapely.get_type_id(shapes[usable]) == shapely.GeometryType.MULTIPOINT
    parts, of = shapely.get_parts(shapes[usable[several]], return_index=True)
    owner = np.concatenate([usable[~several], usable[several][of]]).astype(np.int64)
    geometry = np.concatenate([shapes[usable[~several]], parts])
    order = np.argsort(owner, kind="stable")
    return Doors(geometry[order], owner[order], len(shapes), invalid)


def doors_of_rows(places: GeoDataFrame) -> Doors:
    """List the doors of facilities or districts.

    Parameters
    ----------
    places
        A column ``entrances`` (MultiPoint or None) and geometry, EPSG:4326. Declared entrances
        are the doors; without them a polygon is entered at its nearest side.
    """
    geometry, owner = entrance_points(places)
    return Doors(geometry, owner, len(places), np.zeros(len(places), dtype=bool))


def unusable(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which geometries are no place on Earth: missing, empty, broken, or out of range."""
    wrong = np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)
    there = np.flatnonzero(~wrong)
    bounds = shapely.bounds(shapes[there])
    # Bounds pass over NaN, so a coordinate that is none must be looked for itself.
    lonlat, of = shapely.get_coordinates(shapes[there], return_index=True)
    bad = np.zeros(len(there), dtype=bool)
    bad[of[~np.isfinite(lonlat).all(axis=1)]] = True
    with np.errstate(invalid="ignore"):
        bad |= ~(np.abs(bounds) <= np.tile(_LONLAT_LIMIT, 2)).all(axis=1)
    surfaces = areal(shapes[there])
    bad[surfaces] |= ~shapely.is_valid(shapes[there[surfaces]])
    wrong[there] = bad
    return wrong
