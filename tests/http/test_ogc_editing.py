"""Features Part 4 over HTTP: who may change what, in which CRS, of which version."""

from __future__ import annotations

import json
from http.client import HTTPConnection

import pyproj
import pytest
from served_project import project
from served_town import block, feature, point
from sqlalchemy import select

from service.core.audit import verify
from service.core.database import create_database_engine
from service.core.schema import AUDIT

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
WRITABLE = ("districts", "buildings", "facilities", "parks", "projects")
PATCH = {"Content-Type": "application/merge-patch+json"}


def items(collection, key=None):
    return f"/ogc/collections/{collection}/items" + ("" if key is None else f"/{key}")


def methods(answer):
    assert answer.status_code == 200, answer.text
    return set(answer.headers["allow"].split(", "))


def rows(town, statement):
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.connect() as connection:
        found = connection.execute(statement).all()
    engine.dispose()
    return found


@pytest.fixture
def district(town, request):
    """A district of its own for one test."""
    key = f"d-{abs(hash(request.node.name))}"
    answer = town.post(items("districts"), json=feature(block(3, 3), id=key, name="甲"))
    assert answer.status_code == 201, answer.text
    return key


NEW = {
    "districts": feature(block(2, 2), name="新", stage="planned", households=10),
    "buildings": feature(point(2, 2), district_id="west-2", households=3),
    "facilities": feature(point(4, 4), kind="nursery", name="新园", status="operating"),
    "parks": feature(block(5, 5), name="园区"),
    "projects": feature(block(5, 2), document=project("p")),
}


@pytest.mark.parametrize("collection", WRITABLE)
def test_features_are_created_replaced_changed_and_ended(town, check_problem, collection):
    body = NEW[collection]
    created = town.post(items(collection), json=body)
    assert created.status_code == 201, created.text
    assert created.headers["content-type"] == "application/geo+json"
    assert created.headers["content-crs"] == f"<{CRS84}>"
    location = created.headers["location"]
    key = created.json()["id"]
    assert location == f"{town.address}{items(collection, key)}"
    read = town.get(location, role="viewer")
    assert read.headers["etag"] == created.headers["etag"]
    assert read.json() == created.json()
    assert read.json()["geometry"] == body["geometry"]
    given = body["properties"]
    assert {name: read.json()["properties"][name] for name in given} == given

    name = next(iter(given))
    replaced = town.ask(
        "PUT", location, json=feature(body["geometry"], **{**given, "source": "二"})
    )
    assert replaced.status_code == 200, replaced.text
    assert replaced.json()["properties"]["source"] == "二"
    patched = town.ask(
        "PATCH", location, content=json.dumps({"properties": {"source": None}}), headers=PATCH
    )
    assert patched.status_code == 200, patched.text
    assert patched.json()["properties"]["source"] is None
    assert patched.json()["properties"][name] == given[name]
    assert len({one.headers["etag"] for one in (created, replaced, patched)}) == 3
    ended = town.ask("DELETE", location)
    assert (ended.status_code, ended.content) == (204, b"")
    check_problem(town.get(location, role="viewer"), 404)
    check_problem(town.ask("DELETE", location), 404)
    # Written as everything is: into the history, under the key's name, into the audit.
    written = [
        (row.action, row.detail["request"].split()[0])
        for row in rows(town, select(AUDIT).order_by(AUDIT.c.sequence))
        if row.target == f"{collection}/{key}" or key in row.detail.get("keys", [])
    ]
    assert written == [
        ("create", "POST"), ("replace", "PUT"), ("patch", "PATCH"), ("close", "DELETE")
    ]  # fmt: skip


def test_the_audit_holds(town):
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.connect() as connection:
        verify(connection)
    engine.dispose()


def test_a_new_feature_gets_an_identifier_where_it_has_none(town, check_problem):
    body = feature(block(2, 2), name="无名", id=None)
    key = town.post(items("districts"), json=body).json()["id"]
    assert len(key) == 36
    body["id"] = key
    problem = check_problem(town.post(items("districts"), json=body), 409, "conflict")
    assert key in problem["errors"][0]["detail"]


def test_a_replacement_has_the_identifier_of_its_address(town, district):
    body = {**feature(block(3, 3), id="another", name="乙"), "id": "a third"}
    answer = town.ask("PUT", items("districts", district), json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == answer.json()["properties"]["id"] == district


def test_a_replacement_leaves_nothing_behind(town, district):
    patch = {"properties": {"households": 5, "stage": "existing"}}
    town.ask("PATCH", items("districts", district), json=patch)
    answer = town.ask("PUT", items("districts", district), json=feature(block(3, 3), name="丙"))
    assert answer.json()["properties"]["households"] is None


def test_a_project_says_what_its_document_says(town, check_problem):
    path = items("projects")
    key = town.post(path, json=feature(None, document=project("q", units=5))).json()["id"]
    assert key == "q"
    shown = town.get(items("projects", key)).json()
    assert shown["properties"]["units"] == 5
    assert shown["geometry"] == block(5, 2)
    patch = {"properties": {"document": {"phases": [{"id": "1", "units": 7}]}}}
    changed = town.ask("PATCH", items("projects", key), json=patch)
    assert changed.json()["properties"]["units"] == 7
    for bad in (
        {"geometry": block(6, 2)}, {"properties": {"units": 9}}, {"properties": {"document": None}}
    ):  # fmt: skip
        check_problem(town.ask("PATCH", items("projects", key), json=bad), 400)
    for form in ("csv", "geojsonseq", "fgb", "parquet"):
        answer = town.get(f"{path}?f={form}", role="viewer")
        assert answer.status_code == 200, answer.text
    found = town.get(f"{path}?filter=units%2B1=8", role="viewer").json()["features"]
    assert [one["id"] for one in found] == [key]
    check_problem(town.get(f"{path}?filter=document=1", role="viewer"), 400)


# --- who ------------------------------------------------------------------------------------


def test_options_say_what_a_key_may_do(town, check_problem):
    for role, may in (("viewer", False), ("reviewer", False), ("editor", True), ("admin", True)):
        for name in WRITABLE:
            for key in ("west-2", "no-such-thing"):
                one = methods(town.ask("OPTIONS", items(name, key), role=role))
                assert one == {"GET", "HEAD", "OPTIONS"} | (
                    {"PUT", "PATCH", "DELETE"} if may else set()
                )
            every = methods(town.ask("OPTIONS", items(name), role=role))
            assert every == {"GET", "HEAD", "OPTIONS"} | ({"POST"} if may else set())
    for name in ("areas", "network-edges"):
        assert methods(town.ask("OPTIONS", items(name))) == {"GET", "HEAD", "OPTIONS"}
        for method in ("PUT", "PATCH", "DELETE"):
            answer = town.ask(method, items(name, "1"), json={})
            check_problem(answer, 405, "method-not-allowed")
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        check_problem(town.post(items(name), json={}), 405)
    check_problem(town.ask("OPTIONS", items("zzz")), 404)
    check_problem(town.ask("OPTIONS", items("districts"), role=None), 401)
    assert (
        "application/merge-patch+json"
        in town.ask("OPTIONS", items("districts", "x")).headers["accept-patch"]
    )


@pytest.mark.parametrize("role", [None, "viewer", "reviewer"])
def test_only_editors_write(town, check_problem, role, district):
    status = 401 if role is None else 403
    body = feature(block(1, 1))
    check_problem(town.post(items("districts"), json=body, role=role), status)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = town.ask(method, items("districts", district), json=body, role=role)
        check_problem(answer, status)
    assert town.get(items("districts", district)).json()["properties"]["name"] == "甲"


def test_a_scoped_key_writes_in_its_areas_only(town, check_problem):
    role = "west editor"
    inside = town.post(items("facilities"), json=feature(point(1, 1), kind="nursery"), role=role)
    assert inside.status_code == 201, inside.text
    outside = feature(point(15, 1), kind="nursery")
    check_problem(town.post(items("facilities"), json=outside, role=role), 403)
    key = inside.json()["id"]
    moved = town.ask("PATCH", items("facilities", key), json={"geometry": point(15, 1)}, role=role)
    check_problem(moved, 403)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = town.ask(
            method, items("districts", "east-16"), json=feature(block(1, 1)), role=role
        )
        check_problem(answer, 404)
    paths = town.get("/ogc/api", role=role).json()["paths"]
    assert "post" in paths["/collections/districts/items"]
    assert "post" not in paths["/collections/areas/items"]
    read = town.get("/ogc/api", role="viewer").json()["paths"]
    assert set(read["/collections/districts/items"]) == {"get"}


# --- which version --------------------------------------------------------------------------


def test_a_stale_tag_is_refused(town, check_problem, district):
    path = items("districts", district)
    tags = [
        town.get(path + more, headers=headers).headers["etag"]
        for more in ("", "?f=html", f"?crs={EPSG}4547")
        for headers in ({}, {"Accept-Language": "en"})
    ]
    assert len(set(tags)) == 6
    for number, tag in enumerate(tags):
        # Whatever form of the current version was seen, it was seen.
        answer = town.ask(
            "PATCH",
            path,
            json={"properties": {"households": number}},
            headers={"If-Match": f'"x", {tag}'},
        )
        assert answer.status_code == 200, answer.text
        for method in ("PUT", "PATCH", "DELETE"):
            stale = town.ask(
                method, path, json=feature(block(3, 3), name="丁"), headers={"If-Match": tag}
            )
            check_problem(stale, 412, "precondition-failed")
            assert stale.headers["etag"] == town.get(path).headers["etag"]
        tags[number + 1 :] = [
            town.get(path + more, headers=headers).headers["etag"]
            for more in ("", "?f=html", f"?crs={EPSG}4547")
            for headers in ({}, {"Accept-Language": "en"})
        ][number + 1 :]
    for wrong in ("x", '"x', "", "W/", '"a" "b"'):
        check_problem(town.ask("DELETE", path, headers={"If-Match": wrong}), 400)
    check_problem(town.ask("DELETE", path, headers={"If-Match": f"W/{tags[-1]}"}), 412)
    assert town.ask("DELETE", path, headers={"If-Match": "*"}).status_code == 204
    missing = town.ask("DELETE", path, headers={"If-Match": "*"})
    check_problem(missing, 404)


def test_another_features_tag_is_no_tag_of_this_one(town, check_problem, district):
    other = town.get(items("districts", "west-2")).headers["etag"]
    stale = town.ask("DELETE", items("districts", district), headers={"If-Match": other})
    check_problem(stale, 412)


def test_what_is_the_same_is_no_new_version(town, district):
    path = items("districts", district)
    before = town.get(path)
    again = town.ask("PUT", path, json=before.json())
    assert again.headers["etag"] == before.headers["etag"]


# --- where ----------------------------------------------------------------------------------


@pytest.mark.parametrize("srid", [4326, 3857, 4490, 4547])
def test_a_body_is_read_in_its_crs(town, srid):
    forward = pyproj.Transformer.from_crs(4326, srid)  # axes as each CRS defines them
    lon, lat = 114.3071, 30.6083
    body = feature(
        {"type": "Point", "coordinates": list(forward.transform(lat, lon))},
        kind="nursery",
        entrances={
            "type": "MultiPoint", "coordinates": [list(forward.transform(lat, lon + 0.0001))]
        },
    )  # fmt: skip
    headers = {"Content-Crs": f"<{EPSG}{srid}>"}
    created = town.post(f"{items('facilities')}?crs={EPSG}{srid}", json=body, headers=headers)
    assert created.status_code == 201, created.text
    assert created.headers["content-crs"] == f"<{EPSG}{srid}>"
    path = items("facilities", created.json()["id"])
    stored = town.get(path).json()
    assert stored["geometry"]["coordinates"] == pytest.approx([lon, lat], abs=1e-8)
    assert stored["properties"]["entrances"]["coordinates"][0] == pytest.approx(
        [lon + 0.0001, lat], abs=1e-8
    )
    # What comes back as it was shown is the same place, not one a rounding away.
    shown = town.get(f"{path}?crs={EPSG}{srid}").json()
    again = town.ask("PUT", path, json=shown, headers=headers)
    assert again.status_code == 200, again.text
    assert again.headers["etag"] == town.get(path).headers["etag"]
    assert town.get(path).json() == stored
    moved = list(forward.transform(lat + 0.001, lon))
    patch = {"geometry": {"type": "Point", "coordinates": moved}}
    answer = town.ask("PATCH", path, json=patch, headers=headers)
    assert answer.json()["geometry"]["coordinates"] == pytest.approx([lon, lat + 0.001], abs=1e-8)
    assert answer.json()["properties"]["entrances"] == stored["properties"]["entrances"]


# --- bad input ------------------------------------------------------------------------------

RING = [[114.3, 30.6], [114.301, 30.601], [114.301, 30.6], [114.3, 30.601], [114.3, 30.6]]


def placed(kind, coordinates):
    return json.dumps(feature({"type": kind, "coordinates": coordinates}, kind="nursery"))


BAD_BODIES = {
    "": "",
    "not JSON": "{",
    "a list": "[]",
    "null": "null",
    "a geometry": '{"type": "Point", "coordinates": [114, 30]}',
    "no type": '{"geometry": null, "properties": {}}',
    "1,000 features": json.dumps(
        {"type": "FeatureCollection", "features": [feature(point(1, 1), kind="nursery")] * 1000}
    ),
    "no geometry": json.dumps(feature(None, kind="nursery")),
    "crossing itself": placed("Polygon", [RING]),
    "NaN": '{"type": "Feature", "properties": {"kind": "nursery"}, '
    '"geometry": {"type": "Point", "coordinates": [NaN, 30]}}',
    "1e400": '{"type": "Feature", "properties": {"kind": "nursery"}, '
    '"geometry": {"type": "Point", "coordinates": [1e400, 30]}}',
    "longitude 500": placed("Point", [500, 30]),
    "latitude 91": placed("Point", [114, 91]),
    "empty point": placed("Point", []),
    "empty polygon": placed("Polygon", []),
    "empty collection": json.dumps(
        feature({"type": "GeometryCollection", "geometries": []}, kind="nursery")
    ),
    "text coordinates": placed("Point", ["114", "30"]),
    "a curve": placed("CircularString", [[0, 0], [1, 1], [2, 0]]),
    "unknown field": json.dumps(feature(point(1, 1), kind="nursery", colour="red")),
    "bad word": json.dumps(feature(point(1, 1), kind="school")),
    "text for a number": json.dumps(feature(point(1, 1), kind="nursery", places="many")),
    "another crs": json.dumps(
        {**feature(point(1, 1), kind="nursery"),
         "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}}
    ),
    "name twice": '{"type": "Feature", "type": "Feature", "geometry": null, "properties": {}}',
    "deep": "[" * 5000,
    "two identifiers": json.dumps({**feature(point(1, 1), id="a", kind="nursery"), "id": "b"}),
}  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_bodies_are_refused(town, check_problem, body):
    counted = town.get(items("facilities") + "?limit=1").json()["numberMatched"]
    headers = {"Content-Type": "application/geo+json"}
    problem = check_problem(town.post(items("facilities"), content=body, headers=headers), 400)
    assert all("pointer" in one for one in problem["errors"])
    if '"id": "b"' not in body:
        path = items("facilities", "nursery-1")
        check_problem(town.ask("PUT", path, content=body, headers=headers), 400)
    assert town.get(items("facilities") + "?limit=1").json()["numberMatched"] == counted


@pytest.mark.parametrize(
    "patch",
    [
        "",
        "[]",
        "null",
        '{"id": "other"}',
        '{"properties": {"id": "other"}}',
        '{"geometry": null}',
        '{"geometry": {"coordinates": [500, 0]}}',
        '{"geometry": {"type": "Polygon"}}',
        '{"properties": null}',
        '{"properties": {"kind": null}}',
        '{"properties": {"places": "many"}}',
        '{"properties": {"colour": 1}}',
        '{"type": "FeatureCollection"}',
    ],
)
def test_bad_patches_are_refused(town, check_problem, patch):
    path = items("facilities", "nursery-1")
    before = town.get(path)
    check_problem(town.ask("PATCH", path, content=patch, headers=PATCH), 400)
    assert town.get(path).json() == before.json()


def test_bad_headers_and_parameters_are_refused(town, check_problem):
    body = feature(point(1, 1), kind="nursery")
    path, one = items("facilities"), items("facilities", "nursery-1")
    for crs in (EPSG + "26910", "EPSG:4547", "<>", "x" * 5000, f"<{EPSG}4547", f"{EPSG}4547 x"):
        for method, address in (("POST", path), ("PUT", one), ("PATCH", one)):
            answer = town.ask(method, address, json=body, headers={"Content-Crs": crs})
            problem = check_problem(answer, 400)
            assert problem["errors"][0]["header"] == "Content-Crs"
    for query in ("?f=json", "?limit=1", "?crs=x", "?foo=bar", f"?crs={EPSG}4534"):
        check_problem(town.post(path + query, json=body), 400)
        check_problem(town.ask("PUT", one + query, json=body), 400)
    check_problem(town.ask("DELETE", one + "?crs=" + CRS84), 400)
    for media_type in ("text/plain", "application/xml", "application/geo+json-seq", ""):
        headers = {"Content-Type": media_type} if media_type else {}
        for method, address in (("POST", path), ("PUT", one), ("PATCH", one)):
            answer = town.ask(method, address, content=json.dumps(body), headers=headers)
            check_problem(answer, 415, "unsupported-media-type")
    far = feature({"type": "Point", "coordinates": [1e9, 1e9]}, kind="nursery")
    for srid in (3857, 4490, 4547):
        answer = town.post(path, json=far, headers={"Content-Crs": f"<{EPSG}{srid}>"})
        assert check_problem(answer, 400)["errors"][0]["pointer"] == "/geometry"
    for key in ("zzz", "%00", "x" * 2000):
        for method in ("PUT", "PATCH", "DELETE"):
            check_problem(town.ask(method, items("facilities", key), json=body), 404)


def test_a_body_beyond_the_limit_is_refused(town):
    host, port = town.address.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=60)
    connection.putrequest("POST", items("facilities"))
    for name, value in (
        ("X-API-Key", town.keys["editor"]),
        ("Content-Type", "application/geo+json"),
        ("Content-Length", str(10**12)),
    ):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
