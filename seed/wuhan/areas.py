"""The layer of synthetic administrative areas.

Names say what they are (示范 means demonstration) and codes are no administrative codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from seed.wuhan.frames import BLOCK_SYNTHETIC, layer_frame
from seed.wuhan.homes import from_centre
from seed.wuhan.territory import Territory
from spatial.fields import AREAS

PREFECTURE_CODE: Final = "WH-D"
PREFECTURE_NAME: Final = "武汉（示范）"

# The rim: the outermost townships are towns, the outermost communities of those are villages.
_TOWN_SHARE: Final = 0.12
_RURAL_SHARE: Final = 0.35


@dataclass(frozen=True)
class AreaCodes:
    """Codes and kinds of the areas, in the numbers of `Territory`.

    Parameters
    ----------
    county, township, community
        Codes.
    is_town
        True where a township-level area is a town, not a subdistrict.
    is_rural
        True where a community is a rural one.
    township_from_centre_m
        Distance of each township-level area from the centre.
    """

    county: tuple[str, ...]
    township: tuple[str, ...]
    community: tuple[str, ...]
    is_town: NDArray[np.bool_]
    is_rural: NDArray[np.bool_]
    township_from_centre_m: NDArray[np.float64]


@dataclass(frozen=True)
class Shapes:
    """Polygons of the areas of each level, metres; those of a level do not overlap."""

    prefecture: NDArray[np.object_]
    county: NDArray[np.object_]
    township: NDArray[np.object_]
    community: NDArray[np.object_]


def dissolve(blocks: NDArray[np.object_], territory: Territory) -> Shapes:
    """Join the blocks of each community, the communities of each township, and so on."""
    community = _join(blocks, territory.block_community)
    township = _join(community, territory.community_township)
    county = _join(township, territory.township_county)
    prefecture = _join(county, np.zeros(len(county), dtype=np.int64))
    return Shapes(prefecture, county, township, community)


def _join(parts: NDArray[np.object_], whole: NDArray[np.int64]) -> NDArray[np.object_]:
    groups = np.split(
        parts[np.argsort(whole, kind="stable")], np.cumsum(np.bincount(whole))[:-1].tolist()
    )
    joined = np.empty(len(groups), dtype=object)
    for number, group in enumerate(groups):
        union = shapely.coverage_union_all(group)
        joined[number] = union if union.geom_type == "Polygon" else shapely.union_all(union)
    return joined


def name_areas(territory: Territory, shapes: Shapes) -> AreaCodes:
    """Give the areas codes within their parents and tell town from city."""
    county = tuple(f"{PREFECTURE_CODE}-{n + 1}" for n in range(len(shapes.county)))
    township = _within(territory.township_county, county, digits=2)
    community = _within(territory.community_township, township, digits=3)
    distance = from_centre(shapes.township)
    is_town = distance >= np.quantile(distance, 1 - _TOWN_SHARE)
    in_town = is_town[territory.community_township]
    community_distance = from_centre(shapes.community)
    limit = np.quantile(community_distance[in_town], 1 - _RURAL_SHARE)
    return AreaCodes(
        county=county,
        township=township,
        community=community,
        is_town=is_town,
        is_rural=in_town & (community_distance >= limit),
        township_from_centre_m=distance,
    )


def _within(parent: NDArray[np.int64], codes: tuple[str, ...], *, digits: int) -> tuple[str, ...]:
    """Append 1, 2, … to the code of each parent; parents come in ascending order."""
    first = np.searchsorted(parent, parent)
    return tuple(
        f"{codes[p]}-{n:0{digits}d}"
        for p, n in zip(parent, np.arange(len(parent)) - first + 1, strict=True)
    )


def area_frame(
    districts: gpd.GeoDataFrame,
    home_community: NDArray[np.int64],
    territory: Territory,
    codes: AreaCodes,
    shapes: Shapes,
) -> gpd.GeoDataFrame:
    """Assemble the layer: prefecture, counties, townships, communities, in this order.

    Parameters
    ----------
    districts
        The layer of districts; figures of an area are the sums over the districts inside, those
        without a figure left out.
    home_community
        Community of each district.
    territory, codes, shapes
        The areas.
    """
    township_of = territory.community_township
    county_of = territory.township_county
    home_township = township_of[home_community]
    levels = (
        (np.zeros(len(districts), dtype=np.int64), 1),
        (county_of[home_township], len(codes.county)),
        (home_township, len(codes.township)),
        (home_community, len(codes.community)),
    )
    sums = {
        field: [
            int(total) for member, size in levels for total in _sums(districts[field], member, size)
        ]
        for field in ("population", "households", "population_60_plus", "population_0_3")
    }
    return layer_frame(
        AREAS,
        {
            "code": [PREFECTURE_CODE, *codes.county, *codes.township, *codes.community],
            "name": [
                PREFECTURE_NAME,
                *(f"示范区 {n + 1}" for n in range(len(codes.county))),
                *(
                    f"示范{'镇' if town else '街道'} {n + 1:02d}"
                    for n, town in enumerate(codes.is_town)
                ),
                *(
                    f"示范{'村' if rural else '社区'} {n + 1:04d}"
                    for n, rural in enumerate(codes.is_rural)
                ),
            ],
            "level": [
                "prefecture",
                *["county"] * len(codes.county),
                *["township"] * len(codes.township),
                *["community"] * len(codes.community),
            ],
            "kind": [
                "prefecture",
                *["county"] * len(codes.county),
                *("town" if town else "subdistrict" for town in codes.is_town),
                *("rural_community" if rural else "urban_community" for rural in codes.is_rural),
            ],
            "parent": [
                None,
                *[PREFECTURE_CODE] * len(codes.county),
                *(codes.county[number] for number in county_of),
                *(codes.township[number] for number in township_of),
            ],
            "source": [BLOCK_SYNTHETIC]
            * (1 + len(codes.county) + len(codes.township) + len(codes.community)),
            **sums,
        },
        np.concatenate([shapes.prefecture, shapes.county, shapes.township, shapes.community]),
    )


def _sums(values: pd.Series[int], member: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    known = values.fillna(0).to_numpy(dtype=np.float64)
    return np.asarray(np.bincount(member, weights=known, minlength=size))
