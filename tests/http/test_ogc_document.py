"""Both OpenAPI documents against what the service does: generated requests."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

# Left out, for what no document can say: not every text is a filter, a cursor or an interval, and
# not every object a feature of a layer.
LEFT_OUT = [positive_data_acceptance]
REQUESTS, REQUESTS_FULL = 500, 5_000
# One collection of each sort shows what all of them do.
COLLECTIONS = ("/collections/facilities", "/collections/projects", "/collections/network-edges")


def without_keys(document):
    """Keys are ours: generated ones would be all that is ever refused."""
    document["components"].pop("securitySchemes")
    for operations in (document, *(each for path in document["paths"].values()
                                   for each in path.values())):  # fmt: skip
        operations.pop("security", None)
    return document


def ask_at_random(document, address, key, *, requests):
    """Ask for what a document describes; return how often each status was the answer."""
    schema = schemathesis.openapi.from_dict(without_keys(document))
    operations = [found.ok() for found in schema.get_all_operations()]
    statuses = dict.fromkeys(range(600), 0)
    asked = set()

    @settings(
        max_examples=requests, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(operations).flatmap(lambda operation: operation.as_strategy()))
    def ask(case):
        answer = case.call_and_validate(
            base_url=address,
            headers={"X-API-Key": key},
            excluded_checks=LEFT_OUT,
            # An upload may take as long as the service waits for its file to be read.
            timeout=60,
        )
        statuses[answer.status_code] += 1
        asked.add(case.operation.label)

    ask()
    assert sum(statuses.values()) >= requests / 2
    assert len(asked) > len(operations) / 2
    assert statuses[401] == 0
    return statuses


def requests_of(pytestconfig):
    """Half of the requests for either document."""
    return (REQUESTS_FULL if pytestconfig.getoption("--full") else REQUESTS) // 2


def test_the_ogc_document_is_kept_to(town, pytestconfig):
    document = town.get("/ogc/api").json()
    document["paths"] = {
        path: item
        for path, item in document["paths"].items()
        if path.count("/") == 1 or path.startswith(("/tileMatrixSets", *COLLECTIONS))
    }
    assert "post" in document["paths"]["/collections/projects/items"]
    requests = requests_of(pytestconfig)
    statuses = ask_at_random(
        document, f"{town.address}/ogc", town.keys["editor"], requests=requests
    )
    assert min(statuses[status] for status in (200, 400, 404)) > requests / 50


def test_the_document_of_the_rest_is_kept_to(town, pytestconfig):
    body = {"packs": ["jinhua-2022"], "as_of": "2026-06-30"}
    assert town.post("/v1/evaluations", json=body).status_code == 201
    document = town.get("/openapi.json").json()
    requests = requests_of(pytestconfig)
    statuses = ask_at_random(document, town.address, town.keys["admin"], requests=requests)
    assert min(statuses[status] for status in (200, 400, 404)) > requests / 50


WORDS = (
    "", " ", "0", "-1", "abc", "1,2,3,4", "inf", "nan", "1e999", "2026-13-45", "../..", "\x00",
    "\ud7ff\ufffe", "乱码", "x" * 10_000, "9" * 400, "' OR 1=1 --", "[]", "{}", "null", "[" * 5_000,
    "(" * 5_000, "true", '{"op":"=","args":[{"property":"id"},"\\ud800"]}', "%s%s", "\\",
)  # fmt: skip
RAW = ("%", "%%", "%zz", "%00", "%ff%fe", "%c0%80", "limit=%ff", "filter=%ff", "filter=%ed%a0%80")


def test_nonsense_never_breaks_it(town, check_problem):
    path = "/ogc/collections/facilities/items"
    document = town.get("/ogc/api", role="viewer").json()
    operation = document["paths"]["/collections/facilities/items"]["get"]
    shared = document["components"]["parameters"]
    names = {
        one.get("name") or shared[one["$ref"].rsplit("/", 1)[1]]["name"]
        for one in operation["parameters"]
    }
    assert {one["name"] for one in shared.values()} < names
    # Equality parameters are one function a kind: one of each shows what it does.
    kinds = {"name", "kind", "places", "floor_area_m2", "lift", "opened_on"}
    for name in sorted({one["name"] for one in shared.values()} | kinds):
        for word in WORDS:
            for more in ({}, {"filter-lang": "cql2-json"}) if name == "filter" else ({},):
                answer = town.get(path, params={**more, name: word}, role="viewer")
                if answer.status_code != 200:
                    check_problem(answer, 400)
    for raw in RAW:
        answer = town.get(f"{path}?{raw}", role="viewer")
        if answer.status_code != 200:
            check_problem(answer, 400)


def test_whatever_is_read_can_be_asked_for_its_head(town, check_problem):
    """HEAD answers as GET does, headers and all, and has no body."""
    paths = [f"/ogc{path}" for path, item in town.get("/ogc/api").json()["paths"].items()]
    paths += list(town.get("/openapi.json").json()["paths"])
    plain = [path for path in paths if "{" not in path]
    plain += ["/v1/facilities/nursery-1", "/ogc/collections/facilities/items?f=parquet", "/docs"]
    plain += ["/ogc/collections/districts/tiles/WebMercatorQuad/0/0/0", "/v1/facilities.gpkg"]
    for path in plain:
        got = town.get(path, role="admin")
        asked = town.ask("HEAD", path, role="admin")
        assert (asked.status_code, asked.content) == (got.status_code, b""), path
        if got.status_code == 405:
            assert "HEAD" not in asked.headers["allow"]
            continue
        own = {"date", "x-request-id", "content-length"}
        same = {name: value for name, value in got.headers.items() if name not in own}
        assert {k: v for k, v in asked.headers.items() if k not in own} == same, path
    refused = town.ask("DELETE", "/ogc/collections")
    check_problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "GET, HEAD"
    assert town.ask("HEAD", "/v1/facilities/none").status_code == 404
