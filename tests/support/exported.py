"""Files that were written, read back by GDAL and by what people open them with."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import shapely
from openpyxl.utils.escape import unescape

from service.core.guarded import unguarded

Rows = dict[str, dict[str, Any]]


def with_gdal(path: Path, key: str, *, layer: str | None = None) -> Rows:
    """Every row by key, all layers of a kind of a shapefile together, as GDAL reads them."""
    names = [name for name, _ in pyogrio.list_layers(path)] if layer is None else [layer]
    rows: Rows = {}
    for name in names:
        if name == "layer_styles":
            continue
        frame = pyogrio.read_dataframe(path, layer=name)
        for row in frame.to_dict("records"):
            rows[row[key]] = {name: plain(value) for name, value in row.items()}
    return rows


def with_geopandas(path: Path, key: str) -> Rows:
    frame = gpd.read_parquet(path)
    return {
        row[key]: {name: plain(value) for name, value in row.items()}
        for row in frame.to_dict("records")
    }


def with_csv(path: Path, key: str) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [
            {name: None if text == "" else unguarded(text) for name, text in row.items()}
            for row in csv.DictReader(file, strict=True)
        ]
    for row in rows:
        row["geometry"] = shapely.from_wkt(row.pop("wkt"))
    return {row[key]: row for row in rows}


def with_openpyxl(path: Path, names: list[str], key: str) -> Rows:
    """Rows of the first sheet; its headings are those of `names` in order."""
    book = openpyxl.load_workbook(path, read_only=True)
    heading, *lines = book.worksheets[0].iter_rows(values_only=True)
    assert len(heading) == len(names) + 1
    rows: Rows = {}
    for line in lines:
        cells = [
            unescape(c) if isinstance(c, str) else c.date() if isinstance(c, dt.datetime) else c
            for c in line
        ]
        row = dict(zip([*names, "geometry"], cells, strict=True))
        row["geometry"] = shapely.from_wkt(row["geometry"])
        rows[row[key]] = row
    return rows


def plain(value: Any) -> Any:
    """A cell as JSON data, geometries aside: dates as text, missing as None."""
    if isinstance(value, shapely.Geometry):
        return value
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def parsed(value: Any) -> Any:
    """What a cell of JSON text says."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value


READERS: Mapping[str, Callable[..., Rows]] = MappingProxyType(
    {
        **dict.fromkeys((".geojson", ".geojsonl", ".geojsons", ".gpkg", ".fgb"), with_gdal),
        ".parquet": with_geopandas,
        ".csv": with_csv,
    }
)
