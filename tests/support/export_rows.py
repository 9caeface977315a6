"""Rows to export, and what reads back of them."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import geopandas as gpd
import shapely
from exported import parsed, plain

from service.exports.field_headings import TITLES
from service.exports.layer_tables import layer_columns, layer_style
from service.exports.package import Package, Table, slices
from service.exports.systems import output_system
from spatial.fields import Layer

NOTICE = "含 © OpenStreetMap contributors 的数据,ODbL 1.0。"
SQUARE = shapely.box(114.3, 30.5, 114.31, 30.51)
# Not right-handed, with a hole: as a database may hold it.
RING = shapely.Polygon(
    [(114.4, 30.5), (114.4, 30.6), (114.5, 30.6), (114.5, 30.5)],
    [[(114.42, 30.52), (114.44, 30.52), (114.43, 30.54)]],
)
NASTY = "=1+1,\"x\"\r\n'两行',😀 'y';\t-"
SHAPEFILE_NUMBER = 1e-12


def package_of(layer: Layer, frame: gpd.GeoDataFrame, *, crs: str | None = None) -> Package:
    table = Table(
        layer.name,
        TITLES[layer.name],
        layer_columns(layer),
        slices(frame),
        key=layer.key,
        rows=len(frame),
        style=layer_style(layer),
    )
    return Package((table,), (NOTICE, "合成数据"), "zh", output_system(crs, option="--crs"))


FACILITY_ROWS = (
    {
        "id": "-5",
        "name": NASTY,
        "kind": "nursery",
        "service": "childcare",
        "floor_area_m2": Decimal("300.10"),
        "places": 60,
        "floor_level": -5,
        "lift": True,
        "registered": False,
        "service_area": ("红旗社区", "=东风;社区"),
        "opened_on": dt.date(2021, 2, 28),
        "entrances": shapely.MultiPoint([(114.3001, 30.5001), (114.3002, 30.50020000000001)]),
        "source": "@x",
        "geometry": shapely.Point(114.30123456789012, 30.5),
    },
    {"id": "007", "name": "+86-10", "kind": "day_care", "geometry": SQUARE},
    {"id": "=A1", "kind": "day_care", "floor_area_m2": Decimal("0.3"), "geometry": RING},
    {
        "id": "M",
        "name": "#N/A",
        "kind": "day_care",
        "beds": 0,
        "geometry": shapely.MultiPolygon([SQUARE, RING]),
    },
)


def expected(row: dict[str, Any], name: str) -> Any:
    value = row.get(name)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple):
        return list(value)
    return plain(value)


def same_value(found: Any, row: dict[str, Any], name: str) -> None:
    wanted = expected(row, name)
    if name == "entrances" and found is not None:
        shape = found
        if isinstance(found, str):
            shape = shapely.from_wkt(found) if found.startswith("MULTI") else None
            shape = shape or shapely.from_geojson(found)
        elif isinstance(found, dict):
            shape = shapely.from_geojson(json.dumps(found))
        assert shapely.equals_exact(shape, wanted, 0)
        return
    if isinstance(wanted, list) and isinstance(found, str) and not found.startswith("["):
        found = found.split("\n")
    if isinstance(found, str) and wanted is not None and not isinstance(wanted, str):
        found = {"true": True, "false": False}.get(found, found)
        found = parsed(found)
        found = float(found) if isinstance(found, str) else found
    # True is 1 and False 0 where a format has no truth values, or GDAL none that may be missing.
    assert found == wanted, name
    assert (found is None) == (wanted is None)
