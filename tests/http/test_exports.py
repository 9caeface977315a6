"""Files over HTTP: every format, whole, named, in the scope of the key."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import geopandas as gpd
import httpx2
import openpyxl
import pyogrio
import pytest
from served_town import Town, serving

from service.core.database import create_database_engine
from service.core.keys import Principal
from service.exports import stored_layers, stored_runs
from service.exports.formats import TABLE_FORMATS
from service.exports.stored_layers import Wanted, layer_package, network_package
from spatial.fields import DISTRICTS

BODY = {"packs": ["jinhua-2022"], "as_of": "2026-11-22"}
GDAL_READS = ("geojson", "geojsonl", "geojsons", "gpkg", "shp.zip", "fgb")
EVERY = ["far", "unknown", *(f"east-{n}" for n in (16, 18)), *(f"west-{n}" for n in (2, 4, 6))]


@pytest.fixture(scope="module")
def run(town):
    answer = town.post("/v1/evaluations", json=BODY)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def saved(answer, folder: Path) -> Path:
    assert answer.status_code == 200, answer.text
    name = re.search(r'filename="([^"]+)"', answer.headers["content-disposition"])[1]
    path = folder / name
    path.write_bytes(answer.content)
    return path


@pytest.mark.parametrize("form", sorted(TABLE_FORMATS))
def test_every_format_is_an_attachment_with_every_district(town, tmp_path, form):
    answer = town.get(f"/v1/districts.{form}", role="viewer")
    path = saved(answer, tmp_path)

    disposition = answer.headers["content-disposition"]
    assert re.fullmatch(
        rf"attachment; filename=\"districts-\d{{4}}-\d\d-\d\d\.{re.escape(form)}\"; "
        rf"filename\*=UTF-8''%E5%B1%85%E4%BD%8F%E5%8C%BA-\d{{4}}-\d\d-\d\d\.{re.escape(form)}",
        disposition,
    )
    assert answer.headers["content-type"] == TABLE_FORMATS[form].media_type
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "合成" in unquote(answer.headers["yike-notices"])
    if form in GDAL_READS:
        found = pyogrio.read_dataframe(
            path, layer=0 if form == "shp.zip" else None, use_arrow=False
        )
        keys = set(found["id"])
        if form == "shp.zip":
            layers = [name for name, _ in pyogrio.list_layers(path)]
            assert sorted(layers) == ["districts_point", "districts_polygon"]
            keys = {
                key for name in layers for key in pyogrio.read_dataframe(path, layer=name)["id"]
            }
    elif form == "parquet":
        keys = set(gpd.read_parquet(path)["id"])
    elif form == "csv":
        keys = {
            row["id"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        }
    else:
        keys = {row[0] for row in list(openpyxl.load_workbook(path)["居住区"].values)[1:]}
    assert keys == set(EVERY)


def test_filters_box_and_scope_choose_the_rows(town):
    def keys(query="", role="viewer"):
        answer = town.get(f"/v1/districts.geojson{query}", role=role)
        return {feature["id"] for feature in answer.json()["features"]}

    assert keys("?stage=planned") == set()
    assert keys("?households=1016") == {"east-16"}
    assert keys("?bbox=114.3,30.6,114.3045,30.605") == {"west-2", "west-4"}
    assert keys(role="west viewer") == {"west-2", "west-4", "west-6", "unknown"}


def test_an_area_is_what_a_key_scoped_to_it_sees(town):
    engine = create_database_engine(town.settings.database.url.get_secret_value())
    anyone = Principal(id="a test", name="", role="viewer", areas=())
    wanted = Wanted(anyone, area="420101001001")
    with engine.connect() as connection:
        package = layer_package(connection, DISTRICTS, wanted=wanted, lang="zh")
        streets = network_package(connection, None, wanted=wanted, lang="zh")
        keys = {key for chunk in package.chunks(package.main) for key in chunk.columns[0]}
        edges = sum(chunk.rows for chunk in streets.chunks(streets.main))
    engine.dispose()
    assert keys == {"west-2", "west-4", "west-6", "unknown"}
    assert edges == 2 * 11 * 11


def test_edges_are_those_of_the_network_and_of_the_scope(town):
    every = town.get("/v1/networks/in-use/edges.geojson").json()["features"]
    assert len(every) == 840
    version = town.get("/v1/networks").json()["networks"][0]["version"]
    named = town.get(f"/v1/networks/{version}/edges.geojson").json()
    assert named["features"] == every
    west = town.get("/v1/networks/in-use/edges.geojson", role="west viewer").json()["features"]
    # 10 by 10 blocks, what ends on their border included: 11 x 11 streets each way.
    assert len(west) == 2 * 11 * 11
    assert all(edge["geometry"]["coordinates"][0][0] <= 114.310001 for edge in west)


def test_an_evaluation_is_one_file_with_all_its_tables(town, run, tmp_path):
    path = saved(town.get(f"{run}.gpkg"), tmp_path)
    summary = town.get(f"{run}/summary").json()

    assert {name for name, _ in pyogrio.list_layers(path)} == {
        "districts",
        "findings",
        "areas",
        "layer_styles",
    }
    districts = pyogrio.read_dataframe(path, layer="districts")
    assert districts["flag"].value_counts().to_dict() == {
        flag: count for flag, count in summary["flags"].items() if count
    }
    findings = pyogrio.read_info(path, layer="findings")["features"]
    assert findings == sum(sum(counts.values()) for counts in summary["rules"].values())
    book = openpyxl.load_workbook(saved(town.get(f"{run}.xlsx"), tmp_path))
    assert book.sheetnames == ["居住区", "规则结果", "汇总", "说明"]


@pytest.mark.parametrize("part", ["districts", "findings", "areas"])
def test_a_part_as_a_file_is_the_list_in_full(town, run, part):
    listed = town.get(f"{run}/{part}", params={} if part == "areas" else {"limit": 10_000})
    exported = town.get(f"{run}/{part}.geojson")

    document = exported.json()
    assert document["evaluation"]["evaluation"] == run.rsplit("/", 1)[1]
    ours, theirs = document["features"], listed.json()["features"]
    assert [f["geometry"] for f in ours] == [f["geometry"] for f in theirs]
    names = list(ours[0]["properties"])
    assert [f["properties"] for f in ours] == [
        {name: f["properties"][name] for name in names} for f in theirs
    ]


def test_rows_read_in_many_pages_are_the_same(town, run, monkeypatch):
    paths = (
        "/v1/districts.geojsonl",
        "/v1/networks/in-use/edges.geojsonl",
        *(f"{run}/{part}.geojsonl" for part in ("districts", "findings", "areas")),
    )
    # The service runs in this process.
    whole = [town.get(path).text.splitlines() for path in paths]
    monkeypatch.setattr(stored_layers, "CHUNK_ROWS", 7)
    monkeypatch.setattr(stored_runs, "CHUNK_ROWS", 3)
    monkeypatch.setattr(stored_runs, "_DISTRICT_ROWS", 1)

    paged = [town.get(path).text.splitlines() for path in paths]

    assert [len(lines) for lines in whole[:3]] == [7, 840, 7]
    assert paged == whole


def test_parts_are_filtered_by_flag_and_area(town, run):
    def flags(query):
        features = town.get(f"{run}/districts.geojsonl?{query}").text.splitlines()
        return [json.loads(line)["properties"]["flag"] for line in features]

    assert set(flags("flag=underserved")) == {"underserved"}
    east = town.get(f"{run}/findings.geojson?area=420101001002").json()["features"]
    assert {f["properties"]["district_id"] for f in east} == {"east-16", "east-18"}
    rows = town.get(f"{run}/areas.geojson?area=420101001002").json()["features"]
    assert {f["properties"]["code"] for f in rows} == {"420101001002"}


def test_another_system_is_declared_and_right(town, tmp_path):
    path = saved(town.get("/v1/districts.gpkg?crs=EPSG:4547"), tmp_path)

    found = pyogrio.read_dataframe(path).set_index("id")

    assert found.crs.to_epsg() == 4547
    back = found.to_crs(4326).loc["far"].geometry
    assert (back.x, back.y) == pytest.approx((114.6, 30.9), abs=1e-9)


@pytest.mark.parametrize(
    ("path", "parameter", "told"),
    [
        ("districts.kml", "format", "geojson, geojsonl, geojsons, gpkg, shp.zip, fgb"),
        ("districts.png", "format", "there are"),
        ("districts.geojson?crs=EPSG:4547", "crs", "RFC 7946"),
        ("districts.gpkg?crs=EPSG:999999", "crs", "no coordinate reference system"),
        ("districts.gpkg?crs=%2Bproj%3Dlonglat", "crs", "no coordinate reference system"),
        ("districts.gpkg?crs=EPSG:5773", "crs", "not a geographic or projected one"),
        ("districts.gpkg?limit=5", None, "takes"),
        ("districts.gpkg?bbox=1,2", "bbox", "4 numbers"),
    ],
)
def test_what_cannot_be_written_is_refused(town, check_problem, path, parameter, told):
    problem = check_problem(town.get(f"/v1/{path}"), 400)
    assert told in problem["detail"]
    if parameter is not None:
        assert [error["parameter"] for error in problem["errors"]] == [parameter]


def test_what_is_not_there_or_not_theirs_is_not_found(town, run, check_problem):
    check_problem(town.get("/v1/networks/none/edges.gpkg"), 404)
    check_problem(town.get("/v1/evaluations/none.gpkg"), 404)
    check_problem(town.get(f"{run}.gpkg", role="west viewer"), 404)
    check_problem(town.get(f"{run}/areas.csv?area=999"), 400)
    check_problem(town.get("/v1/districts.gpkg", role=None), 401)


def test_too_large_a_file_names_the_command_line(town, make_settings, check_problem):
    settings = make_settings(export={"max_rows": 3})
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        small = Town(address=address, settings=settings, keys=town.keys, client=client)
        problem = check_problem(small.get("/v1/districts.gpkg"), 400, "too-many-rows")
        assert "yike export" in problem["detail"]
        assert small.get("/v1/facilities.gpkg").status_code == 200
