"""Both OpenAPI documents against what the service does: generated requests, every check.

A request that keeps to a document must be answered, and one that does not must be refused. What
no document can say is put into the requests by `api_requests`, none of them is left out.
"""

from __future__ import annotations

import copy
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest
import schemathesis
from api_known import known_of, learn
from api_requests import Asking, collections_of, cursors_of, requests
from api_texts import formats
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import Failure, FailureGroup

REQUESTS, REQUESTS_FULL = 500, 5_000
# One collection of each sort shows what all of them do.
COLLECTIONS = ("facilities", "projects", "network-edges")
ROLE = "admin"
SHOWN = 10


@pytest.fixture(scope="module")
def served_groups():
    # With a worker, and room for the jobs that are asked for.
    return {"jobs": {"max_per_key": 20}}


@pytest.fixture(scope="module")
def known(town, pytestconfig):
    return known_of(town, spare=6 if pytestconfig.getoption("--full") else 1)


def without_keys(document):
    """Keys are ours: generated ones would be all that is ever refused."""
    document = copy.deepcopy(document)
    document["components"].pop("securitySchemes")
    for operations in (document, *(each for path in document["paths"].values()
                                   for each in path.values())):  # fmt: skip
        operations.pop("security", None)
    return document


@dataclass
class Asked:
    """What was asked and answered: by operation, whether the document promises it, and status."""

    labels: set[str]
    statuses: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def total(self):
        return sum(self.statuses.values())


def ask_at_random(town, document, prefix, asking, *, count):
    """Ask for what a document describes, each operation as often as the others."""
    schema = schemathesis.openapi.from_dict(without_keys(document))
    operations = [found.ok() for found in schema.get_all_operations()]
    asked = Asked({operation.label for operation in operations})
    # Signing in is for browsers, which say where they come from.
    headers = {"X-API-Key": town.keys[ROLE], "Origin": town.address}

    def ask(case):
        # An upload may take as long as the service waits for its file to be read.
        answer = case.call(base_url=f"{town.address}{prefix}", headers=headers, timeout=60)
        positive = case.meta.generation.mode.is_positive
        asked.statuses[case.operation.label, positive, answer.status_code] += 1
        learn(asking.known, case, answer)
        if answer.status_code == 202 and case.operation.path == "/v1/imports":
            wait_for_reading(town, answer.headers["location"][0])
        try:
            case.validate_response(answer, headers=headers)
        except (Failure, FailureGroup) as failure:
            told = [str(one) for one in getattr(failure, "exceptions", [failure])]
            asked.faults.append("\n".join([case.as_curl_command(), answer.text[:500], *told]))

    for number in itertools.count():
        share = max(count // len(operations), 2) if number == 0 else 2
        for place, operation in enumerate(operations):
            if asked.total >= count:
                return asked
            quietly = settings(
                max_examples=min(share, count - asked.total), database=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            seed(1000 * number + place)(quietly(given(requests(operation, asking))(ask)))()
    return asked


def wait_for_reading(town, path):
    """Wait until the file of an import is read: two are read at a time."""
    while town.get(path, role=ROLE).json()["state"] == "reading":
        time.sleep(0.05)


def check(asked, *, full):
    """Check that nothing failed, and that every operation was asked for and answered.

    The short run asks for each two to four times, some of them for what is refused or not there;
    a few may go without an answer then.
    """
    assert not asked.faults, "\n\n".join([f"{len(asked.faults)} failures", *asked.faults[:SHOWN]])
    found = Counter()
    for (_, positive, status), times in asked.statuses.items():
        found[positive, status // 100] += times
        found[status] += times
    answered = {label for label, positive, status in asked.statuses if positive and status < 300}
    least = 1 if full else 0.9
    missing = asked.labels - answered
    assert len(answered) >= least * len(asked.labels), f"never answered: {sorted(missing)}"
    assert {label for label, _, _ in asked.statuses} == asked.labels
    assert found[401] == 0
    assert found[True, 2] > asked.total / 3
    assert found[False, 4] > asked.total / 25


def tag_reader(town, prefix=""):
    """Return how the ETag of what is at a path is read."""
    return lambda path: town.get(f"{prefix}{path}", role=ROLE).headers.get("etag")


def requests_of(pytestconfig):
    """Half of the requests for either document."""
    return (REQUESTS_FULL if pytestconfig.getoption("--full") else REQUESTS) // 2


def register(known, systems=()):
    for name, strategy in formats(known, systems=systems or ["-"]).items():
        schemathesis.openapi.format(name, strategy)


def test_the_ogc_document_is_kept_to(town, known, pytestconfig):
    document = town.get("/ogc/api", role=ROLE).json()
    chosen = tuple(f"/collections/{name}" for name in COLLECTIONS)
    document["paths"] = {
        path: item
        for path, item in document["paths"].items()
        if path.count("/") == 1
        or path.startswith(("/tileMatrixSets", "/processes", "/jobs", *chosen))
    }
    assert "post" in document["paths"]["/collections/projects/items"]
    shared = document["components"]["parameters"]
    # More than the maximum gives the maximum (OGC 17-069r4 /req/core/fc-limit-response-1 C).
    assert shared["limit"]["schema"].pop("maximum") == town.settings.page.max_limit
    register(known, shared["crs"]["schema"]["enum"])
    queryables, sortables = collections_of(town, COLLECTIONS)
    lists = [*(f"{path}/items" for path in chosen), "/jobs"]
    asking = Asking(
        known, queryables, sortables, cursors_of(town, lists, prefix="/ogc"),
        tag_reader(town, "/ogc"),
    )  # fmt: skip
    asked = ask_at_random(town, document, "/ogc", asking, count=requests_of(pytestconfig))
    check(asked, full=pytestconfig.getoption("--full"))


def test_the_document_of_the_rest_is_kept_to(town, known, pytestconfig):
    document = town.get("/openapi.json").json()
    register(known)
    lists = [
        path
        for path, item in document["paths"].items()
        if "{" not in path
        and any(one["name"] == "after" for one in item.get("get", {}).get("parameters", ()))
    ]
    asking = Asking(known, {}, {}, cursors_of(town, lists), tag_reader(town))
    asked = ask_at_random(town, document, "", asking, count=requests_of(pytestconfig))
    check(asked, full=pytestconfig.getoption("--full"))


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
    shared = {
        name: one
        for name, one in document["components"]["parameters"].items()
        if one["in"] == "query"
    }
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
