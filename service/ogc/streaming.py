"""An answer sent while it is read from the database, which lets go of the database at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class DatabaseStream(StreamingResponse):
    """Text in pieces, and what is open for as long as they are read.

    Parameters
    ----------
    first, pieces
        The piece read already, and those that follow.
    stack
        Closed when the answer is sent, has failed, or its reader is gone: the garbage collector
        comes at no certain time, and in no certain order.
    """

    def __init__(
        self,
        first: str,
        pieces: Iterator[str],
        *,
        stack: ExitStack,
        headers: dict[str, str],
        media_type: str,
    ) -> None:
        super().__init__(chain([first], pieces), headers=headers, media_type=media_type)
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._stack.close)
