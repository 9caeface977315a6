"""Districts, buildings and facilities as layers, from what an OpenStreetMap file says of places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from service.imports.osm.place_table import PlaceTable, load_place_table, read_number
from service.imports.osm.places import Outline, Places, Things
from spatial.crs import WGS84

# The notice the Open Database License asks for, as the source of every row.
SOURCE: Final = "© OpenStreetMap contributors, ODbL 1.0"
# OpenStreetMap maps what stands.
STAGE: Final = "existing"
STATUS: Final = "operating"


@dataclass(frozen=True, eq=False)
class OsmPlaces:
    """Layers of a file, with the fields OpenStreetMap knows; EPSG:4326.

    Parameters
    ----------
    districts
        Residential areas, then a district for each dwelling outside all of them.
    buildings
        Dwellings, each with its district.
    facilities
        Those the table knows.
    left_out
        The ids of the things not taken, by layer and reason.
    notes
        How many were taken in a way that one should know, by layer and what.
    """

    districts: GeoDataFrame
    buildings: GeoDataFrame
    facilities: GeoDataFrame
    left_out: Mapping[str, Mapping[str, Sequence[str]]]
    notes: Mapping[str, Mapping[str, int]]


def place_layers(places: Places) -> OsmPlaces:
    """Arrange places as layers.

    A dwelling belongs to the residential area that holds its point on surface (the boundary
    counts), the smallest where several do, and is a district of its own where none does. Entrances
    of a district are the passable gates and the entrances on the outline of its area; of a
    facility, the entrances and passable gates on its own outline.
    """
    table = load_place_table()
    notes: dict[str, Counter[str]] = {
        name: Counter() for name in ("districts", "buildings", "facilities")
    }
    areas, dwellings = places.areas, places.dwellings
    area_shapes, dwelling_shapes = areas.geometry(), dwellings.geometry()
    home = _smallest_area(area_shapes, dwelling_shapes)
    alone = np.flatnonzero(home < 0)
    notes["districts"]["dwellings_outside_residential_areas"] = len(alone)
    notes["districts"]["areas_inside_another"] = _nested(area_shapes)
    own = Things(
        ids=[dwellings.ids[i] for i in alone],
        tags=[dwellings.tags[i] for i in alone],
        outlines=[() for _ in alone],
    )
    districts = _frame(
        [*areas.ids, *own.ids],
        [*areas.tags, *own.tags],
        np.concatenate([area_shapes, dwelling_shapes[alone]]),
    )
    districts["stage"] = STAGE
    for name, keys in table.numbers.districts.items():
        districts[name] = _numbers([*areas.tags, *own.tags], keys, notes["districts"])
    for name, keys in table.numbers.buildings.items():
        counted = _numbers(own.tags, keys, notes["districts"])
        districts[name] = [*[None] * len(areas.ids), *counted]
    districts["entrances"] = _entrances([*areas.outlines, *own.outlines], places)

    buildings = _frame(dwellings.ids, dwellings.tags, dwelling_shapes).drop(columns="name")
    named = np.array([*areas.ids, ""], dtype=object)[home]
    buildings["district_id"] = np.where(home < 0, np.array(dwellings.ids, object), named)
    for name, keys in table.numbers.buildings.items():
        buildings[name] = _numbers(dwellings.tags, keys, notes["buildings"])
    left_out = {
        "districts": areas.left_out,
        "buildings": dwellings.left_out,
        "facilities": places.facilities.left_out,
    }
    return OsmPlaces(
        districts,
        buildings,
        _facilities(places, table, notes["facilities"]),
        {name: dict(sorted(ids.items())) for name, ids in left_out.items()},
        {name: dict(sorted((+counts).items())) for name, counts in notes.items()},
    )


def _facilities(places: Places, table: PlaceTable, notes: Counter[str]) -> GeoDataFrame:
    things = places.facilities
    rows = [table.facility(tags) for tags in things.tags]
    frame = _frame(things.ids, things.tags, things.geometry())
    frame["kind"] = [None if row is None else row.kind for row in rows]
    frame["operator"] = [table.operator(tags) for tags in things.tags]
    frame["status"] = STATUS
    for name in sorted({name for row in rows if row is not None for name in row.numbers}):
        frame[name] = [
            _number(tags, row.numbers.get(name, ()), notes) if row is not None else None
            for row, tags in zip(rows, things.tags, strict=True)
        ]
    frame["entrances"] = _entrances(things.outlines, places)
    return frame


def _frame(
    ids: Sequence[str], tags: Sequence[Mapping[str, str]], shapes: NDArray[Any]
) -> GeoDataFrame:
    # The name in the local language is the one people on the spot know; a Chinese one stands in.
    names = [one.get("name") or one.get("name:zh") for one in tags]
    return GeoDataFrame(
        {"id": list(ids), "name": names, "source": SOURCE}, geometry=shapes, crs=WGS84
    )


def _numbers(
    tags: Sequence[Mapping[str, str]], keys: tuple[str, ...], notes: Counter[str]
) -> list[int | None]:
    return [_number(one, keys, notes) for one in tags]


def _number(tags: Mapping[str, str], keys: tuple[str, ...], notes: Counter[str]) -> int | None:
    number = read_number(tags, keys)
    if number is None and any(key in tags for key in keys):
        notes["numbers_not_read"] += 1
    return number


def _smallest_area(areas: NDArray[Any], dwellings: NDArray[Any]) -> NDArray[np.int64]:
    """Return the number of the smallest area that holds each dwelling; -1 where none does."""
    home = np.full(len(dwellings), -1, dtype=np.int64)
    if not len(areas) or not len(dwellings):
        return home
    points = shapely.point_on_surface(dwellings)
    # Only the order of sizes matters, and areas over one place are stretched alike.
    order = np.argsort(-shapely.area(areas), kind="stable")
    dwelling, area = shapely.STRtree(areas[order]).query(points, predicate="intersects")
    smallest = np.lexsort((area, dwelling))
    home[dwelling[smallest]] = order[area[smallest]]
    return home


def _nested(areas: NDArray[Any]) -> int:
    """Count the areas whose point on surface lies in another."""
    if not len(areas):
        return 0
    point, area = shapely.STRtree(areas).query(
        shapely.point_on_surface(areas), predicate="intersects"
    )
    return len(np.unique(point[point != area]))


def _entrances(outlines: Sequence[Outline], places: Places) -> NDArray[Any]:
    """Return the entrances on each outline as a MultiPoint, None where there is none."""
    doors = places.gates | places.doors
    result = np.full(len(outlines), None, dtype=object)
    for at, outline in enumerate(outlines):
        found = dict.fromkeys(doors[ref] for ref in outline if ref in doors)
        if found:
            result[at] = shapely.multipoints(shapely.points(list(found)))
    return result
