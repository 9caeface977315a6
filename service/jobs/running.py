"""Working on one job, in a thread of its own: begin, tell how far, end it in the record.

A job can be begun again at any time: an evaluation's identifier is the hash of its inputs, and the
other processes store nothing. Whoever begins takes the next number of attempts, and nobody who
holds an older one can write any more. So a worker that was taken for dead and is not does no harm.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool

from service.core.database import create_database_engine
from service.core.errors.problem import problem_members
from service.core.errors.rights import ForbiddenError
from service.core.errors.server import InternalError
from service.core.fault_table import as_problem
from service.core.json_input import parse_json
from service.core.keys import find_key
from service.core.resources import Resources
from service.jobs import records
from service.jobs.catalogue import find_process
from service.jobs.limits import refuse_large_result, took_too_long
from service.jobs.process import Asked, Outcome
from service.jobs.wording import said

_NAME: Final = "yike job "
_TELL_EVERY_S: Final = 0.5
_ASK_EVERY_S: Final = 0.5
# Share of the work done when a stage begins, percent: for the eye, not measured.
_BEGINS_AT: Final = {
    "read": 0,
    "prepare": 15,
    "snap": 25,
    "judge": 30,
    "flag": 65,
    "roll_up": 70,
    "without_slope": 75,
    "store": 85,
    "isochrone": 5,
    "catchments": 5,
    "review": 5,
}
_ENDS_AT: Final = {
    "read": 15,
    "prepare": 25,
    "snap": 30,
    "judge": 65,
    "flag": 70,
    "roll_up": 75,
    "without_slope": 85,
    "store": 99,
    "isochrone": 95,
    "catchments": 95,
    "review": 95,
}


class StoppedError(Exception):
    """The work is to stop: the job was dismissed, taken over, or the worker ends."""


@dataclass(frozen=True)
class Stop:
    """Tells the thread of a job to stop, and the database to stop what it does for it."""

    resources: Resources
    job_id: str
    asked: threading.Event

    def ask(self) -> None:
        """Ask; the thread stops at its next stage, or at the statement that is cancelled."""
        self.asked.set()
        with self.resources.writing() as connection:
            connection.execute(
                text(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = :name AND usename = current_user"
                ),
                {"name": f"{_NAME}{self.job_id}"},
            )


def run_job(resources: Resources, job_id: str, stop: Stop) -> None:
    """Work on a job until it has ended in the record.

    Raises
    ------
    OperationalError, sqlalchemy.exc.TimeoutError
        When the database cannot be reached: the job is to be begun again later.
    """
    with resources.writing() as connection:
        job = records.begin(connection, job_id)
    if job is None:
        return
    # Sessions of this job alone, known by their name, so that their statements can be cancelled.
    url = resources.engine.url.render_as_string(hide_password=False)
    engine = create_database_engine(
        url,
        poolclass=NullPool,
        connect_args={"options": "-c timezone=UTC", "application_name": f"{_NAME}{job_id}"},
    )
    watch = _Watch(resources, job, stop)
    watch.start()
    try:
        _Attempt(replace(resources, engine=engine), resources, job, stop).work()
    finally:
        watch.end()
        engine.dispose()


class _Watch:
    """Ends a job in the record once it has run for as long as one may, and stops its thread.

    A thread cannot be broken off: it ends at its next stage, or with the statement that is
    cancelled, and finds then that it no longer has the job.
    """

    def __init__(self, resources: Resources, job: Row[Any], stop: Stop) -> None:
        self._resources = resources
        self._job = job
        self._stop = stop
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {job.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        limits = self._resources.settings.jobs
        if self._ended.wait(limits.max_seconds):
            return
        problem = problem_members(took_too_long(limits))
        told = False
        while True:
            # The database may be away for a moment, and a statement begin after others were
            # cancelled; so again, until the thread has ended.
            with contextlib.suppress(SQLAlchemyError):
                if not told:
                    with self._resources.writing() as connection:
                        records.fail(
                            connection, self._job.id, attempt=self._job.attempt, problem=problem
                        )
                    told = True
                if not self._ended.is_set():
                    self._stop.ask()
            if self._ended.wait(_ASK_EVERY_S):
                return


class _Attempt:
    """One attempt at a job."""

    def __init__(self, own: Resources, shared: Resources, job: Row[Any], stop: Stop) -> None:
        self._own = own
        self._shared = shared
        self._job = job
        self._stop = stop
        self._stage = ""
        self._told_at = 0.0

    def work(self) -> None:
        """Compute and record how it ended."""
        try:
            outcome = self._computed()
        except StoppedError:
            self._left()
        except Exception as error:
            if self._stop.asked.is_set():
                # Very likely the statement that was cancelled; the job is not wanted here anyway.
                self._left()
            elif isinstance(error, OperationalError | PoolTimeoutError):
                raise
            else:
                self._failed(error)
        else:
            # Where this worker no longer has it, as when its time was over, nothing is written.
            with self._shared.writing() as connection:
                records.succeed(
                    connection,
                    self._job.id,
                    attempt=self._job.attempt,
                    evaluation_id=outcome.evaluation_id,
                    result=outcome.document,
                )

    def _computed(self) -> Outcome:
        most = self._shared.settings.jobs.max_attempts
        if self._job.attempt > most:
            raise InternalError(
                f"The job was begun {most} times and its worker ended each time without a word; it "
                "may need more memory than there is."
            )
        with self._shared.reading() as connection:
            principal = find_key(connection, self._job.actor)
        if principal is None:
            raise ForbiddenError("The key that asked for the job was revoked.")
        process = find_process(self._job.process)
        asked = Asked(
            resources=self._own,
            principal=principal,
            inputs=parse_json(self._job.inputs.encode()),
            today=self._job.asked_on,
            language=self._job.language,
            alone=True,
        )
        process.check(asked)
        outcome = process.run(asked, self._report)
        refuse_large_result(outcome.document, self._shared.settings.jobs)
        return outcome

    def _report(self, stage: str, done: int, of: int) -> None:
        """Record how far the work is, and stop it where it is to stop."""
        if self._stop.asked.is_set():
            raise StoppedError
        now = time.monotonic()
        if stage == self._stage and now - self._told_at < _TELL_EVERY_S:
            return
        self._stage, self._told_at = stage, now
        begins, ends = _BEGINS_AT[stage], _ENDS_AT[stage]
        with self._shared.writing() as connection:
            mine = records.advance(
                connection,
                self._job.id,
                attempt=self._job.attempt,
                progress=begins + (ends - begins) * done // max(of, 1),
                message=said(stage, self._job.language),
            )
        if not mine:
            raise StoppedError

    def _left(self) -> None:
        """Leave the job to whoever comes next; nothing happens where it was dismissed."""
        with self._shared.writing() as connection:
            records.release(connection, self._job.id, attempt=self._job.attempt)

    def _failed(self, error: Exception) -> None:
        problem = as_problem(error)
        if problem.status >= 500:  # noqa: PLR2004  # a defect, not a fault of the request
            self._shared.logger.error("job failed", job_id=self._job.id, exc_info=error)
            if not isinstance(error, InternalError):
                problem = InternalError(
                    f"The job could not be completed; the log has it under {self._job.id}."
                )
        with self._shared.writing() as connection:
            records.fail(
                connection,
                self._job.id,
                attempt=self._job.attempt,
                problem=problem_members(problem),
            )
