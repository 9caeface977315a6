"""The four rules as a good user of GeoPandas and pandana writes them."""

from __future__ import annotations

import numpy as np
import pandana
import pandas as pd
from pyproj import CRS

from tests.bench import pandana_peer
from tests.bench.four_rules import (
    LEAST_M2,
    M2_PER_100HH,
    RADIUS_M,
    STRAIGHT_LIMIT_M,
    WALK_LIMIT_M,
    FourRules,
)


def with_geopandas_and_pandana(
    asked: FourRules, network: pandana.Network, *, crs: CRS
) -> pd.DataFrame:
    """Answer the four rules; distances are planar in `crs`, walks go from node to node.

    The spatial index of GeoPandas is asked directly: `sjoin_nearest` does the same and copies
    every column besides. A walk has neither connectors nor split edges, which spares the peer
    work that Yike does.
    """
    districts = asked.districts.to_crs(crs)
    facilities = asked.facilities.to_crs(crs)

    straight_m = np.full(len(districts), np.inf)
    (row, _), metres = facilities.sindex.nearest(
        districts.geometry, return_all=False, max_distance=STRAIGHT_LIMIT_M, return_distance=True
    )
    straight_m[row] = metres

    facility_xy = facilities.get_coordinates().to_numpy()
    pandana_peer.place_facilities(network, facility_xy, limit_m=WALK_LIMIT_M)
    by_node = pandana_peer.nearest(network, limit_m=WALK_LIMIT_M)
    nodes = network.get_node_ids(districts.geometry.x, districts.geometry.y)
    walking_m = by_node.reindex(nodes.to_numpy()).to_numpy()

    held = facilities.groupby("district_id")["area_m2"].agg(["sum", "size"])
    held = held.reindex(districts["id"]).fillna(0.0)
    households = districts["households"].to_numpy()
    provided, number = held["sum"].to_numpy(), held["size"].to_numpy()
    required = np.maximum(households * (float(M2_PER_100HH) / 100), float(LEAST_M2))
    first, last, step = (
        asked.count_rule.parameters[name]
        for name in ("first_hh_min", "first_hh_max", "increment_hh")
    )
    least = np.where(households < first, 0, 1 + np.maximum(households - last, 0) // step)
    return pd.DataFrame(
        {
            "id": districts["id"],
            "straight_m": straight_m,
            "straight_met": straight_m <= RADIUS_M,
            "walking_m": walking_m,
            # What lies beyond the limit comes back as the limit itself.
            "walking_met": walking_m < WALK_LIMIT_M,
            "area_m2": provided,
            "area_required_m2": required,
            "area_met": provided >= required,
            "number": number.astype(np.int64),
            "number_needed": least,
            "number_met": number >= least,
        }
    )
