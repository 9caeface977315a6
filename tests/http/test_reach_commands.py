"""The command line on the stored data answers as HTTP does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from served_town import place

ROOT = Path(__file__).resolve().parents[2]
LON, LAT = place(4.3, 2.2)
HERE = ("--lon", LON, "--lat", LAT)


@pytest.fixture
def yike(town, tmp_path):
    def run(*arguments):
        url = town.settings.database.url.get_secret_value()
        return subprocess.run(
            [sys.executable, "-m", "service.cli", *map(str, arguments)],
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "LC_ALL": "C.UTF-8",
                "PYTHONPATH": str(ROOT),
                "YIKE_DATABASE__URL": url,
                "YIKE_CACHE_DIR": str(tmp_path / "cache"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_catchments(town, yike):
    for options, body in (
        ((), {}),
        (("--area", "420101001001"), {"area": "420101001001"}),
        (
            ("--profile", "elderly", "--direction", "away", "--metres", "200", "--minutes", "4"),
            {"profile": "elderly", "direction": "away", "metres": [200], "minutes": [4]},
        ),
    ):
        done = yike(
            "catchments", "--facility", "nursery-1", "--as-of", "2026-11-22", *options, "--json"
        )
        assert done.returncode == 0, done.stderr
        shown = town.post(
            "/v1/catchments", json={"facilities": ["nursery-1"], "as_of": "2026-11-22", **body}
        ).json()
        told = json.loads(done.stdout)
        for name in ("union", "items", "totals", "districts", "network", "area", "as_of"):
            assert told[name] == shown[name], name
    wrong = yike("catchments", "--facility", "atlantis", "--json")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "atlantis" in wrong.stderr
    assert yike("catchments", "--facility", "nursery-1", "--area", "9", "--json").returncode == 2


def test_isochrones(town, yike, tmp_path):
    done = yike("isochrone", *HERE, "--minutes", "3,6", "--out", "i.geojson")
    assert done.returncode == 0, done.stderr
    query = {"lon": LON, "lat": LAT, "minutes": "3,6"}
    shown = town.get("/v1/isochrone", params=query).json()["features"]
    drawn = gpd.read_file(tmp_path / "i.geojson")
    for ground, feature in zip(drawn.geometry, shown, strict=True):
        # Over HTTP coordinates are rounded.
        other = shapely.geometry.shape(feature["geometry"])
        assert ground.symmetric_difference(other).area < ground.area * 1e-4


def test_coverage(town, yike):
    options = ("--pack", "jinhua-2022", "--as-of", "2026-11-22", "--k", "2", "--path")
    done = yike("coverage", *HERE, *options)
    assert done.returncode == 0, done.stderr
    query = {
        "lon": LON,
        "lat": LAT,
        "service": "childcare",
        "pack": "jinhua-2022",
        "as_of": "2026-11-22",
        "k": 2,
        "path": "true",
    }
    shown = town.get("/v1/coverage", params=query).json()["properties"]
    assert json.loads(done.stdout)["rules"] == shown["rules"]
    assert shown["rules"][0]["nearest"][0]["path"]
