"""The files of a small town, and the command line as a user runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from stored_files import Database, Stored
from town import DISTRICT_ROWS, EAST, FACILITY_ROWS, LAT, LON, NORTH, Run, frame_of, write_geojson
from warm_process import WarmCommandLine

from service.imports.validation import validate
from spatial.fields import DISTRICTS, FACILITIES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def districts() -> gpd.GeoDataFrame:
    return validate(frame_of(DISTRICT_ROWS), DISTRICTS, source="town")


@pytest.fixture
def facilities() -> gpd.GeoDataFrame:
    return validate(frame_of(FACILITY_ROWS), FACILITIES, source="town")


@pytest.fixture
def streets() -> gpd.GeoDataFrame:
    """A grid of streets around the town, which the far village is not on."""
    south, north = round(LAT - NORTH / 2, 6), round(LAT + 0.004, 6)
    columns = [round(LON + x * EAST, 6) for x in range(-1, 12)]
    lines = [shapely.LineString([(lon, south), (lon, north)]) for lon in columns]
    cross = [shapely.LineString([(lon, lat) for lon in columns]) for lat in (south, north)]
    # Ends must meet for streets to be joined: the cross streets are cut at each crossing.
    cut = [
        shapely.LineString(pair)
        for line in cross
        for pair in zip(line.coords[:-1], line.coords[1:], strict=True)
    ]
    every = [*lines, *cut]
    return gpd.GeoDataFrame(
        {"highway": ["residential"] * len(every)}, geometry=every, crs="EPSG:4326"
    )


@pytest.fixture
def town(tmp_path: Path, streets: gpd.GeoDataFrame) -> Path:
    """A folder with the files of the town."""
    write_geojson(tmp_path / "districts.geojson", DISTRICT_ROWS)
    write_geojson(tmp_path / "facilities.geojson", FACILITY_ROWS)
    streets.to_parquet(tmp_path / "streets.parquet")
    return tmp_path


@pytest.fixture
def yike(commands: WarmCommandLine, tmp_path: Path) -> Run:
    """Run the command line in the folder of the test."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return commands.run(arguments, cwd=tmp_path, environment=environment, timeout_seconds=120)

    return run


@pytest.fixture
def stored(
    yike: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Stored:
    """Run the command line with a database."""
    monkeypatch.chdir(tmp_path)
    return Stored(yike, database)
