"""Evaluates in a process of its own, to be killed there."""

from __future__ import annotations

import datetime as dt
from multiprocessing.connection import Connection
from pathlib import Path

from service.core import audit
from service.core.database import create_database_engine
from service.core.network_cache import NetworkCache
from service.evaluations import service as evaluations
from service.evaluations.service import EvaluationRequest


def evaluate_and_tell(
    url: str, area: str, day: dt.date, cache: Path, pipe: Connection, *, hold: bool
) -> None:
    """Say "ready", run, send the run's id; with `hold`, stop short of the commit for ever."""
    engine = create_database_engine(url)
    if hold:
        record = audit.record

        def record_and_wait(*given: object, **named: object) -> None:
            record(*given, **named)
            pipe.send("written")
            pipe.recv()

        audit.record = record_and_wait
    pipe.send("ready")
    request = EvaluationRequest(("jinhua-2022",), day, area)
    run = evaluations.run(engine, request, network_cache=NetworkCache(cache))
    pipe.send(run.id)
