"""Isochrones: the ground and the streets within a walk of a place, for one place or many.

Limits are metres of walking (`spatial.profiles`): an isodistance as they stand, an isochrone from
minutes at the profile's speed (`spatial.limits`). The polygons are for display; verdicts come
from distances. Both agree within `spatial.outline.TOLERANCE_M`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.crs import unproject
from spatial.errors import InputError
from spatial.geometry import surface
from spatial.graph import WalkGraph
from spatial.lattice import STEP_M
from spatial.limits import limits_of
from spatial.network import Network
from spatial.outline import Ground, ground_around, outline
from spatial.place_status import PlaceStatus
from spatial.profiles import Profile
from spatial.reach import SEARCH_LIMIT_M, Direction
from spatial.snapping import Snap, snap
from spatial.spread import Spread, spread_from

# The ground just beyond the limit shows where the limit is crossed.
_BEYOND_M: Final = 3 * STEP_M
_LARGEST_LONLAT: Final = (180.0, 90.0)


class Reason(StrEnum):
    """Why an origin could not be walked from."""

    TOO_FAR = "too_far"
    BARRED = "barred"
    NO_STREET_NEAR = "no_street_near"
    MISSING = "missing"
    EMPTY = "empty"
    NOT_FINITE = "not_finite"
    NOT_LONLAT = "not_lonlat"


@dataclass(frozen=True, eq=False)
class Extent:
    """What lies within one limit.

    Parameters
    ----------
    limit_m
        Equivalent metres, inclusive.
    polygon
        The ground, EPSG:4326, valid, exterior rings counterclockwise (RFC 7946); empty only where
        no street is reached.
    streets
        The reached streets in EPSG:4326, cut where the limit is.
    street_m
        Geodesic length of the reached streets, metres.
    """

    limit_m: float
    polygon: shapely.MultiPolygon
    streets: shapely.MultiLineString
    street_m: float


@dataclass(frozen=True, eq=False)
class Isochrone:
    """What lies within a walk of one origin.

    Parameters
    ----------
    status, reason
        Whether the origin could be walked from, and why not; no reason when it could.
    connector_m
        Length of the shortest connector to a street it joins, metres; None where it joins none.
    nearest_street_m
        How far the nearest street is where none is joined, metres; None beyond the search limit.
    entrances, entrances_off
        How many entrances join the streets, and how many do not.
    island
        True where all the streets joined are islands (`spatial.graph.WalkGraph.island`): what is
        reached may be little because the streets do not lead on.
    extents
        One a limit, in the order of the limits; none where the origin could not be walked from.
    """

    status: PlaceStatus
    reason: Reason | None = None
    connector_m: float | None = None
    nearest_street_m: float | None = None
    entrances: int = 0
    entrances_off: int = 0
    island: bool = False
    extents: tuple[Extent, ...] = ()


def isochrones(
    network: Network,
    origins: NDArray[Any],
    *,
    profile: Profile,
    limits_m: Sequence[float],
    direction: Direction = Direction.AWAY,
    snap_limit_m: float = 200.0,
) -> tuple[Isochrone, ...]:
    """Find the ground and the streets within a walk of each origin.

    Parameters
    ----------
    network
        The streets.
    origins
        Geometries in EPSG:4326, shape (n,). A MultiPoint is one origin with several entrances; a
        polygon or line joins the streets from its nearest point. None, empty, non-finite and
        out-of-range ones are ``invalid``; no origin fails the others.
    profile
        Who walks.
    limits_m
        Equivalent metres, each > 0 and ≤ `spatial.reach.SEARCH_LIMIT_M`; at least one.
    direction
        ``away``: from the origin to the places; ``toward``: from the places to it.
    snap_limit_m
        Longest connector of origins and places, metres, inclusive; > 0 and ≤ the search limit.

    Returns
    -------
    One result an origin, in their order.

    Raises
    ------
    InputError
        When a limit is out of bounds, naming it.
    """
    if not limits_m:
        raise InputError("parameter limits_m: none given")
    limits = tuple(
        float(limits_of(metres=[value], profile=profile)[0].metres) for value in limits_m
    )
    if not 0 < snap_limit_m <= SEARCH_LIMIT_M:
        msg = f"parameter snap_limit_m: {snap_limit_m:g} is not more than 0 and at most "
        raise InputError(f"{msg}{SEARCH_LIMIT_M:,g}")
    graph = network.graph_for(profile.impedance)
    lattice = network.lattice_for(profile.impedance, snap_limit_m=snap_limit_m)
    faults = [_fault(origin) for origin in origins]
    doors, owner = _entrances(origins, faults)
    snaps = snap(graph, doors, limit_m=snap_limit_m)
    nearest_m = _nearest_street_m(graph, doors, snaps)
    begin = np.searchsorted(owner, np.arange(len(origins) + 1))
    found = []
    for number, fault in enumerate(faults):
        at = np.arange(begin[number], begin[number + 1])
        if fault is not None:
            found.append(Isochrone(PlaceStatus.INVALID, fault))
        elif not snaps.on_network[at].any():
            found.append(_unjoined(float(nearest_m[at].min()), snap_limit_m=snap_limit_m))
        else:
            spread = spread_from(
                graph, snaps[at], limit_m=max(limits) + _BEYOND_M, direction=direction
            )
            ground = ground_around(spread, lattice)
            extents = tuple(_extent(network, spread, ground, limit_m=limit) for limit in limits)
            found.append(
                Isochrone(
                    PlaceStatus.OK,
                    connector_m=float(spread.entrances.connector_m.min()),
                    entrances=len(spread.entrances.edge),
                    entrances_off=len(at) - len(spread.entrances.edge),
                    island=bool(graph.island[spread.entrances.edge].all()),
                    extents=extents,
                )
            )
    return tuple(found)


def _extent(network: Network, spread: Spread, ground: Ground | None, *, limit_m: float) -> Extent:
    graph = spread.graph
    reached = spread.reached(limit_m)
    polygon = shapely.MultiPolygon()
    if ground is not None and len(reached.edge):
        polygon = shapely.transform(
            outline(ground, limit_m=limit_m), lambda xy: unproject(xy, source=graph.crs)
        )
    lines = reached.lines(graph.index, np.asarray(network.coordinates))
    return Extent(
        limit_m=limit_m,
        polygon=_sound(polygon),
        streets=shapely.MultiLineString(list(lines)),
        street_m=reached.length_m(graph.length_m),
    )


def _sound(polygon: shapely.MultiPolygon) -> shapely.MultiPolygon:
    """Turn the rings as RFC 7946 has them; mend what rounding on the way to degrees may break."""
    if not polygon.is_valid:
        polygon = surface(shapely.make_valid(polygon, method="structure"))
    return shapely.orient_polygons(polygon, exterior_cw=False)


def _fault(origin: shapely.Geometry | None) -> Reason | None:
    """Tell what keeps an origin from being a place."""
    if origin is None:
        return Reason.MISSING
    if shapely.is_empty(origin):
        return Reason.EMPTY
    lonlat = shapely.get_coordinates(origin)
    if not np.isfinite(lonlat).all():
        return Reason.NOT_FINITE
    if (np.abs(lonlat) > _LARGEST_LONLAT).any():
        return Reason.NOT_LONLAT
    return None


def _entrances(
    origins: NDArray[Any], faults: Sequence[Reason | None]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """List the entrances of the sound origins, and whose each is, by origin."""
    doors: list[shapely.Geometry] = []
    owner: list[int] = []
    for number, fault in enumerate(faults):
        if fault is None:
            several = origins[number].geom_type == "MultiPoint"
            own = list(origins[number].geoms) if several else [origins[number]]
            doors += own
            owner += [number] * len(own)
    places = np.empty(len(doors), dtype=object)
    places[:] = doors
    return places, np.array(owner, dtype=np.int64)


def _nearest_street_m(graph: WalkGraph, doors: NDArray[Any], snaps: Snap) -> NDArray[np.float64]:
    """Measure how far the nearest street is from entrances that join none; infinite if too far."""
    metres = np.full(len(doors), np.inf)
    off = np.flatnonzero(~snaps.on_network)
    if len(off):
        # Barriers aside: a street behind a wall is near, though it cannot be joined.
        unwalled = replace(graph, barriers=np.zeros(0, dtype=object))
        far = snap(unwalled, doors[off], limit_m=SEARCH_LIMIT_M)
        metres[off[far.on_network]] = far.connector_m[far.on_network]
    return metres


def _unjoined(nearest_m: float, *, snap_limit_m: float) -> Isochrone:
    if not isfinite(nearest_m):
        return Isochrone(PlaceStatus.OUTSIDE, Reason.NO_STREET_NEAR)
    reason = Reason.BARRED if nearest_m <= snap_limit_m else Reason.TOO_FAR
    return Isochrone(PlaceStatus.OFF_NETWORK, reason, nearest_street_m=nearest_m)
