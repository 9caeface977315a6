"""What an evaluation says of districts, as tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.findings import finding_frame


def district_frame(
    districts: GeoDataFrame, stage: NDArray[Any], flags: pd.DataFrame
) -> GeoDataFrame:
    """Put districts in rank order, with what was found of them; see `Evaluation.districts`."""
    order = np.argsort(flags["rank"].to_numpy())
    plain = pd.DataFrame(districts)
    columns = {name: plain[name].array.take(order) for name in ("id", "name", "households")}
    frame = pd.DataFrame(
        {
            "id": pd.Series(columns["id"], dtype=plain["id"].dtype),
            "name": pd.Series(columns["name"], dtype=plain["name"].dtype),
            "stage": stage[order],
            "households": columns["households"],
            "community": pd.Series(
                plain["community"].array.take(order), dtype=plain["community"].dtype
            ),
            "flag": flags["flag"].to_numpy()[order],
            "rank": flags["rank"].to_numpy()[order],
            "households_concerned": pd.array(
                flags["households_concerned"].to_numpy()[order], dtype="Int64"
            ),
            "geometry": plain["geometry"].array.take(order),
        }
    )
    return GeoDataFrame(frame, geometry="geometry", crs=districts.crs)


def ordered_findings(findings: pd.DataFrame, districts: GeoDataFrame) -> pd.DataFrame:
    """Order findings by district, keeping the order of packs and rules within each."""
    number = pd.Index(districts["id"]).get_indexer(pd.Index(findings["district_id"]))
    return finding_frame([findings.iloc[np.argsort(number, kind="stable")]])
