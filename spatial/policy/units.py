"""Units that owe area and number, and which facility belongs to which (design, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.geometry import areal, declared
from spatial.grouping import weighted_count
from spatial.table import Table, missing, numbers, objects, shapes, truth

NEW: Final = "new"
EXISTING: Final = "existing"
MIXED: Final = "mixed"


@dataclass(frozen=True, eq=False)
class Units:
    """The units of all districts.

    Parameters
    ----------
    of_district
        Number of each district's unit, shape (n,).
    id
        ``pool:…``, ``land_grant:…``, ``community:…`` or ``district:…``, shape (w,).
    group
        ``new`` (new and planned members), ``existing``, or ``mixed`` for a pool of both.
    households
        Sum over the members; NaN where one is not known.
    conditions_available
        True where a member has the record that conditions are available.
    """

    of_district: NDArray[np.int64]
    id: NDArray[Any]
    group: NDArray[Any]
    households: NDArray[np.float64]
    conditions_available: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Allotment:
    """Where each facility's area and number are counted, once; shape (k,) each.

    Parameters
    ----------
    unit
        Number of the unit, -1 for a facility allotted to none.
    district
        Number of the district, -1 where it is allotted to a pool or community as a whole.
    """

    unit: NDArray[np.int64]
    district: NDArray[np.int64]


def build_units(districts: Table, *, stage: NDArray[Any]) -> Units:
    """Group districts into the units that owe area and number.

    A declared pool comes first; else the land grant of new and planned districts (all phases
    under one grant), and the community of existing ones; else the district alone.

    Parameters
    ----------
    districts
        Columns ``id, pool, land_grant, community, households, conditions_available``.
    stage
        ``planned``, ``new`` or ``existing`` for each, shape (n,).
    """
    existing = stage == "existing"
    unit_id = np.array([f"district:{one}" for one in objects(districts["id"])], dtype=object)
    for field, concerned in (
        ("community", existing),
        ("land_grant", ~existing),
        ("pool", np.ones(len(stage), dtype=bool)),
    ):
        if not concerned.any():
            continue
        names = objects(districts[field])
        given = concerned & ~missing(names)
        unit_id[given] = [f"{field}:{name}" for name in names[given]]
    unit_names, of_district = np.unique(unit_id.astype(str), return_inverse=True)
    count = len(unit_names)
    members = np.bincount(of_district, minlength=count)
    existing_members = np.bincount(of_district, weights=existing, minlength=count)
    group = np.where(
        existing_members == members, EXISTING, np.where(existing_members == 0, NEW, MIXED)
    )
    households = numbers(districts["households"])
    available = truth(districts["conditions_available"])
    return Units(
        of_district=of_district.astype(np.int64),
        id=unit_names.astype(object),
        group=group.astype(object),
        households=weighted_count(of_district, households, size=count),
        conditions_available=weighted_count(of_district, available, size=count) > 0,
    )


def allot(
    facilities: GeoDataFrame,
    districts: GeoDataFrame,
    areas: GeoDataFrame | None,
    *,
    units: Units,
) -> Allotment:
    """Allot each facility to one unit, or to none.

    To its declared pool, else to the district it names, else to the single district polygon that
    contains one of its entrances, else, where existing districts are judged by community, to the
    containing community. A facility of a project, in several district polygons, or in none, stays
    unallotted: it counts for reach and area ratios only.

    Parameters
    ----------
    facilities
        Columns ``pool, district_id, project_id, entrances`` and geometry in EPSG:4326.
    districts
        In the order of `units`, EPSG:4326.
    areas
        Areas in EPSG:4326, of which communities are used; None for none.
    units
        See `build_units`.
    """
    return allot_on(facilities, ground_of(districts, areas, units=units))


@dataclass(frozen=True, eq=False)
class Ground:
    """What facilities are allotted by, worked out once for any number of them.

    Parameters
    ----------
    number
        Number of each district by its id.
    unit_of_district
        Number of each district's unit.
    pools
        Number of the unit of each declared pool.
    districts, communities
        The polygons that may hold a facility.
    unit_of_community
        Number of the unit of each community polygon, -1 for none; None without areas.
    """

    number: Mapping[str, int]
    unit_of_district: NDArray[np.int64]
    pools: Mapping[str, int]
    districts: Containers
    communities: Containers
    unit_of_community: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class Containers:
    """Polygons to look places up in: an index of them, and the number of each."""

    tree: shapely.STRtree
    number: NDArray[np.int64]


def ground_of(districts: Table, areas: GeoDataFrame | None, *, units: Units) -> Ground:
    """Prepare what facilities are allotted by; parameters as in `allot`."""
    number = {str(unit_id): i for i, unit_id in enumerate(units.id)}
    communities = np.zeros(0, dtype=object)
    of_code: NDArray[np.int64] | None = None
    if areas is not None:
        chosen = (areas["level"] == "community").to_numpy(dtype=bool)
        communities = np.asarray(areas.geometry.array, dtype=object)[chosen]
        codes = areas["code"].to_numpy(dtype=object)[chosen]
        of_code = np.array([number.get(f"community:{code}", -1) for code in codes], dtype=np.int64)
    return Ground(
        number={one: at for at, one in enumerate(objects(districts["id"]).tolist())},
        unit_of_district=units.of_district,
        pools={name: i for name, i in number.items() if name.startswith("pool:")},
        districts=_containers(shapes(districts["geometry"])),
        communities=_containers(communities),
        unit_of_community=of_code,
    )


def allot_on(facilities: Table, ground: Ground) -> Allotment:
    """Allot facilities as `allot` does."""
    count = len(facilities)
    doors, door_of = entrance_points(facilities)
    named = objects(facilities["district_id"]).tolist()
    district = np.array([ground.number.get(one, -1) for one in named], dtype=np.int64)
    has_district = ~missing(facilities["district_id"])
    has_pool = ~missing(facilities["pool"])
    has_project = ~missing(facilities["project_id"])
    open_question = ~(has_district | has_pool | has_project)

    containing = _single_container(doors, door_of, ground.districts, count=count)
    district = np.where(open_question, containing, district)
    unit = np.where(district >= 0, ground.unit_of_district[np.maximum(district, 0)], -1)

    if ground.unit_of_community is not None:
        inside = _single_container(doors, door_of, ground.communities, count=count)
        by_community = open_question & (district < 0) & (inside >= 0)
        unit[by_community] = ground.unit_of_community[inside[by_community]]
    pools = objects(facilities["pool"])[has_pool]
    unit[has_pool] = np.array(
        [ground.pools.get(f"pool:{pool}", -1) for pool in pools], dtype=np.int64
    )
    return Allotment(unit=unit.astype(np.int64), district=district.astype(np.int64))


def entrance_points(places: Table) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """List the entrances of places, or what stands for them.

    Parameters
    ----------
    places
        A column ``entrances`` (MultiPoint or None) and geometry, EPSG:4326.

    Returns
    -------
    doors, door_of
        Points (a polygon without entrances is its own door: one is entered at its nearest side),
        and the number of the place each belongs to, ascending.
    """
    places_shape = shapes(places["geometry"])
    entrances, usable = declared(places["entrances"])
    if not usable.any():
        return places_shape.copy(), np.arange(len(places_shape))
    points, owner = shapely.get_parts(entrances[usable], return_index=True)
    door_of = np.concatenate([np.flatnonzero(usable)[owner], np.flatnonzero(~usable)])
    doors = np.concatenate([points, places_shape[~usable]])
    order = np.argsort(door_of, kind="stable")
    return doors[order], door_of[order].astype(np.int64)


def _containers(polygons: NDArray[Any]) -> Containers:
    surfaces = np.flatnonzero(areal(polygons))
    return Containers(shapely.STRtree(polygons[surfaces]), surfaces)


def _single_container(
    doors: NDArray[Any], door_of: NDArray[np.int64], polygons: Containers, *, count: int
) -> NDArray[np.int64]:
    """Find the one polygon that holds a door of each place; -1 for none or several."""
    container = np.full(count, -1, dtype=np.int64)
    if len(polygons.number) == 0 or len(doors) == 0:
        return container
    # A polygon without entrances has its representative point for a door here.
    surface = shapely.get_dimensions(doors) != 0
    if surface.any():
        doors = np.where(surface, shapely.point_on_surface(doors), doors)
    door, polygon = polygons.tree.query(doors, predicate="intersects")
    # Pairs of a place and a polygon as one number each.
    size = int(polygons.number[-1]) + 1
    place, holder = np.divmod(np.unique(door_of[door] * size + polygons.number[polygon]), size)
    single = np.bincount(place, minlength=count)[place] == 1
    container[place[single]] = holder[single]
    return container
