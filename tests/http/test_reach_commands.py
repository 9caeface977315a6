"""The command line on the stored data answers as HTTP does."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from served_town import block, place, point

ROOT = Path(__file__).resolve().parents[2]
LON, LAT = place(4.3, 2.2)
HERE = ("--lon", LON, "--lat", LAT)


@pytest.fixture
def yike(commands, town, tmp_path):
    def run(*arguments):
        environment = {
            "YIKE_DATABASE__URL": town.settings.database.url.get_secret_value(),
            "YIKE_CACHE_DIR": str(tmp_path / "cache"),
        }
        return commands.run(arguments, cwd=tmp_path, environment=environment, timeout_seconds=120)

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


def test_reviews(town, yike, tmp_path):
    project = {
        "id": "p",
        "site": block(17, 2),
        "phases": [{"id": "1", "units": 1000}],
        "facilities": [
            {
                "id": "p-n",
                "kind": "nursery",
                "phase": "1",
                "floor_area_m2": 200,
                "geometry": point(17.5, 2.5),
            }
        ],
    }
    (tmp_path / "project.json").write_text(json.dumps(project), encoding="utf-8")
    call = ("review", "project.json", "--stage", "design", "--pack", "jinhua-2022", "--json")
    done = yike(*call, "--as-of", "2026-11-22", "--neighbours")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    query = "dry_run=true&stage=design&pack=jinhua-2022&as_of=2026-11-22&neighbours=true"
    shown = town.post(f"/v1/reviews?{query}", json=project, role="reviewer").json()
    assert told["verdict"] == "pass"
    assert told["neighbours"]
    for name in ("verdict", "packs", "findings", "neighbours", "notices"):
        assert told[name] == shown[name], name
