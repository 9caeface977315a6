"""A small town as rows, and in the formats users bring."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

# Runs the command line in the folder of a test.
Run = Callable[..., subprocess.CompletedProcess[str]]

LON, LAT = 114.30, 30.55
# About 100 m in longitude and latitude at this place.
EAST, NORTH = 0.00104, 0.0009


def square(x: float, y: float) -> shapely.Polygon:
    """A block of about 100 m, `x` and `y` blocks from the corner of the town."""
    west, south = round(LON + x * EAST, 6), round(LAT + y * NORTH, 6)
    return shapely.box(west, south, round(west + EAST, 6), round(south + NORTH, 6))


DISTRICT_ROWS: list[dict[str, Any]] = [
    {
        "id": "A",
        "name": '=HYPERLINK("http://x")',
        "stage": "existing",
        "households": 500,
        "population": 1400,
        "siting_difficult": True,
        "justified_by": "规划科",
        "justified_on": "2023-05-01",
        "justified_body": "自然资源局",
        "approved_radius_m": "500.50",
        "entrances": "MULTIPOINT (114.3001 30.5501, 114.3002 30.5502)",
        "source": "synthetic (test)",
        "geometry": square(0, 0),
    },
    {
        "id": "007",
        "name": "幸福里",
        "stage": "new",
        "permitted_on": "2023-01-31",
        "households": 1200,
        "siting_difficult": False,
        "source": "synthetic (test)",
        "geometry": square(4, 0),
    },
    {
        "id": "C",
        "name": "远村",
        "households": 80,
        "source": "synthetic (test)",
        "geometry": shapely.MultiPolygon([square(90, 0), square(92, 0)]),
    },
    {"id": "D", "name": "-1+1", "geometry": square(8, 0).centroid},
]
FACILITY_ROWS: list[dict[str, Any]] = [
    {
        "id": "F1",
        "name": "@托育园",
        "kind": "nursery",
        "floor_area_m2": "300.1",
        "places": 60,
        "service_area": "红旗社区;东风社区",
        "status": "operating",
        "lift": True,
        "geometry": square(1, 1).centroid,
    },
    {
        "id": "F2",
        "kind": "day_care",
        "floor_area_m2": "0.3",
        "opened_on": "2020-09-01",
        "geometry": square(5, 1).centroid,
    },
    {"id": "F3", "kind": "kindergarten_class", "geometry": square(0, 2)},
]

AREA_ROWS: list[dict[str, Any]] = [
    {
        "code": "330700",
        "name": "=示范市",
        "level": "prefecture",
        "kind": "prefecture",
        "population": 1_000_000,
        "source": "synthetic (test)",
        "geometry": shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1),
    },
    {
        "code": "330701",
        "name": "示范县",
        "level": "county",
        "kind": "county",
        "parent": "330700",
        "geometry": shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1),
    },
]
PARK_ROWS: list[dict[str, Any]] = [
    {
        "id": "P1",
        "name": "示范园区",
        "employees": 30_000,
        "geometry": shapely.box(LON - 0.05, LAT - 0.05, LON + 0.05, LAT + 0.05),
    }
]


def frame_of(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """The rows as text and geometries, columns in the order they first appear."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def as_feature(row: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: cell for name, cell in row.items() if name != "geometry"}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(row["geometry"]),
    }


def write_geojson(path: Path, rows: list[dict[str, Any]], **members: object) -> Path:
    features = [as_feature(row) for row in rows]
    document = {"type": "FeatureCollection", **members, "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def write_csv(path: Path, rows: list[dict[str, Any]], *, encoding: str = "utf-8") -> Path:
    frame = pd.DataFrame(frame_of(rows))
    frame["wkt"] = [shape.wkt for shape in frame.pop("geometry")]
    frame.to_csv(path, index=False, encoding=encoding)
    return path


def typed(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """The rows with the numbers and flags a typed format would hold."""
    frame = frame_of(rows)
    for name in frame.columns:
        if name in ("households", "population", "places"):
            frame[name] = frame[name].astype("Int64")
        elif name in ("approved_radius_m", "floor_area_m2"):
            frame[name] = frame[name].astype(float)
        elif name in ("siting_difficult", "lift"):
            frame[name] = frame[name].astype("boolean")
        elif name.endswith("_on"):
            frame[name] = pd.to_datetime(frame[name])
        elif name != "geometry":
            frame[name] = frame[name].astype("str")
    return frame
