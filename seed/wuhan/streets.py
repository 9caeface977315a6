"""The real streets of the demo city, from the file beside this module."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd

STREETS_FILE: Final = Path(__file__).with_name("streets.parquet")

# The file declares WGS 84 / UTM zone 50N without an identifier.
LOCAL_CRS: Final = "EPSG:32650"
GEOGRAPHIC_CRS: Final = "EPSG:4326"

STREETS_SOURCE: Final = "© OpenStreetMap contributors, ODbL 1.0"
NOT_WALKABLE: Final = ("motorway", "motorway_link")


def read_streets() -> gpd.GeoDataFrame:
    """Read the streets as they are in the file.

    Returns
    -------
    Columns ``highway`` (class text) and ``geometry`` (LineString, metres, `LOCAL_CRS`), all
    92,667 rows in the order of the file, motorways included. Directions are arbitrary.
    """
    streets = gpd.read_parquet(STREETS_FILE, columns=["highway", "geometry"])
    return streets.set_crs(LOCAL_CRS, allow_override=True)
