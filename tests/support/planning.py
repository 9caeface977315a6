"""Small planning data for the tests: a straight street and what stands along it.

Places are given in metres east and north of an origin in Wuhan, so that the expected distances
can be worked out by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from pyproj import Geod

from spatial.fields import AREAS, BUILDINGS, DISTRICTS, FACILITIES, FieldType, Layer
from spatial.network import Network
from spatial.network_building import build_network
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.pack import Pack
from spatial.policy.pack_parsing import parse_pack
from spatial.policy.planning_data import PlanningData

ORIGIN = (114.3, 30.58)
AS_OF = dt.date(2026, 11, 22)
_GEOD = Geod(ellps="WGS84")


def lonlat(east_m: float, north_m: float) -> tuple[float, float]:
    """Go east along the geodesic, then north: distances along one axis are exact."""
    lon, lat, _ = _GEOD.fwd(*ORIGIN, 90.0, east_m)
    lon, lat, _ = _GEOD.fwd(lon, lat, 0.0, north_m)
    return lon, lat


def point(east_m: float, north_m: float = 0.0) -> shapely.Point:
    return shapely.Point(*lonlat(east_m, north_m))


def gates_at(*points: shapely.Point) -> shapely.MultiPoint:
    return shapely.MultiPoint(points)


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([lonlat(*place) for place in places])


def square(east_m: float, north_m: float, side_m: float) -> shapely.Polygon:
    half = side_m / 2
    return shapely.Polygon(
        [
            lonlat(east_m + dx, north_m + dy)
            for dx, dy in ((-half, -half), (half, -half), (half, half), (-half, half))
        ]
    )


def layer_frame(layer: Layer, rows: Sequence[Mapping[str, Any]]) -> GeoDataFrame:
    """Make a validated frame of a layer; fields not given are missing."""
    columns: dict[str, Any] = {}
    for field in layer.fields:
        values = [row.get(field.name) for row in rows]
        if field.type is FieldType.INTEGER:
            columns[field.name] = pd.array(values, dtype="Int64")
        elif field.type is FieldType.BOOLEAN:
            columns[field.name] = pd.array(values, dtype="boolean")
        elif field.type is not FieldType.GEOMETRY:
            if field.type is FieldType.DECIMAL:
                values = [None if v is None else Decimal(str(v)) for v in values]
            array = np.empty(len(values), dtype=object)
            array[:] = values
            columns[field.name] = pd.Series(array, dtype=object)
    geometry = [row["geometry"] for row in rows]
    return GeoDataFrame(pd.DataFrame(columns), geometry=geometry, crs="EPSG:4326")


def districts(*rows: Mapping[str, Any]) -> GeoDataFrame:
    return layer_frame(DISTRICTS, rows)


def facilities(*rows: Mapping[str, Any]) -> GeoDataFrame:
    defaults = {"kind": "nursery", "status": "operating"}
    return layer_frame(FACILITIES, [{**defaults, **row} for row in rows])


def areas(*rows: Mapping[str, Any]) -> GeoDataFrame:
    return layer_frame(AREAS, rows)


def buildings(*rows: Mapping[str, Any]) -> GeoDataFrame:
    return layer_frame(BUILDINGS, rows)


def street(*lines: shapely.LineString) -> Network:
    return build_network(GeoDataFrame(geometry=list(lines), crs="EPSG:4326"))


def main_street() -> Network:
    """Build a street of 8 km along the east axis, in pieces of 500 m."""
    steps = range(-1000, 7000, 500)
    return street(*[line((a, 0), (a + 500, 0)) for a in steps])


def rule(kind: str, *, rule_id: str = "test.rule", **changes: Any) -> dict[str, Any]:
    """Make the plain form of a rule of `kind` with Jinhua's numbers."""
    parameters: dict[str, dict[str, Any]] = {
        "service_circle_time": {
            "minutes": 15,
            "profile": "adult_with_child",
            "widest_profile": "adult",
            "straight_screen_m": 1000,
            "target_group": "population_0_3",
        },
        "service_radius": {
            "role": "main",
            "radius_m": 300,
            "default_approved_radius_m": 500,
            "outer_radius_m": 800,
            "target_group": "population_0_3",
        },
        "floor_area_per_100hh": {"m2_per_100hh": 15, "floor_m2": 200, "single_facility_m2": 200},
        "facility_count_by_households": {
            "first_hh_min": 3000,
            "first_hh_max": 4000,
            "increment_hh": 3000,
        },
    }
    plain: dict[str, Any] = {
        "id": rule_id,
        "clause": "一(一)",
        "quote": "试验条文",
        "kind": kind,
        "subject": "childcare",
        "applies_to": ["planned", "new", "existing"],
        "severity": "mandatory",
        "condition": None,
        "reading": {"zh": "试验", "en": "a test"},
        "parameters": parameters[kind],
        "targets_by_year": {},
        "counts": {
            "kinds": [
                "nursery",
                "community_childcare",
                "kindergarten_class",
                "workplace_childcare",
            ],
            "status": "operating_or_approved_in_unit",
            "require": {
                "kindergarten_class": "takes_outside_children",
                "workplace_childcare": "open_to_residents",
            },
        },
    }
    plain["parameters"] = {**plain["parameters"], **changes.pop("parameters", {})}
    return {**plain, **changes}


def pack(*rules: Mapping[str, Any], pack_id: str = "test-pack") -> Pack:
    return parse_pack(
        {
            "id": pack_id,
            "document_no": "试〔2022〕1号",
            "title": "试验",
            "issuer": "试验",
            "region_codes": ["3307"],
            "effective_from": "2022-12-08",
            "effective_to": None,
            "rules": list(rules),
        },
        source=pack_id,
    )


def judge(
    place_rows: GeoDataFrame,
    facility_rows: GeoDataFrame,
    *packs: Pack,
    network: Network | None = None,
    area_rows: GeoDataFrame | None = None,
    building_rows: GeoDataFrame | None = None,
    parameters: EvaluationParameters | None = None,
) -> Evaluation:
    """Evaluate small data on the day the tests live in."""
    return evaluate(
        PlanningData(
            districts=place_rows,
            facilities=facility_rows,
            areas=area_rows,
            buildings=building_rows,
            network=network,
        ),
        packs=packs,
        as_of=AS_OF,
        parameters=parameters,
    )


def finding(evaluation: Evaluation, district: str, rule_id: str = "test.rule") -> pd.Series[Any]:
    """Return the one finding of a rule for a district."""
    found = evaluation.findings
    rows = found[(found["district_id"] == district) & (found["rule"] == rule_id)]
    (position,) = rows.index
    return rows.loc[position]
