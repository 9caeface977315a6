"""The main job both ways on the demo city: from files, and in PostGIS over HTTP, alike."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seed.wuhan.city import DemoCity, demo_city
from seed.wuhan.files import write_city
from service.core.database import create_database_engine
from service.demo.service import load
from spatial.network_building import build_network

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-06-30"
PACKS = ("jinhua-2022", "dali-2022")


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return demo_city()


@pytest.fixture(scope="module")
def from_files(city: DemoCity, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("wuhan")
    write_city(city, folder)
    out = folder / "result.geojson"
    command = [sys.executable, "-m", "service.cli", "evaluate", "--as-of", DAY, "--out", out]
    command += [word for pack in PACKS for word in ("--pack", pack)]
    for option, name in (
        ("districts", "districts"),
        ("facilities", "facilities"),
        ("areas", "areas"),
        ("network", "streets"),
    ):
        command += [f"--{option}", folder / f"{name}.gpkg"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def over_http(city: DemoCity, bare_town) -> dict[str, Any]:
    engine = create_database_engine(bare_town.settings.database.url.get_secret_value())
    with engine.begin() as connection:
        load(
            connection,
            city,
            build_network(city.streets),
            today=dt.date(2026, 6, 30),
            actor="a test",
        )
    engine.dispose()
    asked = {"packs": list(PACKS), "as_of": DAY}
    answer = bare_town.post("/v1/evaluations", json=asked, timeout=300)
    assert answer.status_code == 201, answer.text
    again = bare_town.post("/v1/evaluations", json=asked, timeout=300)
    assert again.status_code == 200
    assert again.json()["id"] == answer.json()["id"]
    features: list[dict[str, Any]] = []
    page = f"/v1/evaluations/{answer.json()['id']}/districts?limit=1000"
    while page:
        body = bare_town.get(page, timeout=300).json()
        features += body["features"]
        page = next((link["href"] for link in body["links"] if link["rel"] == "next"), None)
    return {"features": features, "id": answer.json()["id"]}


def by_id(features: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {feature["properties"]["id"]: feature["properties"] for feature in features}


def test_the_same_findings_come_out_of_files_and_of_the_database(
    city: DemoCity, from_files: dict[str, Any], over_http: dict[str, Any]
) -> None:
    files, served = by_id(from_files["features"]), by_id(over_http["features"])
    assert len(files) == len(served) == len(city.districts) >= 3000
    assert files == served


def test_pages_come_in_rank_order_and_lose_nobody(over_http: dict[str, Any]) -> None:
    ranks = [feature["properties"]["rank"] for feature in over_http["features"]]
    assert ranks == list(range(1, len(ranks) + 1))


def test_every_flag_and_every_verdict_of_these_kinds_occurs(from_files: dict[str, Any]) -> None:
    properties = list(by_id(from_files["features"]).values())
    flags = {one["flag"] for one in properties}
    assert {"underserved", "undetermined", "watch", "served"} <= flags
    verdicts = {finding["verdict"] for one in properties for finding in one["findings"]}
    assert verdicts == {
        "met",
        "met_relaxed",
        "advise",
        "not_met",
        "undetermined",
        "indicator",
        "not_applicable",
    }


def test_the_illustration_is_labelled_both_ways(
    from_files: dict[str, Any], over_http: dict[str, Any], bare_town
) -> None:
    summary = bare_town.get(f"/v1/evaluations/{over_http['id']}/summary").json()
    for region in (summary["region"], from_files["evaluation"]["region"]):
        assert region == dict.fromkeys(PACKS, "outside (illustration)")
    page = bare_town.get(f"/v1/evaluations/{over_http['id']}/districts?limit=1").json()
    for notices in (page["notices"], from_files["notices"]):
        assert any("仅为演示" in notice for notice in notices)
        assert any("OpenStreetMap" in notice for notice in notices)
