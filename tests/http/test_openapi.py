"""The OpenAPI document says what the service does."""

from __future__ import annotations

import pytest

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(bare_town):
    return bare_town.get("/openapi.json", role=None).json()


@pytest.fixture(scope="module")
def operations(document):
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_route_of_the_design_is_there(operations):
    wanted = {
        f"{method} /v1/{layer}{suffix}"
        for layer in ("areas", "districts", "buildings", "facilities", "projects")
        for suffix, methods in (
            ("", ("GET", "POST")),
            ("/{feature_id}", ("GET", "PUT", "PATCH", "DELETE")),
        )
        for method in methods
    }
    wanted |= {
        "POST /v1/evaluations",
        "GET /v1/evaluations/{evaluation_id}",
        *(
            f"GET /v1/evaluations/{{evaluation_id}}/{part}"
            for part in (
                *("summary", "districts", "findings", "areas"),
                *("verdicts", "table", "walking-minutes", "districts/{district_id}/paths"),
            )
        ),
        "GET /v1/evaluations/{evaluation_id}/findings/{finding}/explain",
        "GET /v1/evaluations/{evaluation_id}/areas/{code}/{rule}/explain",
        *(
            f"GET /v1/{what}.{{format}}"
            for what in (
                *("areas", "districts", "buildings", "facilities", "parks"),
                "networks/{version}/edges",
                "evaluations/{evaluation_id}",
                *(f"evaluations/{{evaluation_id}}/{p}" for p in ("districts", "findings", "areas")),
            )
        ),
        "GET /v1/indicators",
        "POST /v1/indicators",
        "GET /v1/jobs",
        "GET /v1/jobs/{job_id}",
        "DELETE /v1/jobs/{job_id}",
        "GET /v1/coverage",
        "GET /v1/isochrone",
        "POST /v1/isochrones",
        "POST /v1/catchments",
        "POST /v1/reviews",
        "POST /v1/reviews/site",
        "GET /v1/reviews",
        "GET /v1/reviews/{review_id}",
        "GET /v1/reviews/{review_id}/inputs",
        "POST /v1/reviews/{review_id}/replay",
        "POST /v1/reviews/{review_id}/overrides",
        "POST /v1/reviews/{review_id}/signature",
        *(
            f"{asked}/report.{suffix}"
            for asked in ("POST /v1/reviews", "GET /v1/reviews/{review_id}")
            for suffix in ("docx", "pdf", "xlsx")
        ),
        *(
            f"GET /v1/evaluations/{{evaluation_id}}/{place}/brief.{suffix}"
            for place in ("districts/{district}", "areas/{code}")
            for suffix in ("docx", "pdf")
        ),
        "GET /v1/evaluations/{evaluation_id}/ledger.xlsx",
        "GET /v1/reviews/schema",
        "GET /v1/networks",
        "GET /v1/packs",
        "GET /v1/packs/{pack_id}",
        "GET /v1/packs/{pack_id}/rules",
        "GET /v1/imports",
        "POST /v1/imports",
        "GET /v1/imports/{import_id}",
        "DELETE /v1/imports/{import_id}",
        "GET /v1/imports/{import_id}/quarantine",
        "POST /v1/imports/{import_id}/commit",
        "POST /v1/imports/{import_id}/undo",
        "GET /v1/page",
        "GET /v1/scenarios",
        "POST /v1/scenarios",
        "GET /v1/scenarios/{scenario_id}",
        "PUT /v1/scenarios/{scenario_id}",
        "DELETE /v1/scenarios/{scenario_id}",
        "GET /v1/session",
        "POST /v1/session",
        "DELETE /v1/session",
        "GET /healthz",
        "GET /readyz",
        "GET /problems/{slug}",
    }
    assert set(operations) == wanted


def test_every_operation_has_a_name_and_a_summary(operations):
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)
    assert all(operation["summary"] for operation in operations.values())


def test_every_reference_leads_somewhere(document):
    found = set(references(document))
    assert "#/components/schemas/Problem" in found
    for reference in found:
        kind, name = reference.removeprefix("#/components/").split("/")
        assert name in document["components"][kind]


def test_faults_are_problems_and_nothing_else(operations):
    for name, operation in operations.items():
        responses = operation["responses"]
        assert {"400", "500", "503"} <= set(responses), name
        if "/v1/" in name:
            assert "401" in responses
            schemes = ("header", "bearer", "basic", "query", "cookie")
            # Signing in and out: nobody has a key or a cookie for it yet, or the cookie goes.
            signing = name in {"POST /v1/session", "DELETE /v1/session"}
            asked = operation.get("security", [])
            assert asked == ([] if signing else [{scheme: []} for scheme in schemes])
        if "422" in responses:
            assert name in {"POST /v1/evaluations", "POST /v1/catchments"}
        for status, response in responses.items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]


def test_bodies_are_described(operations):
    for name, operation in operations.items():
        # What is decided of an import, or asked of a review, is said by the address.
        decides = name.endswith(("/commit", "/undo", "/replay"))
        has_body = name.split()[0] in {"POST", "PUT", "PATCH"} and not decides
        assert ("requestBody" in operation) == has_body, name


def test_filters_are_described_with_their_words(operations):
    parameters = {p["name"]: p for p in operations["GET /v1/facilities"]["parameters"]}
    assert {"bbox", "limit", "after", "kind", "status", "opened_on"} <= set(parameters)
    assert "entrances" not in parameters
    options = parameters["kind"]["schema"]["enum"]
    assert "nursery" in options
    assert "api_key" not in parameters


def test_the_body_of_an_evaluation_is_described(document):
    body = document["components"]["schemas"]["EvaluationBody"]
    assert body["required"] == ["packs"]
    assert set(body["properties"]) == {"packs", "as_of", "area", "parameters"}
    assert body["additionalProperties"] is False
