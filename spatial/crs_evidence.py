"""Which system coordinates are in, told by where they fall: in areas, and among streets.

A zone or an exchanged axis puts places hundreds of kilometres off, which the areas show. GCJ-02
and BD-09 put them only some hundred metres off, well inside the same areas; that the streets
show. Places of whatever kind lie beside streets, and small polygons between them, only where they
belong: displaced by some hundred metres in any direction they lie anyhow. So each system is
compared with the same places displaced on purpose, 250 and 350 m in 12 directions, and the right
one stands out from these by many of their standard deviations, while wrong ones are just such
displacements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.coordinate_systems import CoordinateSystem, possible_systems
from spatial.crs import geodesic_m
from spatial.network import Network
from spatial.street_evidence import MIN_PLACES, StreetFit, street_fits

# Zones and axes are hundreds of kilometres apart, so that few places tell them apart.
MIN_PLACES_IN_AREAS: Final = 5
# Standard deviations from which on a system stands out, and up to which, or up to half those of
# the best, the others may: a city is less dense farther out, which tells a little too.
STANDS_OUT: Final = 4.0
IN_THE_CROWD: Final = 3.0
# Fewer do where they are so many more than those of every other system: of a few places in a
# regular town the displaced ones vary too much for more.
LEADS_FROM: Final = 2.5
LEADS_BY: Final = 4.0
# Shares of the places in the areas: what rules a system in, and what rules it out.
RULED_IN: Final = 0.8
RULED_OUT: Final = 0.05
# Places looked at, evenly spaced through the file; more would not change the answer.
_PLACES: Final = 2000
# Where there are no areas, places are expected so near to the bounds of the streets, degrees.
_AROUND_STREETS_DEG: Final = 0.05
# Systems that put places so near to one another are one; CGCS2000 and WGS 84 are.
_SAME_M: Final = 2.0


@dataclass(frozen=True)
class SystemFit:
    """How well places fit where one system puts them.

    Parameters
    ----------
    system
        The hypothesis; None for the places displaced on purpose.
    share_in_areas
        Share of the places in the areas at hand, [0, 1]; without areas, in the bounds of the
        streets; None where there are neither.
    streets
        How they lie among the streets; None where that was not measured.
    """

    system: CoordinateSystem | None
    share_in_areas: float | None = None
    streets: StreetFit | None = None

    @property
    def name(self) -> str:
        """What --crs takes."""
        return "(displaced)" if self.system is None else self.system.name

    @property
    def share(self) -> float:
        """`share_in_areas`, 0 where it was not measured."""
        return self.share_in_areas or 0.0

    @property
    def stands_out(self) -> float:
        """By how many standard deviations it stands out; 0 where that was not measured."""
        return 0.0 if self.streets is None else self.streets.stands_out


@dataclass(frozen=True)
class CrsEvidence:
    """What places say of the system they are in.

    Parameters
    ----------
    hypotheses
        The best fit first; empty where no system known here has such numbers.
    displaced
        The mean fit of the places displaced on purpose; None where streets were not asked.
    places
        How many places were looked at.
    proposed
        The system that fits best; None where none fits better than others.
    confident
        True if the evidence leaves no other.
    contradicts
        True if it rules out the system that was named.
    reason
        Why, in a few words.
    """

    hypotheses: tuple[SystemFit, ...]
    displaced: SystemFit | None
    places: int
    proposed: CoordinateSystem | None
    confident: bool
    contradicts: bool
    reason: str


def weigh_systems(
    geometries: NDArray[Any],
    *,
    areas: NDArray[Any] | None = None,
    network: Network | None = None,
    named: CoordinateSystem | None = None,
) -> CrsEvidence:
    """Weigh the systems coordinates may be in by where they put the places.

    Parameters
    ----------
    geometries
        Shapely objects in the coordinates of the file; None, empty and not finite ones do not
        count, a line or polygon counts by a point on it.
    areas
        Polygons the places are expected in, EPSG:4326; None or empty where there are none.
    network
        The streets they are expected beside; None where there are none.
    named
        A system somebody named, weighed with the others.
    """
    shapes, points = sample_places(geometries)
    if areas is not None and not len(areas):
        areas = None
    found = CrsEvidence((), None, len(points), None, confident=False, contradicts=False, reason="")
    if not len(points):
        return replace(found, reason="there are no places to judge by")
    systems = _hypotheses(points, named, lon_range=_lon_range(areas, network))
    if not systems:
        return replace(found, reason="no system known here has coordinates of this size")
    if areas is None and network is None:
        return replace(
            found,
            hypotheses=tuple(SystemFit(system) for system in systems),
            proposed=systems[0] if len(systems) == 1 else None,
            reason="there are neither areas nor streets to judge by",
        )
    shares = [_share_in(system.to_lonlat(points), areas, network) for system in systems]
    ranked = [SystemFit(*pair) for pair in zip(systems, shares, strict=True)]
    ranked.sort(key=lambda fit: -fit.share)
    if not ranked[0].share:
        where = "areas" if areas is not None else "streets"
        reason = f"no system puts any of the places where the {where} are"
        return replace(found, hypotheses=tuple(ranked), reason=reason)
    # Half the best: the areas at hand may be a part of where the places are.
    meant = [fit for fit in ranked if fit.share >= ranked[0].share / 2]
    rest = ranked[len(meant) :]
    if network is not None:
        chosen = [fit.system for fit in meant if fit.system is not None]
        among = street_fits(shapes, points, systems=chosen, network=network)
        if among is not None:
            meant = [replace(f, streets=s) for f, s in zip(meant, among.fits, strict=True)]
            meant.sort(key=lambda fit: -fit.stands_out)
            found = replace(found, displaced=SystemFit(None, streets=among.displaced))
    found = replace(found, hypotheses=(*meant, *rest))
    return _decided(found, meant, named, streets=network is not None)


def sample_places(geometries: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return up to 2,000 usable geometries, evenly spaced, and a point on each, shape (n, 2)."""
    usable = ~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)
    usable[usable] = np.isfinite(shapely.bounds(geometries[usable])).all(axis=1)
    at = np.flatnonzero(usable)
    at = at[np.linspace(0, len(at) - 1, min(len(at), _PLACES)).astype(int)]
    shapes = geometries[at]
    # A point on a bow-tie is not always to be had: its first vertex does as well.
    # Nor on one with a vertex that is nowhere, which its bounds pass over, or beyond all numbers
    # once it is doubled.
    with np.errstate(invalid="ignore", over="ignore"):
        inner = shapely.point_on_surface(shapes)
    placed = np.isfinite(shapely.bounds(inner)).all(axis=1)
    return shapes[placed], shapely.get_coordinates(inner[placed])


def _hypotheses(
    points: NDArray[np.float64],
    named: CoordinateSystem | None,
    *,
    lon_range: tuple[float, float] | None,
) -> list[CoordinateSystem]:
    """Return the possible systems, the named one in place of the one that is the same."""
    systems = list(possible_systems(points, lon_range=lon_range))
    if named is None:
        return systems
    there = named.to_lonlat(points)
    return [named, *(s for s in systems if not _same(s.to_lonlat(points), there))]


def _same(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    finite = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    return bool(finite.any()) and float(np.max(geodesic_m(a[finite], b[finite]))) <= _SAME_M


def _lon_range(areas: NDArray[Any] | None, network: Network | None) -> tuple[float, float] | None:
    if areas is not None:
        west, _, east, _ = shapely.total_bounds(areas).tolist()
    elif network is not None:
        lon = network.node_lonlat[:, 0]
        west, east = float(lon.min()), float(lon.max())
    else:
        return None
    return west, east


def _share_in(
    lonlat: NDArray[np.float64], areas: NDArray[Any] | None, network: Network | None
) -> float:
    finite = np.isfinite(lonlat).all(axis=1)
    inside = np.zeros(len(lonlat), dtype=bool)
    if areas is not None:
        at = np.flatnonzero(finite)
        hit, _ = shapely.STRtree(areas).query(shapely.points(lonlat[at]), predicate="intersects")
        inside[at[hit]] = True
    elif network is not None:
        nodes = network.node_lonlat
        low, high = nodes.min(axis=0) - _AROUND_STREETS_DEG, nodes.max(axis=0) + _AROUND_STREETS_DEG
        inside = finite & ((lonlat >= low) & (lonlat <= high)).all(axis=1)
    return float(inside.mean())


def _decided(
    found: CrsEvidence,
    meant: Sequence[SystemFit],
    named: CoordinateSystem | None,
    *,
    streets: bool,
) -> CrsEvidence:
    """Add the conclusion; `meant` are the systems the areas leave, the best first."""
    best = meant[0]
    own = next((fit for fit in found.hypotheses if fit.system == named), None)
    enough = found.places >= MIN_PLACES_IN_AREAS
    # By the areas alone: all of the places in them, against none of them.
    ruled_in = enough and max(fit.share for fit in meant) >= RULED_IN
    contradicts = ruled_in and own is not None and own.share <= RULED_OUT
    if found.displaced is not None:
        if _leaves_no_other(meant):
            return replace(
                found,
                proposed=best.system,
                confident=True,
                contradicts=own is not None and own is not best,
                reason="among the streets it stands out from the same places displaced by "
                "250 and 350 m",
            )
        doubt = "among the streets none stands out clearly from the same places displaced"
    elif streets:
        doubt = f"fewer than {MIN_PLACES} places lie among the streets, too few to tell"
    else:
        doubt = "the areas alone do not tell systems some hundred metres apart"
    if len(meant) > 1:
        return replace(found, contradicts=contradicts, reason=doubt)
    reason = "only there are the places where they are expected"
    if not enough:
        reason += f", but fewer than {MIN_PLACES_IN_AREAS} places are too few to be sure"
    return replace(
        found,
        proposed=best.system,
        confident=ruled_in,
        contradicts=contradicts,
        reason=reason,
    )


def _leaves_no_other(meant: Sequence[SystemFit]) -> bool:
    """Tell whether the first stands out among the streets, and none of the others."""
    best = meant[0].stands_out
    other = max((fit.stands_out for fit in meant[1:]), default=0.0)
    if best >= STANDS_OUT and other <= max(IN_THE_CROWD, best / 2):
        return True
    return best >= LEADS_FROM and best - other >= LEADS_BY
