"""Files over HTTP: every format and system, rows set aside, limits; streets too."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import tempfile

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from jobs import until
from served_town import (
    assert_problem,
    collection,
    feature,
    place,
    point,
    serving,
    street_lines,
)
from uploading import GEOJSON, MIXED, ask, done, nursery, upload

from service.uploads import arriving
from spatial.webmap_crs import wgs84_to_bd09

pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.usefixtures("clean")
def test_rows_set_aside_are_corrected_and_imported(town, rows):
    found = done(town, upload(town, MIXED))
    answer = town.get(f"/v1/imports/{found['id']}/quarantine")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == GEOJSON
    aside = answer.json()
    assert [f["properties"]["id"] for f in aside["features"]] == ["n2", "n3", "n1"]
    assert aside["features"][0]["properties"]["import_reason"] == "places: -3 must not be negative"
    # The page has a reader of Chinese; what is kept is told anew to each.
    told = town.get(f"/v1/imports/{found['id']}", headers={"Accept-Language": "zh-CN"})
    assert told.headers["content-language"] == "zh"
    assert told.json()["report"]["quarantined"][0]["reason"] == "-3 不能为负"
    assert told.json()["report"]["repairs"][0]["detail"] == "闭合 1 个环"
    for number, one in enumerate(aside["features"]):
        one["properties"] |= {"places": 3, "id": f"corrected-{number}"}

    again = done(town, upload(town, aside))

    assert again["report"]["rows"]["quarantined"] == 0
    assert again["report"]["diff"]["added"] == 3
    assert not any("import_reason" in line for line in again["report"]["warnings"])
    assert town.get(f"/v1/imports/{again['id']}/quarantine").status_code == 404
    assert ask(town, "commit", again).status_code == 200
    assert rows()["corrected-1"]["places"] == "3"


@pytest.mark.usefixtures("clean")
def test_a_csv_comes_back_as_csv(town):
    body = b"id,kind,lon,lat,places\nc1,nursery,114.305,30.605,5\nc2,nursery,114.305,,5\n"
    answer = town.post(
        "/v1/imports?kind=facilities&crs=EPSG:4326&assume_status=operating&file=x.csv",
        content=body,
        headers={"Content-Type": "application/octet-stream"},
    )
    found = done(town, answer)
    aside = town.get(f"/v1/imports/{found['id']}/quarantine")
    assert aside.headers["content-type"] == "text/csv; charset=utf-8"
    assert aside.content.decode("utf-8-sig") == (
        "id,kind,lon,lat,places,import_reason\r\nc2,nursery,114.305,,5,lat: is missing\r\n"
    )


@pytest.mark.usefixtures("clean")
def test_a_geopackage_comes_back_as_a_geopackage(town, tmp_path):
    frame = gpd.GeoDataFrame(
        {"id": ["g1", "g2"], "kind": ["nursery", "nothing"], "status": ["operating"] * 2},
        geometry=[shapely.Point(114.305, 30.605)] * 2,
        crs="EPSG:4490",
    )
    frame.to_file(tmp_path / "x.gpkg")
    answer = town.post(
        "/v1/imports?kind=facilities&file=x.gpkg",
        content=(tmp_path / "x.gpkg").read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    found = done(town, answer)
    assert found["report"]["crs"]["origin"] == "EPSG:4490"
    answer = town.get(f"/v1/imports/{found['id']}/quarantine")
    assert answer.headers["content-disposition"].endswith('.gpkg"')
    (tmp_path / "aside.gpkg").write_bytes(answer.content)
    aside = gpd.read_file(tmp_path / "aside.gpkg")
    assert aside["id"].tolist() == ["g2"]
    assert aside.crs == "EPSG:4490"
    assert "did you mean" in aside["import_reason"][0] or "is no known" in aside["import_reason"][0]


def test_a_file_that_cannot_be_used_says_why(town):
    for document, said in (
        (b"no json", "is no valid JSON"),
        (collection(feature(point(1, 1), id="x")), "kind"),
        (collection(), ""),
    ):
        found = done(town, upload(town, document, file="a.geojson"))
        if said:
            assert found["state"] == "refused"
            assert said in found["report"]["refused"]
            assert found["report"]["refused"].startswith("a.geojson"), "not where it lay"
            assert_problem(ask(town, "commit", found), 409, "conflict")


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"kind": "streets"}, "kind"),
        ({"kind": "facilities", "key": "geometry"}, "key"),
        ({"kind": "facilities", "key": "name,name"}, "key"),
        ({"kind": "facilities", "of": "kind=nursery"}, "complete"),
        ({"kind": "facilities", "complete": "1", "of": "colour=red"}, "of"),
        ({"kind": "facilities", "complete": "1", "of": "kind=house"}, "of"),
        ({"kind": "facilities", "mapping": "x"}, "mapping"),
        ({"kind": "facilities", "mapping": "x=id;x=name"}, "mapping"),
        ({"kind": "districts", "assume_status": "operating"}, "assume_status"),
        ({"kind": "districts", "encoding": "klingon"}, "encoding"),
        ({"kind": "districts", "file": "a\x07.csv"}, "file"),
    ],
)
def test_what_is_asked_wrongly_is_refused_at_once(town, params, parameter):
    answer = town.post(
        "/v1/imports", params=params, content=b"{}", headers={"Content-Type": GEOJSON}
    )
    problem = assert_problem(answer, 400, "invalid-parameter")
    assert problem["errors"][0]["parameter"] == parameter


def test_formats_are_named_by_the_file_or_the_type(town):
    def answer(kind, **params):
        return town.post(
            "/v1/imports",
            params={"kind": "facilities", **params},
            content=b"{}",
            headers={"Content-Type": kind} if kind else {},
        )

    assert_problem(answer("application/xml"), 415, "unsupported-media-type")
    assert_problem(answer("application/octet-stream"), 400, "invalid-parameter")
    assert_problem(answer("application/octet-stream", file="a.exe"), 400, "invalid-parameter")
    empty = town.post("/v1/imports?kind=facilities", content=b"", headers={"Content-Type": GEOJSON})
    assert_problem(empty, 400, "invalid-body")


@pytest.mark.usefixtures("clean")
def test_a_table_without_places_is_joined_to_what_is_stored(town, rows):
    before = rows()

    def send(text, role="editor", **params):
        answer = town.post(
            "/v1/imports",
            params={"kind": "facilities", **params},
            content=text.encode(),
            headers={"Content-Type": "text/csv"},
            role=role,
        )
        return done(town, answer, role)

    found = send("名称,托位数\n托育园,77\n日间照料,\n无此处,5\n", mapping="名称=name")
    assert found["state"] == "previewed", found["report"]
    assert found["report"]["diff"]["changes"] == [
        {"id": "nursery-1", "fields": ["places"], "values": {"places": [60, 77]}}
    ]
    assert found["report"]["diff"]["unchanged"] == 1
    (aside,) = found["report"]["quarantined"]
    assert (aside["row"], aside["field"]) == (3, "name")
    assert "names none of the stored facilities" in aside["reason"]
    assert ask(town, "commit", found).json()["state"] == "committed"
    after = rows()
    assert after["nursery-1"]["geometry"] == before["nursery-1"]["geometry"]
    assert after["nursery-1"]["places"] == "77"

    by_id = send("id,places\nnursery-1,78\nnowhere,1\n")
    assert by_id["report"]["diff"]["changed_fields"] == {"places": 1}
    assert "is none of the" in by_id["report"]["quarantined"][0]["reason"]
    # What a key cannot see it cannot join.
    east = send("id,places\nnursery-1,78\n", role="west editor")
    assert east["state"] in {"previewed", "refused"}
    nothing = send("places\n5\n")
    assert nothing["state"] == "refused"
    assert "which stored facilities they are" in nothing["report"]["refused"]


@pytest.mark.usefixtures("clean")
def test_a_form_brings_a_file_or_a_whole_shapefile(town, tmp_path):
    def send(*names, params="", data=None):
        parts = [("file", (name, (tmp_path / name).read_bytes())) for name in names]
        return town.post(
            f"/v1/imports?kind=facilities&kinds_from_names=true{params}", files=parts, data=data
        )

    frame = gpd.GeoDataFrame(
        {"id": ["s1"], "name": ["阳光托育园"], "status": ["operating"], "kind": ["nursery"]},
        geometry=[shapely.Point(*place(5, 5))],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "园.shp", encoding="GBK")
    (tmp_path / "园.DBF").write_bytes((tmp_path / "园.dbf").read_bytes())
    frame.drop(columns="geometry").assign(lon=frame.geometry.x, lat=frame.geometry.y).to_csv(
        tmp_path / "园.csv", index=False
    )
    (tmp_path / "empty.csv").touch()
    (tmp_path / "other.prj").write_bytes((tmp_path / "园.prj").read_bytes())

    whole = done(town, send("园.prj", "园.DBF", "园.shx", "园.shp", "园.cpg"))
    assert whole["state"] == "previewed", whole["report"]
    assert whole["file"] == "园.shp"
    assert whole["report"]["encoding"]["declared"] == "GBK"
    assert whole["report"]["first_rows"][0]["name"] == "阳光托育园"
    assert ask(town, "commit", whole).json()["state"] == "committed"
    again = done(town, send("园.csv", params="&crs=EPSG:4326"))
    assert again["report"]["diff"]["unchanged"] == 1

    for answer, said in (
        (send("园.shp", "园.csv"), "holds several files (园.shp, 园.csv)"),
        (send("园.shp", "other.prj"), "holds several files"),
        (send("园.shp", "园.dbf", "园.DBF"), "holds several files"),
        (send("empty.csv"), "has no file, or an empty one"),
        (send("园.csv", data={"crs": "EPSG:4326"}), "the part 'crs' is no file"),
    ):
        assert said in assert_problem(answer, 400, "invalid-body")["detail"]
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    for body, said in (
        (b"no form", "is no form that can be read"),
        (head + b"id,name", "ends before its last part"),
        (head + b"id\r\n--x--\r\n", None),
    ):
        answer = town.post("/v1/imports?kind=facilities", content=body, headers=form)
        if said is None:
            assert done(town, answer)["report"]["rows"]["read"] == 0
        else:
            assert said in assert_problem(answer, 400, "invalid-body")["detail"]
    bare = town.post(
        "/v1/imports?kind=facilities",
        content=b"x",
        headers={"Content-Type": "multipart/form-data"},
    )
    assert_problem(bare, 400, "invalid-parameter")


@pytest.mark.parametrize(
    ("uploads", "imports", "said"),
    [
        ({"max_rows": 5}, {}, "has too many rows: 10, at most 5 are read"),
        ({}, {"wall_seconds": 1}, "took more than 1 seconds"),
        ({}, {"max_rows": 6}, "has too many rows: 10, at most 6 are read"),
    ],
)
def test_a_file_beyond_the_limits_is_not_read(town, make_settings, uploads, imports, said):
    settings = make_settings(uploads={"wait_seconds": 60, **uploads}, imports=imports)
    body = json.dumps(
        collection(*(nursery(n) for n in range(60_000))) if "wall_seconds" in imports else MIXED
    ).encode()
    with serving(settings) as address:
        answer = town.client.post(
            f"{address}/v1/imports?kind=facilities",
            content=body,
            headers={"Content-Type": GEOJSON, "X-API-Key": town.keys["editor"]},
        )
        found = answer.json()
    assert found["state"] in {"refused", "failed"}
    assert said in json.dumps(found["report"])


def test_large_files_and_many_at_once_are_refused(town, make_settings):
    settings = make_settings(uploads={"max_bytes": 2000, "at_once": 1, "wait_seconds": 0})
    headers = {"Content-Type": GEOJSON, "X-API-Key": town.keys["editor"]}
    with serving(settings) as address:
        url = f"{address}/v1/imports?kind=facilities"
        large = town.client.post(url, content=b" " * 2001, headers=headers)
        assert_problem(large, 413, "too-large")
        small = json.dumps(collection(nursery(1))).encode()
        first = town.client.post(url, content=small, headers=headers)
        second = town.client.post(url, content=small, headers=headers)
        assert first.status_code == 202
        assert first.json()["state"] == "reading"
        assert_problem(second, 503, "unavailable")
        path = f"{address}/v1/imports/{first.json()['id']}"
        assert_problem(town.client.delete(path, headers=headers), 409, "conflict")
    # The service is gone, and with it the one who read the file.
    left = town.get(f"/v1/imports/{first.json()['id']}").json()
    assert left["state"] in {"failed", "previewed"}


@contextlib.contextmanager
def half_sent(town, address, kind="facilities", type_=GEOJSON):
    """An upload of which half has come; yields the connection."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as plain:
        plain.sendall(
            f"POST /v1/imports?kind={kind} HTTP/1.1\r\nHost: localhost\r\n"
            f"X-API-Key: {town.keys['editor']}\r\nContent-Type: {type_}\r\n"
            "Content-Length: 20\r\nConnection: close\r\n\r\n0123456789".encode()
        )
        yield plain


def test_a_place_is_taken_before_a_file_comes_and_given_back_when_it_does_not(
    town, make_settings, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings = make_settings(uploads={"at_once": 1, "wait_seconds": 0})
    with serving(settings) as address:
        with half_sent(town, address) as first:
            until(lambda: list(tmp_path.iterdir()), why="the first one is not received")
            with half_sent(town, address) as second:
                # Told before the other half has come, and nothing was written for it.
                assert second.recv(100).split()[1] == b"503"
            assert len(list(tmp_path.iterdir())) == 1
            first.shutdown(socket.SHUT_RDWR)
        until(lambda: not list(tmp_path.iterdir()), why="what was written stays")
        for body, status in ((b"", 400), (b"{}", 202)):
            answer = town.client.post(
                f"{address}/v1/imports?kind=facilities",
                content=body,
                headers={"Content-Type": GEOJSON, "X-API-Key": town.keys["editor"]},
            )
            assert answer.status_code == status, answer.text
    until(lambda: not list(tmp_path.iterdir()), why="what was read stays")


@pytest.mark.parametrize("type_", [GEOJSON, "multipart/form-data; boundary=x"])
def test_a_file_that_comes_too_slowly_gives_its_place_up(town, make_settings, type_):
    settings = make_settings(uploads={"at_once": 1, "receive_seconds": 0.2})
    with serving(settings) as address:
        for _ in range(2):
            with half_sent(town, address, type_=type_) as plain:
                told = b"".join(iter(lambda: plain.recv(4096), b""))
            assert told.split()[1] == b"408"
            assert b"/problems/slow-body" in told


def test_files_are_written_beside_the_loop_that_serves(town, monkeypatch):
    looped = []
    hand_on = arriving.run_in_threadpool

    async def watched(write, *given, **named):
        def writing(*given, **named):
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                looped.append(False)
            else:
                looped.append(True)
            return write(*given, **named)

        return await hand_on(writing, *given, **named)

    monkeypatch.setattr(arriving, "run_in_threadpool", watched)
    monkeypatch.setattr(arriving, "_PIECE_BYTES", 1000)
    body = b" " * 5000 + json.dumps(collection(nursery(1))).encode()
    found = done(town, upload(town, body))
    assert (found["state"], found["report"]["diff"]["added"]) == ("previewed", 1)
    assert looped
    assert not any(looped)
    assert town.ask("DELETE", f"/v1/imports/{found['id']}").status_code == 204


def test_a_list_in_bd09_is_not_taken_for_another_system(town):
    # In the town's east, so that no other reading of the numbers is in the town at all.
    places = np.array([place(c, r) for c in range(16, 20) for r in range(1, 16)])
    shifted = wgs84_to_bd09(places)
    rows = "\n".join(
        f"g{at},nursery,{lon:.7f},{lat:.7f},operating" for at, (lon, lat) in enumerate(shifted)
    )

    def read(**params):
        answer = town.post(
            "/v1/imports",
            params={"kind": "facilities", "file": "g.csv", **params},
            content=f"id,kind,lon,lat,status\n{rows}\n".encode(),
            headers={"Content-Type": "text/csv"},
        )
        return done(town, answer)

    silent, wrong, right = read(), read(crs="EPSG:4326"), read(crs="BD-09")
    insisted = read(crs="EPSG:4326", crs_as_declared="true")

    assert silent["state"] == wrong["state"] == "refused"
    assert "say crs=BD-09, or" not in silent["report"]["refused"]
    assert "if that is right, say crs=BD-09" in silent["report"]["refused"]
    assert "its places fit BD-09" in wrong["report"]["refused"]
    assert right["state"] == insisted["state"] == "previewed"
    assert right["origin_crs"] == "BD-09"
    assert right["report"]["crs"]["evidence"]
    west, south, _, _ = right["report"]["map"]["bbox"]
    assert (west, south) == pytest.approx(places.min(axis=0), abs=1e-6)
    assert "as declared, though the places fit BD-09" in insisted["transformation"]


def test_a_list_in_gbk_tells_its_encoding_and_a_workbook_comes_back_as_one(town, tmp_path):
    text = "编号,机构名称,机构类型,经度,纬度,托位数\ng1,托育园,托育机构,114.305,30.605,5\n"
    answer = town.post(
        "/v1/imports?kind=facilities&crs=EPSG:4326&file=gbk.csv",
        content=text.encode("gb18030"),
        headers={"Content-Type": "text/csv"},
    )
    found = done(town, answer)
    assert found["report"]["encoding"]["name"] == "gb18030"
    assert found["report"]["first_rows"][0]["name"] == "托育园"
    assert {one["column"]: one["field"] for one in found["report"]["columns"]["mapped"]} == {
        "编号": "id",
        "机构名称": "name",
        "机构类型": "kind",
        "经度": "lon",
        "纬度": "lat",
        "托位数": "places",
    }
    book = openpyxl.Workbook()
    for line in (*text.splitlines(), "g2,园,托育机构,114.305,30.605,五"):
        book.active.append(line.split(","))
    book.save(tmp_path / "x.xlsx")
    answer = town.post(
        "/v1/imports?kind=facilities&crs=EPSG:4326&file=x.xlsx",
        content=(tmp_path / "x.xlsx").read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    found = done(town, answer)
    assert found["report"]["rows"]["quarantined"] == 1
    aside = town.get(f"/v1/imports/{found['id']}/quarantine")
    (tmp_path / "aside.xlsx").write_bytes(aside.content)
    rows = list(openpyxl.load_workbook(tmp_path / "aside.xlsx").active.iter_rows(values_only=True))
    assert rows[0][-1] == "import_reason"
    assert rows[1][0] == "g2"


# --- streets --------------------------------------------------------------------------------


def send_streets(town, lines, role="editor", file="streets.geojson", **params):
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

    found = done(town, send_streets(town, lines, name="新路网"))

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
    nearest = town.get(f"/v1/coverage?lon={lon}&lat={lat}&service=childcare&pack=jinhua-2022")
    assert nearest.status_code == 200, nearest.text

    # The former one is a version that stands; its file puts it into use again.
    again = done(town, send_streets(town, street_lines()))
    assert again["report"]["network"]["known"]
    assert not again["report"]["network"]["in_use"]
    assert ask(town, "commit", again).json()["report"]["stored"]["added"] == 0
    assert town.get("/v1/networks").json()["networks"][0]["version"] == before[0]["version"]
    # Each taken back in turn: the network used before is in use again.
    conflict = assert_problem(ask(town, "undo", found), 409, "conflict")
    assert "no longer in use" in conflict["detail"]
    for one, used in ((again, network["version"]), (found, before[0]["version"])):
        undone = ask(town, "undo", one)
        assert undone.json()["state"] == "undone", undone.text
        (in_use,) = [n for n in town.get("/v1/networks").json()["networks"] if n["in_use"]]
        assert in_use["version"] == used
    (entry,) = [
        one for one in town.get("/v1/imports").json()["imports"] if one["id"] == found["id"]
    ]
    assert (entry["kind"], entry["state"]) == ("network", "undone")


def test_a_network_that_is_none_is_refused_with_its_rows(town):
    points = gpd.GeoDataFrame(
        {"highway": ["path"]}, geometry=[shapely.Point(*place(1, 1))], crs="EPSG:4326"
    )
    refused = done(town, send_streets(town, points))
    assert refused["state"] == "refused"
    assert refused["report"]["faults"] == [
        {
            "row": 1,
            "field": "geometry",
            "reason": "must be a LineString or MultiLineString, not a Point",
        }
    ]
    osm = done(town, send_streets(town, b"no file of OpenStreetMap", file="x.osm.pbf"))
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
    split = done(town, send_streets(town, cross, planarize="true"))
    assert split["report"]["network"]["diagnosis"]["components"] == 1
    assert split["report"]["network"]["edges"] == 4


def test_who_may_import_streets_and_what_goes_with_them(town):
    lines = street_lines()
    for role in ("viewer", "reviewer", "west editor"):
        assert_problem(send_streets(town, lines, role=role), 403, "forbidden")
    for params, named in (
        ({"key": "name"}, "key"),
        ({"mapping": "a=b"}, "mapping"),
        ({"complete": "true"}, "complete"),
    ):
        problem = assert_problem(send_streets(town, lines, **params), 400, "invalid-parameter")
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


# --- figures --------------------------------------------------------------------------------


def test_figures_are_compared_stored_and_refused_outside_the_key(town):
    def send(text, role="editor", **params):
        answer = town.post(
            "/v1/imports",
            params={"kind": "indicators", "file": "公报.csv", **params},
            content=text.encode(),
            headers={"Content-Type": "text/csv"},
            role=role,
        )
        return done(town, answer, role)

    heading = "area,indicator,year,value,source\n"
    west = f"{heading}420101001001,places_per_1000,2025,3.10,公报\n"
    first = send(west)
    assert first["state"] == "previewed", first["report"]
    assert first["report"]["diff"]["added_ids"] == ["420101001001, places_per_1000, 2025"]
    assert first["report"]["first_rows"][0]["value"] == 3.1
    assert any("no rule asks for" in line for line in first["report"]["warnings"])
    assert ask(town, "commit", first).json()["report"]["stored"]["added"] == 1
    (figure,) = town.get("/v1/indicators?indicator=places_per_1000").json()["indicators"]
    assert (figure["value"], figure["source"]) == (3.1, "公报")

    second = send(f"{west.replace('3.10', '3.2')}420101,places_per_1000,2025,4,\n", "west editor")
    diff = second["report"]["diff"]
    assert (diff["added"], diff["changed_fields"]) == (1, {"value": 1})
    assert diff["changes"][0]["values"] == {"value": [3.1, 3.2]}
    assert second["report"]["outside_scope"] == {"count": 1, "ids": ["420101"]}
    assert_problem(ask(town, "commit", second, "west editor"), 403, "forbidden")
    # Another writer was faster: what was shown is no longer what would be done.
    town.post(
        "/v1/indicators",
        json=[{"area": "420101", "indicator": "places_per_1000", "year": 2025, "value": 5}],
    )
    stale = ask(town, "commit", second)
    assert stale.status_code == 409
    assert (stale.json()["diff"]["added"], stale.json()["diff"]["changed"]) == (0, 2)
    stored = ask(town, "commit", second).json()
    assert (stored["state"], stored["actions"]) == ("committed", ["undo"])
    assert ask(town, "undo", second).json()["state"] == "undone"
    figures = town.get("/v1/indicators?indicator=places_per_1000").json()["indicators"]
    assert [one["value"] for one in figures] == [5, 3.1]

    wrong = send(f"{heading}a,b,2025,many,\n")
    assert wrong["state"] == "refused"
    assert (wrong["report"]["faults"][0]["row"], wrong["report"]["faults"][0]["field"]) == (
        1,
        "value",
    )
    problem = town.post(
        "/v1/imports?kind=indicators&crs=EPSG:4326&file=x.csv",
        content=b"x",
        headers={"Content-Type": "text/csv"},
    )
    assert assert_problem(problem, 400, "invalid-parameter")["errors"][0]["parameter"] == "crs"
