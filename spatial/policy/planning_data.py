"""The data of one planning area that an evaluation takes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from geopandas import GeoDataFrame

from spatial.crs import WGS84
from spatial.fields import FACILITIES
from spatial.network import Network


@dataclass(frozen=True, eq=False)
class PlanningData:
    """One planning area and its data.

    Parameters
    ----------
    districts
        Validated frame with the columns of `spatial.fields`, EPSG:4326; may be empty where only
        areas are judged.
    facilities
        Likewise. Facilities of a halo of 5,000 m around the districts belong in it. None where
        nothing is known of facilities, which is not the same as there being none.
    areas, buildings, parks
        Likewise, or None.
    indicators
        Imported figures: columns ``area, indicator, year, value, source``, or None.
    network
        Streets, or None: then whatever needs walking is `undetermined`.
    """

    districts: GeoDataFrame
    facilities: GeoDataFrame | None
    areas: GeoDataFrame | None = None
    buildings: GeoDataFrame | None = None
    parks: GeoDataFrame | None = None
    indicators: pd.DataFrame | None = None
    network: Network | None = None


def facilities_by_id(data: PlanningData) -> GeoDataFrame:
    """Order the facilities; none at all where nothing is known of them."""
    if data.facilities is not None:
        return by_key(data.facilities, "id")
    columns = {name: pd.Series(dtype=object) for name in FACILITIES.names if name != "geometry"}
    return GeoDataFrame(pd.DataFrame(columns), geometry=[], crs=WGS84)


def by_key(frame: GeoDataFrame, key: str) -> GeoDataFrame:
    """Order rows by a column, and number them anew."""
    return frame.sort_values(key, kind="stable").reset_index(drop=True)
