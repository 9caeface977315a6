"""One shape for every fault, whatever raises it."""

from __future__ import annotations

import json

import pytest
import sqlalchemy.exc
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.core.errors import catalogue
from service.core.errors.catalogue import PROBLEMS
from service.core.errors.problem import Detail, ProblemError, pointer, problem_response
from service.core.errors.server import InternalError
from service.core.fault_table import HANDLED, as_problem
from spatial.errors import Fault, InputError, InputFaults, NetworkError, PackError, UnknownCRSError

SECRET = "SELECT hash FROM api_key"


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (InputFaults([Fault("request", 2, "name", "is bad")]), 400, "invalid-body"),
        (InputError("no districts"), 400, "bad-request"),
        (PackError("no pack"), 400, "bad-request"),
        (UnknownCRSError("no CRS"), 400, "bad-request"),
        (NetworkError("no lines"), 409, "conflict"),
        (sqlalchemy.exc.IntegrityError(SECRET, {}, Exception(SECRET)), 409, "conflict"),
        (sqlalchemy.exc.DataError(SECRET, {}, Exception(SECRET)), 400, "bad-request"),
        (sqlalchemy.exc.OperationalError(SECRET, {}, Exception(SECRET)), 503, "unavailable"),
        (sqlalchemy.exc.TimeoutError(SECRET), 503, "unavailable"),
        (sqlalchemy.exc.ProgrammingError(SECRET, {}, Exception(SECRET)), 500, "internal-error"),
        (HTTPException(404), 404, "not-found"),
        (HTTPException(405, headers={"Allow": "GET"}), 405, "method-not-allowed"),
        (HTTPException(418), 400, "bad-request"),
        (
            RequestValidationError([{"loc": ("query", "limit"), "msg": "bad", "type": "x"}]),
            400,
            "invalid-parameter",
        ),
        (RuntimeError(SECRET), 500, "internal-error"),
        (MemoryError(SECRET), 500, "internal-error"),
        *((kind("words"), int(kind.status), kind.slug) for kind in PROBLEMS),
    ],
)
def test_every_fault_becomes_a_problem(error, status, slug):
    scope = {"path": "/v1/x", "state": {"request_id": "id-1"}}
    answer = problem_response(as_problem(error), scope)
    assert answer.status_code == status
    assert answer.media_type == "application/problem+json"
    shown = json.loads(bytes(answer.body))
    standard = {kind.slug: kind.uri for kind in PROBLEMS if kind.uri is not None}
    assert shown["type"] == standard.get(slug, f"/problems/{slug}")
    assert shown["status"] == status
    assert shown["instance"] == "/v1/x"
    assert shown["request_id"] == "id-1"
    assert SECRET not in bytes(answer.body).decode()


def test_only_defects_are_not_handled():
    assert not issubclass(RuntimeError, HANDLED)
    assert isinstance(as_problem(ZeroDivisionError("1/0")), InternalError)


def test_the_tree_of_the_docstring_is_the_tree_of_the_module():
    for kind in PROBLEMS:
        assert issubclass(kind, ProblemError)
        line = next(ln for ln in catalogue.__doc__.splitlines() if kind.__name__ in ln)
        if kind.__base__ is ProblemError:
            assert f" {int(kind.status)} " in line + " "
    assert len({kind.slug for kind in PROBLEMS}) == len(PROBLEMS)
    named = {n for n in vars(catalogue) if n.endswith("Error") and n in catalogue.__doc__}
    assert named == {kind.__name__ for kind in PROBLEMS} | {"ProblemError"}


def test_pointers_escape_what_they_must():
    assert pointer() == ""
    assert pointer("features", 3, "a/b~c") == "/features/3/a~1b~0c"
    assert Detail("x", pointer="").as_json() == {"pointer": "", "detail": "x"}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_type_leads_to_its_meaning(bare_town, kind):
    shown = bare_town.get(f"/problems/{kind.slug}", role=None).json()
    assert shown["type"] == kind.type_uri()
    assert shown["status"] == int(kind.status)
    assert shown["meaning"]


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v2/districts", "/v1/districts/", "/assets", "/index.html", "/%00"]
)
def test_an_unknown_address_is_not_found(bare_town, check_problem, path):
    check_problem(bare_town.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("DELETE", "/v1/districts", {"GET", "HEAD", "POST"}),
        ("PUT", "/v1/evaluations", {"POST"}),
        ("PATCH", "/v1/packs", {"GET", "HEAD"}),
        ("POST", "/v1/districts/x", {"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
    ],
)
def test_a_method_that_is_not_there(bare_town, check_problem, method, path, allowed):
    answer = bare_town.ask(method, path)
    check_problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) <= allowed
