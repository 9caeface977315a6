"""Areas, districts, buildings and facilities: one factory, the same behaviour in each."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import shapely
from sqlalchemy import select

from service.core import audit
from service.core.database import create_database_engine
from service.core.tables import AUDIT

GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[114.5, 30.7], [114.5, 30.71], [114.51, 30.71], [114.51, 30.7], [114.5, 30.7]]
    ],
}
# A row of each layer, and a field of it to change.
ROWS = {
    "areas": ({"code": "A-1", "name": "一区", "kind": "planning_unit"}, ("population", 12)),
    "districts": ({"id": "D-1", "name": "甲", "households": 10}, ("households", 12)),
    "buildings": ({"id": "B-1", "district_id": "D-1", "households": 10}, ("households", 12)),
    "facilities": ({"id": "F-1", "kind": "nursery", "floor_area_m2": 10.5}, ("places", 12)),
}
LAYERS = tuple(ROWS)


def feature(properties, geometry=SQUARE, **members):
    return {"type": "Feature", "geometry": geometry, "properties": properties, **members}


def named(layer, name):
    """A row of the layer under a name of the test's own."""
    properties, _ = ROWS[layer]
    key = next(iter(properties))
    return {**properties, key: name}


@pytest.fixture
def stored(bare_town, request):
    """Store a row of a layer under the test's name and return its address and answer."""

    def store(layer, **more):
        name = f"{request.node.name} {layer}"
        answer = bare_town.post(f"/v1/{layer}", json=feature({**named(layer, name), **more}))
        assert answer.status_code == 201, answer.text
        return answer.headers["location"], answer

    return store


@pytest.mark.parametrize("layer", LAYERS)
def test_a_row_lives_through_create_read_replace_patch_close(bare_town, layer):
    properties, (field, value) = ROWS[layer]
    key = next(iter(properties))
    created = bare_town.post(
        f"/v1/{layer}", content=json.dumps(feature(properties)), headers=GEOJSON
    )
    assert created.status_code == 201, created.text
    location = created.headers["location"]
    assert location == f"/v1/{layer}/{properties[key]}"
    assert created.headers["etag"] == '"1"'

    read = bare_town.get(location, role="viewer")
    assert read.headers["content-type"] == "application/geo+json"
    assert read.json() == created.json()
    shown = read.json()
    assert shown["id"] == properties[key]
    assert shown["version"] == 1
    assert {n: shown["properties"][n] for n in properties} == properties

    replaced = bare_town.ask(
        "PUT",
        location,
        json=feature({**properties, field: value}),
        headers={"If-Match": '"1"'},
    )
    assert replaced.status_code == 200, replaced.text
    assert replaced.headers["etag"] == '"2"'
    assert replaced.json()["properties"][field] == value

    patched = bare_town.ask(
        "PATCH",
        location,
        content=json.dumps({"properties": {field: None, "source": "a patch"}}),
        headers={**PATCH, "If-Match": '"2"'},
    )
    assert patched.status_code == 200, patched.text
    assert patched.headers["etag"] == '"3"'
    assert patched.json()["properties"][field] is None
    assert patched.json()["properties"]["source"] == "a patch"

    closed = bare_town.ask("DELETE", location, headers={"If-Match": '"3"'})
    assert closed.status_code == 204
    assert bare_town.get(location).status_code == 404
    listed = bare_town.get(f"/v1/{layer}?{key}={properties[key]}").json()
    assert listed["features"] == []


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_needs_the_version_it_changes(stored, bare_town, check_problem, layer, method):
    location, _ = stored(layer)
    _, (field, value) = ROWS[layer]
    body = {} if method == "DELETE" else {"json": {"properties": {field: value}}}
    if method == "PUT":
        name = bare_town.get(location).json()["id"]
        body = {"json": feature({**named(layer, name), field: value})}
    problem = check_problem(bare_town.ask(method, location, **body), 428, "precondition-required")
    assert problem["errors"][0]["header"] == "If-Match"
    for tag in ('"2"', 'W/"1"', '"01"', '"x", "y"'):
        answer = bare_town.ask(method, location, headers={"If-Match": tag}, **body)
        check_problem(answer, 412, "precondition-failed")
    for tag in ("1", "", "x", '"1', '"1" "2"'):
        answer = bare_town.ask(method, location, headers={"If-Match": tag}, **body)
        check_problem(answer, 400, "invalid-parameter")
    answer = bare_town.ask(method, location, headers={"If-Match": '"7", "1"'}, **body)
    assert answer.status_code in {200, 204}, answer.text


def test_of_two_editors_only_the_first_wins(stored, bare_town):
    location, _ = stored("districts")

    def write(number):
        body = {"properties": {"households": 1000 + number}}
        return bare_town.ask("PATCH", location, json=body, headers={"If-Match": '"1"'})

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(a.status_code for a in pool.map(write, range(6)))
    assert answers == [200, 412, 412, 412, 412, 412]


def test_of_two_creations_of_one_identifier_only_the_first_wins(bare_town):
    def write(number):
        body = feature({"id": "race", "households": number})
        return bare_town.post("/v1/districts", json=body)

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(a.status_code for a in pool.map(write, range(6)))
    assert answers == [201, 409, 409, 409, 409, 409]


def test_a_known_version_is_not_sent_again(stored, bare_town):
    location, created = stored("districts")
    tag = created.headers["etag"]
    for header in (tag, f"W/{tag}", "*", f'"9", {tag}'):
        again = bare_town.get(location, headers={"If-None-Match": header})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert bare_town.get(location, headers={"If-None-Match": '"9"'}).status_code == 200


@pytest.mark.parametrize(
    "key", ["a/b", "a b", "甲-1", "a?b#c", "..", "a%2Fb", "a+b&c=d", "'; DROP TABLE district --"]
)
def test_any_text_can_be_an_identifier(bare_town, key):
    created = bare_town.post("/v1/districts", json=feature({"id": key}))
    assert created.status_code == 201, created.text
    location = created.headers["location"]
    assert location.isascii()
    # Sent as bytes: a client library would make its own of dots and escapes.
    read = bare_town.client.get(
        bare_town.address + location, headers={"X-API-Key": bare_town.keys["viewer"]}
    )
    if key != "..":
        assert read.json()["id"] == key
    listed = bare_town.get("/v1/districts", params={"id": key}).json()
    assert [one["id"] for one in listed["features"]] == [key]


def test_an_identifier_is_made_where_none_is_given(bare_town):
    created = bare_town.post("/v1/districts", json=feature({"name": "无号"}))
    assert created.status_code == 201
    assert created.json()["id"] == created.json()["properties"]["id"]
    assert bare_town.get(created.headers["location"]).status_code == 200


def test_the_member_id_may_name_the_row(bare_town, check_problem):
    assert bare_town.post("/v1/districts", json=feature({}, id=4711)).json()["id"] == "4711"
    disagreeing = feature({"id": "one"}, id="two")
    problem = check_problem(bare_town.post("/v1/districts", json=disagreeing), 400)
    assert problem["errors"][0]["pointer"] == "/id"


def test_an_area_needs_its_code(bare_town, check_problem):
    answer = bare_town.post("/v1/areas", json=feature({"name": "x", "kind": "town"}))
    problem = check_problem(answer, 400, "invalid-body")
    assert problem["errors"][0]["pointer"] == "/properties/code"


def test_what_exists_is_not_created_again(stored, bare_town, check_problem):
    _, created = stored("districts")
    answer = bare_town.post("/v1/districts", json=feature({"id": created.json()["id"]}))
    check_problem(answer, 409, "conflict")


def test_a_row_keeps_its_identifier(stored, bare_town, check_problem):
    location, _ = stored("districts")
    for method in ("PUT", "PATCH"):
        answer = bare_town.ask(
            method, location, json=feature({"id": "other"}), headers={"If-Match": "*"}
        )
        problem = check_problem(answer, 400, "invalid-body")
        assert problem["errors"][0]["pointer"] == "/properties/id"


def test_every_row_of_a_bad_batch_is_reported_and_none_stored(bare_town, check_problem):
    batch = [
        feature({"id": "batch-0", "households": 5}),
        feature({"id": "batch-1", "households": -5}),
        feature({"id": "batch-2", "households": "5"}),
        feature({"id": "batch-3", "households": 5.5}),
        feature({"id": "batch-4", "colour": "red"}),
        feature({"id": "batch-5"}, geometry=None),
        feature({"id": "batch-0"}),
        feature({"id": "batch-7", "stage": "ruin", "permitted_on": "2022-02-30"}),
        feature({"id": "batch-8", "low_demand": True}),
        "no feature",
        feature({"id": "batch-10", "a~b/c": 1}),
    ]
    body = {"type": "FeatureCollection", "features": batch}
    problem = check_problem(bare_town.post("/v1/districts", json=body), 400, "invalid-body")
    assert [error["pointer"] for error in problem["errors"]] == [
        "/features/1/properties/households",
        "/features/2/properties/households",
        "/features/3/properties/households",
        "/features/4/properties/colour",
        "/features/5/geometry",
        "/features/6/properties/id",
        "/features/7/properties/stage",
        "/features/7/properties/permitted_on",
        "/features/8/properties/justified_by",
        "/features/8/properties/justified_on",
        "/features/8/properties/justified_body",
        "/features/9",
        "/features/10/properties/a~0b~1c",
    ]
    assert bare_town.get("/v1/districts?id=batch-0").json()["numberMatched"] == 0


def test_the_good_rows_of_a_batch_are_kept_where_asked_for(bare_town):
    batch = [
        feature({"id": "part-0"}),
        feature({"id": "part-1", "households": -5}),
        feature({"id": "race-partial", "households": 5}),
        feature({"id": "part-3"}),
    ]
    bare_town.post("/v1/districts", json=batch[2])
    body = {"type": "FeatureCollection", "features": batch}
    answer = bare_town.post("/v1/districts?partial=true", json=body)
    assert answer.status_code == 207
    outcome = answer.json()
    assert (outcome["created"], outcome["refused"]) == (2, 2)
    assert [(item["index"], item["id"], item["status"]) for item in outcome["items"]] == [
        (0, "part-0", 201),
        (1, "part-1", 400),
        (2, "race-partial", 409),
        (3, "part-3", 201),
    ]
    assert outcome["items"][1]["errors"][0]["pointer"] == "/features/1/properties/households"
    for key in ("part-0", "part-3"):
        assert bare_town.get(f"/v1/districts/{key}").status_code == 200
    assert bare_town.get("/v1/districts/part-1").status_code == 404


def test_a_batch_without_a_good_row_stores_nothing_and_says_so(bare_town):
    body = {"type": "FeatureCollection", "features": [feature({"households": -1}), 7]}
    answer = bare_town.post("/v1/districts?partial=true", json=body)
    assert answer.status_code == 207
    assert [item["status"] for item in answer.json()["items"]] == [400, 400]


def test_a_good_batch_is_stored_whole(bare_town):
    batch = [feature({"id": f"whole-{number}"}) for number in range(5)]
    answer = bare_town.post("/v1/districts", json={"type": "FeatureCollection", "features": batch})
    assert answer.status_code == 201
    assert answer.json()["created"] == 5


@pytest.mark.parametrize(
    ("geometry", "word"),
    [
        (None, "missing"),
        ({}, "type"),
        ([], "geometry object"),
        ({"type": "Point"}, "nested"),
        ({"type": "Point", "coordinates": []}, "position"),
        ({"type": "Point", "coordinates": [1]}, "position"),
        ({"type": "Point", "coordinates": [1, 2, 3, 4]}, "position"),
        ({"type": "Point", "coordinates": ["114", "30"]}, "position"),
        ({"type": "Point", "coordinates": [True, False]}, "position"),
        ({"type": "Point", "coordinates": [500, 30]}, "outside"),
        ({"type": "Point", "coordinates": [30.5, 114.3]}, "swapped"),
        ({"type": "Point", "coordinates": [[114, 30]]}, "position"),
        ({"type": "LineString", "coordinates": [[114, 30], [115, 31]]}, "must be a"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "Polygon"),
        ({"type": "Polygon", "coordinates": [5]}, "nested"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "valid"),
        ({"type": "GeometryCollection", "geometries": []}, "type"),
        ({"type": ["Point"], "coordinates": [0, 0]}, "type"),
        ({"type": "Polygon", "coordinates": "x"}, "nested"),
    ],
)
def test_a_geometry_that_is_none_is_refused(bare_town, check_problem, geometry, word):
    answer = bare_town.post("/v1/districts", json=feature({"id": "bad"}, geometry=geometry))
    problem = check_problem(answer, 400, "invalid-body")
    assert [error["pointer"] for error in problem["errors"]] == ["/geometry"]
    assert word in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("households", True),
        ("households", [5]),
        ("households", 1e30),
        ("households", 2**40),
        ("households", 10**29),
        ("low_demand", 1),
        ("low_demand", "true"),
        ("name", 5),
        ("permitted_on", 20221208),
        ("permitted_on", "8.12.2022"),
        ("approved_radius_m", 900),
        ("approved_radius_m", "500"),
        ("entrances", [[114, 30]]),
        ("entrances", SQUARE),
        ("name", "a\u0007b"),
        ("households", {"value": 5}),
    ],
)
def test_a_value_of_another_type_is_refused(bare_town, check_problem, field, value):
    answer = bare_town.post("/v1/districts", json=feature({"id": "bad", field: value}))
    problem = check_problem(answer, 400, "invalid-body")
    assert f"/properties/{field}" in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b"{}",
        b'{"type": "FeatureCollection"}',
        b'{"type": "FeatureCollection", "features": []}',
        b'{"type": "FeatureCollection", "features": {}}',
        b'{"type": "Feature", "type": "Feature"}',
        b"\xff\xfe\x00",
        b'{"type": "\xff"}',
        b'{"type": "Feature", "geometry": null, "properties": []}',
        b'{"type": "Feature", "properties": {"households": NaN}}',
        b'{"type": "Feature", "properties": {"households": Infinity}}',
        b'{"type": "Feature", "properties": {"households": 1e999999999}}',
        b'{"type": "Feature", "properties": {"households": 0.' + b"1" * 5000 + b"}}",
        b'{"type": "Feature", "properties": {"households": ' + b"9" * 5000 + b"}}",
        b'{"type": "Feature", "properties": {"name": "\\u0000"}}',
        b'{"type": "Feature", "properties": {"name": "\\ud800"}}',
        b'{"type": "Feature", "properties": {"\\udfff": 1}}',
        b"[" * 100_000,
        b"[" * 50 + b"]" * 50,
        b'{"type":' * 5000,
        b'{"type": "Feature", "crs": {"type": "name", "properties": {"name": "EPSG:4547"}}}',
        b'{"type": "Feature", "crs": 5}',
    ],
)
def test_a_body_that_cannot_be_used_is_refused(bare_town, check_problem, body):
    answer = bare_town.post("/v1/districts", content=body, headers=GEOJSON)
    problem = check_problem(answer, 400, "invalid-body")
    assert all("pointer" in error for error in problem["errors"])


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data"])
def test_a_body_of_another_type_is_refused(stored, bare_town, check_problem, kind):
    location, _ = stored("districts")
    headers = {"If-Match": "*"} | ({} if kind is None else {"Content-Type": kind})
    body = json.dumps(feature({"id": "x"})).encode()
    for method, path in (("POST", "/v1/districts"), ("PUT", location), ("PATCH", location)):
        answer = bare_town.ask(method, path, content=body, headers=headers)
        check_problem(answer, 415, "unsupported-media-type")


def test_numbers_pass_without_a_float(bare_town):
    text = (
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [114.5, 30.7]},'
        '"properties": {"id": "exact", "kind": "nursery", "floor_area_m2": 123456789.123456}}'
    )
    bare_town.post("/v1/facilities", content=text, headers=GEOJSON)
    assert '"floor_area_m2": 123456789.123456,' in bare_town.get("/v1/facilities/exact").text


def test_coordinates_are_shown_short_and_kept_exact(bare_town):
    exact = [114.123456789123, 30.987654321987]
    bare_town.post(
        "/v1/districts",
        json=feature({"id": "short"}, geometry={"type": "Point", "coordinates": exact}),
    )
    shown = bare_town.get("/v1/districts/short").json()
    assert shown["geometry"]["coordinates"] == [114.1234568, 30.9876543]
    # What a client sends back as it got it moves nothing, so there is no new version.
    again = bare_town.ask("PUT", "/v1/districts/short", json=shown, headers={"If-Match": '"1"'})
    assert again.status_code == 200, again.text
    assert again.headers["etag"] == '"1"'
    patched = bare_town.ask(
        "PATCH",
        "/v1/districts/short",
        json={"properties": {"households": 5}},
        headers={"If-Match": '"1"'},
    )
    assert patched.headers["etag"] == '"2"'
    moved = bare_town.ask(
        "PATCH",
        "/v1/districts/short",
        json={"geometry": {"coordinates": exact}},
        headers={"If-Match": '"2"'},
    )
    assert moved.headers["etag"] == '"2"', "the stored place is still the exact one"


def test_a_sliver_that_rounding_would_break_is_shown_in_full(bare_town):
    sliver = {
        "type": "Polygon",
        "coordinates": [[[114.5, 30.7], [114.5001, 30.7], [114.5001, 30.70000002], [114.5, 30.7]]],
    }
    bare_town.post("/v1/districts", json=feature({"id": "sliver"}, geometry=sliver))
    shown = shapely.geometry.shape(bare_town.get("/v1/districts/sliver").json()["geometry"])
    assert shown.is_valid
    assert shown.area > 0


def test_rings_follow_the_right_hand_rule(stored):
    _, created = stored("areas")
    ring = shapely.geometry.shape(created.json()["geometry"]).exterior
    assert not shapely.geometry.shape(SQUARE).exterior.is_ccw
    assert ring.is_ccw


def test_entrances_come_back(bare_town):
    gates = {"type": "MultiPoint", "coordinates": [[114.5, 30.7], [114.51, 30.71]]}
    one = bare_town.post("/v1/districts", json=feature({"id": "gates", "entrances": gates}))
    assert one.json()["properties"]["entrances"] == gates
    patched = bare_town.ask(
        "PATCH",
        "/v1/districts/gates",
        json={"properties": {"entrances": {"type": "Point", "coordinates": [114.5, 30.7]}}},
        headers={"If-Match": "*"},
    )
    # A merge patch merges objects: the type changes, the coordinates are replaced.
    assert patched.json()["properties"]["entrances"] == {
        "type": "MultiPoint",
        "coordinates": [[114.5, 30.7]],
    }


def test_a_list_of_texts_comes_back(bare_town):
    properties = {"id": "served", "kind": "day_care", "service_area": ["甲社区", "乙社区"]}
    one = bare_town.post("/v1/facilities", json=feature(properties))
    assert one.json()["properties"]["service_area"] == ["甲社区", "乙社区"]
    assert one.json()["properties"]["service"] == "elderly"


def test_pages_hold_every_row_once(bare_town):
    batch = [
        feature({"id": f"page-{number:03}", "pool": "paged"}, geometry=SQUARE)
        for number in range(25)
    ]
    body = {"type": "FeatureCollection", "features": batch}
    assert bare_town.post("/v1/districts", json=body).status_code == 201
    path, seen = "/v1/districts?pool=paged&limit=10", []
    while path:
        page = bare_town.get(path, role="viewer").json()
        assert page["numberMatched"] == 25
        assert page["numberReturned"] == len(page["features"])
        assert "crs" not in page
        seen += [one["id"] for one in page["features"]]
        links = {link["rel"]: link for link in page["links"]}
        assert all(link["type"] == "application/geo+json" for link in links.values())
        path = links["next"]["href"] if "next" in links else None
    assert seen == [f"page-{number:03}" for number in range(25)]


def test_a_limit_beyond_the_maximum_is_clamped(bare_town):
    assert bare_town.get("/v1/districts?limit=99999999999").status_code == 200


def test_links_repeat_the_filters_but_no_key(bare_town):
    for number in range(2):
        bare_town.post("/v1/districts", json=feature({"id": f"link-{number}", "pool": "a&b=c"}))
    page = bare_town.client.get(
        "/v1/districts", params={"pool": "a&b=c", "limit": 1, "api_key": bare_town.keys["viewer"]}
    ).json()
    assert "api_key" not in json.dumps(page)
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    found = bare_town.get(following).json()["features"]
    assert [one["id"] for one in found] == ["link-1"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=nursery&status=operating", {"filter-1"}),
        ("places=10", {"filter-1"}),
        ("open_to_residents=true", {"filter-2"}),
        ("opened_on=2020-05-01", {"filter-2"}),
        ("floor_area_m2=10.50", {"filter-1"}),
        ("service=elderly", {"filter-3"}),
        ("name=x", set()),
    ],
)
def test_equality_filters(bare_town, query, expected):
    rows = [
        {"id": "filter-1", "kind": "nursery", "status": "operating", "places": 10},
        {"id": "filter-2", "kind": "workplace_childcare", "open_to_residents": True},
        {"id": "filter-3", "kind": "care_home"},
    ]
    rows[0]["floor_area_m2"] = 10.5
    rows[1]["opened_on"] = "2020-05-01"
    for row in rows:
        bare_town.post("/v1/facilities", json=feature({**row, "pool": "filtered"}))
    page = bare_town.get(f"/v1/facilities?pool=filtered&{query}").json()
    assert {one["id"] for one in page["features"]} == expected
    assert page["numberMatched"] == len(expected)


@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ("120,40,120.5,40.5", True),
        ("120.2,40.2,121,41", True),  # its corner touches
        ("120.2001,40.2001,121,41", False),
        ("120,40,0,120.5,40.5,9", True),
        ("-180,-90,180,90", True),
    ],
)
def test_a_box_holds_what_it_touches(bare_town, bbox, found):
    square = shapely.geometry.mapping(shapely.box(120.1, 40.1, 120.2, 40.2))
    bare_town.post("/v1/districts", json=feature({"id": "boxed"}, geometry=square))
    page = bare_town.get(f"/v1/districts?id=boxed&bbox={bbox}").json()
    assert page["numberReturned"] == int(found)


def test_a_row_is_closed_on_the_day_given(stored, bare_town, check_problem):
    location, _ = stored("facilities", opened_on="2020-01-01")
    early = bare_town.ask("DELETE", f"{location}?on=2019-12-31", headers={"If-Match": "*"})
    check_problem(early, 409, "conflict")
    to_come = bare_town.ask("DELETE", f"{location}?on=2200-01-01", headers={"If-Match": "*"})
    assert to_come.status_code == 204
    assert bare_town.get(location).json()["properties"]["closed_on"] == "2200-01-01"
    again = bare_town.ask("DELETE", location, headers={"If-Match": "*"})
    check_problem(again, 409, "conflict")


def test_a_closed_row_may_be_opened_again(stored, bare_town):
    location, created = stored("districts")
    bare_town.ask("DELETE", location, headers={"If-Match": "*"})
    again = bare_town.post("/v1/districts", json=feature({"id": created.json()["id"]}))
    assert again.status_code == 201
    assert int(again.headers["etag"].strip('"')) == 3


def test_what_is_not_there_cannot_be_changed(bare_town, check_problem):
    for method in ("PUT", "PATCH", "DELETE"):
        options = {} if method == "DELETE" else {"json": feature({})}
        answer = bare_town.ask(method, "/v1/districts/nobody", headers={"If-Match": "*"}, **options)
        check_problem(answer, 404, "not-found")


def test_synthetic_data_say_so(bare_town):
    for source, word in (
        ("synthetic (yike demo)", "武汉"),
        ("synthetic, made by hand", "合成"),
        ("outline © OpenStreetMap contributors", "ODbL"),
    ):
        row = {"source": source, "id": f"notice {word}", "pool": word}
        one = bare_town.post("/v1/districts", json=feature(row)).json()
        assert word in one["notices"][0]
        page = bare_town.get("/v1/districts", params={"pool": word}).json()
        assert page["notices"] == one["notices"]
    english = bare_town.get("/v1/districts?pool=武汉", headers={"Accept-Language": "en"}).json()
    assert "not an assessment of Wuhan" in english["notices"][0]
    plain = bare_town.post("/v1/districts", json=feature({"source": "规划局"})).json()
    assert "notices" not in plain


def test_every_write_is_in_the_audit(bare_town, stored):
    location, _ = stored("districts")
    bare_town.ask("PATCH", location, json={"properties": {"name": "乙"}}, headers={"If-Match": "*"})
    bare_town.ask("DELETE", f"{location}?on={date(2100, 1, 1)}", headers={"If-Match": "*"})
    engine = create_database_engine(bare_town.settings.database.owner_url.get_secret_value())
    with engine.connect() as connection:
        rows = connection.execute(select(AUDIT).order_by(AUDIT.c.sequence.desc()).limit(3)).all()
        assert audit.verify(connection) is None
    engine.dispose()
    close, patch, create = rows
    assert [create.action, patch.action, close.action] == ["create", "patch", "close"]
    assert patch.target == close.target == f"districts/{create.detail['keys'][0]}"
    assert patch.detail["from_version"] == 1
    assert close.detail["on"] == "2100-01-01"
    assert create.actor in bare_town.keys["editor"]
    assert create.detail["request"].startswith("POST /v1/districts ")


def test_a_row_remembers_who_sent_it_and_which_row_it_was(bare_town):
    body = {
        "type": "FeatureCollection",
        "features": [feature({"id": "origin-0"}), feature({"id": "origin-1"})],
    }
    answer = bare_town.post("/v1/districts", json=body)
    engine = create_database_engine(bare_town.settings.database.owner_url.get_secret_value())
    with engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT source_file, source_row, source_crs FROM district WHERE id = 'origin-1'"
        ).one()
    engine.dispose()
    assert row.source_file == f"POST /v1/districts {answer.headers['x-request-id']}"
    assert (row.source_row, row.source_crs) == (2, "EPSG:4326")
