"""Who is within reach of facilities, of each and of all together: a household counts once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crowd import Crowd
from spatial.doors import Doors
from spatial.headcount import Figures, Total
from spatial.limits import Limit
from spatial.policy.city import City
from spatial.profiles import Profile
from spatial.reach import Direction

# The shortest degree of latitude on the ellipsoid, so that boxes in degrees are never too small.
_LEAST_DEGREE_M: Final = 110_574.0
_MOST_LATITUDE: Final = 89.0


@dataclass(frozen=True, eq=False)
class Catchments:
    """Who is within reach.

    Parameters
    ----------
    straight, walking
        The limits, as asked.
    status
        Of each facility: ``ok``; ``off_network`` and ``island`` (`spatial.routes.Status`), where
        its walks are not known; ``invalid_geometry``, where nothing is; ``no_network``.
    snap_m
        Length of the shortest connector of each facility, metres; NaN off the network.
    each
        For each facility the figures of the straight limits, then of the walking ones.
    union
        The same for all facilities together.
    totals
        All that may be within reach, by amount.
    districts, planned
        How many districts are counted, and how many planned ones are not: nobody lives there.
    """

    straight: tuple[Limit, ...]
    walking: tuple[Limit, ...]
    status: NDArray[Any]
    snap_m: NDArray[np.float64]
    each: tuple[tuple[Figures, ...], ...]
    union: tuple[Figures, ...]
    totals: Mapping[str, Total]
    districts: int
    planned: int


def catchments(  # a question has this many sides, each by name
    city: City,
    *,
    facilities: Doors,
    profile: Profile,
    straight: Sequence[Limit],
    walking: Sequence[Limit],
    direction: Direction = Direction.TOWARD,
    everyone: GeoDataFrame | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Catchments:
    """Count who is within reach of facilities, judged by demand points as the evaluation does.

    A demand point is inside where its distance, rounded half-up to 1 mm, is at most the limit. A
    district counts with the weighted share of its points that are inside; planned ones do not
    count.

    Parameters
    ----------
    city
        Districts, buildings and streets; its own facilities are not asked.
    facilities
        Doors of the facilities (`spatial.doors`).
    profile
        Who walks: what is closed to them, and what costs more than its length.
    straight
        Straight-line limits, geodesic metres.
    walking
        Limits on foot, equivalent metres of the profile.
    direction
        ``toward``: people walk to the facilities; ``away``: from them.
    everyone
        The districts that totals and shares are of, where the city holds only those near enough
        (`near_districts`); None for the city's.
    report
        Told how many facilities are done, and of how many.

    Returns
    -------
    Figures of each facility and of their union. Where the walk of a point that may be within the
    limit is not known (`spatial.headcount.Figures`), nothing is counted for it, and the figure
    says so.
    """
    crowd = Crowd(city, tuple(straight), tuple(walking), profile, direction, everyone)
    figures: list[tuple[Figures, ...]] = []
    points = len(city.demand.district)
    limits = len(crowd.straight) + len(crowd.walking)
    inside = np.zeros((limits, points), dtype=bool)
    unknown = np.zeros((limits, points), dtype=bool)
    for reached in crowd.reached(facilities):
        for number, (points_in, points_open) in enumerate(reached):
            inside[number, points_in] = True
            unknown[number, points_open] = True
        figures.append(tuple(crowd.count.figures(*masks) for masks in reached))
        if report is not None:
            report(len(figures), facilities.places)
    unknown &= ~inside
    return Catchments(
        straight=crowd.straight,
        walking=crowd.walking,
        status=crowd.status(facilities),
        snap_m=crowd.snap_m(facilities),
        each=tuple(figures),
        union=tuple(
            crowd.count.figures(np.flatnonzero(one), np.flatnonzero(other))
            for one, other in zip(inside, unknown, strict=True)
        ),
        totals=crowd.count.totals,
        districts=crowd.count.districts,
        planned=crowd.count.planned,
    )


def near_districts(
    districts: GeoDataFrame, facilities: Doors, limits: Sequence[Limit]
) -> NDArray[np.bool_]:
    """Tell which districts may be within the limits of facilities, by their boxes.

    Parameters
    ----------
    districts
        Geometry in EPSG:4326.
    facilities
        Their doors.
    limits
        Straight or walking.

    Returns
    -------
    Mask of shape (n,): never False for a district within a limit. Its demand points must not
    depend on which others there are, so it is of use where there is a network only.
    """
    limit_m = max((float(limit.metres) for limit in limits), default=0.0)
    bounds = shapely.bounds(facilities.geometry)
    up = limit_m / _LEAST_DEGREE_M
    # A degree of longitude shrinks toward the pole: reckoned at the farthest latitude reached.
    north = np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1, initial=0.0) + up, _MOST_LATITUDE)
    side = up / np.cos(np.radians(north))
    boxes = shapely.box(
        bounds[:, 0] - side, bounds[:, 1] - up, bounds[:, 2] + side, bounds[:, 3] + up
    )
    shapes = np.asarray(districts.geometry.array, dtype=object)
    near = np.zeros(len(shapes), dtype=bool)
    low = shapely.bounds(shapes)
    envelopes = shapely.box(low[:, 0], low[:, 1], low[:, 2], low[:, 3])
    near[shapely.STRtree(envelopes).query(boxes)[1]] = True
    return near
