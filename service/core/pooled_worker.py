"""One worker of a pool, as the serving process sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from service.core.fork_server import QUESTION
from service.core.frames import HEADER
from service.core.started_fork_server import StartedForkServer


@dataclass(eq=False)
class Question:
    """One question, and where its answer goes."""

    content: bytes
    long: bool
    answer: asyncio.Future[Any]


@dataclass(eq=False)
class PooledWorker(asyncio.Protocol):
    """One worker, as the pool sees it.

    Parameters
    ----------
    told
        Called with each message of the worker.
    lost
        Called when its socket has ended.
    expected
        True where it takes the place of one that died at work, so that it is there soon.
    """

    told: Callable[[PooledWorker, bytes, bytes], None]
    lost: Callable[[PooledWorker], None]
    expected: bool = False
    server: StartedForkServer | None = None
    process_id: int | None = None
    answered: bool = False
    question: Question | None = None
    _transport: asyncio.Transport | None = None
    _received: bytearray = field(default_factory=bytearray)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # of a stream
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take in a part of a message."""
        self._received += data
        while len(self._received) >= HEADER.size:
            letter, length = HEADER.unpack_from(self._received)
            end = HEADER.size + length
            if len(self._received) < end:
                return
            content = bytes(self._received[HEADER.size : end])
            del self._received[:end]
            self.told(self, letter, content)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the pool."""
        del exc
        self._transport = None
        self.lost(self)

    def ask(self, question: Question) -> None:
        """Send a question."""
        self.question = question
        if self._transport is not None:
            head = HEADER.pack(QUESTION, len(question.content))
            self._transport.writelines((head, question.content))

    def close(self) -> None:
        """End it, once it has answered."""
        if self._transport is not None:
            self._transport.close()
