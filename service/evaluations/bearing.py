"""What bears on the districts of an area: facilities near, their districts, the areas around."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, or_, select

from service.core import history
from service.core.history import Moment
from service.core.schema import VERSIONED
from spatial.fields import AREAS, DISTRICTS, FACILITIES

# Beyond it a distance is null (design, section 2).
HALO_M: Final = 5_000.0
# The shortest degree of latitude on the ellipsoid: a halo in degrees is never too narrow.
_LEAST_DEGREE_M: Final = 110_574.0
_MOST_LATITUDE: Final = 89.0


def bearing_facilities(bounds: NDArray[Any], districts: GeoDataFrame) -> ColumnElement[bool]:
    """Return the condition of facilities within the halo, or allotted to the districts."""
    table = VERSIONED[FACILITIES.name]
    return or_(
        meets(table.c.geometry, widened_bounds(bounds, HALO_M)),
        table.c.district_id == any_(text_list(districts["id"])),
        table.c.pool == any_(text_list(districts["pool"])),
    )


def bearing_districts(
    bounds: NDArray[Any], districts: GeoDataFrame, facilities: GeoDataFrame
) -> ColumnElement[bool]:
    """Return the condition of districts that share a unit, ground or a facility with these."""
    table = VERSIONED[DISTRICTS.name]
    return or_(
        meets(table.c.geometry, bounds),
        *(
            table.c[field] == any_(text_list(districts[field]))
            for field in ("community", "pool", "land_grant")
        ),
        table.c.id == any_(text_list(facilities["district_id"])),
    )


def bearing_areas(
    bounds: NDArray[Any], districts: GeoDataFrame, moment: Moment
) -> ColumnElement[bool]:
    """Return the condition of areas that overlap the bounds or hold the districts."""
    area = VERSIONED[AREAS.name]
    at = history.at_moment(area, moment)
    first = select(area.c.code, area.c.parent).where(
        or_(
            meets(area.c.geometry, bounds),
            area.c.code == any_(text_list(districts["community"])),
        ),
        *at,
    )
    up = first.cte("up", recursive=True)
    parent = area.alias("parent_area")
    up = up.union(
        select(parent.c.code, parent.c.parent).where(
            parent.c.code == up.c.parent, *history.at_moment(parent, moment)
        )
    )
    return area.c.code.in_(select(up.c.code))


def holding_areas(areas: GeoDataFrame, places: GeoDataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pairs of a place and an area that holds its representative point."""
    points = shapely.point_on_surface(np.asarray(places.geometry.array, dtype=object))
    tree = shapely.STRtree(np.asarray(areas.geometry.array, dtype=object))
    place, area = tree.query(points, predicate="intersects")
    return place, area


def meets(column: ColumnElement[Any], bounds: Iterable[float]) -> ColumnElement[bool]:
    """Bounding boxes meet: a little too many rows, and an index decides."""
    condition: ColumnElement[bool] = column.op("&&", is_comparison=True)(
        func.ST_MakeEnvelope(*(float(value) for value in bounds), 4326)
    )
    return condition


def united_bounds(*bounds: NDArray[Any]) -> NDArray[Any]:
    """Return the bounds that hold all of some."""
    stacked = np.stack(bounds)
    return np.concatenate([stacked[:, :2].min(axis=0), stacked[:, 2:].max(axis=0)])


def widened_bounds(bounds: NDArray[Any], metres: float) -> NDArray[Any]:
    """Widen bounds in degrees by at least so many metres on every side."""
    west, south, east, north = bounds
    up = metres / _LEAST_DEGREE_M
    latitude = min(max(abs(south - up), abs(north + up)), _MOST_LATITUDE)
    side = up / math.cos(math.radians(latitude))
    return np.array([west - side, south - up, east + side, north + up])


def text_list(values: Iterable[Any]) -> ColumnElement[Any]:
    """Bind the distinct values that are not missing as one array."""
    return literal(sorted({str(value) for value in values if value is not None}), ARRAY(Text))
