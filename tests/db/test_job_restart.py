"""A job outlives the worker that is at it: stopped in order, or killed."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from jobs import held_up, statements_of, until
from shapely import Point
from sqlalchemy import Engine, Row, make_url, select
from working import work

from service.core import history
from service.core.history import Origin
from service.core.keys import authenticate, create_key
from service.core.resources import build_resources
from service.core.settings import Settings
from service.evaluations import service as evaluations
from service.jobs import attempts, records
from service.jobs.running import Stop, run_job
from service.jobs.tables import JOB
from service.jobs.worker import Worker
from service.packs import service as packs
from spatial.fields import DISTRICTS, FACILITIES
from spatial.policy.pack_file import load_packs

ROOT = Path(__file__).resolve().parents[2]
DAY = dt.date(2026, 11, 22)


@pytest.fixture
def job_id(engine: Engine, owner: Engine, make_frame, nursery, origin: Origin) -> str:
    """A job on the queue, and nobody to work on it."""
    with owner.begin() as connection:
        key = create_key(connection, role="editor", name="editor")
        packs.store_packs(connection, load_packs(ROOT / "seed" / "policies"))
    home = {"id": "D1", "geometry": Point(114.3, 30.6), "stage": "existing", "households": 10}
    with engine.begin() as connection:
        history.store(connection, DISTRICTS, make_frame(DISTRICTS, home), origin=origin)
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin)
        principal = authenticate(connection, key)
        assert principal is not None
        job = records.submit(
            connection,
            "evaluate",
            {"packs": ["jinhua-2022"], "as_of": f"{DAY}"},
            principal=principal,
            language="en",
            asked_on=DAY,
            most_per_key=1,
        )
    return str(job.id)


@pytest.fixture(scope="module")
def processes() -> BaseContext:
    """Processes that start with everything imported, from a server without threads."""
    context = multiprocessing.get_context("forkserver")
    # The server of processes does not see the folder of `working`, only what is installed.
    context.set_forkserver_preload(["service.commands.worker", "service.jobs.catalogue"])
    return context


@pytest.fixture
def start(processes, database, tmp_path) -> Iterator[Callable[[], BaseProcess]]:
    """Begin `yike worker` in a process of its own."""
    settings = {
        "YIKE_DATABASE__URL": database.app_url,
        "YIKE_STATE_DIR": str(tmp_path),
        "YIKE_JOBS__HEARTBEAT_SECONDS": "0.5",
        "YIKE_JOBS__STALLED_SECONDS": "4",
    }
    started: list[BaseProcess] = []

    def begin() -> BaseProcess:
        process = processes.Process(target=work, args=(settings,))
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.join()


def test_another_worker_goes_on_where_one_was_stopped_or_killed(engine, job_id, start):
    def job() -> Row:
        with engine.connect() as connection:
            return connection.execute(select(JOB).where(JOB.c.id == job_id)).one()

    def at_it(attempt: int) -> bool:
        return job().attempt == attempt and statements_of(engine, job_id) > 0

    with held_up(engine, DAY):
        first = start()
        until(lambda: at_it(1), why="nobody begins")
        first.terminate()
        first.join(60)
        assert first.exitcode == 128 + signal.SIGTERM
        assert (job().status, job().attempt) == ("accepted", 0), "a worker that leaves says so"
        second = start()
        until(lambda: at_it(1), why="nobody goes on")
        second.kill()
        second.join()
        assert (job().status, job().attempt) == ("running", 1), "nobody knows yet"
        start()
        until(lambda: job().attempt == 2, why="nobody takes over")
    # Whoever held the job before has lost it.
    with engine.begin() as connection:
        assert not attempts.fail(connection, job_id, attempt=1, problem={"detail": "too late"})
    until(lambda: job().status == "successful", why="it does not end")
    with engine.connect() as connection:
        (run,) = evaluations.list_evaluations(connection)
    assert (job().evaluation_id, job().attempt) == (run.id, 2)


def test_a_job_that_kills_its_workers_is_given_up(engine, job_id, database):
    settings = Settings().with_urls(url=database.app_url, owner_url=database.owner_url)
    resources = build_resources(settings)
    with engine.begin() as connection:
        for _ in range(settings.jobs.max_attempts):
            assert attempts.begin(connection, job_id) is not None
    run_job(resources, job_id, Stop(resources, job_id, threading.Event()))
    with engine.connect() as connection:
        job = connection.execute(select(JOB).where(JOB.c.id == job_id)).one()
    assert (job.status, json.loads(job.problem)["status"]) == ("failed", 500)
    assert "5 times" in job.message
    resources.engine.dispose()


def test_a_worker_waits_for_a_database_that_is_away(engine, job_id, database, tmp_path):
    """It neither ends nor holds up whoever stops it."""
    away = make_url(database.app_url).set(port=1).render_as_string(hide_password=False)
    settings = Settings(state_dir=tmp_path).with_urls(url=away, owner_url=away)
    resources = build_resources(settings)
    worker = Worker(resources)
    worker.start()
    worker.stop()
    with engine.connect() as connection:
        status = connection.execute(select(JOB.c.status).where(JOB.c.id == job_id)).scalar_one()
    assert status == "accepted"
