"""``yike import network`` in a database: sources, planarizing, and what is told of the network."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely
from sqlalchemy.engine import make_url
from town import Run

ANSWERS = Path(__file__).with_name("osm_answers")
Import = Callable[..., subprocess.CompletedProcess[str]]
Ask = Callable[[str], list[tuple[Any, ...]]]


class Database(Protocol):
    owner_url: str
    app_url: str


@pytest.fixture
def yike_import(yike: Run, database: Database, tmp_path: Path) -> Import:
    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return yike(
            "import",
            *arguments,
            YIKE_DATABASE__URL=database.app_url,
            YIKE_CACHE_DIR=str(tmp_path / "cache"),
        )

    return run


@pytest.fixture
def ask(database: Database) -> Ask:
    def run(query: str) -> list[tuple[Any, ...]]:
        url = make_url(database.owner_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as session:
            return session.execute(query.encode()).fetchall()

    return run


def write_lines(path: Path, *lines: list[tuple[float, float]]) -> None:
    shapes = [shapely.LineString(xy) for xy in lines]
    gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4326").to_file(path)


CROSS = ([(114.3, 30.5), (114.31, 30.5)], [(114.305, 30.49), (114.305, 30.51)])


def test_a_network_is_told_and_kept_with_what_is_odd(
    town: Path, yike_import: Import, ask: Ask
) -> None:
    for kind in ("districts", "facilities"):
        assert yike_import(kind, f"{kind}.geojson").returncode == 0
    done = yike_import("network", "streets.parquet", "--report", "report.json", "--lang", "en")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("streets.parquet: 37 rows read, 37 added")
    assert lines[1].startswith("Network: 26 nodes, 37 edges")
    assert "All of it hangs together" in lines
    assert any(line.startswith("Kilometres by class: residential") for line in lines)
    # The far village is not on the streets.
    assert "3 of 4 districts (75.0%) lie within 200 m of a street" in lines
    ((kept,),) = ask("SELECT diagnosis FROM network")
    report = json.loads((town / "report.json").read_text(encoding="utf-8"))
    assert report["diagnosis"] == kept
    assert kept["components"] == 1
    assert kept["snapped"]["districts"]["within"] == 3
    assert report["file"] == "streets.parquet"


def test_it_is_told_in_chinese_where_nothing_else_is_asked(town: Path, yike_import: Import) -> None:
    done = yike_import("network", "streets.parquet", "--dry-run")
    assert "路网：节点 26 个，边 37 条" in done.stdout
    assert "连成一片" in done.stdout
    assert town.exists()


def test_two_networks_that_do_not_touch_are_said_to_be(tmp_path: Path, yike_import: Import) -> None:
    write_lines(
        tmp_path / "two.fgb", [(114.3, 30.5), (114.31, 30.5)], [(115.3, 30.5), (115.31, 30.5)]
    )
    done = yike_import("network", "two.fgb")
    assert done.returncode == 0, done.stderr
    assert "two.fgb：有 2 片路网互不相接" in done.stderr
    english = yike_import("network", "two.fgb", "--lang", "en")
    assert "two.fgb: 2 networks that do not touch" in english.stderr
    assert "2 parts that do not touch" in english.stdout


def test_crossings_are_joined_where_asked_for(
    tmp_path: Path, yike_import: Import, ask: Ask
) -> None:
    write_lines(tmp_path / "cross.shp", *CROSS)
    plain = yike_import("network", "cross.shp", "--lang", "en")
    assert "2 parts that do not touch" in plain.stdout
    split = yike_import("network", "cross.shp", "--planarize", "--lang", "en")
    assert "cross.shp: 2 lines split at 1 places" in split.stdout
    assert "All of it hangs together" in split.stdout
    assert ask("SELECT edges FROM network ORDER BY used_since") == [(2,), (4,)]


def test_a_network_stored_again_is_looked_over_again(
    town: Path, yike_import: Import, ask: Ask
) -> None:
    yike_import("network", "streets.parquet")
    assert ask("SELECT diagnosis->'snapped'->'districts'->>'places' FROM network") == [("0",)]
    yike_import("districts", town / "districts.geojson")
    again = yike_import("network", "streets.parquet")
    assert "0 added, 0 changed, 37 unchanged" in again.stdout
    assert ask("SELECT diagnosis->'snapped'->'districts'->>'places' FROM network") == [("4",)]


def test_a_place_is_imported_by_its_name(tmp_path: Path, yike_import: Import, ask: Ask) -> None:
    shutil.copytree(ANSWERS, tmp_path / "cache" / "osmnx")
    done = yike_import("network", "--place", "一刻镇, 示例县", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "一刻镇, 示例县: 10 rows read, 10 added" in done.stdout
    assert "Edges: 1 steps, 1 bridges, 0 tunnels, 1 one-way on foot" in done.stdout
    # The path beside the town is an island, and large enough to be one.
    assert "2 networks that do not touch" in done.stderr
    assert ask("SELECT name, source, edges FROM network") == [
        ("一刻镇, 示例县", "© OpenStreetMap contributors, ODbL 1.0", 10)
    ]


def test_a_network_nobody_can_walk_is_refused_in_one_line(
    tmp_path: Path, yike_import: Import
) -> None:
    frame = gpd.GeoDataFrame(
        {"fclass": ["motorway"]}, geometry=[shapely.LineString(CROSS[0])], crs="EPSG:4326"
    )
    frame.to_file(tmp_path / "m.fgb")
    done = yike_import("network", "m.fgb")
    assert done.returncode == 2
    assert "m.fgb: no walkable street is left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_that_cannot_be_written_is_said_so(town: Path, yike_import: Import) -> None:
    done = yike_import("network", "streets.parquet", "--report", "nowhere/r.json")
    assert done.returncode == 2
    assert "nowhere/r.json: cannot be written" in done.stderr
    assert town.exists()


def test_an_evaluation_warns_of_odd_streets_only(town: Path, yike: Run) -> None:
    options = (
        "evaluate",
        "--pack=jinhua-2022",
        "--districts=districts.geojson",
        "--facilities=facilities.geojson",
        "--as-of=2026-06-30",
        "--json",
        "--lang=en",
    )
    sound = yike(*options, "--network=streets.parquet")
    assert sound.returncode == 0, sound.stderr
    assert "do not touch" not in sound.stderr
    assert "do not join" not in sound.stderr
    streets = gpd.read_parquet(town / "streets.parquet")
    far = shapely.LineString([(115.3, 30.5), (115.31, 30.5)])
    near = streets.geometry.iloc[0].interpolate(0.5, normalized=True)
    short = shapely.LineString([(near.x - 0.001, near.y), (near.x - 0.00001, near.y)])
    more = gpd.GeoDataFrame({"highway": ["path", "path"]}, geometry=[far, short], crs="EPSG:4326")
    pd.concat([streets, more], ignore_index=True).to_parquet(town / "odd.parquet")
    odd = yike(*options, "--network=odd.parquet")
    assert odd.returncode == 0, odd.stderr
    assert "odd.parquet: " in odd.stderr
    assert "networks that do not touch" in odd.stderr
    assert "1 dead ends lie within 2 m of a street they do not join" in odd.stderr


def test_an_evaluation_on_lines_that_cross_is_that_on_lines_cut(town: Path, yike: Run) -> None:
    streets = gpd.read_parquet(town / "streets.parquet")
    west, south, east, north = streets.total_bounds
    across = [shapely.LineString([(west, lat), (east, lat)]) for lat in (south, north)]
    along = [shape for shape in streets.geometry if shape.coords[0][0] == shape.coords[-1][0]]
    whole = gpd.GeoDataFrame(
        {"highway": ["residential"] * (len(along) + 2)}, geometry=[*along, *across], crs="EPSG:4326"
    )
    whole.to_file(town / "whole.shp")
    options = (
        "evaluate",
        "--pack=jinhua-2022",
        "--districts=districts.geojson",
        "--facilities=facilities.geojson",
        "--as-of=2026-06-30",
        "--json",
    )
    cut = json.loads(yike(*options, "--network=streets.parquet").stdout)
    joined = yike(*options, "--network=whole.shp", "--planarize")
    assert joined.returncode == 0, joined.stderr
    assert json.loads(joined.stdout)["rules"] == cut["rules"]
    assert "互不相接" not in joined.stderr
    assert "互不相接" in yike(*options, "--network=whole.shp").stderr
    refused = yike(*options, "--planarize")
    assert refused.returncode == 2
    assert "--planarize: is for street lines" in refused.stderr
