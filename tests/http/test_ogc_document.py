"""The OpenAPI document of the OGC face against what the service does: generated requests."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

# Left out, each for what the standards or the document cannot say:
LEFT_OUT = [
    # a limit beyond the maximum is clamped (17-069r4, fc-limit-response-1 C), not refused;
    negative_data_rejection,
    # not every text is a filter, a cursor or an interval;
    positive_data_acceptance,
    # what is asked with another method is refused before the path is known to exist.
    unsupported_method,
]


PATHS = ("/", "/conformance", "/api", "/collections", "/tileMatrixSets", "/qgis-project")
LAYERS = ("/collections/facilities", "/collections/districts", "/collections/network-edges")


def test_what_is_documented_is_done(town):
    document = town.get("/ogc/api", role="viewer").json()
    document["paths"] = {
        path: item
        for path, item in document["paths"].items()
        if path.startswith(("/tileMatrixSets", *LAYERS)) or path in PATHS
    }
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 7 + 8 * len(LAYERS)
    statuses = set()

    @settings(max_examples=400, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(operations).flatmap(lambda operation: operation.as_strategy()))
    def ask(case):
        answer = case.call_and_validate(
            base_url=f"{town.address}/ogc",
            headers={"X-API-Key": town.keys["viewer"]},
            excluded_checks=LEFT_OUT,
        )
        statuses.add(answer.status_code)

    ask()
    assert {200, 400, 404} <= statuses


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
    names = {one.get("name") or one["$ref"].rsplit("/", 1)[1] for one in operation["parameters"]}
    assert set(shared) < names
    # Equality parameters are one function a kind: one of each shows what it does.
    kinds = {"name", "kind", "places", "floor_area_m2", "lift", "opened_on"}
    for name in sorted((names & set(shared)) | kinds):
        for word in WORDS:
            for more in ({}, {"filter-lang": "cql2-json"}) if name == "filter" else ({},):
                answer = town.get(path, params={**more, name: word}, role="viewer")
                if answer.status_code != 200:
                    check_problem(answer, 400)
    for raw in RAW:
        answer = town.get(f"{path}?{raw}", role="viewer")
        if answer.status_code != 200:
            check_problem(answer, 400)
