"""Nonsense in every place of every route: an answer below 500, in the one shape of a fault."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WORDS = (
    "",
    " ",
    "0",
    "-1",
    "abc",
    "1,2",
    "a,b,c,d",
    "inf",
    "nan",
    "1e999",
    "inf,inf,inf,inf",
    "500",
    "114,30,113,31",
    "114,31,115,30",
    "2026-13-45",
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "99999999999999999999999",
    "true",
    "null",
    "[]",
    "{}",
    "'",
    '"',
    "%",
    "\\",
    "../../etc/passwd",
    "\x00",
    "\ud7ff\ufffe",
    "乱码",
    "x" * 10_000,
    "' OR 1=1 --",
    "1; DROP TABLE district",
)
FEW_WORDS = ("", "abc", "2026-13-45", "1e999", "99999999999999999999999", "\x00", "x" * 10_000)
READ_BY_HAND = {
    *("limit", "after", "bbox", "lon", "lat", "as_of", "pack", "area", "rule", "level", "crs"),
    *("minutes", "metres", "speed", "k", "bin_minutes", "until_minutes"),
}
RAW = ("%", "%%", "%zz", "%00", "%ff%fe", "%c0%80", "%2F", "%2e%2e%2f", "%0d%0aX: y", "+", "a%2Fb")
BODIES = (
    b"",
    b"null",
    b"0",
    b"[]",
    b"{}",
    b'""',
    b"[[[[]]]]",
    b"\xff\xfe",
    b"\x00",
    b'{"type": "Feature"}',
    b'{"type": "Feature", "properties": 5, "geometry": 5}',
    b'{"type": "Feature", "properties": {"id": {}}, "geometry": {}}',
    b'{"type": "FeatureCollection", "features": [null, 1, "x", [], {}]}',
    b'{"packs": {}, "as_of": [], "area": {}, "parameters": []}',
    b'{"packs": ["jinhua-2022"], "parameters": {"min_share": {"a": {}}}}',
    b'{"origins": {}, "minutes": {}}',
    b'{"origins": {"type": "FeatureCollection", "features": [null]}, "minutes": [[]]}',
    b'{"facilities": {"type": []}, "minutes": [1e30]}',
    b'{"facilities": [[]], "profile": {}, "speed": "x", "area": 5}',
    b'{"properties": null, "geometry": null}',
    b'{"name": [], "base_evaluation": {}, "changes": {}}',
    b'{"name": "x", "base_evaluation": "\\u0000", "changes": [null]}',
    b'{"key": []}',
    b'{"properties": [], "geometry": "x"}',
    b"1e400",
    b"-" * 1000,
    b"9" * 10_000,
    b'"\\ud800"',
    b"[" * 5000,
)


@pytest.fixture(scope="module")
def routes(town):
    document = town.get("/openapi.json").json()
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


@pytest.fixture(scope="module")
def run(town):
    answer = town.post("/v1/evaluations", json={"packs": ["jinhua-2022"], "as_of": "2026-11-22"})
    return answer.json()["id"]


def check(answer, told):
    assert answer.status_code < 500, (told, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", told
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["request_id"]


def filled(path, run):
    """The path with things that exist, so that what follows is reached."""
    # An import that does not exist, but could: what is done to one cannot be done twice.
    path = path.replace("{import_id}", "0123456789abcdef")
    return (
        path.replace("{evaluation_id}", run)
        .replace("{pack_id}", "jinhua-2022")
        .replace("{feature_id}", "west-2")
        .replace("{district_id}", "west-2")
        .replace("{slug}", "conflict")
        .replace("{version}", "in-use")
        .replace("{format}", "geojson")
    )


REQUIRED = {
    "/v1/coverage": {"lon": "114.3", "lat": "30.6", "service": "childcare"},
    "/v1/evaluations/{evaluation_id}/walking-minutes": {"rule": "jinhua.childcare.radius"},
    "/v1/isochrone": {"lon": "114.3", "lat": "30.6", "minutes": "5"},
}


def test_nonsense_in_query_parameters(town, routes, run):
    asked = 0
    for method, path, operation in routes:
        if method != "GET":
            continue
        names = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
        for name in [*names, "no_such_parameter"]:
            # Equality filters are made by one function: a few words show what it does.
            for word in WORDS if name in READ_BY_HAND else FEW_WORDS:
                params = {**REQUIRED.get(path, {}), name: word}
                answer = town.get(filled(path, run), params=params)
                check(answer, (path, name, word[:50]))
                if name == "no_such_parameter":
                    assert answer.status_code == 400
                    assert answer.json()["type"] == "/problems/unknown-parameter"
                asked += 1
    assert asked > 500


def test_broken_escapes_in_the_query(town, routes, run):
    for method, path, _ in routes:
        if method == "GET":
            for raw in RAW:
                check(town.get(f"{filled(path, run)}?{raw}"), (path, raw))
                check(town.get(f"{filled(path, run)}?limit={raw}"), (path, raw))


def test_nonsense_in_paths(town, routes):
    for method, path, _ in routes:
        if "{" not in path:
            continue
        start, _, end = path.partition("{")
        rest = end.partition("}")[2]
        for word in [*(quote(word, safe="") for word in WORDS if word not in {"", " "}), *RAW]:
            options = {"headers": {"If-Match": "*"}}
            if method in {"PUT", "PATCH"}:
                options["json"] = {}
            answer = town.ask(method, start + word + rest, **options)
            check(answer, (method, path, word[:50]))
            assert answer.status_code >= 400


def test_nonsense_in_bodies(town, routes, run):
    for method, path, operation in routes:
        for kind in operation.get("requestBody", {}).get("content", {}):
            for body in BODIES:
                headers = {"Content-Type": kind, "If-Match": '"999"'}
                answer = town.ask(method, filled(path, run), content=body, headers=headers)
                check(answer, (method, path, kind, body[:50]))
                assert answer.status_code >= 400


def test_nonsense_in_headers(town, routes, run):
    words = ["", "*", '"', "x" * 5000, b"\xff\xfe", "zh;q=9", ",,,", '"1" *']
    for method, path, _ in routes:
        for name in ("If-Match", "If-None-Match", "Accept-Language", "Content-Type"):
            for word in words:
                if method in {"PUT", "PATCH", "DELETE"} and name != "If-Match":
                    continue
                if method == "DELETE" and word == "*":
                    continue
                answer = town.ask(method, filled(path, run), headers={name: word}, content=b"")
                check(answer, (method, path, name, word))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "id", "geometry", "properties", "features", "coordinates", "name", "code"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(layer=st.sampled_from(["areas", "districts", "buildings", "facilities"]), value=JSON)
def test_any_json_as_a_feature(town, layer, value):
    for body in (
        value,
        {"type": "Feature", "geometry": value, "properties": {"id": "h", "code": "h"}},
        {"type": "Feature", "geometry": None, "properties": value},
        {"type": "FeatureCollection", "features": [value]},
    ):
        check(town.post(f"/v1/{layer}", json=body), json.dumps(body)[:200])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(value=JSON)
def test_any_json_as_a_request_for_an_evaluation(town, value):
    # What is right by accident would be evaluated over and over.
    wrong = {"packs": ["jinhua-2022"], "unknown": 1}
    for body in (
        value,
        {"packs": value},
        {**wrong, "as_of": value},
        {**wrong, "area": value},
        {**wrong, "parameters": value},
    ):
        check(town.post("/v1/evaluations", json=body), json.dumps(body)[:200])


@pytest.mark.parametrize("word", WORDS)
def test_nonsense_in_what_is_asked_of_an_import(town, routes, word):
    operation = next(o for m, p, o in routes if (m, p) == ("POST", "/v1/imports"))
    names = [p["name"] for p in operation["parameters"] if p["in"] == "query"]
    assert len(names) > 8
    for name in names:
        # Of areas, with a key that may not write them: all is looked at, and nothing is read.
        answer = town.ask(
            "POST",
            "/v1/imports",
            params={"kind": "areas", name: word},
            role="west editor",
            content=b"{}",
            headers={"Content-Type": "application/geo+json"},
        )
        check(answer, (name, word[:50]))
        assert answer.status_code in {400, 403, 415}


@pytest.mark.parametrize("body", BODIES[1:])
def test_nonsense_in_an_uploaded_file(town, body):
    answer = town.ask(
        "POST",
        "/v1/imports",
        params={"kind": "facilities"},
        content=body,
        headers={"Content-Type": "application/geo+json"},
    )
    check(answer, body[:50])
    if answer.status_code == 201:
        assert answer.json()["state"] in {"refused", "previewed"}
