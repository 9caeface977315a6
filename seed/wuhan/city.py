"""The demo city: Wuhan's real streets, everything else made by code, the same every time.

Real: the street network (© OpenStreetMap contributors, ODbL) and the number of households,
2,426,249, the 家庭户 of Wuhan's seven central urban districts in the census of 2020
(中国2020年人口普查分县资料, see `seed.wuhan.census`). Synthetic: which street blocks are
residential districts, how the households are spread over them, every administrative area and
every facility. Each such row says so in ``source``.

It is an illustration of what Yike does with a city's data, not an assessment of Wuhan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from seed.wuhan.areas import area_frame, dissolve, name_areas
from seed.wuhan.blocks import residential_plots, street_blocks
from seed.wuhan.districts import settle
from seed.wuhan.facilities import build_facilities
from seed.wuhan.homes import choose_homes
from seed.wuhan.provision import provide
from seed.wuhan.streets import GEOGRAPHIC_CRS, STREETS_SOURCE, read_streets
from seed.wuhan.territory import divide

NOTICE_ZH: Final = (
    "金华市规则套用武汉路网，仅为演示，并非对武汉的评估；小区、行政区与设施均为合成数据。"
    "道路数据 © OpenStreetMap contributors，ODbL 1.0。"
)
NOTICE_EN: Final = (
    "Jinhua's rules on Wuhan's streets: an illustration, not an assessment of Wuhan; districts, "
    "areas and facilities are synthetic. Contains data © OpenStreetMap contributors, available "
    "under the Open Database License (ODbL) 1.0."
)


@dataclass(frozen=True)
class DemoCity:
    """The layers of the demo city, EPSG:4326.

    Parameters
    ----------
    streets
        ``highway``, ``source`` and LineStrings, motorways included; build the network from it.
    districts, facilities, areas
        In the fields and dtypes of `spatial.fields`.
    notice_zh, notice_en
        What every output that shows this city has to say.
    """

    streets: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    notice_zh: str
    notice_en: str


def demo_city() -> DemoCity:
    """Make the city; two calls give identical frames."""
    streets = read_streets()
    blocks = street_blocks(streets)
    plots = residential_plots(blocks, streets)
    homes = choose_homes(plots, blocks, np.asarray(streets.geometry.to_numpy()))
    territory = divide(blocks, homes)
    shapes = dissolve(blocks, territory)
    codes = name_areas(territory, shapes)
    settlement = settle(homes, territory.home_community, codes, blocks)
    middle = shapely.get_coordinates(shapely.centroid(shapes.township))
    provision = provide(territory, codes, settlement, middle)
    facilities = build_facilities(provision, settlement, territory, codes, blocks)
    areas = area_frame(settlement.frame, settlement.community, territory, codes, shapes)
    lonlat = streets.to_crs(GEOGRAPHIC_CRS)
    return DemoCity(
        streets=lonlat.assign(source=STREETS_SOURCE)[["highway", "source", "geometry"]],
        districts=settlement.frame,
        facilities=facilities,
        areas=areas,
        notice_zh=NOTICE_ZH,
        notice_en=NOTICE_EN,
    )
