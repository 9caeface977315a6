"""Reviews by worker processes: the same bytes as by threads, whatever is asked; a worker killed."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import threading
import time
from types import SimpleNamespace

import httpx2
import pytest
from pooled import alive, descendants
from served_project import project
from served_town import serving_app
from sqlalchemy import text

from service.app import create_app
from service.core.database import create_database_engine
from service.core.errors.catalogue import PROBLEMS
from service.core.errors.problem import Detail, problem_response
from service.core.fault_table import as_problem
from service.core.keys import Principal
from service.core.resources import build_resources
from service.reviews.answering import ReviewRequest, answer_request, build_answering
from service.reviews.question import Question

DAY = "as_of=2026-11-22"
PATIENCE_S = 180
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE NOT granted AND datname = current_database()
"""


@pytest.fixture(scope="module")
def workers(town, make_settings):  # noqa: ARG001  # the town is in the database
    """Another service on the town's database, whose reviews two workers make."""
    before = descendants(os.getpid())
    settings = make_settings(jobs={"worker": False}, reviews={"processes": 2})
    app = create_app(settings)
    with serving_app(app) as address, httpx2.Client(base_url=address, timeout=60) as client:
        wait(lambda: len(app.state.reviews.process_ids) == 2, why="the workers do not come")
        yield SimpleNamespace(client=client, desk=app.state.reviews)
    wait(lambda: descendants(os.getpid()) <= before, why="processes are left")


@pytest.fixture
def owner(town):
    """The database as its owner has it."""
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    yield engine
    engine.dispose()


def wait(holds, *, why):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, why
        time.sleep(0.02)


def post(client, town, body, query="", *, role="reviewer", pack="jinhua-2022", **headers):
    """Ask for a review, by a request that says its own name."""
    return client.post(
        f"/v1/reviews?{DAY}&stage=design&pack={pack}{query}",
        content=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={
            "X-API-Key": town.keys[role],
            "X-Request-ID": "the-same",
            "Content-Type": "application/json",
            **headers,
        },
    )


def told(answer):
    """All of an answer, but for what no two stored reviews have in common."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    shown = re.sub(r'_at": "[^"]+"', '_at": "T"', json.dumps(headers) + answer.text)
    for name in set(re.findall(r'"id": "([0-9a-f]{32})"', answer.text)):
        shown = shown.replace(name, "ID")
    return answer.status_code, shown


GOOD = project("s", area="330702")
SEVERAL = {"projects": [GOOD, project("b", units=0), "nonsense", project("c", area="110101")]}
DRY = "&dry_run=true"
ASKED = {
    "dry run": (200, GOOD, DRY, {}),
    "in English": (200, project("s", units=1334), DRY, {"Accept-Language": "en"}),
    "with neighbours": (200, project("s", column=17), f"{DRY}&neighbours=true", {}),
    "stored": (201, GOOD, "", {}),
    "several": (200, SEVERAL, DRY, {}),
    "several, all or none": (400, SEVERAL, "", {}),
    "several, some of them": (207, SEVERAL, "&partial=true", {}),
    "no JSON": (400, b'{"id": ', DRY, {}),
    "no Unicode": (400, b'{"id": "\xff"}', DRY, {}),
    "nothing": (400, b"", DRY, {}),
    "faults": (400, project(units=0, site={"type": "Point"}), DRY, {}),
    "none stored": (400, {"project": {"id": "none"}}, DRY, {}),
    "not to be stored": (400, project(), "", {}),
    "outside the scope": (403, project(column=15), DRY, {"role": "west editor"}),
    "a viewer": (403, GOOD, DRY, {"role": "viewer"}),
    "another type": (415, GOOD, DRY, {"Content-Type": "text/plain"}),
    "no such pack": (400, GOOD, DRY, {"pack": "none"}),
}


@pytest.mark.parametrize("name", ASKED)
def test_workers_answer_byte_for_byte_as_threads_do(town, workers, name):
    status, body, query, options = ASKED[name]
    by_thread, by_worker = (
        post(client, town, body, query, **options) for client in (town.client, workers.client)
    )
    assert by_worker.status_code == status, by_worker.text
    assert told(by_worker) == told(by_thread)


def test_a_defect_is_a_500_as_it_always_was(town, workers, owner):
    with owner.begin() as connection:
        connection.execute(text("REVOKE SELECT ON data_state FROM yike_app"))
    try:
        answers = [post(client, town, GOOD, DRY) for client in (town.client, workers.client)]
    finally:
        with owner.begin() as connection:
            connection.execute(text("GRANT SELECT ON data_state TO yike_app"))
    assert [one.status_code for one in answers] == [500, 500]
    assert told(answers[0]) == told(answers[1])
    assert post(workers.client, town, GOOD, DRY).status_code == 200


def test_of_a_worker_killed_at_work_nothing_is_stored_and_the_next_one_answers(
    town, workers, owner
):
    """The database holds it up where it stores."""
    at_once = owner.execution_options(isolation_level="AUTOCOMMIT")
    with owner.connect() as holding, at_once.connect() as looking:

        def count():
            return looking.execute(text("SELECT count(*) FROM review")).scalar_one()

        def held_up():
            return looking.execute(text(WAITING)).scalar_one()

        stored = count()
        killed = workers.desk.process_ids
        holding.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(post(workers.client, town, GOOD)), daemon=True
        )
        asking.start()
        wait(held_up, why="it does not come to where it stores")
        for process in killed:
            os.kill(process, signal.SIGKILL)
        asking.join(PATIENCE_S)
        (answer,) = answers
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "see in the list of reviews" in answer.json()["detail"]
        holding.rollback()
        wait(lambda: not held_up(), why="the database does not see that it is gone")
        assert count() == stored
        # One that dies takes some time to go, and what it is asked meanwhile goes with it.
        wait(
            lambda: not set(killed) & set(workers.desk.process_ids),
            why="nobody sees that they are gone",
        )
        assert post(workers.client, town, GOOD).status_code == 201
        assert count() == stored + 1
    wait(lambda: len(workers.desk.process_ids) == 2, why="they are not replaced")
    assert not any(map(alive, killed))


def test_every_problem_survives_the_way_between_processes():
    for kind in PROBLEMS:
        problem = kind("细节", errors=[Detail("x", pointer="/a")], headers={"Retry-After": "7"})
        again = pickle.loads(pickle.dumps(problem))  # noqa: S301  # made here
        shown = [problem_response(one, {"path": "/"}) for one in (problem, again)]
        assert type(again) is kind
        assert shown[0].body == shown[1].body
        assert shown[0].raw_headers == shown[1].raw_headers


def test_faults_of_the_database_come_back_as_the_problems_they_are(make_settings):
    settings = make_settings()
    away = "postgresql+psycopg://nobody:x@127.0.0.1:1/none"
    settings = settings.with_urls(url=away, owner_url=away)
    request = ReviewRequest(
        body=json.dumps(GOOD).encode(),
        principal=Principal(id="k", name="k", role="admin", areas=()),
        question=Question(stage=None, pack_ids=(), as_of=None),
        language="zh",
        path="/v1/reviews",
        dry_run=True,
        partial=False,
    )
    told = build_answering(settings)(request)
    with pytest.raises(Exception, match="refused") as raised:
        answer_request(build_resources(settings), request)
    expected = as_problem(raised.value)
    assert told.status == 503
    assert (type(told), told.detail, told.headers) == (
        type(expected), expected.detail, expected.headers,
    )  # fmt: skip
