"""Residential areas, dwellings, facilities and entrances from an OpenStreetMap file, in one stream.

osmium assembles the polygons of closed ways and of multipolygon relations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium.filter import KeyFilter
from osmium.osm import Area, Node, Relation, Way

from service.imports.osm.file import reading
from service.imports.osm.place_table import PlaceReading, PlaceTable, load_place_table
from service.imports.osm.street_table import StreetTable, load_street_table
from service.imports.osm.tags import first_values

Outline = tuple[int, ...]

# As osmium names the types, and as people do.
_TYPES: Final = MappingProxyType({"n": "node", "w": "way", "r": "relation"})


@dataclass
class Things:
    """Things of one sort, in the order of the file.

    Parameters
    ----------
    ids
        As ``way/123``.
    tags
        Of each; of a key that is there twice the first counts.
    outlines
        Identifiers of the nodes on the outline of each; empty for a point.
    shapes
        Hexadecimal WKB, EPSG:4326.
    left_out
        The ids of those not taken, by reason.
    """

    ids: list[str] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    outlines: list[Outline] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, tags: dict[str, str], outline: Outline, shape: str) -> None:
        """Take one."""
        self.ids.append(name)
        self.tags.append(tags)
        self.outlines.append(outline)
        self.shapes.append(shape)

    def leave_out(self, name: str, reason: str) -> None:
        """Do not take one, and say why."""
        self.left_out.setdefault(reason, []).append(name)

    def geometry(self) -> NDArray[Any]:
        """Return the shapes: Points, Polygons and MultiPolygons in EPSG:4326, all valid.

        Notes
        -----
        Of a polygon that is not valid, what can be made valid is taken.
        """
        shapes = np.asarray(shapely.from_wkb(self.shapes), dtype=object)
        broken = ~shapely.is_valid(shapes)
        shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
        single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON) & (
            shapely.get_num_geometries(shapes) == 1
        )
        shapes[single] = shapely.get_geometry(shapes[single], 0)
        return shapes


@dataclass
class Places:
    """What a file says of where people live, and who cares for them.

    Parameters
    ----------
    areas, dwellings, facilities
        As their names say.
    doors
        Place, in longitude and latitude, of each node that is an entrance.
    gates
        The same of gates people on foot may pass.
    """

    areas: Things = field(default_factory=Things)
    dwellings: Things = field(default_factory=Things)
    facilities: Things = field(default_factory=Things)
    doors: dict[int, tuple[float, float]] = field(default_factory=dict)
    gates: dict[int, tuple[float, float]] = field(default_factory=dict)


def read_places(path: Path) -> Places:
    """Read residential areas, dwellings, facilities and entrances.

    Raises
    ------
    InputError
        When the file is damaged or none of OpenStreetMap's.
    """
    reader = _Reader(load_place_table(), load_street_table())
    with reading(path):
        reader.read(path)
    return reader.places


class _Reader:
    """Sorts what streams by."""

    def __init__(self, table: PlaceTable, streets: StreetTable) -> None:
        self.places = Places()
        self._table = table
        self._streets = streets
        self._wkb = osmium.geom.WKBFactory()
        self._readings: dict[tuple[tuple[str, str], ...], PlaceReading] = {}
        # Ways and relations that must come as areas too, before or after themselves; what never
        # does is left out and counted.
        self._awaited: dict[str, tuple[str, PlaceReading]] = {}
        self._assembled: set[str] = set()

    def read(self, path: Path) -> None:
        keys = self._table.area_keys
        entrances = (self._table.entrances.entrance.key, self._table.entrances.gates.key)
        processor = osmium.FileProcessor(path).with_areas(KeyFilter(*keys))
        for thing in processor.with_filter(KeyFilter(*keys, *entrances)):
            pairs = [(tag.k, tag.v) for tag in thing.tags]
            read = self._reading(pairs)
            if isinstance(thing, Area):
                if read.sorts:
                    self._area(thing, read, pairs)
                continue
            if not isinstance(thing, (Node, Way, Relation)):
                continue
            name = f"{_TYPES[thing.type_str()]}/{thing.id}"
            for sort, reason in read.left_out:
                self._things(sort).leave_out(name, reason)
            if isinstance(thing, Node):
                self._node(name, thing, read, pairs)
            elif read.sorts:
                self._awaited[name] = _if_not_assembled(thing), read
        for name, (reason, read) in self._awaited.items():
            for sort in read.sorts if name not in self._assembled else ():
                self._things(sort).leave_out(name, reason)

    def _reading(self, pairs: list[tuple[str, str]]) -> PlaceReading:
        """Read tags; many things have the same, but for their names."""
        keys = self._table.keys
        known = tuple(pair for pair in pairs if pair[0] in keys)
        if known not in self._readings:
            self._readings[known] = self._table.read(first_values(known))
        return self._readings[known]

    def _things(self, sort: str) -> Things:
        places = self.places
        return {
            "districts": places.areas,
            "buildings": places.dwellings,
            "facilities": places.facilities,
        }[sort]

    def _area(self, area: Area, read: PlaceReading, pairs: list[tuple[str, str]]) -> None:
        name = f"{'way' if area.from_way() else 'relation'}/{area.orig_id()}"
        self._assembled.add(name)
        try:
            shape = self._wkb.create_multipolygon(area)
        except (RuntimeError, osmium.InvalidLocationError):
            for sort in read.sorts:
                self._things(sort).leave_out(name, "broken_polygon")
            return
        # The outlines of dwellings hold no entrance of a district: there are many, and no need.
        rings = () if read.sorts == ("buildings",) else area.outer_rings()
        outline = tuple(node.ref for ring in rings for node in ring)
        for sort in read.sorts:
            self._things(sort).add(name, first_values(pairs), outline, shape)

    def _node(
        self, name: str, node: Node, read: PlaceReading, pairs: list[tuple[str, str]]
    ) -> None:
        lonlat = (node.location.lon, node.location.lat)
        if read.entrance:
            self.places.doors[node.id] = lonlat
        if read.gate and self._streets.closed_node(first_values(pairs)) is None:
            self.places.gates[node.id] = lonlat
        for sort in read.sorts:
            if sort == "districts":
                self._things(sort).leave_out(name, "point")
            else:
                shape = self._wkb.create_point(node)
                self._things(sort).add(name, first_values(pairs), (), shape)


def _if_not_assembled(thing: Way | Relation) -> str:
    """Return why a way or relation is no polygon if it does not become one."""
    if isinstance(thing, Relation):
        return "relation_not_complete"
    return "outside_extract" if thing.is_closed() else "way_not_closed"
