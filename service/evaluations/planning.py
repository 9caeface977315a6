"""Reading the data of an evaluation out of one snapshot.

An evaluation of one area gives its districts, the area, all areas under it and the parks in it
the findings an evaluation of everything would give them. So it also reads what bears on them from
outside: the facilities of the halo, the districts that share a unit or ground with theirs, and the
areas those lie in. What is found for those others is left out of the result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from sqlalchemy import ARRAY, ColumnElement, Connection, Text, any_, func, literal, or_, select

from service.core import history
from service.core.history import Moment
from service.core.network_cache import NetworkCache
from service.core.schema import VERSIONED
from service.evaluations.result_frames import PARK_LEVEL
from service.indicators import service as indicators
from spatial.errors import InputError
from spatial.fields import AREAS, BUILDINGS, DISTRICTS, FACILITIES, PARKS
from spatial.policy.evaluation import Evaluation
from spatial.policy.pack import Pack
from spatial.policy.places import membership
from spatial.policy.planning_data import PlanningData
from spatial.policy.regions import REGION_INSIDE, REGION_OUTSIDE

# Beyond it a distance is null (design, section 2).
HALO_M: Final = 5_000.0
# The shortest degree of latitude on the ellipsoid: a halo in degrees is never too narrow.
_LEAST_DEGREE_M: Final = 110_574.0
_MOST_LATITUDE: Final = 89.0


@dataclass(frozen=True, eq=False)
class Selection:
    """The data of an evaluation and which part of it is asked for.

    Parameters
    ----------
    data
        All that bears on the districts asked for.
    asked
        True for the districts asked for, in the order of ``data.districts``.
    area_codes
        Areas whose rows are complete; None means all. Of parks only those asked for are read.
    """

    data: PlanningData
    asked: NDArray[np.bool_]
    area_codes: frozenset[str] | None


def read_planning_data(
    connection: Connection,
    *,
    area: str | None,
    moment: Moment,
    network_version: str | None,
    network_cache: NetworkCache,
) -> Selection:
    """Read all an evaluation needs.

    Parameters
    ----------
    area
        Code of the area whose districts are asked for; None means all districts.
    moment
        Which versions of the data.
    network_version
        None means without streets.
    network_cache
        Holds the streets.

    Raises
    ------
    InputError
        When there is no such area.
    """
    network = None if network_version is None else network_cache.load(connection, network_version)
    if area is None:
        selection = _everything(connection, moment)
    else:
        selection = _one_area(connection, area, moment)
    return replace(selection, data=replace(selection.data, network=network))


def restrict(evaluation: Evaluation, selection: Selection, packs: Iterable[Pack]) -> Evaluation:
    """Leave out what an evaluation found for districts and areas nobody asked for."""
    if selection.area_codes is None:
        return evaluation
    ids = selection.data.districts.loc[selection.asked, "id"]
    districts = evaluation.districts[evaluation.districts["id"].isin(ids)].reset_index(drop=True)
    districts["rank"] = np.arange(1, len(districts) + 1)
    findings = evaluation.findings
    areas = evaluation.areas
    codes = pd.Series(sorted(selection.area_codes))
    return replace(
        evaluation,
        districts=districts,
        findings=findings[findings["district_id"].isin(ids)].reset_index(drop=True),
        areas=areas[areas["code"].isin(codes) | (areas["level"] == PARK_LEVEL)].reset_index(
            drop=True
        ),
        # The neighbours that were read may lie in another region.
        region=MappingProxyType(
            {
                pack.id: REGION_INSIDE
                if codes.str.startswith(pack.region_codes).all()
                else REGION_OUTSIDE
                for pack in packs
            }
        ),
    )


def areas_of_districts(districts: GeoDataFrame, areas: GeoDataFrame | None) -> list[list[str]]:
    """List for each district the codes of the areas it is counted in, largest first.

    By its community and that one's parents, else by where it lies, as the roll-up does; then the
    planning units that hold its representative point.
    """
    codes: list[list[str]] = [[] for _ in range(len(districts))]
    if areas is None or len(areas) == 0:
        return codes
    code = areas["code"].to_numpy(dtype=object)
    for numbers in reversed(list(membership(districts, areas).area.values())):
        for i in np.flatnonzero(numbers >= 0).tolist():
            codes[i].append(str(code[numbers[i]]))
    units = np.flatnonzero(areas["kind"].to_numpy(dtype=object) == "planning_unit")
    inside, unit = _holding(areas.iloc[units], districts)
    for i, number in zip(inside.tolist(), unit.tolist(), strict=True):
        codes[i].append(str(code[units[number]]))
    return codes


def count_districts(connection: Connection, *, area: str | None, moment: Moment) -> int:
    """Count the districts an evaluation would judge, without reading them.

    Of an area this may be a few too many: districts near its border are counted in.
    """
    if area is None:
        return history.count(connection, DISTRICTS, moment=moment)
    _, _, candidate = _area_and_candidates(connection, area, moment)
    return history.count(connection, DISTRICTS, candidate, moment=moment)


def _everything(connection: Connection, moment: Moment) -> Selection:
    districts = history.read(connection, DISTRICTS, moment=moment)
    facilities = history.read(connection, FACILITIES, moment=moment)
    return Selection(
        data=PlanningData(
            districts=districts,
            facilities=facilities if _facilities_are_known(connection, moment) else None,
            areas=_or_none(history.read(connection, AREAS, moment=moment)),
            buildings=_or_none(history.read(connection, BUILDINGS, moment=moment)),
            parks=_or_none(history.read(connection, PARKS, moment=moment)),
            indicators=indicators.current(connection, moment=moment),
        ),
        asked=np.ones(len(districts), dtype=bool),
        area_codes=None,
    )


def _one_area(connection: Connection, code: str, moment: Moment) -> Selection:
    area, codes, candidate = _area_and_candidates(connection, code, moment)
    candidates = history.read(connection, DISTRICTS, candidate, moment=moment)
    parks = _parks_in(connection, area, moment)
    within = history.read(
        connection, AREAS, VERSIONED[AREAS.name].c.code == any_(_texts(codes)), moment=moment
    )
    # All facilities of the areas asked for and of the parks lie within these bounds.
    bounds = _united(
        *(frame.total_bounds for frame in (area, within, candidates, parks) if len(frame))
    )
    facilities = history.read(
        connection, FACILITIES, _bearing_facilities(bounds, candidates), moment=moment
    )
    districts = history.read(
        connection, DISTRICTS, _bearing_districts(bounds, candidates, facilities), moment=moment
    )
    areas = history.read(
        connection, AREAS, _bearing_areas(bounds, districts, moment), moment=moment
    )
    held = areas_of_districts(districts, areas)
    buildings = history.read(
        connection,
        BUILDINGS,
        VERSIONED["buildings"].c.district_id == any_(_texts(districts["id"])),
        moment=moment,
    )
    return Selection(
        data=PlanningData(
            districts=districts,
            facilities=facilities if _facilities_are_known(connection, moment) else None,
            areas=areas,
            buildings=_or_none(buildings),
            parks=_or_none(parks),
            # A figure of an area adds up those under it, and of nothing else.
            indicators=indicators.current(connection, areas=codes, moment=moment),
        ),
        asked=np.array([code in codes_of for codes_of in held], dtype=bool),
        area_codes=codes,
    )


def _facilities_are_known(connection: Connection, moment: Moment) -> bool:
    """Tell a database that only holds areas, where nothing is known of facilities, from others.

    Beside districts an empty layer says that there are none, and the evaluation warns of it.
    """
    return any(
        history.count(connection, layer, moment=moment) > 0 for layer in (FACILITIES, DISTRICTS)
    )


def _parks_in(connection: Connection, area: GeoDataFrame, moment: Moment) -> GeoDataFrame:
    """Read the parks whose representative point lies in an area."""
    near = _meets(VERSIONED[PARKS.name].c.geometry, area.total_bounds)
    parks = history.read(connection, PARKS, near, moment=moment)
    points = shapely.point_on_surface(np.asarray(parks.geometry.array, dtype=object))
    inside = shapely.intersects(area.geometry.iloc[0], points)
    return parks[np.asarray(inside, dtype=bool)].reset_index(drop=True)


def subtree(connection: Connection, code: str, moment: Moment) -> frozenset[str]:
    """Return the codes of an area and of all under it."""
    area = VERSIONED[AREAS.name]
    at = history.at_moment(area, moment)
    tree = select(literal(code, Text(collation="C")).label("code")).cte("tree", recursive=True)
    tree = tree.union(select(area.c.code).where(area.c.parent == tree.c.code, *at))
    return frozenset(connection.execute(select(tree.c.code)).scalars())


def _area_and_candidates(
    connection: Connection, code: str, moment: Moment
) -> tuple[GeoDataFrame, frozenset[str], ColumnElement[bool]]:
    """Read an area, the codes under it, and what a district must meet to possibly belong to it."""
    area = history.current(connection, AREAS, keys=[code], moment=moment)
    if len(area) == 0:
        raise InputError(f"there is no area {code!r}")
    table = VERSIONED[DISTRICTS.name]
    codes = subtree(connection, code, moment)
    candidate = or_(
        table.c.community == any_(_texts(codes)), _meets(table.c.geometry, area.total_bounds)
    )
    return area, codes, candidate


def _bearing_facilities(bounds: NDArray[Any], districts: GeoDataFrame) -> ColumnElement[bool]:
    """Return the condition of facilities within the halo, or allotted to the districts."""
    table = VERSIONED[FACILITIES.name]
    return or_(
        _meets(table.c.geometry, _widened(bounds, HALO_M)),
        table.c.district_id == any_(_texts(districts["id"])),
        table.c.pool == any_(_texts(districts["pool"])),
    )


def _bearing_districts(
    bounds: NDArray[Any], districts: GeoDataFrame, facilities: GeoDataFrame
) -> ColumnElement[bool]:
    """Return the condition of districts that share a unit, ground or a facility with these."""
    table = VERSIONED[DISTRICTS.name]
    return or_(
        _meets(table.c.geometry, bounds),
        *(
            table.c[field] == any_(_texts(districts[field]))
            for field in ("community", "pool", "land_grant")
        ),
        table.c.id == any_(_texts(facilities["district_id"])),
    )


def _bearing_areas(
    bounds: NDArray[Any], districts: GeoDataFrame, moment: Moment
) -> ColumnElement[bool]:
    """Return the condition of areas that overlap the bounds or hold the districts."""
    area = VERSIONED[AREAS.name]
    at = history.at_moment(area, moment)
    first = select(area.c.code, area.c.parent).where(
        or_(
            _meets(area.c.geometry, bounds),
            area.c.code == any_(_texts(districts["community"])),
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


def _holding(areas: GeoDataFrame, places: GeoDataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pairs of a place and an area that holds its representative point."""
    points = shapely.point_on_surface(np.asarray(places.geometry.array, dtype=object))
    tree = shapely.STRtree(np.asarray(areas.geometry.array, dtype=object))
    place, area = tree.query(points, predicate="intersects")
    return place, area


def _meets(column: ColumnElement[Any], bounds: Iterable[float]) -> ColumnElement[bool]:
    """Bounding boxes meet: a little too many rows, and an index decides."""
    condition: ColumnElement[bool] = column.op("&&", is_comparison=True)(
        func.ST_MakeEnvelope(*(float(value) for value in bounds), 4326)
    )
    return condition


def _united(*bounds: NDArray[Any]) -> NDArray[Any]:
    stacked = np.stack(bounds)
    return np.concatenate([stacked[:, :2].min(axis=0), stacked[:, 2:].max(axis=0)])


def _widened(bounds: NDArray[Any], metres: float) -> NDArray[Any]:
    """Widen bounds in degrees by at least so many metres on every side."""
    west, south, east, north = bounds
    up = metres / _LEAST_DEGREE_M
    latitude = min(max(abs(south - up), abs(north + up)), _MOST_LATITUDE)
    side = up / math.cos(math.radians(latitude))
    return np.array([west - side, south - up, east + side, north + up])


def _texts(values: Iterable[Any]) -> ColumnElement[Any]:
    """Bind the distinct values that are not missing as one array."""
    return literal(sorted({str(value) for value in values if value is not None}), ARRAY(Text))


def _or_none(frame: GeoDataFrame) -> GeoDataFrame | None:
    return frame if len(frame) else None
