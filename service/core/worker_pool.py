"""A pool of worker processes that compute what would keep the serving process from serving.

The workers are copies of one process started beside the service (`service.core.fork_server`). Each
answers one question at a time over a socket of its own; questions wait here, first come, first
served. Everything here happens in the loop that serves requests: no thread, and no lock.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

from structlog.typing import FilteringBoundLogger

from service.core.fork_server import ANSWER, READY
from service.core.pooled_worker import PooledWorker, Question
from service.core.started_fork_server import StartedForkServer

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

# How long those who work have to answer when the pool is closed.
_PATIENCE_S: Final = 5.0
_MOST_DELAY_S: Final = 60.0


class NoWorkerError(Exception):
    """No worker is ready, nor will one be soon: the caller does the work itself."""


class WorkerDiedError(Exception):
    """The process died that was at the question, which may have been done or not."""


class WorkerDefectError(Exception):
    """What a worker computes with raised an exception; the text is its traceback."""


class WorkerPool(Generic[_Asked, _Answer]):
    """Worker processes that answer questions.

    Parameters
    ----------
    build
        Makes, of the argument, the function that answers; of a module, not of a block. It is called
        once, in the process that is copied, so it must leave no thread and no connection behind.
    argument
        Like questions and answers anything that can be pickled.
    count
        How many workers, at least 1.
    logger
        Told of workers that die.

    Notes
    -----
    A worker that dies is replaced; what it was at is not asked again, as it may have been done.
    When none can be had, new ones are tried for ever, ever less often.
    """

    def __init__(
        self,
        build: Callable[[Any], Callable[[_Asked], _Answer]],
        argument: object,
        *,
        count: int,
        logger: FilteringBoundLogger,
    ) -> None:
        self._setup = _pickled((build, argument))
        self._count = count
        # One is left to those who ask for little.
        self._most_long = max(1, count - 1)
        self._logger = logger
        self._servers: list[StartedForkServer] = []
        self._workers: set[PooledWorker] = set()
        # The one that worked last is the first to work again: it remembers most.
        self._idle: list[PooledWorker] = []
        self._waiting: deque[Question] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._expected = 0
        self._failures = 0
        self._closed = True

    def start(self) -> None:
        """Start the workers, beside whatever the running loop does; nothing waits for them."""
        self._closed = False
        for _ in range(self._count):
            self._do(self._hire())

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Numbers of the workers that are ready or at work."""
        return tuple(one.process_id for one in self._workers if one.process_id is not None)

    @property
    def available(self) -> bool:
        """Whether a question would be answered, now or after those that wait."""
        return not self._closed and (self._expected > 0 or bool(self.process_ids))

    async def ask(self, content: _Asked, *, long: bool = False) -> _Answer:
        """Return a worker's answer.

        Parameters
        ----------
        long
            True for what may take long: all of these together leave one worker free for others,
            where there are two or more.

        Raises
        ------
        NoWorkerError, WorkerDiedError, WorkerDefectError
            As they say.
        """
        if not self.available:
            raise NoWorkerError
        answered = asyncio.get_running_loop().create_future()
        question = Question(_pickled(content), long, answered)
        self._waiting.append(question)
        self._deal()
        answer: _Answer = await answered
        return answer

    async def close(self) -> None:
        """Let those who work answer, and end all processes."""
        self._closed = True
        self._refuse_waiting()
        for task in self._tasks:
            task.cancel()
        asked = [one.question.answer for one in self._workers if one.question is not None]
        if asked:
            await asyncio.wait(asked, timeout=_PATIENCE_S)
        for worker in self._workers:
            worker.close()
        for server in self._servers:
            await asyncio.to_thread(server.end)
        self._servers.clear()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hire(self, *, delay_s: float = 0.0, expected: bool = False) -> None:
        await asyncio.sleep(delay_s)
        worker = PooledWorker(self._told, self._lost, expected=expected)
        self._workers.add(worker)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                worker.server = self._send(theirs)
            loop = asyncio.get_running_loop()
            await loop.create_unix_connection(lambda: worker, sock=ours)
        except asyncio.CancelledError:
            ours.close()
            raise
        except OSError as fault:
            ours.close()
            self._lost(worker, reason=str(fault))

    def _send(self, channel: socket.socket) -> StartedForkServer:
        """Have a worker started at the other end of a socket."""
        for old in self._servers[:-1]:
            if all(one.server is not old for one in self._workers):
                old.end()
                self._servers.remove(old)
        if not self._servers or not self._servers[-1].hire(channel):
            self._servers.append(StartedForkServer(self._setup))
            self._servers[-1].hire(channel)
        return self._servers[-1]

    def _told(self, worker: PooledWorker, letter: bytes, content: bytes) -> None:
        if letter == READY:
            worker.process_id = int(content)
            self._expected -= worker.expected
            self._failures = 0
        elif worker.question is not None:
            answer, worker.question = worker.question.answer, None
            worker.answered = True
            if answer.done():
                # Whoever asked has gone.
                pass
            elif letter == ANSWER:
                answer.set_result(pickle.loads(content))  # noqa: S301  # from a copy of this
            else:
                answer.set_exception(WorkerDefectError(f"\n{content.decode()}"))
        self._idle.append(worker)
        self._deal()

    def _lost(self, worker: PooledWorker, *, reason: str = "") -> None:
        self._workers.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker.process_id is None:
            self._expected -= worker.expected
        question, worker.question = worker.question, None
        if question is not None and not question.answer.done():
            question.answer.set_exception(WorkerDiedError())
        if self._closed:
            return
        self._replace(worker, at_work=question is not None, reason=reason)
        if not self.available:
            self._refuse_waiting()
        # One that was kept from what takes long may do it now.
        self._deal()

    def _replace(self, worker: PooledWorker, *, at_work: bool, reason: str) -> None:
        proven = at_work or worker.answered
        if worker.process_id is not None:
            self._logger.warning("worker died", process_id=worker.process_id, at_work=at_work)
        elif self._failures == 0:
            complaint = reason or (worker.server.complaint() if worker.server is not None else "")
            self._logger.warning("workers do not start", reason=complaint)
        self._failures += not proven
        self._expected += at_work
        delay_s = 0.0 if proven else min(_MOST_DELAY_S, float(self._failures))
        self._do(self._hire(delay_s=delay_s, expected=at_work))

    def _refuse_waiting(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        for question in waiting:
            if not question.answer.done():
                question.answer.set_exception(NoWorkerError())

    def _deal(self) -> None:
        """Give questions to the workers that have none."""
        while self._idle and (question := self._next()) is not None:
            self._idle.pop().ask(question)

    def _next(self) -> Question | None:
        """Return the question whose turn it is; None where none may be asked now."""
        self._waiting = deque(one for one in self._waiting if not one.answer.done())
        at_it = sum(one.question is not None and one.question.long for one in self._workers)
        for question in self._waiting:
            if not question.long or at_it < self._most_long:
                self._waiting.remove(question)
                return question
        return None


def _pickled(content: object) -> bytes:
    return pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
