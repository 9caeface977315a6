"""Street networks over HTTP: looked at, stored as a version of their own, and put into use."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely
from served_town import assert_problem, place, street_lines
from uploading import ask, done


def send(town, lines, role="editor", file="streets.geojson", **params):
    body = lines if isinstance(lines, bytes) else lines.to_json().encode()
    return town.post(
        "/v1/imports",
        params={"kind": "network", "file": file, **params},
        content=body,
        headers={"Content-Type": "application/octet-stream"},
        role=role,
    )


def more_streets():
    """The town's streets, an alley that hangs on nothing, and one nobody may walk."""
    lines = street_lines()
    (west, south), (east, north) = place(2.2, 2.2), place(2.8, 2.8)
    added = gpd.GeoDataFrame(
        {"highway": ["footway", "motorway"]},
        geometry=[
            shapely.LineString([(west, south), (east, north)]),
            shapely.LineString([place(0, 0), place(3, 1)]),
        ],
        crs="EPSG:4326",
    )
    return gpd.GeoDataFrame(
        {"highway": [*lines.get("highway", [None] * len(lines)), *added["highway"]]},
        geometry=[*lines.geometry, *added.geometry],
        crs="EPSG:4326",
    )


def test_a_network_is_looked_at_stored_and_used(town):
    before = town.get("/v1/networks").json()["networks"]
    lines = more_streets()

    found = done(town, send(town, lines, name="新路网"))

    assert found["state"] == "previewed", found["report"]
    report = found["report"]
    assert report["rows"]["read"] == len(lines)
    assert report["rows"]["accepted"] == len(lines) - 1
    assert report["left_out"] == {"closed_to_foot": 1}
    network = report["network"]
    assert network["edges"] == before[0]["edges"] + 1
    assert network["diagnosis"]["components"] == 2
    assert len(network["diagnosis"]["islands"]) == 1
    assert network["diagnosis"]["snapped"]["districts"]["places"] > 0
    assert network["before"]["version"] == before[0]["version"]
    assert (network["known"], network["in_use"]) == (False, False)
    assert network["length_m"] > before[0]["length_m"]
    assert report["map"]["features"]["features"][0]["geometry"]["type"] == "LineString"
    assert report["crs"]["evidence"], "held against the town's areas and streets"
    assert town.get("/v1/networks").json()["networks"] == before, "nothing is stored yet"

    first, second = ask(town, "commit", found), ask(town, "commit", found)

    assert first.status_code == second.status_code == 200, first.text
    assert first.json() == second.json()
    assert first.json()["report"]["stored"]["added"] == network["edges"]
    stored = town.get("/v1/networks").json()["networks"]
    assert [one["version"] for one in stored] == [network["version"], before[0]["version"]]
    assert (stored[0]["name"], stored[0]["in_use"]) == ("新路网", True)
    assert stored[0]["diagnosis"]["left_out"]["closed_to_foot"] == 1
    # It can be walked on at once.
    lon, lat = place(2.2, 2.2)
    nearest = town.get(f"/v1/coverage?lon={lon}&lat={lat}&pack=jinhua-2022&k=1")
    assert nearest.status_code == 200, nearest.text

    # The former one is a version that stands; its file puts it into use again.
    again = done(town, send(town, street_lines()))
    assert again["report"]["network"]["known"]
    assert not again["report"]["network"]["in_use"]
    assert ask(town, "commit", again).json()["report"]["stored"]["added"] == 0
    assert town.get("/v1/networks").json()["networks"][0]["version"] == before[0]["version"]
    assert "is a version" in assert_problem(ask(town, "undo", again), 409, "conflict")["detail"]
    (entry,) = [one for one in town.get("/v1/imports").json()["imports"] if one["id"] == found["id"]]
    assert (entry["kind"], entry["state"]) == ("network", "committed")


def test_a_network_that_is_none_is_refused_with_its_rows(town, tmp_path):
    points = gpd.GeoDataFrame(
        {"highway": ["path"]}, geometry=[shapely.Point(*place(1, 1))], crs="EPSG:4326"
    )
    refused = done(town, send(town, points))
    assert refused["state"] == "refused"
    assert refused["report"]["faults"] == [
        {
            "row": 1,
            "field": "geometry",
            "reason": "must be a LineString or MultiLineString, not a Point",
        }
    ]
    osm = done(town, send(town, b"no file of OpenStreetMap", file="x.osm.pbf"))
    assert osm["state"] == "refused"
    assert "no OpenStreetMap file" in osm["report"]["refused"]
    assert_problem(ask(town, "commit", refused), 409, "conflict")
    # Unsplit crossings hang together once they are split.
    cross = gpd.GeoDataFrame(
        {"highway": ["path", "path"]},
        geometry=[
            shapely.LineString([place(5, 5), place(7, 7)]),
            shapely.LineString([place(5, 7), place(7, 5)]),
        ],
        crs="EPSG:4326",
    )
    split = done(town, send(town, cross, planarize="true"))
    assert split["report"]["network"]["diagnosis"]["components"] == 1
    assert split["report"]["network"]["edges"] == 4


def test_who_may_and_what_goes_together(town):
    lines = street_lines()
    for role in ("viewer", "reviewer", "west editor"):
        assert_problem(send(town, lines, role=role), 403, "forbidden")
    for params, named in (
        ({"key": "name"}, "key"),
        ({"mapping": "a=b"}, "mapping"),
        ({"complete": "true"}, "complete"),
    ):
        problem = assert_problem(send(town, lines, **params), 400, "invalid-parameter")
        assert problem["errors"][0]["parameter"] == named
    rows = town.post(
        "/v1/imports?kind=areas&name=x",
        content=json.dumps({}).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert assert_problem(rows, 400, "invalid-parameter")["errors"][0]["parameter"] == "name"
    assert_problem(
        town.post(
            "/v1/imports?kind=facilities&file=x.osm.pbf",
            content=b"x",
            headers={"Content-Type": "application/octet-stream"},
        ),
        400,
        "invalid-parameter",
    )


@pytest.fixture(scope="module")
def served_groups():
    return {"jobs": {"worker": False}, "uploads": {"wait_seconds": 60}}
