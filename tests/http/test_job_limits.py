"""What a job may take: time, districts, and room for its result; worked on here, in the test."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator

import pytest
from jobs import ASYNC, held_up, statements_of
from served_town import point
from sqlalchemy import Engine, text

from service.core.database import create_database_engine
from service.core.keys import find_key, key_id_of
from service.core.resources import build_resources
from service.evaluations import service as evaluations
from service.jobs import records
from service.jobs.running import Stop, run_job

DAY = dt.date(2026, 11, 22)
EAST = "420101001002"
PLACES = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "id": "a", "geometry": point(4, 4), "properties": {}}],
}


@pytest.fixture(scope="module")
def served_groups():
    return {"jobs": {"worker": False, "max_districts": 6}, "evaluation": {"max_districts": 3}}


@pytest.fixture(scope="module")
def engine(town) -> Iterator[Engine]:
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    yield engine
    engine.dispose()


@pytest.fixture
def work(make_settings):
    """Work on a job under limits, and return when it is done with."""

    def working(job_id: str, **limits) -> None:
        resources = build_resources(make_settings(jobs={"worker": False, **limits}))
        try:
            run_job(resources, job_id, Stop(resources, job_id, threading.Event()))
        finally:
            resources.engine.dispose()

    return working


def submit(town, process="evaluate", *, role="editor", **inputs) -> str:
    answer = town.post(
        f"/ogc/processes/{process}/execution", json={"inputs": inputs}, headers=ASYNC, role=role
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["jobID"]


def slow(*_given, report, **_named):
    """Evaluate for ever, but tell of it."""
    while True:
        report("judge", 1, 2)
        time.sleep(0.01)


@pytest.mark.parametrize("at", ["a stage", "a statement"])
def test_a_job_that_runs_for_too_long_is_ended_as_failed(town, engine, work, monkeypatch, at):
    job_id = submit(town, packs=["jinhua-2022"], as_of=f"{DAY}", area=EAST)
    if at == "a stage":
        monkeypatch.setattr(evaluations, "evaluate", slow)
        work(job_id, max_seconds=0.3)
    else:
        with held_up(engine, DAY, area=EAST):
            work(job_id, max_seconds=0.3)
    shown = town.get(f"/v1/jobs/{job_id}").json()
    assert (shown["status"], shown["attempt"]) == ("failed", 1)
    assert shown["problem"]["type"] == "/problems/too-long"
    assert "ran for 0.3 s" in shown["message"]
    assert statements_of(engine, job_id) == 0
    told = town.get(f"/ogc/jobs/{job_id}/results")
    assert (told.status_code, told.json()["type"]) == (422, "/problems/too-long")
    # Begun again, as by a worker that took this one for dead, it stays as it is.
    work(job_id)
    assert town.get(f"/v1/jobs/{job_id}").json() == shown


def test_a_job_has_bounds_too(town, check_problem):
    everywhere = {"packs": ["jinhua-2022"], "as_of": f"{DAY}"}
    for path, body, role in (
        ("/v1/evaluations", everywhere, "editor"),
        ("/ogc/processes/evaluate/execution", {"inputs": everywhere}, "editor"),
        (
            "/ogc/processes/catchments/execution",
            {"inputs": {"facilities": ["day-1"], "as_of": f"{DAY}"}},
            "viewer",
        ),
    ):
        refused = town.post(path, json=body, headers=ASYNC, role=role)
        problem = check_problem(refused, 422, "too-many-districts")
        assert "7 districts are more than the 6 of one job" in problem["detail"]


def test_a_result_is_kept_where_it_is_not_too_large_and_read_where_it_is_asked_for(
    town, engine, work
):
    large, small = (
        submit(town, "isochrone", role="viewer", origins=PLACES, minutes=[5]) for _ in range(2)
    )
    work(large, max_result_bytes=1024)
    failed = town.get(f"/v1/jobs/{large}", role="viewer").json()
    assert failed["problem"]["type"] == "/problems/result-too-large"
    assert "more than the 1024 kept of one job" in failed["message"]
    work(small)
    assert town.get(f"/v1/jobs/{small}", role="viewer").json()["status"] == "successful"
    with engine.connect() as connection:
        size = connection.execute(
            text("SELECT octet_length(result) FROM job WHERE id = :id"), {"id": small}
        ).scalar_one()
        viewer = find_key(connection, key_id_of(town.keys["viewer"]))
        shown = records.find(connection, small, principal=viewer)
        whole = records.find(connection, small, principal=viewer, with_result=True)
    assert size > 1024
    assert {"inputs", "result"}.isdisjoint(shown._fields)
    assert json.loads(whole.result) == town.get(f"/ogc/jobs/{small}/results", role="viewer").json()
    gone = town.ask("DELETE", f"/v1/jobs/{small}", role="viewer")
    assert gone.json()["status"] == "dismissed"
