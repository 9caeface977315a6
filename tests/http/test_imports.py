"""Imports over HTTP: a file is looked at, stored, stored again, and taken back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from jobs import until
from served_town import assert_problem, block, collection, feature, place, point, serving
from sqlalchemy import text

from service.core import audit
from service.core.database import create_database_engine
from service.uploads import arriving
from spatial.webmap_crs import wgs84_to_bd09

GEOJSON = "application/geo+json"


def upload(town, document, *, kind="facilities", role="editor", **params):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return town.post(
        "/v1/imports",
        params={"kind": kind, **params},
        content=body,
        headers={"Content-Type": GEOJSON},
        role=role,
    )


def done(town, answer, role="editor"):
    """The import once its file is read, however busy the machine is."""
    assert answer.status_code in (201, 202), answer.text
    document = answer.json()
    assert answer.headers["location"] == f"/v1/imports/{document['id']}"
    for _ in range(1200):
        if document["state"] != "reading":
            return document
        time.sleep(0.1)
        document = town.get(answer.headers["location"], role=role).json()
    pytest.fail("the file is still being read")


def ask(town, what, found, role="editor"):
    return town.post(f"/v1/imports/{found['id']}/{what}", role=role)


def nursery(number, column=5, row=5, **values):
    base = {"kind": "nursery", "status": "operating", "places": 60, "name": f"园{number}"}
    return feature(point(column, row), id=f"n{number}", **{**base, **values})


@pytest.fixture
def rows(town):
    """What is stored of a layer now, by identifier, without what only says who wrote it."""
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())

    def read(table="facility"):
        with engine.connect() as connection:
            found = connection.execute(
                text(f"SELECT * FROM {table} WHERE superseded_at IS NULL ORDER BY id")
            ).mappings()
            hidden = {"version", "recorded_at", "recorded_by"}
            return {
                row["id"]: {name: str(value) for name, value in row.items() if name not in hidden}
                for row in found
            }

    yield read
    with engine.connect() as connection:
        assert audit.verify(connection) is None
    engine.dispose()


@pytest.fixture
def clean(town, rows):
    """Every import of the test is taken back after it, so that the next one starts alike."""
    before = rows()
    yield
    for entry in town.get("/v1/imports").json()["imports"]:
        if entry["state"] == "committed":
            answer = ask(town, "undo", entry)
            assert answer.status_code == 200, answer.text
    assert rows() == before


MIXED = collection(
    nursery(1, name="甲园", floor_area_m2=400.5),
    nursery(2, places=-3),
    nursery(3, places="many"),
    nursery(1, 6, 6),
    feature(
        {**block(6, 6), "coordinates": [block(6, 6)["coordinates"][0][:-1]]},
        id="n5",
        kind="nursery",
        status="operating",
        name="五",
    ),
    feature(
        {
            "type": "Polygon",
            "coordinates": [[place(8, 8), place(9, 9), place(9, 8), place(8, 9), place(8, 8)]],
        },
        id="n6",
        kind="nursery",
        status="operating",
        name="六",
    ),
    nursery(7, name="甲园"),
    feature(point(4, 2), id="n8", kind="nursery", status="operating", name="托育园"),
    feature(
        point(4, 2),
        id="nursery-1",
        kind="nursery",
        status="operating",
        name="托育园",
        floor_area_m2=400,
        places=99,
    ),
    feature(point(3, 3), id="day-1", kind="day_care", status="operating", name="日间照料"),
)


@pytest.mark.usefixtures("clean")
def test_a_file_is_looked_at_before_anything_is_stored(town, rows):
    before = rows()
    found = done(town, upload(town, MIXED, file="../../etc/养老设施.geojson"))

    assert rows() == before
    assert found["state"] == "previewed"
    assert found["file"] == "养老设施.geojson", "a label, no path"
    report = found["report"]
    assert report["rows"] == {"read": 10, "accepted": 7, "repaired": 2, "quarantined": 3}
    assert [(one["row"], one["field"]) for one in report["quarantined"]] == [
        (2, "places"),
        (3, "places"),
        (4, "id"),
    ]
    assert report["quarantined"][0]["reason"] == "-3 must not be negative"
    assert report["same_id"] == 1
    assert "already in row 1" in report["quarantined"][2]["reason"]
    assert [(one["row"], one["what"]) for one in report["repairs"]] == [
        (5, "ring_closed"),
        (6, "made_valid"),
    ]
    assert report["repairs"][1]["detail"].startswith("Self-intersection")
    assert report["same_name_and_place"]["pairs"] == [
        {"rows": [1, 7], "name": "甲园", "apart_m": 0},
        {"rows": [8, 9], "name": "托育园", "apart_m": 0},
    ]
    assert (report["crs"]["origin"], report["crs"]["transformation"]) == ("OGC:CRS84", None)
    assert "100.0 %" in report["crs"]["evidence"][1], "all rows are in the town's areas"
    assert report["diff"]["added"] == 5
    assert report["diff"]["unchanged"] == 1
    assert report["diff"]["changes"] == [
        {"id": "nursery-1", "fields": ["places"], "values": {"places": [60, 99]}}
    ]
    assert report["diff"]["changed_fields"] == {"places": 1}
    assert report["diff"]["gone"] == 0
    assert report["first_rows"][0]["floor_area_m2"] == 400.5
    assert report["first_rows"][0]["service"] == "childcare", "as it will be stored"
    assert len(report["map"]["features"]["features"]) == 7
    west, south, east, north = report["map"]["bbox"]
    assert west < east
    assert south < north
    becomes = {f["id"]: f["properties"]["becomes"] for f in report["map"]["features"]["features"]}
    assert becomes["n1"] == "added"
    assert becomes["nursery-1"] == "changed"
    assert becomes["day-1"] == "unchanged"


@pytest.mark.usefixtures("clean")
def test_what_was_shown_is_stored_once_and_taken_back_to_the_letter(town, rows):
    before = rows()
    found = done(town, upload(town, MIXED, file="a.geojson"))

    first, second = ask(town, "commit", found), ask(town, "commit", found)

    assert first.status_code == second.status_code == 200, first.text
    assert first.json() == second.json()
    assert first.json()["report"]["stored"] == {
        "added": 5,
        "changed": 1,
        "unchanged": 1,
        "closed": 0,
    }
    after = rows()
    assert set(after) - set(before) == {"n1", "n5", "n6", "n7", "n8"}
    assert after["nursery-1"]["places"] == "99"
    assert (after["n8"]["source_file"], after["n8"]["source_row"]) == ("a.geojson", "8")
    assert town.ask("DELETE", f"/v1/imports/{found['id']}").status_code == 409

    undone = ask(town, "undo", found)

    assert undone.status_code == 200, undone.text
    assert undone.json()["state"] == "undone"
    assert rows() == before
    assert ask(town, "undo", found).status_code == 200
    assert_problem(ask(town, "commit", found), 409, "conflict")


@pytest.mark.usefixtures("clean")
def test_rows_set_aside_are_corrected_and_imported(town, rows):
    found = done(town, upload(town, MIXED))
    answer = town.get(f"/v1/imports/{found['id']}/quarantine")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == GEOJSON
    aside = answer.json()
    assert [f["properties"]["id"] for f in aside["features"]] == ["n2", "n3", "n1"]
    assert aside["features"][0]["properties"]["import_reason"] == "places: -3 must not be negative"
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


@pytest.mark.usefixtures("clean")
def test_a_comparison_that_no_longer_holds_is_not_stored(town, rows):
    found = done(town, upload(town, collection(nursery(1), nursery(2))))
    created = town.post("/v1/facilities", json=nursery(1, places=7))
    assert created.status_code == 201
    try:
        problem_answer = ask(town, "commit", found)
        problem = problem_answer.json()
        assert problem_answer.status_code == 409
        assert problem["diff"]["added"] == 1
        assert problem["diff"]["changes"] == [
            {"id": "n1", "fields": ["places"], "values": {"places": [7, 60]}}
        ]
        assert rows()["n1"]["places"] == "7"
        shown = town.get(f"/v1/imports/{found['id']}").json()
        assert shown["state"] == "previewed"
        assert shown["report"]["diff"] == problem["diff"]
        # What has nothing to do with the import does not matter.
        town.post("/v1/facilities", json=nursery("other"))
        assert ask(town, "commit", found).status_code == 200
        assert rows()["n1"]["places"] == "60"
        assert ask(town, "undo", found).status_code == 200
        assert rows()["n1"]["places"] == "7"
        assert "n2" not in rows()
    finally:
        remove(town, "n1", "nother")


def remove(town, *keys):
    """Take facilities out of the tests' way, history and all."""
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM facility WHERE id = ANY(:keys)"), {"keys": list(keys)})
    owner.dispose()


@pytest.mark.usefixtures("clean")
def test_it_is_not_taken_back_over_later_edits(town, rows):
    found = done(town, upload(town, collection(nursery("e1"), nursery("e2"))))
    assert ask(town, "commit", found).status_code == 200
    edited = town.ask(
        "PATCH",
        "/v1/facilities/ne2",
        json={"properties": {"places": 1}},
        headers={"If-Match": "*", "Content-Type": "application/merge-patch+json"},
    )
    assert edited.status_code == 200
    between = rows()

    problem = assert_problem(ask(town, "undo", found), 409, "conflict")

    assert "1 of its rows were written again after this import (ne2)" in problem["detail"]
    assert "ne2: version 2 was written at" in problem["errors"][0]["detail"]
    assert rows() == between
    # The owner takes the edit out of the way, so that the import can go.
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE facility DISABLE TRIGGER history_is_sealed"))
        connection.execute(text("DELETE FROM facility WHERE id = 'ne2' AND version = 2"))
        connection.execute(
            text("UPDATE facility SET superseded_at = NULL WHERE id = 'ne2' AND version = 1")
        )
        connection.execute(text("ALTER TABLE facility ENABLE TRIGGER history_is_sealed"))
    owner.dispose()


@pytest.mark.usefixtures("clean")
def test_a_complete_list_closes_what_it_does_not_name(town, rows):
    first = done(town, upload(town, collection(nursery(1), nursery(2), nursery(3, places=3))))
    assert ask(town, "commit", first).status_code == 200
    between = rows()
    # Row 2 is set aside, but it is in the file, so it is not gone.
    second = done(
        town,
        upload(
            town,
            collection(nursery(1), nursery(2, places=-1)),
            complete="true",
            of="kind=nursery",
            closed_on="2026-11-01",
        ),
    )
    assert second["report"]["diff"]["gone_ids"] == ["n3", "nursery-1"]
    stored = ask(town, "commit", second)
    assert stored.json()["report"]["stored"]["closed"] == 2
    assert rows()["n3"]["valid_to"] == rows()["n3"]["closed_on"] == "2026-11-01"
    assert town.get("/v1/facilities/n3").status_code == 404
    assert ask(town, "undo", second).status_code == 200
    assert rows() == between
    assert town.get("/v1/facilities/n3").status_code == 200

    unnamed = collection(nursery(1), feature(point(1, 1), kind="nursery"))
    refused = done(town, upload(town, unnamed, complete="true"))
    assert refused["state"] == "refused"
    assert "1 rows set aside have no identifier" in refused["report"]["refused"]


@pytest.mark.usefixtures("clean")
def test_rows_without_identifiers_are_known_by_other_fields(town, rows):
    def row(name, **values):
        return feature(point(5, 5), kind="nursery", status="operating", name=name, **values)

    first = done(
        town,
        upload(
            town, collection(row("托育园", places=1), row("新"), row("新"), row(None)), key="name"
        ),
    )
    assert first["report"]["rows"]["accepted"] == 2
    assert [one["reason"] for one in first["report"]["quarantined"]] == [
        "'新' is already in row 2",
        "is missing, and rows are known by it",
    ]
    # One of the name is stored already, under an identifier of its own.
    assert [one["id"] for one in first["report"]["diff"]["changes"]] == ["nursery-1"]
    (made,) = first["report"]["diff"]["added_ids"]
    assert ask(town, "commit", first).status_code == 200
    second = done(town, upload(town, collection(row("新", places=2)), key="name"))
    assert [one["id"] for one in second["report"]["diff"]["changes"]] == [made]
    assert rows()["nursery-1"]["places"] == "1"


def test_two_who_store_at_once_store_once(town, rows):
    found = done(town, upload(town, collection(*(nursery(number) for number in range(200)))))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(town, "commit", found), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1
    entries = [one for one in town.get("/v1/imports").json()["imports"] if one["id"] == found["id"]]
    assert len(entries) == 1
    assert ask(town, "undo", found).status_code == 200
    assert "n1" not in rows()


def test_two_imports_of_the_same_rows_at_once_never_mix(town, rows):
    one = done(town, upload(town, collection(*(nursery(n, places=1) for n in range(50)))))
    two = done(town, upload(town, collection(*(nursery(n, places=2) for n in range(50)))))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda found: ask(town, "commit", found), (one, two)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    stored = {
        row["places"] for key, row in rows().items() if key.startswith("n") and key[1:].isdigit()
    }
    assert len(stored) == 1
    for found, answer in zip((one, two), answers, strict=True):
        if answer.status_code == 200:
            assert ask(town, "undo", found).status_code == 200


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


def test_who_may_do_what(town):
    for role in ("viewer", "reviewer"):
        assert_problem(upload(town, MIXED, role=role), 403, "forbidden")
        assert_problem(town.get("/v1/imports", role=role), 403, "forbidden")
    assert_problem(upload(town, MIXED, role=None), 401, "unauthorized")
    assert_problem(upload(town, collection(), kind="areas", role="west editor"), 403, "forbidden")


def test_an_editor_of_an_area_imports_inside_it_only(town, rows):
    inside = done(town, upload(town, collection(nursery(1)), role="west editor"), "west editor")
    outside = done(
        town,
        upload(town, collection(nursery(1), nursery(2, 15, 5)), role="west editor"),
        "west editor",
    )
    assert inside["report"]["outside_scope"] == {"count": 0, "ids": []}
    assert outside["report"]["outside_scope"] == {"count": 1, "ids": ["n2"]}
    before = rows()
    assert_problem(ask(town, "commit", outside, "west editor"), 403, "forbidden")
    assert rows() == before
    assert ask(town, "commit", inside, "west editor").status_code == 200
    # What lies outside is not moved in, and not closed by a list of what is inside.
    town.post("/v1/facilities", json=nursery("east", 15, 5))
    moving = done(
        town, upload(town, collection(nursery("east")), role="west editor"), "west editor"
    )
    assert_problem(ask(town, "commit", moving, "west editor"), 403, "forbidden")
    complete = done(
        town,
        upload(town, collection(nursery(1)), role="west editor", complete="true"),
        "west editor",
    )
    assert "neast" not in complete["report"]["diff"]["gone_ids"]
    # One scoped to an area sees its own imports; the others see all.
    others = done(town, upload(town, collection(nursery(9))))
    assert town.get(f"/v1/imports/{others['id']}", role="west editor").status_code == 404
    assert ask(town, "commit", others, "west editor").status_code == 404
    assert town.get(f"/v1/imports/{inside['id']}").status_code == 200
    assert ask(town, "undo", inside, "west editor").status_code == 200
    remove(town, "neast")


def test_imports_are_listed_newest_first_in_pages(town):
    made = [done(town, upload(town, collection(nursery(n))))["id"] for n in range(3)]
    page = town.get("/v1/imports?limit=2").json()
    assert [one["id"] for one in page["imports"]] == made[:0:-1]
    assert "report" not in page["imports"][0]
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert town.get(following).json()["imports"][0]["id"] == made[0]


def test_what_is_discarded_is_forgotten(town):
    found = done(town, upload(town, MIXED))
    path = f"/v1/imports/{found['id']}"
    assert town.ask("DELETE", path).status_code == 204
    assert town.ask("DELETE", path).status_code == 204
    assert town.get(path).json()["state"] == "discarded"
    assert town.get(path).json()["report"] == {}
    assert town.get(f"{path}/quarantine").status_code == 404
    assert_problem(ask(town, "commit", found), 409, "conflict")


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
    body = json.dumps(collection(*(nursery(n, name="园" * 500) for n in range(1200)))).encode()
    assert len(body) > 2 * 2**20
    found = done(town, upload(town, body))
    assert (found["state"], found["report"]["diff"]["added"]) == ("previewed", 1200)
    assert looped
    assert not any(looped)
    assert town.ask("DELETE", f"/v1/imports/{found['id']}").status_code == 204


@pytest.mark.usefixtures("clean")
def test_an_upload_nobody_stores_expires(town):
    old, kept = (done(town, upload(town, collection(nursery(n)))) for n in (1, 2))
    committed = done(town, upload(town, collection(nursery(3))))
    assert ask(town, "commit", committed).status_code == 200
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE data_import SET created_at = created_at - interval '169 hours' "
                "WHERE id = ANY(:ids)"
            ),
            {"ids": [old["id"], committed["id"]]},
        )
    assert town.get(f"/v1/imports/{old['id']}").json()["state"] == "previewed"
    town.ask("DELETE", f"/v1/imports/{done(town, upload(town, collection()))['id']}")

    path = f"/v1/imports/{old['id']}"
    for answer in (
        town.get(path),
        town.get(f"{path}/quarantine"),
        ask(town, "commit", old),
        ask(town, "undo", old),
        town.ask("DELETE", path),
    ):
        problem = assert_problem(answer, 410, "gone")
        assert "was not stored in time and has expired; upload the file again" in problem["detail"]
    states = {one["id"]: one["state"] for one in town.get("/v1/imports").json()["imports"]}
    assert (states[old["id"]], states[kept["id"]]) == ("expired", "previewed")
    assert states[committed["id"]] == "committed"
    with engine.connect() as connection:
        left = connection.execute(
            text("SELECT accepted, report FROM data_import WHERE id = :id"), {"id": old["id"]}
        ).one()
    assert tuple(left) == (None, None)
    engine.dispose()


def test_a_file_nobody_reads_any_more_has_failed(town):
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO data_import (id, kind, file, state, created_by, request) "
                "VALUES ('00000000000000aa', 'facilities', 'x.csv', 'reading', 'x', '{}')"
            )
        )
    engine.dispose()
    found = town.get("/v1/imports/00000000000000aa").json()
    assert found["state"] == "failed"
    assert "the service ended while it read the file" in found["report"]["failed"]
    assert_problem(ask(town, "commit", found), 409, "conflict")
    assert town.ask("DELETE", "/v1/imports/00000000000000aa").status_code == 204


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
    assert "say --crs BD-09" in silent["report"]["refused"]
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
