"""GeoPackage: a layer a table, with colours for QGIS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from service.exports.content import compact_json
from service.exports.gdal import write_layer
from service.exports.package import Chunk, Package
from service.exports.styles import finish_geopackage


def write_geopackage(path: Path, package: Package) -> None:
    """Write a layer a table; lists are JSON text, members and notices stand in the metadata.

    ``findings`` of an evaluation have no geometry: they join ``districts`` by ``district_id``, and
    a polygon once a rule would make the file many times larger.
    """
    metadata = {
        **{f"YIKE_{name.upper()}": compact_json(value) for name, value in package.members.items()},
        "YIKE_NOTICES": compact_json(package.notices),
    }
    types: dict[str, set[str]] = {}
    for number, table in enumerate(package.tables):
        seen: set[str] = types.setdefault(table.name, set())

        def look(chunk: Chunk, seen: set[str] = seen) -> None:
            seen |= geometry_types(chunk)

        write_layer(
            path,
            package,
            table,
            driver="GPKG",
            seen=look,
            metadata=metadata if number == 0 else None,
            # Readers of GDAL 3.6 and older warn of version 1.4, of which nothing is used here.
            dataset_options={"VERSION": "1.2"} if number == 0 else None,
            layer_options={"GEOMETRY_NAME": "geom"} if table.placed else None,
        )
    finish_geopackage(path, types, package.tables, lang=package.lang)


def geometry_types(chunk: Chunk) -> set[str]:
    """Return the names of the geometry types of a chunk, as GDAL calls them."""
    if chunk.shapes is None:
        return set()
    numbers = np.unique(shapely.get_type_id(chunk.shapes))
    return {_NAMES[number] for number in numbers.tolist() if number >= 0}


# By the numbers shapely gives them.
_NAMES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
