"""A job outlives the worker that is at it: stopped in order, or killed."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jobs import held_up, statements_of, until
from shapely import Point
from sqlalchemy import Engine, Row, select

from service.core import history
from service.core.history import Origin
from service.core.keys import authenticate, create_key
from service.evaluations import service as evaluations
from service.jobs import queue, records
from service.jobs.tables import JOB
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


@contextmanager
def worker(database, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command itself, in a process of its own."""
    settings = {
        "YIKE_DATABASE__URL": database.app_url,
        "YIKE_STATE_DIR": str(tmp_path),
        "YIKE_JOBS__HEARTBEAT_SECONDS": "0.2",
        "YIKE_JOBS__STALLED_SECONDS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "worker"], cwd=ROOT, env={**os.environ, **settings}
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_another_worker_goes_on_where_one_was_stopped_or_killed(engine, job_id, database, tmp_path):
    def job() -> Row:
        with engine.connect() as connection:
            return connection.execute(select(JOB).where(JOB.c.id == job_id)).one()

    def at_it(attempt: int) -> bool:
        return job().attempt == attempt and statements_of(engine, job_id) > 0

    with held_up(engine, DAY):
        with worker(database, tmp_path) as first:
            until(lambda: at_it(1), why="nobody begins")
            first.terminate()
            assert first.wait(30) == 128 + 15
        assert (job().status, job().attempt) == ("accepted", 0), "a worker that leaves says so"
        with worker(database, tmp_path) as second:
            until(lambda: at_it(1), why="nobody goes on")
            second.kill()
        assert (job().status, job().attempt) == ("running", 1), "nobody knows yet"
        with worker(database, tmp_path):
            until(lambda: job().attempt == 2, why="nobody takes over")
    # Whoever held the job before has lost it.
    with engine.begin() as connection:
        assert not records.fail(connection, job_id, attempt=1, problem={"detail": "too late"})
    with worker(database, tmp_path):
        until(lambda: job().status == "successful", why="it does not end")
    with engine.connect() as connection:
        (run,) = evaluations.list_evaluations(connection)
    assert job().evaluation_id == run.id


def test_a_job_that_kills_its_workers_is_given_up(engine, job_id, database, tmp_path):
    with engine.begin() as connection:
        for _ in range(5):
            assert records.begin(connection, job_id) is not None
    with worker(database, tmp_path):
        until(lambda: _status(engine, job_id) == "failed", why="it is tried for ever")
    with engine.begin() as connection:
        assert queue.put_back_lost(connection) == 0


def _status(engine: Engine, job_id: str) -> str:
    with engine.connect() as connection:
        return connection.execute(select(JOB.c.status).where(JOB.c.id == job_id)).scalar_one()
