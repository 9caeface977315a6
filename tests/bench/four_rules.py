"""Four rules, a row a district, answered by Yike's own functions and by GeoPandas + pandana.

The nearest facility within 300 m in a straight line; within 15 minutes' walk at 10/9 m/s; 15 m²
per 100 households and at least 200 m²; one facility for 3,000—4,000 households and one more for
each further 3,000. Both get the same frames and give the same columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from spatial.crs import millimetres
from spatial.exact import decimal_digits, scaled, unscaled
from spatial.graph import WalkGraph
from spatial.policy.counting import counted, standing
from spatial.policy.kinds.facility_count_by_households import needed
from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData
from spatial.policy.rule import Rule
from spatial.reach import SEARCH_LIMIT_M, nearest_walk
from spatial.snapping import snap
from spatial.straight import nearest_straight
from tests.bench.city import AS_OF

RADIUS_M = 300.0
WALK_LIMIT_M = 1000.0  # 15 min × 60 × 10/9 m/s
SNAP_LIMIT_M = 200.0
M2_PER_100HH = Decimal(15)
LEAST_M2 = Decimal(200)


@dataclass(frozen=True, eq=False)
class FourRules:
    """What the four rules are asked of.

    Parameters
    ----------
    districts
        ``id``, ``households`` and points, EPSG:4326.
    facilities
        Those that count: ``district_id``, ``floor_area_m2`` (Decimal), ``area_m2`` (the same in
        float64, as the peer keeps it) and points, EPSG:4326.
    count_rule
        The rule on the number of facilities.
    """

    districts: GeoDataFrame
    facilities: GeoDataFrame
    count_rule: Rule


def ask(data: PlanningData, pack: Pack) -> FourRules:
    """Reduce a city to what the four rules need; the choice of facilities is not timed."""
    rule = next(rule for rule in pack.rules if rule.kind == "facility_count_by_households")
    facilities = data.facilities
    counts = counted(
        facilities, status=standing(facilities, as_of=AS_OF), counts=rule.counts
    ).operating
    chosen = facilities[counts].reset_index(drop=True)
    floor_area = pd.Series(
        [Decimal(0) if pd.isna(value) else value for value in chosen["floor_area_m2"]],
        dtype=object,
    )
    points = shapely.point_on_surface(np.asarray(chosen.geometry.array))
    return FourRules(
        districts=data.districts[["id", "households", "geometry"]].assign(
            households=data.districts["households"].fillna(0).astype(np.int64)
        ),
        facilities=GeoDataFrame(
            {
                "district_id": chosen["district_id"],
                "floor_area_m2": floor_area,
                "area_m2": floor_area.astype(float),
            },
            geometry=points,
            crs=facilities.crs,
        ),
        count_rule=rule,
    )


def with_yike(asked: FourRules, graph: WalkGraph) -> pd.DataFrame:
    """Answer with the functions the evaluation itself uses.

    Distances are geodesics in whole millimetres, walks start and end on edges with their
    connectors counted, and areas are added up exactly.
    """
    places = np.asarray(asked.districts.geometry.array, dtype=object)
    sites = np.asarray(asked.facilities.geometry.array, dtype=object)
    straight_mm = millimetres(nearest_straight(places, sites, crs=graph.crs).metres)
    walk_mm = millimetres(
        nearest_walk(
            graph,
            places=snap(graph, places, limit_m=SNAP_LIMIT_M),
            sites=snap(graph, sites, limit_m=SNAP_LIMIT_M),
            site_of=np.arange(len(sites)),
            limit_m=WALK_LIMIT_M,
        ).metres
    )
    households = asked.districts["households"].to_numpy()
    owner = pd.Index(asked.districts["id"]).get_indexer(pd.Index(asked.facilities["district_id"]))
    held = owner >= 0
    areas = asked.facilities["floor_area_m2"].tolist()
    rate = M2_PER_100HH / 100
    digits = decimal_digits([*areas, rate, LEAST_M2])
    provided = np.zeros(len(places), dtype=np.int64)
    np.add.at(provided, owner[held], scaled(areas, digits=digits)[held])
    rate_scaled, least_scaled = scaled([rate, LEAST_M2], digits=digits)
    required = np.maximum(households * rate_scaled, least_scaled)
    number = np.bincount(owner[held], minlength=len(places))
    least = needed(asked.count_rule, households)
    return pd.DataFrame(
        {
            "id": asked.districts["id"],
            "straight_m": straight_mm / 1000,
            "straight_met": straight_mm <= RADIUS_M * 1000,
            "walking_m": walk_mm / 1000,
            "walking_met": walk_mm <= WALK_LIMIT_M * 1000,
            "area_m2": unscaled(provided, digits=digits),
            "area_required_m2": unscaled(required, digits=digits),
            "area_met": provided >= required,
            "number": number,
            "number_needed": least,
            "number_met": number >= least,
        }
    )


STRAIGHT_LIMIT_M = SEARCH_LIMIT_M
