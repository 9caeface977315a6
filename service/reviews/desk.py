"""Where reviews are computed: in worker processes, or in threads of the serving one."""

from __future__ import annotations

from typing import Annotated, Final

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from starlette.responses import Response

from service.core.errors.problem import RETRY, ProblemError
from service.core.errors.server import UnavailableError
from service.core.resources import Resources
from service.core.worker_pool import NoWorkerError, WorkerDiedError, WorkerPool
from service.reviews.answering import ReviewRequest, answer_request, build_answering

# Threads compute one at a time, whatever their number: one computes while the other waits for the
# database, or reads a part of the city anew.
REVIEWS_AT_ONCE: Final = 2


class ReviewDesk:
    """Takes requests for reviews and has them answered, first come, first served.

    By worker processes, as many as the setting ``reviews.processes`` says. By threads of this
    process where it says 0, and as long as no worker is ready: just after the start, or when none
    can be started.

    Parameters
    ----------
    resources
        As the application has them; the workers have their own.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._threads = CapacityLimiter(REVIEWS_AT_ONCE)
        settings = resources.settings
        self._workers: WorkerPool[ReviewRequest, Response | ProblemError] | None = None
        if settings.reviews.processes:
            self._workers = WorkerPool(
                build_answering,
                settings,
                count=settings.reviews.processes,
                logger=resources.logger,
            )

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Numbers of the workers that are ready or at work."""
        return () if self._workers is None else self._workers.process_ids

    def start(self) -> None:
        """Start the workers; nothing waits for them."""
        if self._workers is not None:
            self._workers.start()

    async def stop(self) -> None:
        """Let those who work answer, and end the workers."""
        if self._workers is not None:
            await self._workers.close()

    async def answer(self, request: ReviewRequest) -> Response:
        """Answer a request; those that wait hold no thread and no connection.

        Raises
        ------
        ProblemError
            With what is wrong with the request, or that its worker died.
        """
        if self._workers is not None:
            try:
                found = await self._workers.ask(request, long=request.may_be_batch)
            except NoWorkerError:
                pass
            except WorkerDiedError:
                raise UnavailableError(_died(request), headers=RETRY) from None
            else:
                if isinstance(found, ProblemError):
                    raise found
                return found
        return await to_thread.run_sync(
            answer_request, self._resources, request, limiter=self._threads
        )


def _died(request: ReviewRequest) -> str:
    died = "The process that worked on the request died"
    if request.dry_run:
        return f"{died}; try again later."
    return f"{died}; see in the list of reviews whether they were stored before you try again."


async def get_desk(request: Request) -> ReviewDesk:
    """Return the desk of the application that serves the request."""
    desk: ReviewDesk = request.app.state.reviews
    return desk


DeskDependency = Annotated[ReviewDesk, Depends(get_desk)]
