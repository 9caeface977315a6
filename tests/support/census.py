"""Areas of a real region from the census and county polygons, with synthetic parts below.

The files lie beside the clone and are for tests only: nothing of them is copied or shipped.
Townships and communities are made here and say so in their names and sources.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geopandas import GeoDataFrame
from planning import areas

from spatial.policy.age import U3_SHARE_OF_1_TO_4, under_threes

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SYNTHETIC = "synthetic (made by a test)"
# 水城区 has one code in the polygons and another in the census.
RECODED = {"520221": "520204"}
QUARTERS = ("subdistrict", "town", "township", "town")


@dataclass(frozen=True)
class Region:
    """A region of the tests: the polygons' file, and the prefix of its census codes."""

    file: str
    prefix: str


JINHUA = Region("jinhua_districts_wgs84.geojson", "3307")
DALI = Region("dali_districts_wgs84.geojson", "5329")
GUIZHOU = Region("guizhou_counties_wgs84.geojson", "52")
PANZHIHUA = Region("panzhihua_districts_wgs84.geojson", "5104")


def census() -> dict[str, dict[str, Any]]:
    """Read rows of the census by code: figures of provinces, prefectures and counties."""
    file = DATA / "census" / "census_county_2020_v1.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["区划代码"]: row for row in csv.DictReader(lines) if row["区划代码"]}


def figures(
    row: Mapping[str, str], *, u3_share_of_1_to_4: Fraction = U3_SHARE_OF_1_TO_4
) -> dict[str, Any]:
    """Give the figures of an area; under-threes by a named assumption, rounded down."""
    ages = {
        name: sum(int(float(row[f"{sex}_{band}"])) for sex in ("男", "女"))
        for name, band in (("age_0", "0岁"), ("age_1_to_4", "1到4岁"))
    }
    young = under_threes(**ages, u3_share_of_1_to_4=u3_share_of_1_to_4)
    return {
        "population": int(float(row["人口数_合计"])),
        "population_60_plus": int(float(row["60+"])),
        "population_0_3": math.floor(young),
        "households": int(float(row["家庭户数"])),
        "source": f"census of 2020-11-01; u3_share_of_1_to_4: {u3_share_of_1_to_4}",
    }


def polygons(region: Region) -> dict[str, Any]:
    """Read the counties' polygons, repaired, by the code of the census."""
    frame = gpd.read_file(DATA / "admin" / region.file)
    return {
        RECODED.get(str(code), str(code)): _polygonal(shapely.make_valid(shape))
        for code, shape in zip(frame["adcode"], frame.geometry, strict=True)
    }


def region_areas(region: Region, *, divided: int = 0, bare: tuple[str, ...] = ()) -> GeoDataFrame:
    """Build province (where whole), prefectures and counties, some of them with made-up parts.

    Parameters
    ----------
    region
        Which.
    divided
        So many counties get four townships of two communities each.
    bare
        Levels whose figures are left out, to be summed from below.
    """
    known, shapes = census(), polygons(region)
    above: dict[str, list[Any]] = {}
    rows: list[dict[str, Any]] = []
    for code, shape in sorted(shapes.items()):
        above.setdefault(f"{code[:4]}00", []).append(shape)
        rows.append(_row(code, "county", f"{code[:4]}00", shape, known[code], bare))
    if region.prefix == "52":
        whole = shapely.union_all([row["geometry"] for row in rows])
        rows.append(_row("520000", "province", None, whole, known["520000"], bare))
    for code, parts in above.items():
        parent = "520000" if region.prefix == "52" else None
        shape = shapely.union_all(parts)
        rows.append(_row(code, "prefecture", parent, shape, known[code], bare))
    for code in sorted(shapes)[:divided]:
        rows += _parts(code, shapes[code], figures(known[code]))
    return areas(*rows)


def parts_of(total: int, number: int) -> list[int]:
    """Share a whole number out into whole parts of different size that add up to it."""
    weights = [n + 1 for n in range(number)]
    parts = [total * weight // sum(weights) for weight in weights]
    return [*parts[:-1], total - sum(parts[:-1])]


def _row(
    code: str,
    level: str,
    parent: str | None,
    shape: Any,
    row: Mapping[str, str],
    bare: tuple[str, ...],
) -> dict[str, Any]:
    given = {} if level in bare else figures(row)
    name = row["区县"] or row["市"]
    return {
        "code": code, "name": name, "level": level, "kind": level, "parent": parent,
        "geometry": shape, **given,
    }  # fmt: skip


def _parts(county: str, shape: Any, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Cut a county into four townships of two communities; people are shared out whole."""
    names = ("population", "population_60_plus", "population_0_3", "households")
    quarters = _halves(shape, across=False)
    pieces = [part for half in quarters for part in _halves(half, across=True)]
    shares = {name: parts_of(int(given[name]), len(pieces)) for name in names}
    for n, (piece, kind) in enumerate(zip(pieces, QUARTERS, strict=True)):
        township = f"{county}{n + 1:03d}"
        own = {name: shares[name][n] for name in names}
        yield {
            "code": township, "name": f"合成{kind}{n + 1}", "level": "township", "kind": kind,
            "parent": county, "geometry": piece, "source": SYNTHETIC, **own,
        }  # fmt: skip
        halves = {name: parts_of(own[name], 2) for name in names}
        for m, half in enumerate(_halves(piece, across=False)):
            of_town = "urban_community" if kind == "subdistrict" else "rural_community"
            yield {
                "code": f"{township}{m + 1:03d}", "name": f"合成社区{n + 1}-{m + 1}",
                "level": "community", "kind": of_town, "parent": township, "geometry": half,
                "source": SYNTHETIC, **{name: halves[name][m] for name in names},
            }  # fmt: skip


def _halves(shape: Any, *, across: bool) -> list[Any]:
    """Cut a polygon through the middle of its box, north to south or across."""
    west, south, east, north = shape.bounds
    x, y = (west + east) / 2, (south + north) / 2
    boxes = (
        [shapely.box(west, south, east, y), shapely.box(west, y, east, north)]
        if across
        else [shapely.box(west, south, x, north), shapely.box(x, south, east, north)]
    )
    return [_polygonal(shape.intersection(box)) for box in boxes]


def _polygonal(shape: Any) -> Any:
    """Keep what has an area: repairing leaves lines behind."""
    parts = shapely.get_parts(shapely.get_parts(np.array([shape], dtype=object)))
    return shapely.union_all([part for part in parts if part.geom_type.endswith("Polygon")])
