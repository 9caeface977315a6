"""Programs people use, as they come: GDAL and OWSLib get the rows SQL gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import shapely
from jobs import ENDED, until
from owslib.ogcapi.features import Features
from owslib.ogcapi.processes import Processes
from owslib.util import Authentication, http_get

from service.core.database import create_database_engine

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
ITEMS = "/ogc/collections/districts/items"

# In a process of its own: GDAL waits for the service without letting other threads run.
READ = """
import json, sys
import pyogrio
options, address, reads = json.loads(sys.argv[1])
pyogrio.set_gdal_config_options(options)
answers = []
for layer, asked in reads:
    if layer is None:
        answers.append([name for name, _ in pyogrio.list_layers(address)])
        continue
    if "bbox" in asked:
        asked["bbox"] = tuple(asked["bbox"])
    meta, _, geometry, columns = pyogrio.raw.read(address, layer=layer, **asked)
    answers.append({
        "crs": meta["crs"],
        "rows": [dict(zip(meta["fields"], row)) for row in zip(*(c.tolist() for c in columns))],
        "geometry": [shape.hex() for shape in geometry],
    })
print(json.dumps(answers, default=str))
"""


@pytest.fixture(scope="module")
def served_groups():
    # With a worker: processes are executed as jobs too.
    return {}


@pytest.fixture(scope="module")
def gdal(town, tmp_path_factory):
    """Read layers with the GDAL in the pyogrio wheel; the key goes in one of three ways."""

    def read(*reads, way="basic"):
        key = town.keys["viewer"]
        address = f"OAPIF:{town.address}/ogc"
        options = {"GDAL_HTTP_TIMEOUT": "60"}
        if way == "header":
            # GDAL leaves GDAL_HTTP_HEADERS out where its driver sends headers of its own.
            file = tmp_path_factory.mktemp("gdal") / "headers"
            file.write_text(f"X-API-Key: {key}\n")
            options["GDAL_HTTP_HEADER_FILE"] = str(file)
        elif way == "basic":
            options |= {"GDAL_HTTP_USERPWD": f"yike:{key}", "GDAL_HTTP_AUTH": "BASIC"}
        else:
            address += f"?api_key={key}"
        done = subprocess.run(
            [sys.executable, "-c", READ, json.dumps([options, address, reads])],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return read


@pytest.fixture(scope="module")
def query(town):
    engine = create_database_engine(town.settings.database.url.get_secret_value())
    with engine.connect() as connection:
        yield lambda statement: connection.exec_driver_sql(statement.replace("%", "%%")).all()
    engine.dispose()


def test_gdal_reads_every_row_over_pages(gdal, query):
    layers, read = gdal((None, {}), ("network-edges", {"PAGE_SIZE": "100"}))
    stored = {"areas", "districts", "buildings", "facilities", "parks", "network-edges"}
    assert stored <= set(layers)
    names = ("number", "u", "v", "length_m")
    rows = query(f"SELECT {', '.join(names)} FROM network_edge ORDER BY number")
    assert [tuple(row[name] for name in names) for row in read["rows"]] == [
        tuple(row) for row in rows
    ]
    assert len(rows) == 840


@pytest.mark.parametrize("way", ["header", "query"])
def test_gdal_brings_its_key(gdal, way):
    (read,) = gdal(("districts", {"PAGE_SIZE": "3"}), way=way)
    assert len(read["rows"]) == 7


def test_gdal_filters_by_attributes_and_place(gdal, query):
    conditions = (
        "stage = 'existing' AND name = '西2'",
        "households = 102",
        "households > 1000",
        "name LIKE '东%'",
        "households IS NULL",
        "community = '420101001002' OR id = 'far'",
        "id = 'west-4'",
    )
    box = [114.3, 30.6, 114.3045, 30.605]
    *read, boxed = gdal(
        *(("districts", {"where": condition}) for condition in conditions),
        ("districts", {"bbox": box}),
    )
    stored = "SELECT id FROM district WHERE superseded_at IS NULL AND"
    for found, condition in zip(read, conditions, strict=True):
        rows = query(f"{stored} {condition} ORDER BY id")
        assert rows
        assert [row["id"] for row in found["rows"]] == [row.id for row in rows], condition
    envelope = ", ".join(map(str, box))
    rows = query(f"{stored} ST_Intersects(geometry, ST_MakeEnvelope({envelope}, 4326)) ORDER BY id")
    assert [row["id"] for row in boxed["rows"]] == [row.id for row in rows] == ["west-2", "west-4"]


def test_gdal_gets_the_types_and_places_of_the_rows(gdal, query):
    (read,) = gdal(("facilities", {}))
    rows = query(
        "SELECT id, floor_area_m2, places, upper(encode(ST_AsBinary(geometry), 'hex')) AS shape "
        "FROM facility WHERE superseded_at IS NULL ORDER BY id"
    )
    assert [row["id"] for row in read["rows"]] == [row.id for row in rows]
    # A whole number that is missing comes as NaN in the arrays GDAL fills.
    for name in ("places", "floor_area_m2"):
        shown = [None if row[name] != row[name] else row[name] for row in read["rows"]]
        assert shown == [row[2 if name == "places" else 1] for row in rows] == [None, shown[1]]
        assert shown[1] in {60, 400}
    assert [shape.upper() for shape in read["geometry"]] == [row.shape for row in rows]


def test_gdal_reads_in_another_crs(gdal, query):
    srids = (4490, 3857, 4547)
    read = gdal(*(("districts", {"CRS": f"EPSG:{srid}"}) for srid in srids))
    for found, srid in zip(read, srids, strict=True):
        assert found["crs"] == f"EPSG:{srid}"
        rows = query(
            f"SELECT ST_AsBinary(ST_Transform(geometry, {srid})) AS shape FROM district "
            "WHERE superseded_at IS NULL ORDER BY id"
        )
        for mine, theirs in zip(found["geometry"], rows, strict=True):
            distance = shapely.hausdorff_distance(
                shapely.from_wkb(bytes.fromhex(mine)), shapely.from_wkb(bytes(theirs.shape))
            )
            assert distance < (1e-3 if srid != 4490 else 1e-8)


def test_owslib_reads_what_sql_reads(town, query):
    key = town.keys["viewer"]
    client = Features(f"{town.address}/ogc/", auth=Authentication("yike", key))
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
        in client.conformance()["conformsTo"]
    )
    assert "districts" in client.feature_collections()
    assert client.api()["openapi"] == "3.0.3"
    assert client.collection("districts")["storageCrs"] == CRS84
    assert "households" in client.collection_queryables("districts")["properties"]
    assert "geometry" in client.collection_schema("districts")["properties"]
    found = client.collection_items("districts", filter="households > 1000")
    rows = query(
        "SELECT id FROM district WHERE superseded_at IS NULL AND households > 1000 ORDER BY id"
    )
    assert [one["id"] for one in found["features"]] == [row.id for row in rows]
    boxed = client.collection_items("districts", bbox=[114.3, 30.6, 114.3045, 30.605], limit=5)
    assert [one["id"] for one in boxed["features"]] == ["west-2", "west-4"]
    one = client.collection_item("districts", "west-2")
    assert one["properties"]["households"] == 102


@pytest.mark.gdal
def test_ogr2ogr_writes_what_sql_reads(town, query, tmp_path):
    """The program of Debian, older than the library in the wheel, which pages by ten."""

    def read(layer, *options):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.geojson"
        command = [
            "ogr2ogr", "-f", "GeoJSON", "-lco", "RFC7946=NO", *options,
            str(path), f"OAPIF:{town.address}/ogc", layer,
        ]  # fmt: skip
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "GDAL_HTTP_AUTH": "BASIC",
                "GDAL_HTTP_USERPWD": f"yike:{town.keys['viewer']}",
            },
        )
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr
        return json.loads(path.read_text(encoding="utf-8"))["features"]

    def rows(condition):
        return [
            tuple(row)
            for row in query(
                "SELECT id, households FROM district WHERE superseded_at IS NULL AND "
                f"{condition} ORDER BY id"
            )
        ]

    def shown(features):
        return [(one["properties"]["id"], one["properties"]["households"]) for one in features]

    edges = query("SELECT number FROM network_edge ORDER BY number")
    assert [one["properties"]["number"] for one in read("network-edges")] == [
        row.number for row in edges
    ]
    for condition in (
        "id = 'west-4'",
        "stage = 'existing'",
        "households = 102",
        "households > 1000",
        "name LIKE '东%'",
        "households IS NULL",
    ):
        assert shown(read("districts", "-where", condition)) == rows(condition) != []
    box = ("114.3", "30.6", "114.3045", "30.605")
    inside = f"ST_Intersects(geometry, ST_MakeEnvelope({', '.join(box)}, 4326))"
    assert shown(read("districts", "-spat", *box)) == rows(inside) != []
    both = read("districts", "-spat", *box, "-where", "households > 102")
    assert shown(both) == rows(f"{inside} AND households > 102") != []
    (projected,) = read("districts", "-t_srs", "EPSG:4547", "-where", "id = 'west-2'")
    (row,) = query(
        "SELECT ST_AsBinary(ST_Transform(geometry, 4547)) AS shape FROM district "
        "WHERE superseded_at IS NULL AND id = 'west-2'"
    )
    mine = shapely.geometry.shape(projected["geometry"])
    assert shapely.hausdorff_distance(mine, shapely.from_wkb(bytes(row.shape))) < 1e-3


def test_owslib_creates_updates_and_deletes(town, query):
    client = Features(
        f"{town.address}/ogc/",
        auth=Authentication("yike", town.keys["editor"]),
        headers={"Content-Type": "application/geo+json"},
    )
    part4 = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete"
    assert part4 in client.conformance()["conformsTo"]

    def stored():
        return [
            tuple(row)
            for row in query(
                "SELECT name, households, ST_AsText(geometry), version, valid_to IS NULL "
                "FROM district WHERE id = 'ows' ORDER BY version"
            )
        ]

    def body(lon, **properties):
        place = {"type": "Point", "coordinates": [lon, 30.6]}
        return json.dumps({"type": "Feature", "geometry": place, "properties": properties})

    assert client.collection_item_create("districts", body(114.3, id="ows", name="一"))
    assert client.response_headers["location"] == f"{town.address}{ITEMS}/ows"
    assert stored() == [("一", None, "POINT(114.3 30.6)", 1, True)]
    assert client.collection_item_update("districts", "ows", body(114.4, name="二", households=2))
    assert stored()[1:] == [("二", 2, "POINT(114.4 30.6)", 2, True)]
    assert client.collection_item("districts", "ows")["properties"]["name"] == "二"
    assert client.collection_item_delete("districts", "ows")
    assert [row[3:] for row in stored()] == [(1, True), (2, True), (3, False)]
    with pytest.raises(RuntimeError, match="not-found"):
        client.collection_item("districts", "ows")
    reader = Features(f"{town.address}/ogc/", auth=Authentication("yike", town.keys["viewer"]),
                      headers={"Content-Type": "application/geo+json"})  # fmt: skip
    with pytest.raises(RuntimeError, match="forbidden"):
        reader.collection_item_create("districts", body(114.3, id="ows-2"))
    assert stored()[3:] == []


def test_owslib_reads_in_order(town, query):
    client = Features(f"{town.address}/ogc/", auth=Authentication("yike", town.keys["viewer"]))
    found = client.collection_items("districts", sortby=("households", "desc"))
    rows = query(
        "SELECT id FROM district WHERE superseded_at IS NULL AND valid_to IS NULL "
        "ORDER BY households DESC NULLS LAST, id"
    )
    assert [one["id"] for one in found["features"]] == [row.id for row in rows]


def test_owslib_executes_processes(town):
    """Listed, described, executed at once and as a job that is followed to its results."""
    auth = Authentication("yike", town.keys["viewer"])
    client = Processes(
        f"{town.address}/ogc/", auth=auth, headers={"Content-Type": "application/json"}
    )
    listed = {one["id"]: one for one in client.processes()}
    assert set(listed) == {"evaluate", "review", "isochrone", "catchments"}
    described = client.process("catchments")
    assert described["version"] == listed["catchments"]["version"]
    assert {"sync-execute", "async-execute"} <= set(described["jobControlOptions"])
    inputs = {"facilities": ["nursery-1"], "as_of": "2026-11-22", "metres": [300], "minutes": [5]}
    assert set(inputs) <= set(described["inputs"])
    wanted = town.post("/v1/catchments", json=inputs, role="viewer").json()["items"]
    at_once = client.execute("catchments", inputs)
    assert at_once["catchments"]["value"]["items"] == wanted
    job = client.execute("catchments", inputs, async_=True)
    address = client.response_headers["location"]
    assert address == f"{town.address}/ogc/jobs/{job['jobID']}"

    def ended():
        status = http_get(address, auth=auth).json()
        return status if status["status"] in ENDED else None

    status = until(ended, why="the job did not end")
    assert (status["status"], status["processID"]) == ("successful", "catchments")
    (results,) = [one["href"] for one in status["links"] if one["rel"].endswith("/results")]
    assert http_get(results, auth=auth).json() == at_once
    with pytest.raises(RuntimeError, match="no-such-process"):
        client.process("none")
    with pytest.raises(RuntimeError, match="/inputs/metres"):
        client.execute("catchments", {**inputs, "metres": [-1]})
