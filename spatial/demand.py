"""Demand points: where the people of a district are taken to live (design, section 4).

Buildings where they are known, else a fixed grid inside the polygon, else the point itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import project, unproject
from spatial.geometry import areal
from spatial.table import Table, numbers, objects, shapes

BUILDINGS: Final = "buildings"
GRID: Final = "grid"
POINT: Final = "point"


@dataclass(frozen=True, eq=False)
class Demand:
    """The demand points of all districts, grouped by district.

    Parameters
    ----------
    district
        Number of the district each point belongs to, ascending, shape (p,).
    geometry
        Points, or footprints of buildings, in EPSG:4326, shape (p,).
    weight
        Relative weight of the point inside its district: households of a building where all of
        the district's buildings have them, else 1, shape (p,).
    start
        Position of each district's first point, shape (n + 1,): district i has the points
        ``start[i]:start[i + 1]``, at least one.
    kind
        ``buildings``, ``grid`` or ``point`` for each district, shape (n,).
    """

    district: NDArray[np.int64]
    geometry: NDArray[Any]
    weight: NDArray[np.float64]
    start: NDArray[np.int64]
    kind: NDArray[Any]

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """How many points each district has, shape (n,)."""
        return np.diff(self.start)


def demand_points(
    districts: Table,
    buildings: Table | None,
    *,
    crs: CRS,
    spacing_m: float,
) -> Demand:
    """Place the demand points of districts.

    Parameters
    ----------
    districts
        Points and polygons in EPSG:4326 with a column ``id``.
    buildings
        Footprints or points in EPSG:4326 with ``district_id`` and ``households``; None and
        buildings of unknown districts are passed over.
    crs
        Projected system, metres, in which the grid is laid.
    spacing_m
        Spacing of the grid in metres, > 0. Its lines lie at whole multiples of the spacing in
        `crs`, so a district's points do not depend on what else is evaluated. A polygon that holds
        none of them gets one point on its surface.

    Returns
    -------
    At least one point a district, in the order of `districts`.
    """
    places = shapes(districts["geometry"])
    kind = np.where(areal(places), GRID, POINT).astype(object)
    parts: list[tuple[NDArray[np.int64], NDArray[Any], NDArray[np.float64]]] = []

    if buildings is not None and len(buildings):
        ids = pd.Index(objects(districts["id"]))
        number = ids.get_indexer(pd.Index(objects(buildings["district_id"]), dtype=object))
        known = number >= 0
        at = number[known].astype(np.int64)
        households = numbers(buildings["households"])[known]
        whole = np.ones(len(districts), dtype=bool)
        whole[at[np.isnan(households)]] = False
        total = np.bincount(at, weights=np.nan_to_num(households), minlength=len(districts))
        weight = np.where(whole[at] & (total[at] > 0), np.nan_to_num(households), 1.0)
        kind[at] = BUILDINGS
        parts.append((at, shapes(buildings["geometry"])[known], weight))

    gridded = np.flatnonzero(kind == GRID)
    if len(gridded):
        at, points = _grid(project(places[gridded], target=crs), spacing_m=spacing_m)
        lonlat = unproject(points, source=crs)
        parts.append((gridded[at], np.asarray(shapely.points(lonlat)), np.ones(len(at))))
    single = np.flatnonzero(kind == POINT)
    if len(single):
        parts.append((single, places[single], np.ones(len(single))))

    if not parts:
        empty = np.zeros(0)
        return Demand(empty.astype(int), empty.astype(object), empty, np.zeros(1, int), kind)
    district = np.concatenate([part[0] for part in parts])
    order = np.argsort(district, kind="stable")
    district = district[order]
    return Demand(
        district=district,
        geometry=np.concatenate([part[1] for part in parts])[order],
        weight=np.concatenate([part[2] for part in parts])[order],
        start=np.searchsorted(district, np.arange(len(districts) + 1)),
        kind=kind,
    )


def _grid(
    polygons: NDArray[Any], *, spacing_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Lay grid points inside projected polygons: polygon number and coordinates, by polygon."""
    bounds = shapely.bounds(polygons)
    low = np.ceil(bounds[:, :2] / spacing_m).astype(np.int64)
    high = np.floor(bounds[:, 2:] / spacing_m).astype(np.int64)
    columns, rows = np.maximum(high - low + 1, 0).T
    count = columns * rows
    at = np.repeat(np.arange(len(polygons)), count)
    within = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    cells = np.column_stack([within % columns[at], within // columns[at]])
    points = (low[at] + cells) * spacing_m
    shapely.prepare(polygons)
    inside = shapely.contains_xy(polygons[at], points[:, 0], points[:, 1])
    at, points = at[inside], points[inside].astype(np.float64)

    bare = np.flatnonzero(np.bincount(at, minlength=len(polygons)) == 0)
    if len(bare) == 0:
        return at, points
    surface = shapely.get_coordinates(shapely.point_on_surface(polygons[bare]))
    at = np.concatenate([at, bare])
    points = np.concatenate([points, surface])
    order = np.argsort(at, kind="stable")
    return at[order], points[order]
