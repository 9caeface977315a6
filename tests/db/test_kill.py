"""A run killed at any moment leaves the whole of it or nothing."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from evaluating import evaluate_and_tell
from killing import kill
from sqlalchemy import Engine, text

from seed.wuhan.city import demo_city
from service.core import audit, history
from service.core.database import create_database_engine
from service.core.history import Origin
from service.core.network_cache import NetworkCache
from service.evaluations import service as evaluations
from service.evaluations.service import EvaluationRequest
from service.networks import service as networks
from service.packs import service as packs
from spatial.fields import AREAS, DISTRICTS, FACILITIES
from spatial.network_building import build_network
from spatial.policy.pack_file import load_packs

SEED = Path(__file__).parents[2] / "seed" / "policies"
ORIGIN = Origin(file="demo", crs="EPSG:4326", transformation=None, actor="a test")
KILLS = 10
PARTITIONED = ("evaluation_district", "finding", "evaluation_area")


@pytest.fixture(scope="module")
def processes() -> BaseContext:
    """Processes that start with everything imported, from a server without threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["evaluating"])
    return context


def start(
    processes: BaseContext, town: Town, day: dt.date, *, hold: bool = False
) -> tuple[BaseProcess, Connection]:
    """Begin a run elsewhere; it is ready to be killed when this returns."""
    ours, theirs = processes.Pipe()
    process = processes.Process(
        target=evaluate_and_tell,
        args=(town.url, town.county, day, town.cache, theirs),
        kwargs={"hold": hold},
    )
    process.start()
    theirs.close()
    assert ours.recv() == "ready"
    return process, ours


@dataclass(frozen=True)
class Town:
    """One county of the demo city with its streets: large enough to be hit anywhere."""

    engine: Engine
    url: str
    cache: Path
    county: str

    def run(self, day: dt.date) -> evaluations.EvaluationRun:
        request = EvaluationRequest(("jinhua-2022",), day, self.county)
        return evaluations.run(self.engine, request, network_cache=NetworkCache(self.cache))


@pytest.fixture
def town(database, tmp_path) -> Iterator[Town]:
    engine = create_database_engine(database.app_url)
    city = demo_city()
    county = city.areas.loc[city.areas["level"] == "county", "code"].iloc[0]
    with engine.begin() as connection:
        for layer, frame in (
            (AREAS, city.areas),
            (DISTRICTS, city.districts),
            (FACILITIES, city.facilities),
        ):
            history.store(connection, layer, frame, origin=ORIGIN)
        networks.store_network(connection, build_network(city.streets), name="w", source="OSM")
        packs.store_packs(connection, load_packs(SEED))
    yield Town(engine, database.app_url, tmp_path / "cache", county)
    engine.dispose()


def whole_runs(engine: Engine) -> int:
    """Count the runs; every one must be complete, and nothing else may be there."""
    with engine.connect() as connection:
        ids = set(connection.execute(text("SELECT id FROM evaluation")).scalars())
        for table in PARTITIONED:
            found = connection.execute(
                text(f"SELECT DISTINCT evaluation_id FROM {table}")
            ).scalars()
            assert set(found) == ids, table
        tables = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'run'::regnamespace "
                "AND relkind = 'r'"
            )
        ).scalars()
        assert set(tables) == {f"{table}_{run}" for table in PARTITIONED for run in ids}
        for run in ids:
            summary = evaluations.summary(connection, run)
            counts = [sum(verdicts.values()) for verdicts in summary["rules"].values()]
            assert len(counts) > 3
            assert set(counts) == {summary["districts"]}
        audited = connection.execute(
            text("SELECT count(*) FROM audit WHERE action = 'evaluate'")
        ).scalar_one()
        assert audited == len(ids)
        assert audit.verify(connection) is None
    return len(ids)


def settled(engine: Engine) -> None:
    """Wait until the server has noticed that the client of a killed run is gone."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND application_name = 'yike'"
    )
    engine.dispose()
    for _ in range(200):
        with engine.connect() as connection:
            if connection.execute(text(others)).scalar_one() == 0:
                return
        time.sleep(0.05)
    pytest.fail("a session of a killed process is still there")


def test_ten_runs_killed_at_random_leave_only_whole_runs(town, processes):
    day, killed, finished = dt.date(2021, 1, 1), 0, 0
    while finished < 2:
        # The second run finds the streets cached, as the ones to be killed will.
        started = time.perf_counter()
        assert town.run(day).created
        usual_s = time.perf_counter() - started
        day, finished = day + dt.timedelta(days=1), finished + 1
    assert whole_runs(town.engine) == finished
    chance = random.Random(20221208)  # noqa: S311  moments, not secrets
    while killed < KILLS:
        process, pipe = start(processes, town, day)
        time.sleep(chance.uniform(0, usual_s))
        said = kill(process, pipe)
        settled(town.engine)
        found = whole_runs(town.engine)
        assert found in (finished, finished + 1)
        if said:
            assert found == finished + 1, "a run that was reported is there"
        killed += found == finished
        finished, day = found, day + dt.timedelta(days=1)
    assert town.run(day).created
    assert whole_runs(town.engine) == finished + 1


def test_a_run_killed_just_before_its_commit_leaves_nothing(town, processes):
    day = dt.date(2021, 1, 1)
    process, pipe = start(processes, town, day, hold=True)
    assert pipe.recv() == "written"
    assert kill(process, pipe) == []
    settled(town.engine)
    assert whole_runs(town.engine) == 0
    assert town.run(day).created
    assert whole_runs(town.engine) == 1
