"""Every format, encoding and system gives the same rows; the table is printed (-rP)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from format_writers import CASES, DXF_COLUMNS, HEADINGS, layer

from service.imports.apart import Apart
from service.imports.raw import Reading
from service.imports.reader import ReadLayer, read_layer
from spatial.fields import DISTRICTS
from spatial.webmap_crs import WebMap

# With and without the number of the zone before the easting: 114°E, 38 in zones of 3 degrees.
SYSTEMS = ("EPSG:4326", "EPSG:4490", "EPSG:4547", "EPSG:4526", "EPSG:3857")
# No file can say that it is in one of these: only the user can.
WEB_MAPS = {each.value: each for each in WebMap}
EVERY = (*SYSTEMS, *WEB_MAPS)
TOLERANCE_M = 1.0
_GEOD = pyproj.Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    with Apart(memory_bytes=2**31) as process:
        yield process


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, str]]:
    """What came of each case by system; the last test prints it."""
    return {}


@pytest.mark.parametrize("case", CASES)
def test_every_case_gives_the_same_rows(
    case: str, tmp_path: Path, apart: Apart, table: dict[str, dict[str, str]]
) -> None:
    how = CASES[case]
    columns = DXF_COLUMNS if case.startswith("DXF") else HEADINGS
    table[case] = {}
    for crs in EVERY:
        if (how.lonlat_only and crs != "EPSG:4326") or (how.says_crs and crs in WEB_MAPS):
            table[case][crs] = "–"
            continue
        folder = tmp_path / crs.replace(":", "")
        folder.mkdir()
        path = how.write(folder, _in_system(how.encoding, crs), how.encoding)

        read = read_layer(
            path,
            DISTRICTS,
            crs=None if how.says_crs else crs,
            columns=columns,
            how=Reading(apart=apart),
        )

        table[case][crs] = f"{_compare(case, read):.3f} m"
        assert read.origin_crs == crs
        if how.rule is not None:
            assert read.encoding is not None
            assert read.encoding.rule == how.rule
            assert read.encoding.name in (how.encoding, "gb18030") or how.encoding == "utf-8-sig"
    # One process for all that is read apart, and none for what is not.
    assert apart.starts <= 1


def _in_system(encoding: str, crs: str) -> gpd.GeoDataFrame:
    if crs not in WEB_MAPS:
        return layer(encoding, crs=crs)
    frame = layer(encoding)
    moved = shapely.transform(frame.geometry.to_numpy(), WEB_MAPS[crs].from_wgs84)
    return frame.set_geometry(moved, crs="EPSG:4326")


def _compare(case: str, read: ReadLayer) -> float:
    """Hold attributes to be exact; return the largest distance of a coordinate in metres."""
    encoding = CASES[case].encoding
    # A FlatGeobuf is sorted by place.
    found = read.frame.sort_values("id", ignore_index=True)
    expected = layer(encoding).sort_values("编号", ignore_index=True)
    assert found["id"].tolist() == expected["编号"].tolist()
    assert found["name"].tolist() == expected["名称"].tolist()
    if not case.startswith("DXF"):
        assert found["households"].tolist() == expected["户数"].tolist()
    largest = 0.0
    for one, other in zip(found.geometry, expected.geometry, strict=True):
        # A drawing knows no holes.
        target = shapely.Polygon(other.exterior) if case.startswith("DXF") else other
        a, b = shapely.get_coordinates(one), shapely.get_coordinates(target)
        assert len(a) == len(b)
        # Each to the nearest, and back: where a ring begins is a matter of taste.
        here, there = np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))
        _, _, metres = _GEOD.inv(here[:, 0], here[:, 1], there[:, 0], there[:, 1])
        metres = metres.reshape(len(a), len(b))
        largest = max(largest, *metres.min(axis=0), *metres.min(axis=1))
    assert largest < TOLERANCE_M
    return float(largest)


def test_the_table(table: dict[str, dict[str, str]]) -> None:
    if set(table) != set(CASES):
        pytest.skip("only some cases ran")
    print(f"\n{'largest distance of a coordinate':44}" + "".join(f"{crs:>12}" for crs in EVERY))  # noqa: T201  # the table is to be seen
    for case, by_system in table.items():
        print(f"{case:44}" + "".join(f"{by_system[crs]:>12}" for crs in EVERY))  # noqa: T201  # likewise
    assert all(len(by_system) == len(SYSTEMS) + len(WEB_MAPS) for by_system in table.values())
