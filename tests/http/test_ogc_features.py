"""OGC API Features over HTTP: documents, pages, coordinates, access and bad input."""

from __future__ import annotations

import base64
import json
from http.client import HTTPConnection
from urllib.parse import quote

import pyproj
import pytest
import shapely
from openapi_spec_validator import OpenAPIV30SpecValidator
from served_town import DISTRICTS

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = "/ogc/collections/districts/items"
LAYERS = ("areas", "districts", "buildings", "facilities", "parks", "projects", "network-edges")
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


@pytest.fixture(scope="module")
def judged(town):
    """The town with an evaluation of everything and one of its western community."""
    runs = []
    for area in (None, "420101001001"):
        body = {"packs": ["jinhua-2022"], "as_of": "2026-06-30"}
        if area is not None:
            body["area"] = area
        answer = town.post("/v1/evaluations", json=body)
        assert answer.status_code == 201, answer.text
        runs.append(answer.json()["id"])
    return town, *runs


def features(town, path, **options):
    answer = town.get(path, **{"role": "viewer", **options})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return answer.json()


def ids(town, query, collection="districts", **options):
    page = features(town, f"/ogc/collections/{collection}/items?{query}", **options)
    assert page["numberReturned"] == len(page["features"])
    return [one["id"] for one in page["features"]]


# --- documents ------------------------------------------------------------------------------


def test_the_landing_page_leads_everywhere(town):
    for path in ("/ogc", "/ogc/"):
        links = town.get(path, role="viewer").json()["links"]
        assert all({"href", "rel", "type", "title"} == set(link) for link in links)
        found = {link["rel"]: link for link in links}
        assert {"self", "alternate", "service-desc", "conformance", "data"} <= set(found)
        assert found["service-desc"]["type"] == OPENAPI
        for link in links:
            answer = town.get(link["href"], role="viewer")
            assert answer.status_code == 200
            assert answer.headers["content-type"].split("; charset")[0] == link["type"]


def test_collections_say_what_they_are(judged):
    town, *runs = judged
    listed = town.get("/ogc/collections", role="viewer").json()["collections"]
    named = [one["id"] for one in listed]
    parts = ("districts", "findings")
    stored = {f"evaluation-{run}-{part}" for run in runs for part in parts}
    assert set(named) == {*LAYERS, "latest-districts", "latest-findings", *stored}
    for one in listed:
        assert town.get(f"/ogc/collections/{one['id']}", role="viewer").json() == one
        assert one["crs"][0] == one["storageCrs"] == CRS84
        assert {EPSG + "4326", EPSG + "3857", EPSG + "4490", EPSG + "4547"} < set(one["crs"])
        for link in one["links"]:
            answer = town.get(link["href"], role="viewer")
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].split("; charset")[0] == link["type"]


def test_an_extent_holds_every_feature(town):
    extent = town.get("/ogc/collections/districts", role="viewer").json()["extent"]["spatial"]
    shapes = [shapely.geometry.shape(one["geometry"]) for one in DISTRICTS["features"]]
    assert extent["bbox"] == [list(shapely.union_all(shapes).bounds)]
    parks = town.get("/ogc/collections/parks", role="viewer").json()
    assert "extent" not in parks, "an empty collection has none"


def test_every_page_can_be_read_by_people(judged):
    town, *_ = judged
    for path in (
        "/ogc",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/facilities",
        "/ogc/collections/facilities/items",
        "/ogc/collections/facilities/items/nursery-1",
        "/ogc/collections/latest-districts/items?limit=2",
    ):
        answer = town.get(path, role="viewer", headers={"Accept": "text/html,*/*;q=0.8"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_names_cannot_write_html(bare_town):
    place = {"type": "Point", "coordinates": [100.5, 20.5]}
    for key in ("<script>alert(1)</script>", "'\"><img src=x>"):
        properties = {"id": key, "kind": "nursery", "name": key}
        body = {"type": "Feature", "geometry": place, "properties": properties}
        assert bare_town.post("/v1/facilities", json=body).status_code == 201
        for path in (f"items?f=html&id={quote(key)}", f"items/{quote(key, safe='')}?f=html"):
            page = bare_town.get(f"/ogc/collections/facilities/{path}")
            assert page.status_code == 200, page.text
            assert "<script" not in page.text
            assert "<img" not in page.text
        bare_town.ask(
            "DELETE",
            f"/v1/facilities/{quote(key, safe='')}?on=2020-01-01",
            headers={"If-Match": "*"},
        )


def test_the_document_is_openapi_3_0_with_literal_paths(judged):
    town, *_ = judged
    answer = town.get("/ogc/api", role="viewer")
    assert answer.headers["content-type"] == OPENAPI
    document = answer.json()
    assert document["openapi"] == "3.0.3"
    OpenAPIV30SpecValidator(document).validate()
    limit = document["components"]["parameters"]["limit"]["schema"]
    assert (limit["maximum"], limit["default"]) == (10_000, 100)
    for one in town.get("/ogc/collections", role="viewer").json()["collections"]:
        path = f"/collections/{one['id']}"
        parameters = document["paths"][f"{path}/items"]["get"]["parameters"]
        own = [given for given in parameters if "$ref" not in given]
        # QGIS sends simple filters only where all of this is said.
        for given in own:
            assert (given["in"], given["style"], given["explode"]) == ("query", "form", False)
            assert isinstance(given["schema"]["type"], str)
        queryables = town.get(f"/ogc{path}/queryables", role="viewer").json()["properties"]
        scalars = {name for name, schema in queryables.items() if "type" in schema}
        assert {given["name"] for given in own} == scalars


def test_queryables_and_schema(town):
    answer = town.get("/ogc/collections/facilities/queryables", role="viewer")
    assert answer.headers["content-type"] == "application/schema+json"
    document = answer.json()
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"{town.address}/ogc/collections/facilities/queryables"
    assert document["properties"]["geometry"] == {"title": "geometry", "format": "geometry-any"}
    assert document["properties"]["opened_on"]["format"] == "date"
    assert "service_area" not in document["properties"], "a list cannot be filtered"
    schema = town.get("/ogc/collections/facilities/schema", role="viewer").json()["properties"]
    one = features(town, "/ogc/collections/facilities/items/nursery-1")
    assert set(schema) == {"geometry", *one["properties"]}
    assert schema["id"]["x-ogc-role"] == "id"
    assert schema["geometry"]["x-ogc-role"] == "primary-geometry"


# --- features -------------------------------------------------------------------------------


def test_pages_hold_every_feature_once(town):
    for limit in (1, 7, 839, 840):
        path, seen, counted = f"/ogc/collections/network-edges/items?limit={limit}", [], set()
        while path and len(seen) < 60 * limit:
            page = features(town, path)
            counted.add(page["numberMatched"])
            seen += [one["id"] for one in page["features"]]
            path = next((one["href"] for one in page["links"] if one["rel"] == "next"), None)
        assert counted == {840}
        assert seen == list(range(len(seen)))
        assert len(seen) == min(840, 60 * limit)


def test_a_large_page_is_streamed_and_the_same(town):
    path = "/ogc/collections/network-edges/items?limit="
    streamed = town.get(path + "5000", role="viewer")
    assert streamed.headers["transfer-encoding"] == "chunked"
    at_once = features(town, path + "840")
    assert streamed.json()["features"] == at_once["features"]
    assert {one["rel"] for one in streamed.json()["links"]} == {"self", "alternate", "collection"}


def test_a_key_in_the_address_is_not_repeated(town):
    path = f"{ITEMS}?limit=1&api_key={town.keys['viewer']}"
    answer = town.client.get(path)
    assert answer.status_code == 200
    assert town.keys["viewer"] not in answer.text
    assert "api_key" not in answer.text


def test_what_is_known_is_not_sent_again(town):
    for path in (f"{ITEMS}?limit=2", f"{ITEMS}/west-2", "/ogc/collections/network-edges/items/3"):
        first = town.get(path, role="viewer")
        tag = first.headers["etag"]
        again = town.get(path, role="viewer", headers={"If-None-Match": f'"x", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        other = town.get(path, role="viewer", headers={"If-None-Match": '"x"'})
        assert other.status_code == 200
    in_other_crs = town.get(f"{ITEMS}/west-2?crs={EPSG}4326", role="viewer")
    assert in_other_crs.headers["etag"] != town.get(f"{ITEMS}/west-2").headers["etag"]


def test_a_change_changes_the_tag(bare_town):
    place = {"type": "Point", "coordinates": [101.5, 21.5]}
    body = {"type": "Feature", "geometry": place, "properties": {"id": "tag", "name": "a"}}
    bare_town.post("/v1/districts", json=body)
    paths = (f"{ITEMS}?id=tag", f"{ITEMS}/tag")
    before = [bare_town.get(path).headers["etag"] for path in paths]
    patch = {"properties": {"name": "b"}}
    bare_town.ask("PATCH", "/v1/districts/tag", json=patch, headers={"If-Match": "*"})
    after = [bare_town.get(path) for path in paths]
    assert all(one.headers["etag"] != tag for one, tag in zip(after, before, strict=True))
    assert after[1].json()["properties"]["name"] == "b"
    bare_town.ask("DELETE", "/v1/districts/tag", headers={"If-Match": "*"})
    gone = bare_town.get(paths[1], headers={"If-None-Match": before[1]})
    assert gone.status_code == 404


@pytest.mark.parametrize("srid", [4326, 3857, 4490, 4547, 4546])
def test_coordinates_are_in_the_order_of_their_crs(town, srid):
    answer = town.get(f"{ITEMS}?id=west-2&crs={EPSG}{srid}", role="viewer")
    assert answer.headers["content-crs"] == f"<{EPSG}{srid}>"
    shown = answer.json()["features"][0]["geometry"]["coordinates"][0][0]
    # Without always_xy, pyproj keeps the axes as the CRS defines them.
    expected = pyproj.Transformer.from_crs(4326, srid).transform(30.602, 114.302)
    assert shown == pytest.approx(expected, abs=1e-3 if srid > 4500 or srid == 3857 else 1e-8)
    assert town.get(f"{ITEMS}/west-2?crs={EPSG}{srid}").headers["content-crs"] == f"<{EPSG}{srid}>"


def test_without_a_crs_it_is_crs84(town):
    answer = town.get(f"{ITEMS}/west-2", role="viewer")
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    assert answer.json()["geometry"]["coordinates"][0][0] == [114.302, 30.602]


def test_rings_follow_the_right_hand_rule(town):
    for one in features(town, ITEMS)["features"]:
        if one["geometry"]["type"] == "Polygon":
            assert shapely.geometry.shape(one["geometry"]).exterior.is_ccw


WEST = ["west-2", "west-4", "west-6"]
ALL = ["east-16", "east-18", "far", "unknown", *WEST]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bbox=114.3,30.6,114.31,30.605", WEST),
        ("bbox=114.3,30.6,-9,114.31,30.605,9", WEST),
        (f"bbox=30.6,114.3,30.605,114.31&bbox-crs={EPSG}4326", WEST),
        (f"bbox=3386600,528700,3387100,529500&bbox-crs={EPSG}4547", WEST),
        ("bbox=170,0,-170,80", []),
        ("bbox=114.29,30,114.28,31", ALL),  # the long way around the globe
        ("bbox=114.303,30.602,114.303,30.602", ["west-2"]),
        ("bbox=-180,-90,180,90", ALL),
        ("name=西2", ["west-2"]),
        ("households=102", ["west-2"]),
        ("stage=existing&households=50", ["far"]),
        ("siting_difficult=false", []),
        ("permitted_on=2020-01-01", []),
        ("datetime=2020-01-01T00:00:00Z", ALL),
        ("datetime=2020-01-01T00:00:00Z/..", ALL),
        ("filter=households>1000", ["east-16", "east-18"]),
        ("filter=households>1000 AND name LIKE '%6'", ["east-16"]),
        ("filter=households IS NULL", ["unknown"]),
        ("filter=households>100&name=西4&bbox=114,30,115,31", ["west-4"]),
        ("filter=S_INTERSECTS(geometry,BBOX(114.3,30.6,114.31,30.605))", WEST),
        (
            f"filter=S_INTERSECTS(geometry,BBOX(30.6,114.3,30.605,114.31))&filter-crs={EPSG}4326",
            WEST,
        ),
        (
            'filter-lang=cql2-json&filter={"op":">","args":[{"property":"households"},1000]}',
            ["east-16", "east-18"],
        ),
        ("limit=99999999999999999999", ALL),
    ],
)
def test_what_is_asked_for_is_found(town, query, expected):
    encoded = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, _, value in (part.partition("=") for part in query.split("&"))
    )
    assert ids(town, encoded) == expected


def test_a_time_matches_what_was_open_then(bare_town):
    for key, opened, closed in (("t-1", "2020-01-01", "2021-12-31"), ("t-2", "2022-01-01", None)):
        properties = {"id": key, "kind": "nursery", "opened_on": opened, "closed_on": closed}
        properties |= {"pool": "timed"}
        place = {"type": "Point", "coordinates": [101.5, 22.5]}
        body = {"type": "Feature", "geometry": place, "properties": properties}
        assert bare_town.post("/v1/facilities", json=body).status_code == 201
    for asked, expected in (
        ("2021-06-01T00:00:00Z", ["t-1"]),
        ("2022-01-01T00:00:00%2B08:00", ["t-1"]),  # still 31 December in UTC
        ("2019-01-01T00:00:00Z/2019-12-31T00:00:00Z", []),
        ("2021-06-01T00:00:00Z/..", ["t-1", "t-2"]),
        ("../2021-06-01T00:00:00Z", ["t-1"]),
        ("2024-01-01", ["t-2"]),
    ):
        assert ids(bare_town, f"pool=timed&datetime={asked}", "facilities") == expected, asked


def test_evaluations_are_collections(judged):
    town, _, west = judged
    assert west
    page = features(town, f"/ogc/collections/evaluation-{west}-districts/items")
    ranks = [one["properties"]["rank"] for one in page["features"]]
    assert ranks == sorted(ranks)
    assert {one["id"] for one in page["features"]} == {"unknown", *WEST}
    assert {one["properties"]["flag"] for one in page["features"]} <= {
        "underserved", "undetermined", "watch", "served", "not_assessed"
    }  # fmt: skip
    found = features(town, "/ogc/collections/latest-findings/items?limit=10000")
    rule, verdict = "jinhua.childcare.radius", "met"
    wanted = [
        one["id"]
        for one in found["features"]
        if (one["properties"]["rule"], one["properties"]["verdict"]) == (rule, verdict)
    ]
    assert ids(town, f"rule={rule}&verdict={verdict}&limit=1000", "latest-findings") == wanted
    one = features(town, f"/ogc/collections/latest-findings/items/{found['features'][3]['id']}")
    assert one["properties"] == found["features"][3]["properties"]


def test_made_up_data_say_so(town):
    assert "合成" in features(town, f"{ITEMS}?id=west-2")["notices"][0]
    assert "notices" not in features(town, f"{ITEMS}?id=far")
    assert "合成" in features(town, f"{ITEMS}/west-2")["notices"][0]


# --- access ---------------------------------------------------------------------------------

PATHS = ("", "/", "/conformance", "/api", "/collections", "/collections/districts/items")


def test_nothing_is_told_to_nobody(town, check_problem):
    for path in PATHS:
        answer = town.get(f"/ogc{path}", role=None)
        check_problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_key_may_come_in_three_ways(town, check_problem, role):
    key = town.keys[role]
    basic = base64.b64encode(f"anyone:{key}".encode()).decode()
    for headers in ({"X-API-Key": key}, {"Authorization": f"Basic {basic}"}):
        answer = town.client.get(ITEMS, headers=headers)
        assert answer.status_code == 200
    in_query = town.client.get(f"{ITEMS}?api_key={key}")
    if role == "viewer":
        assert in_query.status_code == 200
    else:
        check_problem(in_query, 403, "forbidden")


def test_a_scoped_key_sees_its_area_only(judged, check_problem):
    town, whole, west = judged
    role = "west viewer"
    assert ids(town, "", role=role) == ["unknown", *WEST]
    page = features(town, f"{ITEMS}?limit=1", role=role)
    assert page["numberMatched"] == 4
    check_problem(town.get(f"{ITEMS}/east-16", role=role), 404)
    assert ids(town, "filter=" + quote("households>1000"), role=role) == []
    assert ids(town, "", "areas", role=role) == ["420101001001"]
    edges = features(town, "/ogc/collections/network-edges/items?limit=10000", role=role)
    assert 0 < edges["numberMatched"] < 840
    assert len(edges["features"]) == edges["numberMatched"]
    assert all(
        shapely.geometry.shape(one["geometry"]).bounds[0] <= 114.31 for one in edges["features"]
    )
    listed = {one["id"] for one in town.get("/ogc/collections", role=role).json()["collections"]}
    assert f"evaluation-{west}-districts" in listed
    assert f"evaluation-{whole}-districts" not in listed
    check_problem(town.get(f"/ogc/collections/evaluation-{whole}-findings/items", role=role), 404)
    assert set(ids(town, "", "latest-districts", role=role)) == {"unknown", *WEST}
    paths = town.get("/ogc/api", role=role).json()["paths"]
    assert f"/collections/evaluation-{whole}-districts/items" not in paths
    extent = town.get("/ogc/collections/districts", role=role).json()["extent"]["spatial"]["bbox"]
    assert extent[0][2] < 114.31
    # What the whole town's key was told is not what this one holds.
    tag = town.get(f"{ITEMS}?limit=3", role="viewer").headers["etag"]
    other = town.get(f"{ITEMS}?limit=3", role=role, headers={"If-None-Match": tag})
    assert other.status_code == 200


# --- bad input ------------------------------------------------------------------------------


def bad(name, value):
    return pytest.param(f"{name}={quote(value, safe='')}", name, id=f"{name}={value[:40]}")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        *(
            bad("bbox", value)
            for value in ("", "1,2", "a", "1,2,3,4,5", "1,2,3,4,5,6,7", "1,5,2,4", "500,0,501,1",
                          "0,-91,1,1", "nan,0,1,1", "inf,0,1,1", "1e999,0,1,1", "1,2,3,4;", ",,,")
        ),
        *(bad("limit", value) for value in ("0", "-1", "", "a", "1.5", "1e3", "NaN", "٣")),
        *(bad("crs", value) for value in ("", "EPSG:4326", EPSG + "26910", CRS84 + "x", "\x07")),
        bad("bbox-crs", EPSG + "2"),
        bad("filter-crs", EPSG + "2"),
        bad("filter-lang", "ecql"),
        *(
            bad("datetime", value)
            for value in ("", "x", "2020-13-01", "2021-01-01/2020-01-01", "a/b/c", "//",
                          "2020-01-01T00:00:00", "0001-01-01T00:00:00+14:00")
        ),
        *(
            bad("filter", value)
            for value in ("", "name =", "secret = 1", "pg_sleep(10) = 1", "version() = 'x'",
                          "length(pg_read_file('/etc/passwd')) > 10", "households = 'x'",
                          "(" * 200 + "households = 1" + ")" * 200,
                          "NOT " * 200 + "true", "name = '\x00'",
                          "name = '" + "x" * 20_000 + "'", "1=1; DROP TABLE district",
                          "S_INTERSECTS(geometry, POINT(500 0))")
        ),
        bad("after", "x"),
        bad("after", "WyI4NDA6MSJd" * 2),
        bad("f", "xml"),
        bad("foo", "bar"),
        bad("households", "many"),
        bad("households", "1" * 100),
        bad("stage", "finished"),
        bad("permitted_on", "2020-02-30"),
        bad("siting_difficult", "perhaps"),
        bad("name", "\x00"),
        bad("geometry", "POINT(1 2)"),
    ],
)  # fmt: skip
def test_bad_parameters_are_named(town, check_problem, query, parameter):
    problem = check_problem(town.get(f"{ITEMS}?{query}", role="viewer"), 400)
    assert [one["parameter"] for one in problem["errors"]] == [parameter]


@pytest.mark.parametrize("size", [17_000, 60_000, 100_000, 200_000])
def test_a_filter_of_100_kb_is_refused(town, size):
    # By hand: clients refuse to send such an address.
    host, port = town.address.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=60)
    text = quote("name='" + "x" * size + "'")
    connection.request("GET", f"{ITEMS}?filter={text}", headers={"X-API-Key": town.keys["viewer"]})
    answer = connection.getresponse()
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.load(answer)["errors"][0]["parameter"] == "filter"
    connection.close()


def test_a_cursor_of_another_list_is_refused(town, check_problem):
    page = features(town, f"{ITEMS}?limit=1")
    after = next(one["href"] for one in page["links"] if one["rel"] == "next").split("after=")[1]
    path = f"/ogc/collections/network-edges/items?after={after}"
    check_problem(town.get(path, role="viewer"), 400)


def test_parameters_given_twice_are_refused(town, check_problem):
    check_problem(town.get(f"{ITEMS}?limit=1&limit=2", role="viewer"), 400)


def test_a_map_projection_is_refused_far_from_its_zone(town, check_problem):
    for path in (f"{ITEMS}?", f"{ITEMS}/west-2?"):
        problem = check_problem(town.get(f"{path}crs={EPSG}4534", role="viewer"), 400)
        assert problem["errors"][0]["parameter"] == "crs"


@pytest.mark.parametrize(
    "path",
    [
        "/ogc/collections/zzz",
        "/ogc/collections/zzz/items",
        "/ogc/collections/zzz/queryables",
        "/ogc/collections/zzz/schema",
        "/ogc/collections/pg_class/items",
        "/ogc/collections/districts/items/zzz",
        "/ogc/collections/districts/items/%00",
        "/ogc/collections/districts/items/%ff",
        "/ogc/collections/network-edges/items/zzz",
        "/ogc/collections/network-edges/items/-1",
        "/ogc/collections/network-edges/items/99999999999",
        "/ogc/collections/evaluation-0/items",
        f"/ogc/collections/evaluation-{'0' * 32}-districts/items",
        "/ogc/collections/%F0%9F/items",
    ],
)
def test_what_is_not_there(town, check_problem, path):
    check_problem(town.get(path, role="viewer"), 404, "not-found")


@pytest.mark.parametrize("path", PATHS[:-1])
def test_other_documents_refuse_unknown_parameters(town, check_problem, path):
    check_problem(town.get(f"/ogc{path}?foo=bar", role="viewer"), 400, "unknown-parameter")
    check_problem(town.get("/ogc/collections/districts/schema?f=html", role="viewer"), 400)


SPEC = "http://www.opengis.net/spec"
CLAIMED = {
    "ogcapi-common-1/1.0": {"core", "landing-page", "json", "html", "oas30"},
    "ogcapi-common-2/1.0": {"collections"},
    "ogcapi-features-1/1.0": {"core", "geojson", "html", "oas30"},
    "ogcapi-features-2/1.0": {"crs"},
    "ogcapi-features-3/1.0": {
        "filter", "features-filter", "queryables", "queryables-query-parameters",
    },
    "ogcapi-features-4/1.0": {"create-replace-delete", "update", "features"},
    "ogcapi-features-5/1.0": {"schemas"},
    "ogcapi-features-8/1.0": {"sortables", "sorting", "features-sorting"},
    "cql2/1.0": {
        "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators",
        "case-insensitive-comparison", "basic-spatial-functions", "basic-spatial-functions-plus",
        "spatial-functions", "temporal-functions", "property-property", "arithmetic",
    },
}  # fmt: skip


def test_no_more_is_claimed_than_is_proved(town):
    listed = town.get("/ogc/conformance", role="viewer").json()["conformsTo"]
    assert len(listed) == len(set(listed))
    # Tiles and processes have tests of their own.
    others = tuple(f"{SPEC}/{one}" for one in ("ogcapi-tiles", "ogcapi-processes", "tms"))
    assert {one for one in listed if not one.startswith(others)} == {
        f"{SPEC}/{part}/conf/{name}" for part, names in CLAIMED.items() for name in names
    }


@pytest.mark.parametrize(
    "box", ["0,0,0,5e-324", "-1.7e308,0,1.7e308,1", "1e16,0,1e16,2", "0,0,1e300,1e-9"]
)
def test_boxes_at_the_edge_of_numbers_are_no_defect(town, check_problem, box):
    for srid in (3857, 4547):
        answer = town.get(f"{ITEMS}?bbox={box}&bbox-crs={EPSG}{srid}", role="viewer")
        if answer.status_code != 200:
            check_problem(answer, 400)
