"""Following jobs over HTTP, and holding one up."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from served_town import Town
from sqlalchemy import Engine, func, select, text

from service.evaluations.service import EvaluationRequest

ASYNC = {"Prefer": "respond-async"}
ENDED = {"successful", "failed", "dismissed"}


def until(holds: Callable[[], Any], *, why: str) -> Any:
    """Ask again and again until something holds, and return it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    return pytest.fail(why)


def ended(town: Town, job_id: str, *, role: str = "editor") -> dict[str, Any]:
    """Follow a job to its end."""

    def job() -> dict[str, Any] | None:
        shown: dict[str, Any] = town.get(f"/v1/jobs/{job_id}", role=role).json()
        return shown if shown["status"] in ENDED else None

    found: dict[str, Any] = until(job, why=f"job {job_id} did not end")
    return found


@contextmanager
def held_up(engine: Engine, day: dt.date, *, area: str | None = None) -> Iterator[None]:
    """Let no run of a request be computed: whoever begins one waits within a statement."""
    key = EvaluationRequest(("jinhua-2022",), day, area).lock_key
    with engine.connect() as connection:
        connection.execute(select(func.pg_advisory_lock(key)))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(key)))


def statements_of(engine: Engine, job_id: str) -> int:
    """Count the sessions that wait or compute for a job."""
    with engine.connect() as connection:
        return connection.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name"),
            {"name": f"yike job {job_id}"},
        ).scalar_one()
