"""The worker: takes jobs off the queue, each in a thread, while its own loop keeps in touch.

The loop runs in a thread of its own, so it shares nothing with the loop that serves requests. It
says every few seconds that it lives; of a worker that has fallen silent the others take the jobs.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import procrastinate
import psycopg
from procrastinate.exceptions import ProcrastinateException
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.core.resources import Resources
from service.jobs import queue, records
from service.jobs.running import Stop, run_job
from service.jobs.tables import QUEUE_SCHEMA

# A worker whose database is gone tries again after so long.
_AGAIN_S: Final = 2.0
# Longest wait for it to end: its database may be gone. What it was at is taken up again by another
# worker, as after a crash.
_MOST_STOP_S: Final = 30
_ASK_EVERY_S: Final = 0.2
# Entries put back raise no notification, so the queue is looked at, too.
_MOST_POLL_S: Final = 5.0


class _Again(BaseRetryStrategy):
    """Queue again what ends with an error: the record says how jobs end, not the queue."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Return when: at once where the worker stops, else a little later."""
        del job
        stopped = isinstance(exception, asyncio.CancelledError)
        return RetryDecision(retry_in={"seconds": 0 if stopped else int(_AGAIN_S)})


def _unknown(fault: Exception) -> Exception | None:
    """Return a fault whose trace is worth telling: that a database is away is no defect."""
    known = (ProcrastinateException, SQLAlchemyError, psycopg.Error, OSError)
    return None if isinstance(fault, known) else fault


class Worker:
    """Works on jobs until it is stopped.

    Parameters
    ----------
    resources
        As the application has them.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._settings = resources.settings.jobs
        self._stopped = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None

    def start(self) -> None:
        """Begin, in a thread beside."""
        self._thread = threading.Thread(target=self.run, name="jobs", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until it ends; a signal's exception comes through.

        Not by joining the thread: a join that is interrupted takes it for ended from then on.
        """
        self._ended.wait()

    def stop(self) -> None:
        """End it and wait: jobs that run stop at their next stage and go back to the queue.

        At most half a minute, as its database may not answer; its thread never keeps the program.
        """
        self._stopped.set()
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(wake.set)
        if self._thread is not None:
            self._thread.join(_MOST_STOP_S)

    def run(self) -> None:
        """Work in this thread until `stop` is called from another one."""
        try:
            asyncio.run(self._run())
        finally:
            self._ended.set()

    async def _run(self) -> None:
        wake = asyncio.Event()
        self._loop, self._wake = asyncio.get_running_loop(), wake
        # A thread for every job, and some to tell them to stop.
        self._loop.set_default_executor(ThreadPoolExecutor(2 * self._settings.at_once + 2))
        said: str | None = None
        while not self._stopped.is_set():
            working = asyncio.create_task(self._work())
            waking = asyncio.create_task(wake.wait())
            await asyncio.wait({working, waking}, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
            working.cancel()
            (fault, _) = await asyncio.gather(working, waking, return_exceptions=True)
            # Whatever it was, jobs must not wait for ever; the same fault is told once.
            if isinstance(fault, Exception) and said != type(fault).__name__:
                said = type(fault).__name__
                self._resources.logger.warning("jobs wait", fault=said, exc_info=_unknown(fault))
            if not self._stopped.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), _AGAIN_S)

    async def _work(self) -> None:
        """Work until cancelled, or until the database is gone."""
        app = self._app()
        async with app.open_async():
            beat = self._settings.heartbeat_seconds
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[queue.QUEUE],
                    concurrency=self._settings.at_once,
                    fetch_job_polling_interval=min(_MOST_POLL_S, beat),
                    abort_job_polling_interval=min(_MOST_POLL_S, beat),
                    update_heartbeat_interval=beat,
                    stalled_worker_timeout=self._settings.stalled_seconds,
                    # Jobs are told to stop at once: each goes on from the queue.
                    shutdown_graceful_timeout=0,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            )
            tasks = (working, asyncio.create_task(self._sweep(app)))
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
            for one in ended:
                if isinstance(one, Exception):
                    raise one

    def _app(self) -> procrastinate.App:
        url = self._resources.engine.url.set(drivername="postgresql")
        connector = procrastinate.PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            kwargs={
                "options": f"-c timezone=UTC -c search_path={QUEUE_SCHEMA}",
                "application_name": "yike jobs",
            },
            min_size=1,
            max_size=2 + self._settings.at_once,
            timeout=_MOST_POLL_S,
            reconnect_timeout=_MOST_POLL_S,
        )
        app = procrastinate.App(connector=connector)
        app.task(name=queue.TASK, queue=queue.QUEUE, retry=_Again(), pass_context=True)(self._job)
        return app

    async def _job(self, context: procrastinate.JobContext, job_id: str) -> None:
        """Work on one job in a thread, and tell the thread when to stop."""
        stop = Stop(self._resources, job_id, threading.Event())
        work = asyncio.create_task(asyncio.to_thread(self._insist, job_id, stop))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            # More than once: a statement may begin just after the others were cancelled.
            while not work.done():
                with contextlib.suppress(SQLAlchemyError):  # then it stops at its next stage
                    await asyncio.to_thread(stop.ask)
                await asyncio.wait({work}, timeout=_ASK_EVERY_S)
            if context.abort_reason() is AbortReason.SHUTDOWN:
                raise

    def _insist(self, job_id: str, stop: Stop) -> None:
        """Work on a job, and begin it again where the database was away for a moment."""
        while True:
            try:
                run_job(self._resources, job_id, stop)
            except (OperationalError, PoolTimeoutError) as fault:
                self._resources.logger.warning(
                    "job begins again", job_id=job_id, fault=type(fault).__name__
                )
                if stop.asked.wait(_AGAIN_S):
                    return
            else:
                return

    async def _sweep(self, app: procrastinate.App) -> None:
        """Take over what silent workers hold, queue what was lost, forget what is old."""
        while True:
            patience = self._settings.stalled_seconds
            stalled = await app.job_manager.get_stalled_jobs(
                queue=queue.QUEUE, seconds_since_heartbeat=patience
            )
            for job in stalled:
                # Another worker may have been quicker.
                with contextlib.suppress(ProcrastinateException):
                    await app.job_manager.retry_job(job, retry_at=datetime.now(UTC))
                    self._resources.logger.warning(
                        "job taken over", job_id=job.task_kwargs.get("job_id")
                    )
            await asyncio.to_thread(self._tidy)
            await asyncio.sleep(self._settings.heartbeat_seconds)

    def _tidy(self) -> None:
        with self._resources.writing() as connection:
            lost = queue.put_back_lost(connection)
            records.expire(connection, keep_days=self._settings.keep_days)
        if lost:
            self._resources.logger.warning("jobs were not queued", count=lost)
