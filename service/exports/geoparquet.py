"""GeoParquet: one table, row groups of a chunk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import shapely

from service.exports.arrow import GEOMETRY, batches, schema_of
from service.exports.content import plain
from service.exports.geopackage import geometry_types
from service.exports.package import Chunk, Package


def write_geoparquet(path: Path, package: Package) -> None:
    """Write the table with all it holds within: lists of texts as lists, objects as JSON text.

    Members and notices stand in the metadata of the file under ``yike``, and where pandas reads
    them back as ``attrs``.
    """
    table = package.whole
    schema = schema_of(table, lists=True)
    types: set[str] = set()
    bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def look(chunk: Chunk) -> None:
        if chunk.shapes is None:
            return
        types.update(geometry_types(chunk))
        west, south, east, north = shapely.total_bounds(chunk.shapes)
        np.fmin(bounds[:2], (west, south), out=bounds[:2])
        np.fmax(bounds[2:], (east, north), out=bounds[2:])

    facts = {**plain(package.members), "notices": list(package.notices)}
    pandas: dict[str, Any] = {
        "index_columns": [],
        "column_indexes": [],
        "columns": [],
        "attributes": facts,
    }
    # Without the schema Arrow would store beside that of Parquet: readers would take its metadata,
    # which were written before the bounds were known.
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for batch in batches(package, table, lists=True, seen=look):
            writer.write_batch(batch)
        if table.placed:
            geo = _geo(package, types, bounds)
            writer.add_key_value_metadata({"geo": json.dumps(geo)})
        writer.add_key_value_metadata(
            {
                "pandas": json.dumps(pandas, ensure_ascii=False),
                "yike": json.dumps(facts, ensure_ascii=False),
            }
        )


def _geo(package: Package, types: set[str], bounds: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the metadata of GeoParquet 1.1; no ``crs`` means longitude and latitude, CRS84."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": sorted(types)}
    if package.system.convert is not None:
        crs = package.system.crs
        column["crs"] = None if crs is None else crs.to_json_dict()
    if np.isfinite(bounds).all():
        column["bbox"] = bounds.tolist()
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
