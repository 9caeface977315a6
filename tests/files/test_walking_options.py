"""What ``yike evaluate`` walks past: barriers and lost seconds from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from town import EAST, LAT, LON, NORTH, Run

FILES = (
    "--districts=districts.geojson",
    "--facilities=facilities.geojson",
    "--network=streets.parquet",
    "--pack=jinhua-2022",
    "--as-of=2025-06-01",
)


def walks(folder: Path, yike: Run, *options: str) -> dict[str, float]:
    """Walking metres of each district to the nearest childcare, from what was written."""
    done = yike("evaluate", *FILES, *options, "--out=r.geojson")
    assert done.returncode == 0, done.stderr
    features = json.loads((folder / "r.geojson").read_text(encoding="utf-8"))["features"]
    return {
        feature["properties"]["id"]: found["walking_m"]
        for feature in features
        for found in feature["properties"]["findings"]
        if found["rule"] == "jinhua.childcare.radius" and found["walking_m"] is not None
    }


def test_a_wall_makes_people_walk_round_it(town: Path, yike: Run) -> None:
    # Across every street of the town but the northern cross street, east of its first block.
    x = LON + 2.5 * EAST
    wall = shapely.LineString([(x, LAT - 2 * NORTH), (x, LAT + 0.0035)])
    gpd.GeoDataFrame(geometry=[wall], crs="EPSG:4326").to_file(town / "wall.geojson")
    plain, walled = walks(town, yike), walks(town, yike, "--barriers=wall.geojson")
    assert plain
    assert all(walled.get(district, 1e9) >= metres for district, metres in plain.items())
    assert any(walled.get(district, 1e9) > metres + 100 for district, metres in plain.items())


def test_crossings_cost_nothing_where_the_streets_know_of_none(town: Path, yike: Run) -> None:
    assert walks(town, yike, "--crossing-seconds=30") == walks(town, yike)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--crossing-seconds=-1",), "crossing_seconds: -1 is not between 0 and 600 s"),
        (("--lift-seconds=nan",), "--lift-seconds: must be a number of seconds, not nan"),
        (("--barriers=facilities.geojson",), "facilities.geojson, row 1, field geometry: "),
        (("--barriers=none.gpkg",), "none.gpkg"),
        (("--barriers=all.geojson",), "all.geojson: the barriers leave no street"),
    ],
)
def test_nonsense_is_refused_in_one_line(
    town: Path, yike: Run, options: tuple[str, ...], message: str
) -> None:
    everywhere = gpd.GeoDataFrame(geometry=[shapely.box(114, 30, 115, 31)], crs="EPSG:4326")
    everywhere.to_file(town / "all.geojson")
    done = yike("evaluate", *FILES, *options, "--json")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("town")
def test_barriers_need_streets(yike: Run) -> None:
    bars = "--barriers=facilities.geojson"
    done = yike("evaluate", FILES[0], FILES[1], FILES[3], bars, "--json")
    assert done.returncode == 2
    assert "--barriers: bar streets" in done.stderr
