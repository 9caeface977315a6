"""Bytes that arrive, written to the disk by a thread beside the loop that serves everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.concurrency import run_in_threadpool

# Servers hand out pieces of some kilobytes; a thread for each would cost more than it writes.
_PIECE_BYTES: Final = 2**20


async def hand_on(chunks: AsyncIterator[bytes], write: Callable[[bytes], object]) -> int:
    """Hand bytes to what writes them, in pieces of about 1 MiB, off the loop; return how many.

    Parameters
    ----------
    write
        Called in a thread, one piece after the other; what it raises comes through.
    """
    waiting = bytearray()
    received = 0
    async for chunk in chunks:
        waiting += chunk
        received += len(chunk)
        if len(waiting) >= _PIECE_BYTES:
            await run_in_threadpool(write, bytes(waiting))
            waiting.clear()
    if waiting:
        await run_in_threadpool(write, bytes(waiting))
    return received
