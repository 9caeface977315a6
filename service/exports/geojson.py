"""GeoJSON (RFC 7946): one feature a district, with its findings; or one an area row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from service.exports.areas import AREA_OUTPUT_COLUMNS
from service.exports.content import (
    DISTRICT_COLUMNS,
    Content,
    compact_json,
    finding_objects,
    plain,
)


def write_geojson(path: Path, content: Content) -> None:
    """Write a FeatureCollection, a feature a line.

    A feature is a district or, where only areas were evaluated, a row of the area table, which
    has no ``id``. Beside the features stand two foreign members: ``evaluation``, the summary, and
    ``notices``.
    """
    shapes = (content.areas if content.of_areas else content.districts).geometry
    # RFC 7946, section 3.1.6: exterior rings run counterclockwise.
    geometries = shapely.to_geojson(shapely.orient_polygons(np.asarray(shapes.array, dtype=object)))
    rows = _areas(content) if content.of_areas else _districts(content)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type":"FeatureCollection",\n')
        file.write(f'"evaluation":{compact_json(content.summary)},\n')
        file.write(f'"notices":{compact_json(content.notices)},\n"features":[')
        for number, (geometry, properties) in enumerate(zip(geometries, rows, strict=True)):
            key = f'"id":{compact_json(properties["id"])},' if "id" in properties else ""
            file.write(",\n" if number else "\n")
            file.write(f'{{"type":"Feature",{key}"geometry":{geometry},')
            file.write(f'"properties":{compact_json(properties)}}}')
        file.write("\n]}\n")


def _districts(content: Content) -> Iterator[dict[str, Any]]:
    findings = finding_objects(content.findings)
    columns = [content.districts[name].astype(object).tolist() for name in DISTRICT_COLUMNS]
    for cells in zip(*columns, strict=True):
        properties = {name: plain(cell) for name, cell in zip(DISTRICT_COLUMNS, cells, strict=True)}
        yield {**properties, "findings": findings.get(properties["id"], [])}


def _areas(content: Content) -> Iterator[dict[str, Any]]:
    columns = [content.areas[name].astype(object).tolist() for name in AREA_OUTPUT_COLUMNS]
    for cells in zip(*columns, strict=True):
        yield dict(zip(AREA_OUTPUT_COLUMNS, map(plain, cells), strict=True))
