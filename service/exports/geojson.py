"""GeoJSON (RFC 7946): one feature a district, with its findings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from service.exports.content import (
    DISTRICT_COLUMNS,
    Content,
    compact_json,
    finding_objects,
    plain,
)


def write_geojson(path: Path, content: Content) -> None:
    """Write a FeatureCollection, a feature a line.

    Beside the features stand two foreign members: ``evaluation``, the summary, and ``notices``.
    """
    findings = finding_objects(content.findings)
    shapes = np.asarray(content.districts.geometry.array, dtype=object)
    # RFC 7946, section 3.1.6: exterior rings run counterclockwise.
    geometries = shapely.to_geojson(shapely.orient_polygons(shapes))
    columns = [content.districts[name].astype(object).tolist() for name in DISTRICT_COLUMNS]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type":"FeatureCollection",\n')
        file.write(f'"evaluation":{compact_json(content.summary)},\n')
        file.write(f'"notices":{compact_json(content.notices)},\n"features":[')
        for number, (geometry, *cells) in enumerate(zip(geometries, *columns, strict=True)):
            properties = {
                name: plain(cell) for name, cell in zip(DISTRICT_COLUMNS, cells, strict=True)
            }
            properties["findings"] = findings.get(properties["id"], [])
            key = compact_json(properties["id"])
            file.write(",\n" if number else "\n")
            file.write(f'{{"type":"Feature","id":{key},"geometry":{geometry},')
            file.write(f'"properties":{compact_json(properties)}}}')
        file.write("\n]}\n")
