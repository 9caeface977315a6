"""OGC API Processes: each class that is claimed, and what clients do wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import jsonschema
import pytest
from jobs import ASYNC, ENDED, held_up, until
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from served_town import block, point
from sqlalchemy import Engine

from service.core.database import create_database_engine
from service.evaluations import service as evaluations
from spatial.errors import InputError

DAY = dt.date(2026, 11, 22)
WEST, EAST = "420101001001", "420101001002"
PLACES = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "id": "a", "geometry": point(4, 4), "properties": {}},
        {"type": "Feature", "id": "b", "geometry": point(16, 4), "properties": {}},
    ],
}
PROJECT = {
    "id": "p",
    "site": block(5, 2),
    "phases": [{"id": "1", "units": 1000}],
    "facilities": [],
}
# Role, inputs, and where /v1 answers the same.
PROCESSES = {
    "evaluate": (
        "editor",
        {"packs": ["jinhua-2022"], "as_of": f"{DAY}"},
        ("/v1/evaluations", {"packs": ["jinhua-2022"], "as_of": f"{DAY}"}),
    ),
    "review": (
        "reviewer",
        {"project": PROJECT, "stage": "design", "packs": ["jinhua-2022"], "as_of": f"{DAY}"},
        (f"/v1/reviews?dry_run=true&stage=design&pack=jinhua-2022&as_of={DAY}", PROJECT),
    ),
    "isochrone": (
        "viewer",
        {"origins": PLACES, "minutes": [5, 2.5]},
        ("/v1/isochrones", {"origins": PLACES, "minutes": [5, 2.5]}),
    ),
    "catchments": (
        "viewer",
        {"facilities": ["nursery-1"], "as_of": f"{DAY}"},
        ("/v1/catchments", {"facilities": ["nursery-1"], "as_of": f"{DAY}"}),
    ),
}
PART1 = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"


@pytest.fixture(scope="module")
def served_groups():
    return {"jobs": {"heartbeat_seconds": 0.2, "stalled_seconds": 30}}


@pytest.fixture(scope="module")
def engine(town) -> Iterator[Engine]:
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def valid(town):
    """Hold a document against a schema of the API document."""
    document = town.get("/ogc/api", role="viewer").json()
    registry = Registry().with_resource(
        "urn:api", Resource(contents=document, specification=DRAFT202012)
    )

    def check(name: str, shown: object) -> None:
        schema = {"$ref": f"urn:api#/components/schemas/{name}"}
        OAS30Validator(schema, registry=registry).validate(shown)

    check.document = document
    return check


def wrapped(inputs):
    """Write objects as the standard wants them, and the rest bare."""
    return {
        name: {"value": value} if isinstance(value, dict) else value
        for name, value in inputs.items()
    }


def execute(town, process, *, role=None, headers=None, **body):
    known, inputs, _ = PROCESSES[process]
    return town.post(
        f"/ogc/processes/{process}/execution",
        json={"inputs": wrapped(inputs), **body},
        headers=headers or {},
        role=role or known,
    )


def ended(town, job_id, *, role):
    def job():
        shown = town.get(f"/ogc/jobs/{job_id}", role=role).json()
        return shown if shown["status"] in ENDED else None

    return until(job, why="the job did not end")


def ogc_problem(answer, status, name):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"{EXCEPTIONS}/{name}"
    assert problem["status"] == status
    assert problem["detail"]


def test_the_classes_are_declared_and_the_landing_page_leads_to_the_resources(town):
    classes = town.get("/ogc/conformance", role="viewer").json()["conformsTo"]
    wanted = ("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss")
    assert {f"{PART1}/{name}" for name in wanted} == {
        name for name in classes if name.startswith(PART1)
    }
    links = {link["rel"]: link for link in town.get("/ogc", role="viewer").json()["links"]}
    for relation in ("processes", "job-list"):
        href = links[f"http://www.opengis.net/def/rel/ogc/1.0/{relation}"]["href"]
        assert town.get(href.removeprefix(town.address), role="viewer").status_code == 200


def test_processes_are_listed_and_described(town, valid, check_problem):
    listed = town.get("/ogc/processes", role="viewer").json()
    valid("ProcessList", listed)
    assert [one["id"] for one in listed["processes"]] == list(PROCESSES)
    assert len(town.get("/ogc/processes?limit=1", role="viewer").json()["processes"]) == 1
    for summary in listed["processes"]:
        name = summary["id"]
        links = {link["rel"]: link["href"] for link in summary["links"]}
        here = town.get(links["self"].removeprefix(town.address), role="viewer")
        described = here.json()
        valid("Process", described)
        assert described["links"] == summary["links"]
        assert {"sync-execute", "async-execute"} <= set(described["jobControlOptions"])
        assert links["http://www.opengis.net/def/rel/ogc/1.0/execute"].endswith(
            f"/ogc/processes/{name}/execution"
        )
        _, given, _ = PROCESSES[name]
        for key, one in described["inputs"].items():
            jsonschema.Draft202012Validator.check_schema(one["schema"])
            assert one["title"]
            assert (one["minOccurs"], one["maxOccurs"]) in {(0, 1), (1, 1)}
            if key in given:
                jsonschema.validate(given[key], one["schema"])
            else:
                assert one["minOccurs"] == 0
        body = valid.document["paths"][f"/processes/{name}/execution"]["post"]["requestBody"]
        schema = body["content"]["application/json"]["schema"]
        OAS30Validator(schema).validate({"inputs": wrapped(given)})
        with pytest.raises(jsonschema.ValidationError):
            OAS30Validator(schema).validate({"inputs": {"x": 1}})
    english = town.get(
        "/ogc/processes/evaluate", role="viewer", headers={"Accept-Language": "en"}
    ).json()
    assert (english["title"], described["title"]) == ("Evaluate", "服务人口")
    for path in ("processes/x", "processes/%00", "processes/EVALUATE"):
        ogc_problem(town.get(f"/ogc/{path}", role="viewer"), 404, "no-such-process")
    for path in ("processes?limit=0", "processes?x=1", "processes/evaluate?f=html"):
        check_problem(town.get(f"/ogc/{path}", role="viewer"), 400)


@pytest.mark.parametrize("process", PROCESSES)
def test_now_and_as_a_job_the_results_are_those_of_the_domain_api(town, valid, process):
    role, _, (url, body) = PROCESSES[process]
    domain = town.post(url, json=body, role=role)
    same = domain.json()
    described = town.get(f"/ogc/processes/{process}", role="viewer").json()
    ((output, about),) = described["outputs"].items()
    for bare in (False, True):
        inputs = {"inputs": PROCESSES[process][1]} if bare else {}
        now = execute(town, process, **inputs)
        assert now.status_code == 200, now.text
        assert now.headers["content-type"] == about["schema"]["contentMediaType"]
        assert now.json() == same
        jsonschema.validate(now.json(), {**about["schema"], "properties": {}})
    whole = execute(town, process, response="document", outputs={output: {}}).json()
    assert list(whole) == [output]
    assert whole[output]["value"] == same
    for response in ("raw", "document"):
        answer = execute(town, process, headers=ASYNC, response=response)
        assert answer.status_code == 201, answer.text
        assert answer.headers["preference-applied"] == "respond-async"
        job = answer.json()
        valid("StatusInfo", job)
        assert (job["status"], job["processID"]) == ("accepted", process)
        place = answer.headers["location"]
        assert place == f"{town.address}/ogc/jobs/{job['jobID']}"
        done = ended(town, job["jobID"], role=role)
        valid("StatusInfo", done)
        assert (done["status"], done["progress"]) == ("successful", 100), done
        links = {link["rel"]: link["href"] for link in done["links"]}
        assert links["self"] == place
        href = links["http://www.opengis.net/def/rel/ogc/1.0/results"]
        results = town.get(href.removeprefix(town.address), role=role)
        assert results.status_code == 200
        assert results.json() == (same if response == "raw" else whole)


def test_jobs_are_listed_by_what_is_asked(town, valid, check_problem):
    ids = []
    for process in ("isochrone", "catchments", "isochrone"):
        job = execute(town, process, headers=ASYNC).json()
        ended(town, job["jobID"], role="viewer")
        ids.append(job["jobID"])

    def found(query=""):
        listed = town.get(f"/ogc/jobs?{query}", role="viewer").json()
        valid("JobList", listed)
        return [job["jobID"] for job in listed["jobs"] if job["jobID"] in ids]

    assert found() == ids[::-1]
    assert found("processID=catchments") == [ids[1]]
    assert found("processID=catchments,isochrone&status=successful,failed") == ids[::-1]
    assert found("status=failed") == found("type=wps") == found("minDuration=3600") == []
    assert found("type=process&maxDuration=3600&minDuration=0") == ids[::-1]
    today = dt.datetime.now(dt.UTC).date()
    assert found(f"datetime={today - dt.timedelta(1)}/{today + dt.timedelta(1)}") == ids[::-1]
    assert found(f"datetime=../{today - dt.timedelta(2)}") == []
    assert found("datetime=2020-01-01T00:00:00Z/..") == ids[::-1]
    page = town.get("/ogc/jobs?limit=1", role="viewer").json()
    assert [job["jobID"] for job in page["jobs"]] == [ids[2]]
    (following,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
    page = town.get(following.removeprefix(town.address), role="viewer").json()
    assert [job["jobID"] for job in page["jobs"]] == [ids[1]]
    for query in (
        *("status=x", "minDuration=-1", "maxDuration=abc", "minDuration=9999999999"),
        *("datetime=x", "datetime=2026-02-30", "datetime=2026-01-02/2026-01-01", "f=html"),
        *("limit=-1", "after=x", "type=", "x=1", "status=accepted&status=failed", "datetime=a/b/c"),
    ):
        answer = town.get(f"/ogc/jobs?{query}", role="viewer")
        if query != "type=":
            check_problem(answer, 400)
    # Another key's jobs are neither listed nor there.
    assert not set(ids) & {
        job["jobID"] for job in town.get("/ogc/jobs", role="editor").json()["jobs"]
    }
    for path in (f"jobs/{ids[0]}", f"jobs/{ids[0]}/results", "jobs/x", "jobs/x/results"):
        ogc_problem(town.get(f"/ogc/{path}", role="editor"), 404, "no-such-job")
    ogc_problem(town.ask("DELETE", f"/ogc/jobs/{ids[0]}", role="editor"), 404, "no-such-job")
    assert town.get(f"/ogc/jobs/{ids[0]}/results", role="admin").status_code == 200


def test_a_job_is_dismissed_and_results_come_when_they_are_ready(
    town, engine, valid, check_problem, monkeypatch
):
    with held_up(engine, DAY - dt.timedelta(1)):
        inputs = {"packs": ["jinhua-2022"], "as_of": f"{DAY - dt.timedelta(1)}"}
        job = execute(town, "evaluate", headers=ASYNC, inputs=inputs).json()["jobID"]
        ogc_problem(town.get(f"/ogc/jobs/{job}/results"), 404, "result-not-ready")
        gone = town.ask("DELETE", f"/ogc/jobs/{job}")
        assert gone.status_code == 200
        valid("StatusInfo", gone.json())
        assert gone.json()["status"] == "dismissed"
    assert town.get(f"/ogc/jobs/{job}").json()["status"] == "dismissed"
    check_problem(town.get(f"/ogc/jobs/{job}/results"), 404, "not-found")
    check_problem(town.ask("DELETE", f"/ogc/jobs/{job}"), 409, "conflict")
    # Dismissing one that has ended throws its result away.
    done = execute(town, "isochrone", headers=ASYNC).json()["jobID"]
    ended(town, done, role="viewer")
    assert town.ask("DELETE", f"/ogc/jobs/{done}", role="viewer").status_code == 200
    check_problem(town.get(f"/ogc/jobs/{done}/results", role="viewer"), 404, "not-found")

    def refuse(*_given, **_named):
        raise InputError("the moon is in the way")

    monkeypatch.setattr(evaluations, "evaluate", refuse)
    inputs = {"packs": ["jinhua-2022"], "as_of": "2026-10-01"}
    failed = execute(town, "evaluate", headers=ASYNC, inputs=inputs).json()["jobID"]
    shown = ended(town, failed, role="editor")
    assert (shown["status"], shown["message"]) == ("failed", "the moon is in the way")
    problem = check_problem(town.get(f"/ogc/jobs/{failed}/results"), 400)
    assert problem["detail"] == "the moon is in the way"


BAD = [
    ("evaluate", [], ""),
    ("evaluate", 5, ""),
    ("evaluate", {}, "/inputs/packs"),
    ("evaluate", {"inputs": []}, "/inputs"),
    ("evaluate", {"inputs": {}}, "/inputs/packs"),
    ("evaluate", {"inputs": {"packs": "jinhua-2022"}}, "/inputs/packs"),
    ("evaluate", {"inputs": {"packs": [5]}}, "/inputs/packs/0"),
    ("evaluate", {"inputs": {"packs": ["atlantis"]}}, "/inputs/packs/0"),
    ("evaluate", {"inputs": {"packs": {"href": "http://x/y"}}}, "/inputs/packs"),
    ("evaluate", {"inputs": {"packs": ["jinhua-2022"], "colour": 1}}, "/inputs/colour"),
    ("evaluate", {"inputs": {"packs": ["jinhua-2022"]}, "subscriber": {}}, "/subscriber"),
    ("evaluate", {"inputs": {"packs": ["jinhua-2022"]}, "response": "x"}, "/response"),
    ("evaluate", {"inputs": {"packs": ["jinhua-2022"]}, "response": []}, "/response"),
    ("evaluate", {"inputs": {"packs": ["jinhua-2022"]}, "outputs": {"x": {}}}, "/outputs/x"),
    ("evaluate", {"inputs": {"packs": ["jinhua-2022"]}, "outputs": []}, "/outputs"),
    (
        "evaluate",
        {
            "inputs": {"packs": ["jinhua-2022"]},
            "outputs": {"evaluation": {"transmissionMode": "reference"}},
        },
        "/outputs/evaluation/transmissionMode",
    ),
    (
        "isochrone",
        {"inputs": {"origins": {"value": PLACES, "mediaType": "text/plain"}, "minutes": [5]}},
        "/inputs/origins/mediaType",
    ),
    ("isochrone", {"inputs": {"origins": PLACES, "minutes": ["5"]}}, "/inputs/minutes/0"),
    ("isochrone", {"inputs": {"origins": PLACES}}, "/inputs"),
    ("isochrone", {"inputs": {"origins": {"value": 5}, "minutes": [5]}}, "/inputs/origins"),
    ("review", {"inputs": {"project": {"id": "p"}}}, "/inputs/project"),
    ("review", {"inputs": {"project": PROJECT, "packs": ["x"]}}, "/inputs/packs/0"),
    ("review", {"inputs": {"project": PROJECT, "stage": "x"}}, "/inputs/stage"),
    ("catchments", {"inputs": {"facilities": []}}, "/inputs/facilities"),
    ("catchments", {"inputs": {"facilities": ["x"], "area": "999"}}, "/inputs/area"),
]


@pytest.mark.parametrize("headers", [{}, ASYNC], ids=["now", "job"])
def test_what_cannot_be_executed_is_refused_before_a_job_is_made(town, check_problem, headers):
    before = len(town.get("/ogc/jobs?limit=1000", role="admin").json()["jobs"])
    for process, body, place in BAD:
        answer = town.post(
            f"/ogc/processes/{process}/execution", json=body, headers=headers, role="admin"
        )
        problem = check_problem(answer, 400, "invalid-body")
        pointers = [error["pointer"] for error in problem["errors"]]
        assert any(one.startswith(place) for one in pointers), (body, pointers)
    path = "/ogc/processes/isochrone/execution"
    for content, kind, status in (
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"inputs": {"minutes": [NaN]}}', "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{" + b" " * 40_000_000 + b"}", "application/json", 413),
    ):
        answer = town.post(
            path, content=content, headers={**headers, "Content-Type": kind}, role="admin"
        )
        check_problem(answer, status)
    nowhere = town.post("/ogc/processes/x/execution", json={}, headers=headers, role="admin")
    ogc_problem(nowhere, 404, "no-such-process")
    check_problem(town.post(f"{path}?x=1", json={}, headers=headers, role="admin"), 400)
    check_problem(execute(town, "isochrone", headers={"Prefer": "=,="}), 400, "invalid-parameter")
    for process, role in (("evaluate", "viewer"), ("evaluate", "reviewer"), ("review", "viewer")):
        check_problem(execute(town, process, headers=headers, role=role), 403, "forbidden")
    check_problem(town.post(path, json={}, headers=headers, role=None), 401, "unauthorized")
    outside = {"packs": ["jinhua-2022"], "area": EAST}
    refused = execute(town, "evaluate", headers=headers, role="west editor", inputs=outside)
    check_problem(refused, 403, "forbidden")
    after = len(town.get("/ogc/jobs?limit=1000", role="admin").json()["jobs"])
    assert before == after, "no job was made of any of these"


def test_results_obey_the_areas_of_the_key(town):
    job = execute(town, "isochrone", headers=ASYNC, role="west viewer").json()["jobID"]
    ended(town, job, role="west viewer")
    results = town.get(f"/ogc/jobs/{job}/results", role="west viewer").json()
    assert [item["status"] for item in results["items"]] == ["ok", "forbidden"]
    assert {feature["properties"]["id"] for feature in results["features"]} == {"a"}
    everyone = {"facilities": ["nursery-1"], "as_of": f"{DAY}"}
    job = execute(town, "catchments", headers=ASYNC, role="west viewer", inputs=everyone).json()
    ended(town, job["jobID"], role="west viewer")
    counted = town.get(f"/ogc/jobs/{job['jobID']}/results", role="west viewer").json()
    assert counted["districts"] == 4, "those of the west"
