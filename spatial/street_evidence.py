"""How well places lie among streets, beside the same places displaced on purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.coordinate_systems import CoordinateSystem
from spatial.crs import project_lonlat
from spatial.network import Network

# Below so many places chance alone may set one system apart.
MIN_PLACES: Final = 20
NEAR_M: Final = 50.0
# Polygons looked at; more would not change the answer.
_POLYGONS: Final = 300
# Streets run through larger polygons wherever these lie.
_MAX_POLYGON_M2: Final = 250_000.0
# A polygon drawn up to the middle of a street is not crossed by it.
_INSET_M: Final = 5.0
_FAR_M: Final = 500.0
# Where along a street a place lies matters less and less with its distance.
_SOFTENED_M: Final = 10.0
_AREAL: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
# Places all equally far from a street do not make a standard error of nothing.
_LEAST: Final = 1e-3
# Displacements: as small as they can be and still lead into another block, for farther out a city
# is less dense, and its density must not be taken for the fit of places with their streets.
_RINGS_M: Final = (250.0, 350.0)
_DIRECTIONS: Final = 12

Points = NDArray[np.float64]


@dataclass(frozen=True)
class StreetFit:
    """How places lie among the streets.

    Parameters
    ----------
    median_m
        Median distance of points and lines to the nearest street, metres, at most 500; None
        where there are only polygons.
    share_near
        Share of them at most 50 m from one; None likewise.
    share_crossed
        Share of the small polygons a street runs through, or that lie outside the streets'
        bounds; None where there are fewer than 20.
    stands_out
        By how many standard deviations of the displaced places these fit better than they do.
    """

    median_m: float | None
    share_near: float | None
    share_crossed: float | None
    stands_out: float


@dataclass(frozen=True)
class StreetFits:
    """One fit for each system, and the mean of the displaced places, which stand out by 0."""

    fits: tuple[StreetFit, ...]
    displaced: StreetFit


@dataclass(frozen=True, eq=False)
class _Places:
    """Places in the plane of the streets' index: points, and small polygons drawn in by 5 m."""

    points: Points
    polygons: NDArray[Any]

    def moved(self, step: Points) -> _Places:
        polygons = shapely.transform(self.polygons, _by(step))
        return _Places(self.points + step, np.asarray(polygons, dtype=object))


@dataclass(frozen=True, eq=False)
class _Measured:
    """What is low where places belong: for points and polygons apart, NaN for fewer than 20.

    `near_m` is the distance of each point to the nearest street, `crossed` the share of polygons
    crossed, `values` the means, `chance` their standard errors.
    """

    near_m: Points
    crossed: float | None
    values: Points
    chance: Points

    def fit(self, stands_out: float) -> StreetFit:
        if not len(self.near_m):
            return StreetFit(None, None, self.crossed, stands_out)
        near = float((self.near_m <= NEAR_M).mean())
        return StreetFit(float(np.median(self.near_m)), near, self.crossed, stands_out)


def street_fits(
    shapes: NDArray[Any],
    points: NDArray[np.float64],
    *,
    systems: Sequence[CoordinateSystem],
    network: Network,
) -> StreetFits | None:
    """Measure how places lie among streets where each system puts them.

    Parameters
    ----------
    shapes
        Geometries in the coordinates of the file, shape (n,).
    points
        A point on each, likewise, shape (n, 2).
    systems
        At least one.

    Returns
    -------
    None where fewer than 20 places lie within the streets' bounds: nothing could be said with
    confidence.
    """
    index = network.index
    low, high = index.xy.min(axis=0), index.xy.max(axis=0)
    # Transforming outside a projection's reach gives infinity, which lies within no bounds.
    local = [project_lonlat(system.to_lonlat(points), target=index.crs) for system in systems]
    within = [((xy >= low) & (xy <= high)).all(axis=1) for xy in local]
    # Of a small town another system leaves nothing within its bounds, which is evidence too.
    among = np.logical_and.reduce(within)
    if among.sum() < MIN_PLACES:
        among = np.logical_or.reduce(within)
        among &= np.logical_and.reduce([np.isfinite(xy).all(axis=1) for xy in local])
    areal = among & np.isin(shapely.get_type_id(shapes), _AREAL)
    chosen = np.flatnonzero(areal)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), _POLYGONS)).astype(int)]
    planar = [_planar(shapes[chosen], system, network) for system in systems]
    small = np.logical_and.reduce([shapely.area(each) <= _MAX_POLYGON_M2 for each in planar])
    # A point on a polygon says little: a block's middle is far from every street.
    lone = among & ~areal
    places = [
        _Places(xy[lone], _drawn_in(each[small])) for xy, each in zip(local, planar, strict=True)
    ]
    if max(int(lone.sum()), int(small.sum())) < MIN_PLACES:
        return None
    measured = [_measure(each, network) for each in places]
    # Around the best, so that none of the displaced places is where they belong.
    errors = [np.nansum(each.values / measured[0].chance) for each in measured]
    crowd, deviation = _crowd(places[int(np.argmin(errors))], network)
    standing = [_standing(each, crowd, deviation) for each in measured]
    return StreetFits(
        tuple(each.fit(value) for each, value in zip(measured, standing, strict=True)),
        crowd.fit(0.0),
    )


def _standing(measured: _Measured, crowd: _Measured, deviation: Points) -> float:
    """Add up by how many deviations points and polygons fit better (Stouffer's rule)."""
    better = (crowd.values - measured.values) / deviation
    better = better[np.isfinite(better)]
    return float(better.sum() / np.sqrt(len(better)))


def _crowd(places: _Places, network: Network) -> tuple[_Measured, Points]:
    """Measure the displaced places: the mean of all, and how much they deviate within a ring."""
    rings = [[_measure(places.moved(step), network) for step in steps] for steps in _steps()]
    each = [measured for ring in rings for measured in ring]
    variance = np.mean(
        [np.var([measured.values for measured in ring], axis=0, ddof=1) for ring in rings], axis=0
    )
    crossed = [measured.crossed for measured in each if measured.crossed is not None]
    mean = _Measured(
        np.concatenate([measured.near_m for measured in each]),
        float(np.mean(crossed)) if crossed else None,
        np.mean([measured.values for measured in each], axis=0),
        np.mean([measured.chance for measured in each], axis=0),
    )
    # A handful of directions may agree by chance; the places themselves vary at least so much.
    return mean, np.maximum(np.sqrt(variance), mean.chance)


def _by(step: Points) -> Callable[[Points], Points]:
    return lambda xy: xy + step


def _steps() -> list[list[Points]]:
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    # The rings are turned against one another, so that no grid of streets suits both.
    return [
        [radius * np.array([np.cos(angle + ring), np.sin(angle + ring)]) for angle in angles]
        for ring, radius in enumerate(_RINGS_M)
    ]


def _planar(shapes: NDArray[Any], system: CoordinateSystem, network: Network) -> NDArray[Any]:
    def to_local(xy: Points) -> Points:
        return project_lonlat(system.to_lonlat(xy), target=network.index.crs)

    return np.asarray(shapely.transform(shapes, to_local), dtype=object)


def _drawn_in(polygons: NDArray[Any]) -> NDArray[Any]:
    """Shrink polygons by 5 m; small ones by less, so that something of them is left."""
    inset = np.minimum(_INSET_M, np.sqrt(shapely.area(polygons)) / 10)
    return np.asarray(shapely.buffer(polygons, -inset), dtype=object)


def _measure(places: _Places, network: Network) -> _Measured:
    index = network.index
    every = np.ones(len(network.u), dtype=bool)
    near = index.nearest(places.points, usable=every, inferior=~every, limit_m=_FAR_M, slack_m=0.0)
    metres = np.full(len(places.points), _FAR_M)
    np.minimum.at(metres, near.point, near.metres)
    values, chance = np.full(2, np.nan), np.full(2, np.nan)
    if len(metres) >= MIN_PLACES:
        softened = np.log(metres + _SOFTENED_M)
        values[0] = softened.mean()
        chance[0] = max(float(softened.std()) / np.sqrt(len(metres)), _LEAST)
    share: float | None = None
    count = len(places.polygons)
    if count >= MIN_PLACES:
        hit, _ = index.tree.query(places.polygons, predicate="intersects")
        west, south, east, north = shapely.bounds(places.polygons).T
        low, high = index.xy.min(axis=0), index.xy.max(axis=0)
        # Where there are no streets none crosses a polygon, yet it is not between streets.
        misfit = (west > high[0]) | (east < low[0]) | (south > high[1]) | (north < low[1])
        misfit[hit] = True
        share = values[1] = float(misfit.mean())
        # Where none or all are crossed, one more or less might have been.
        chance[1] = np.sqrt(max(share * (1 - share), 1 / count) / count)
    return _Measured(metres, share, values, chance)
