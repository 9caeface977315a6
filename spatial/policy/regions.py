"""Whether the data lie in the region a pack is of."""

from __future__ import annotations

from typing import Final

from geopandas import GeoDataFrame

from spatial.policy.pack import Pack

REGION_INSIDE: Final = "inside"
REGION_OUTSIDE: Final = "outside (illustration)"
REGION_UNKNOWN: Final = "unknown (no areas given)"


def region_of(pack: Pack, areas: GeoDataFrame | None) -> str:
    """Tell whether all areas lie in, or around, the region of a pack (适用区域)."""
    if areas is None or len(areas) == 0:
        return REGION_UNKNOWN
    # Planning units have codes of their own, and what the region lies in is there to roll up to.
    hierarchy = areas["kind"] != "planning_unit"
    codes = areas.loc[hierarchy if hierarchy.any() else slice(None), "code"].astype(str)
    around = codes.map(lambda code: any(region.startswith(code) for region in pack.region_codes))
    inside = codes.str.startswith(pack.region_codes)
    decided = inside.any() and (inside | around).all()
    return REGION_INSIDE if decided else REGION_OUTSIDE
