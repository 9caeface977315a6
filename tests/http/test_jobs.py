"""Jobs over HTTP: followed, ended, called off; seen by whom they belong to, and never lost."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from jobs import ASYNC, ended, held_up, statements_of, until
from sqlalchemy import Engine, text

from service.core import audit
from service.core.database import create_database_engine
from service.core.keys import create_key
from service.evaluations import service as evaluations
from spatial.errors import InputError

DAY = dt.date(2026, 11, 22)
BODY = {"packs": ["jinhua-2022"], "as_of": f"{DAY}"}
WEST, EAST = "420101001001", "420101001002"
MOST_PER_KEY = 6


@pytest.fixture(scope="module")
def served_groups():
    return {
        "jobs": {"heartbeat_seconds": 0.2, "stalled_seconds": 30, "max_per_key": MOST_PER_KEY},
        "evaluation": {"max_districts": 4},
    }


@pytest.fixture(scope="module")
def engine(town) -> Iterator[Engine]:
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    yield engine
    engine.dispose()


def submit(town, *, role="editor", **body) -> str:
    answer = town.post("/v1/evaluations", json={**BODY, **body}, headers=ASYNC, role=role)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def status(town, job_id, **options) -> str:
    return town.get(f"/v1/jobs/{job_id}", **options).json()["status"]


def entries(engine) -> int:
    with engine.connect() as connection:
        return connection.execute(
            text("SELECT count(*) FROM queue.procrastinate_jobs")
        ).scalar_one()


def slow(*_given, report, **_named):
    """Evaluate for ever, but tell of it."""
    while True:
        report("judge", 1, 2)
        time.sleep(0.01)


def test_what_is_too_large_for_a_request_is_a_job(town, engine):
    answer = town.post("/v1/evaluations", json=BODY)
    assert answer.status_code == 202, answer.text
    assert "preference-applied" not in answer.headers
    job = answer.json()
    assert (job["status"], job["process"], job["progress"]) == ("accepted", "evaluate", 0)
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    done = ended(town, job["id"])
    assert (done["status"], done["progress"], done["attempt"]) == ("successful", 100, 1), done
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    (result,) = [link["href"] for link in done["links"] if link["rel"] == "result"]
    run = town.get(httpx2.URL(result).path).json()
    assert run["id"] == done["evaluation"]
    assert town.get(f"/v1/evaluations/{run['id']}/summary").json()["districts"] == 7
    assert ended(town, submit(town))["evaluation"] == run["id"], "the same request, the same run"
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT action FROM audit WHERE target = :t"), {"t": f"job/{job['id']}"}
        ).scalars()
        assert list(kept) == ["submit"]
        assert audit.verify(connection) is None
    until(lambda: entries(engine) == 0, why="entries stay in the queue")


def test_a_small_one_is_a_job_for_whoever_prefers_it(town, check_problem):
    small = {**BODY, "area": EAST}
    for prefer in ("", "wait=10", 'return=minimal, x;y="a, b"', "respond-asynch"):
        answer = town.post("/v1/evaluations", json=small, headers={"Prefer": prefer})
        assert answer.status_code in {200, 201}, prefer
    for prefer in ("respond-async, wait=5", "Respond-Async", 'foo="bar";q=1, respond-async;x=y'):
        answer = town.post("/v1/evaluations", json=small, headers={"Prefer": prefer})
        assert answer.status_code == 202, prefer
        assert answer.headers["preference-applied"] == "respond-async"
        assert ended(town, answer.json()["id"])["status"] == "successful"
    for prefer in ("=", "respond-async ==", '"', 'a="', "a b", "(" * 50, "a," * 1000):
        answer = town.post("/v1/evaluations", json=small, headers={"Prefer": prefer})
        problem = check_problem(answer, 400, "invalid-parameter")
        assert problem["errors"][0]["header"] == "Prefer"
    bad = town.post("/v1/evaluations", json={**small, "packs": ["x"]}, headers=ASYNC)
    check_problem(bad, 400, "invalid-body")
    check_problem(town.post("/v1/evaluations", json=BODY, role="viewer"), 403, "forbidden")


def test_progress_is_told_and_the_work_stops_where_it_is_dismissed(
    town, engine, monkeypatch, check_problem
):
    monkeypatch.setattr(evaluations, "evaluate", slow)
    job_id = submit(town, as_of="2026-11-01")
    shown = until(
        lambda: (job := town.get(f"/v1/jobs/{job_id}").json())["progress"] > 30 and job,
        why="no progress is told",
    )
    assert (shown["status"], shown["message"]) == ("running", "逐条判定")
    assert 30 < shown["progress"] < 65
    gone = town.ask("DELETE", f"/v1/jobs/{job_id}")
    assert (gone.status_code, gone.json()["status"]) == (200, "dismissed")
    until(lambda: statements_of(engine, job_id) == 0, why="the work goes on")
    check_problem(town.ask("DELETE", f"/v1/jobs/{job_id}"), 409, "conflict")
    monkeypatch.undo()
    # The places of the worker are free again, and the run was not stored.
    done = ended(town, submit(town, as_of="2026-11-01"))
    assert done["status"] == "successful"
    assert status(town, job_id) == "dismissed"


def test_a_statement_that_runs_is_cancelled(town, engine):
    with held_up(engine, DAY - dt.timedelta(1)):
        job_id = submit(town, as_of=f"{DAY - dt.timedelta(1)}")
        until(lambda: statements_of(engine, job_id), why="the job does not begin")
        assert town.ask("DELETE", f"/v1/jobs/{job_id}").status_code == 200
        until(lambda: statements_of(engine, job_id) == 0, why="the statement goes on")
    assert status(town, job_id) == "dismissed"
    with engine.connect() as connection:
        stored = connection.execute(
            text("SELECT count(*) FROM evaluation WHERE as_of = :day"),
            {"day": DAY - dt.timedelta(1)},
        ).scalar_one()
    assert stored == 0


def test_a_key_has_so_many_jobs_at_once_and_those_that_wait_can_be_dismissed(
    town, engine, check_problem
):
    day = DAY - dt.timedelta(2)
    with held_up(engine, day):
        mine = [submit(town, as_of=f"{day}") for _ in range(MOST_PER_KEY)]
        until(lambda: all(statements_of(engine, one) for one in mine[:2]), why="not begun")
        refused = town.post("/v1/evaluations", json=BODY)
        check_problem(refused, 429, "too-many-jobs")
        assert refused.headers["retry-after"]
        other = submit(town, role="west editor", area=WEST, as_of=f"{day}")
        with engine.connect() as connection:
            ahead = connection.execute(
                text("SELECT lock FROM queue.procrastinate_jobs ORDER BY priority DESC, id")
            ).scalars()
            order = [job for job in ahead if job in {*mine[2:], other}]
        assert order == [other, *mine[2:]], "whoever has fewer goes first"
        for job_id in mine:
            assert town.ask("DELETE", f"/v1/jobs/{job_id}").status_code == 200
    assert {status(town, job_id) for job_id in mine} == {"dismissed"}
    assert ended(town, other, role="west editor")["status"] == "successful"
    assert ended(town, submit(town))["status"] == "successful"


def test_how_a_job_fails_is_told(town, monkeypatch):
    def refuse(*_given, **_named):
        raise InputError("the moon is in the way")

    def break_down(*_given, **_named):
        raise RuntimeError("secret SELECT")

    monkeypatch.setattr(evaluations, "evaluate", refuse)
    failed = ended(town, submit(town, as_of="2026-10-01"))
    assert failed["status"] == "failed"
    assert failed["problem"]["status"] == 400
    assert failed["problem"]["detail"] == failed["message"] == "the moon is in the way"
    monkeypatch.setattr(evaluations, "evaluate", break_down)
    broken = ended(town, submit(town, as_of="2026-10-02"))
    assert broken["problem"]["status"] == 500
    assert broken["problem"]["type"] == "/problems/internal-error"
    assert "secret" not in str(broken)
    assert broken["id"] in broken["message"]


def test_a_job_is_seen_by_its_key_and_by_administrators_of_its_areas(town, engine, check_problem):
    with engine.begin() as connection:
        west = create_key(connection, role="admin", name="west admin", areas=[WEST])
        revoked = create_key(connection, role="editor", name="to be revoked")
    job_id = submit(town, role="west editor", area=WEST)
    own = submit(town)
    done = ended(town, job_id, role="west editor")
    ended(town, own)
    assert done["areas"] == [WEST]
    for asker, seen, unseen in (
        ({"role": "west editor"}, [job_id], [own]),
        ({"role": "editor"}, [own], [job_id]),
        ({"role": "viewer"}, [], [own, job_id]),
        ({"role": "admin"}, [own, job_id], []),
        ({"role": None, "headers": {"X-API-Key": west}}, [job_id], [own]),
    ):
        listed = {job["id"] for job in town.get("/v1/jobs", **asker).json()["jobs"]}
        assert set(seen) <= listed
        assert not set(unseen) & listed
        for one in seen:
            assert town.get(f"/v1/jobs/{one}", **asker).status_code == 200
        for one in unseen:
            check_problem(town.get(f"/v1/jobs/{one}", **asker), 404, "not-found")
            check_problem(town.ask("DELETE", f"/v1/jobs/{one}", **asker), 404, "not-found")
    outside = town.post(
        "/v1/evaluations", json={**BODY, "area": EAST}, headers=ASYNC, role="west editor"
    )
    check_problem(outside, 403, "forbidden")
    for nothing in ("0" * 32, "x", "%00", "A" * 32, "0" * 5000):
        check_problem(town.get(f"/v1/jobs/{nothing}"), 404, "not-found")
    # A key that is revoked while its job waits gets nothing done.
    day = DAY - dt.timedelta(3)
    with held_up(engine, day):
        filling = [submit(town, as_of=f"{day}") for _ in range(2)]
        until(lambda: all(statements_of(engine, one) for one in filling), why="not begun")
        answer = town.post("/v1/evaluations", json=BODY, headers={"X-API-Key": revoked}, role=None)
        late = answer.json()["id"]
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE api_key SET revoked_at = now() WHERE name = 'to be revoked'")
            )
    failed = ended(town, late, role="admin")
    assert (failed["status"], failed["problem"]["status"]) == ("failed", 403)


def test_the_list_is_paged_and_filtered(town, check_problem):
    ids = [submit(town, area=EAST) for _ in range(3)]
    for one in ids:
        ended(town, one)
    first = town.get("/v1/jobs?limit=2").json()
    assert [job["id"] for job in first["jobs"]] == ids[:0:-1]
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    second = town.get(following.removeprefix(town.address)).json()
    assert second["jobs"][0]["id"] == ids[0]
    assert second["numberReturned"] <= 2
    only = town.get("/v1/jobs?status=dismissed&process=evaluate").json()["jobs"]
    assert {job["status"] for job in only} <= {"dismissed"}
    assert town.get("/v1/jobs?process=review").json()["jobs"] == []
    for query in ("status=x", "after=x", "limit=0", "colour=red"):
        check_problem(town.get(f"/v1/jobs?{query}"), 400)


def test_nothing_is_lost_when_many_ask_at_once(town, engine):
    roles = ("editor", "west editor", "admin")
    wanted = [(role, number) for role in roles for number in range(5)]

    def ask(one) -> tuple[str, str]:
        role, number = one
        return role, submit(town, role=role, area=WEST, as_of=f"{DAY - dt.timedelta(9 + number)}")

    with ThreadPoolExecutor(6) as pool:
        jobs = list(pool.map(ask, wanted))
    runs = {}
    for (role, job_id), (_, number) in zip(jobs, wanted, strict=True):
        done = ended(town, job_id, role=role)
        assert done["status"] == "successful", done
        assert runs.setdefault(number, done["evaluation"]) == done["evaluation"]
    assert len(set(runs.values())) == 5
    until(lambda: entries(engine) == 0, why="entries stay in the queue")


def test_what_was_queued_by_nobody_is_queued_again_and_what_is_old_goes(town, engine):
    day = DAY - dt.timedelta(4)
    with held_up(engine, day):
        filling = [submit(town, as_of=f"{day}") for _ in range(2)]
        until(lambda: all(statements_of(engine, one) for one in filling), why="not begun")
        lost = submit(town, area=EAST)
        with engine.begin() as connection:
            connection.execute(
                text("DELETE FROM queue.procrastinate_jobs WHERE lock = :id"), {"id": lost}
            )
    assert ended(town, lost)["status"] == "successful"
    old = filling[0]
    ended(town, old)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE job SET finished_at = now() - interval '31 days' WHERE id = :id"),
            {"id": old},
        )
    until(lambda: town.get(f"/v1/jobs/{old}").status_code == 404, why="old jobs stay")
    assert status(town, filling[1]) == "successful"
