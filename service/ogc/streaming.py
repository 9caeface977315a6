"""An answer sent while it is read from the database, which lets go of the database at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import anyio
from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send


class DatabaseStream(StreamingResponse):
    """Text in pieces, and what is open for as long as they are read.

    Parameters
    ----------
    first, pieces
        The piece read already, and those that follow.
    stack
        Closed when the answer is sent, has failed, or its reader is gone: the garbage collector
        comes at no certain time, and in no certain order.
    piece_seconds
        How long the reader may take to accept one piece. One that is stuck would otherwise hold
        a connection to the database for ever.
    """

    def __init__(
        self,
        first: str,
        pieces: Iterator[str],
        *,
        stack: ExitStack,
        headers: dict[str, str],
        media_type: str,
        piece_seconds: float,
    ) -> None:
        super().__init__(self._in_threads(pieces, first), headers=headers, media_type=media_type)
        self._stack = stack
        self._piece_seconds = piece_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces.

        Raises
        ------
        ClientDisconnect
            If the reader is too slow: the server then closes the connection, which is the only
            way left to say that the answer is not whole.
        """

        async def send_in_time(message: Message) -> None:
            try:
                with anyio.fail_after(self._piece_seconds):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None

        try:
            await super().__call__(scope, receive, send_in_time)
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._stack.close, limiter=anyio.CapacityLimiter(1))

    async def _in_threads(self, pieces: Iterator[str], first: str) -> AsyncIterator[str]:
        # A thread of its own: those shared by all requests may every one be waiting for the
        # connection that this stream holds, and it would wait for one of them.
        own = anyio.CapacityLimiter(1)
        yield first
        while (piece := await to_thread.run_sync(next, pieces, None, limiter=own)) is not None:
            yield piece
