"""The site of a project from a file, and what belongs to it: stages in order, a place, a search."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from served_project import project
from served_town import block, collection, feature, point

URL = "/v1/reviews/site"
FILE = {"Content-Type": "application/octet-stream"}
JINHUA = "/v1/reviews?as_of=2026-11-22&pack=jinhua-2022"


def outlines(*names, crs="EPSG:4547") -> gpd.GeoDataFrame:
    """Blocks of the town, side by side, in metres of its zone."""
    shapes = [shapely.geometry.shape(block(5 + 2 * number, 2)) for number in range(len(names))]
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs="EPSG:4326").to_crs(crs)


def zipped(folder: Path, frame: gpd.GeoDataFrame, *, without: str = "") -> bytes:
    frame.to_file(folder / "用地.shp", encoding="UTF-8")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(folder.glob("用地.*")):
            if path.suffix != without:
                archive.write(path, path.name)
    return out.getvalue()


def read(town, content, file, role="reviewer", **params):
    return town.post(URL, params={"file": file, **params}, content=content, headers=FILE, role=role)


def test_outlines_come_in_longitude_and_latitude(town, tmp_path) -> None:
    answer = read(town, zipped(tmp_path, outlines("东地块", "西地块")), "用地.zip")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["file"], found["crs"]) == ("用地.zip", "EPSG:4547")
    assert [one["name"] for one in found["sites"]] == ["东地块", "西地块"]
    metric = outlines("东地块", "西地块")
    for number, one in enumerate(found["sites"]):
        there = shapely.geometry.shape(block(5 + 2 * number, 2))
        shape = shapely.geometry.shape(one["geometry"])
        # A centimetre is what rounding leaves.
        assert shapely.hausdorff_distance(shape, there) < 2e-7
        assert one["area_m2"] == pytest.approx(metric.area[number], abs=0.5)
    # What was read is what a review takes.
    body = project("f", site=found["sites"][0]["geometry"])
    assert town.post(f"{JINHUA}&stage=design&dry_run=true", json=body).status_code == 200

    plain = json.dumps(collection(feature(block(5, 2)), feature(point(1, 1)))).encode()
    # A bare geometry and a feature are what people draw and send.
    for content in (plain, json.dumps(block(5, 2)).encode(), json.dumps(feature(block(5, 2)))):
        (only,) = read(town, content, "site.geojson", role="editor").json()["sites"]
        assert only["geometry"] == block(5, 2)


def test_a_drawing_without_a_system_asks_for_it(town, tmp_path, check_problem) -> None:
    outlines("A").drop(columns="name").to_file(tmp_path / "a.dxf", driver="DXF", engine="pyogrio")
    drawing = (tmp_path / "a.dxf").read_bytes()
    problem = check_problem(read(town, drawing, "总图.dxf"), 400, "invalid-parameter")
    (fault,) = problem["errors"]
    assert fault["parameter"] == "crs"
    assert "no coordinate reference system is declared" in fault["detail"]
    assert "EPSG:4547" in fault["detail"]
    assert "--" not in fault["detail"]
    (only,) = read(town, drawing, "总图.dxf", crs="EPSG:4547").json()["sites"]
    there = shapely.geometry.shape(block(5, 2))
    assert shapely.hausdorff_distance(shapely.geometry.shape(only["geometry"]), there) < 2e-7
    # One outline is too little to rule out that it is in another zone: that is said.
    elsewhere = read(town, drawing, "总图.dxf", crs="EPSG:4549").json()
    assert "believed, not checked" in " ".join(elsewhere["warnings"])
    unknown = check_problem(read(town, drawing, "总图.dxf", crs="EPSG:1"), 400)
    assert unknown["errors"][0]["parameter"] == "crs"


def test_what_is_no_site_is_told(town, tmp_path, check_problem) -> None:
    many = collection(*[feature(block(column % 20, 2)) for column in range(201)])
    cases = [
        ("site.geojson", b"{", "JSON"),
        ("site.json", json.dumps(feature(point(1, 1))).encode(), "holds no polygon, but 1 points"),
        ("site.geojson", b'{"type": "Point"}', "is no GeoJSON"),
        ("site.geojson", json.dumps(many).encode(), "holds 201 polygons"),
        ("site.dxf", b"no drawing", "is no DXF"),
        ("site.zip", b"PK\x03\x04 broken", "site.zip"),
        ("site.shp", b"\x00\x00\x27\x0a", "site.shp"),
    ]
    for file, content, words in cases:
        problem = check_problem(read(town, content, file), 400, "invalid-body")
        (fault,) = problem["errors"]
        assert fault["pointer"] == ""
        assert words in fault["detail"]
        assert "yike-site" not in fault["detail"]
    for file, content in (("site.pdf", b"%PDF"), ("site.csv", b"a,b")):
        problem = check_problem(read(town, content, file), 400, "invalid-parameter")
        assert problem["errors"][0]["parameter"] == "file"
    check_problem(read(town, b"", "site.geojson"), 400, "invalid-body")
    silent = read(town, zipped(tmp_path, outlines("A"), without=".prj"), "a.zip")
    assert check_problem(silent, 400)["errors"][0]["parameter"] == "crs"
    assert read(town, b"{}", "site.geojson", role="viewer").status_code == 403


def test_a_skipped_stage_is_a_fault_of_the_stage(town, check_problem) -> None:
    passed = [{"stage": "plan", "passed_on": "2025-01-01"}]
    body = project("st", history=passed)
    url = f"{JINHUA}&dry_run=true&stage=design"
    problem = check_problem(town.post(url, json=body), 400, "invalid-body")
    assert problem["errors"] == [
        {
            "pointer": "/stage",
            "detail": "'design' skips 'land_grant': the history ends with 'plan'",
        }
    ]
    named = check_problem(town.post(url, json={"project": body}), 400)
    assert named["errors"][0]["pointer"] == "/project/stage"
    batch = town.post(url, json={"projects": [body, project("fine")]})
    assert [item["status"] for item in batch.json()["items"]] == [400, 200]


def test_without_an_area_no_review_can_be_signed(town, check_problem) -> None:
    url = f"{JINHUA}&stage=design&illustration=true"
    made = town.post(url, json=project("nowhere", name="无区划小区"))
    assert made.status_code == 201, made.text
    stored = made.json()
    assert stored["illustration"] is True
    signing = town.post(
        f"/v1/reviews/{stored['id']}/signature",
        json={"name": "另一人", "overrides": 0},
        role="reviewer",
    )
    check_problem(signing, 409, "conflict")
    # By a part of the name or the identifier, as it is written; signs of patterns are signs.
    for words in ("区划", "NOWH"):
        (one,) = town.get("/v1/reviews", params={"search": words}, role="viewer").json()["reviews"]
        assert (one["id"], one["illustration"]) == (stored["id"], True)
    assert town.get("/v1/reviews", params={"search": "%"}).json()["reviews"] == []
