"""What workers of a test answer with, and whether processes are gone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from service.core.worker_pool import WorkerPool

PATIENCE_S = 180


def build(name: str) -> Callable[[tuple[Any, ...]], Any]:
    """Prepare as a pool asks for: `name` comes back with every answer to `who`."""
    prepared_by = os.getpid()
    asked: list[object] = []

    def answer(question: tuple[Any, ...]) -> Any:
        match question:
            case ("who",):
                return {"pid": os.getpid(), "name": name, "prepared": prepared_by}
            case ("count", one):
                asked.append(one)
                return list(asked)
            case ("echo", content):
                return content
            case ("wait", began, until):
                Path(began).write_text(str(os.getpid()))
                while not Path(until).exists():
                    time.sleep(0.005)
                return os.getpid()
            case ("die",):
                os.kill(os.getpid(), signal.SIGKILL)
            case ("raise",):
                raise ZeroDivisionError("of the answer")
        return threading.Lock()  # which cannot be sent

    return answer


def build_nothing(reason: str) -> Callable[[object], object]:
    raise ValueError(reason)


def pool_of(count: int, *, told: list[Any] | None = None, make: Any = build) -> WorkerPool:
    """A pool whose log is the list."""

    def note(_logger: object, _method: str, event: Any) -> Any:
        (told if told is not None else []).append(dict(event))
        raise structlog.DropEvent

    logger = structlog.wrap_logger(None, processors=[note])
    return WorkerPool(make, "any name", count=count, logger=logger)


async def until(holds: Callable[[], object], *, why: str) -> None:
    """Wait for what happens in other processes."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, why
        await asyncio.sleep(0.01)


def alive(process_id: int) -> bool:
    """Whether a process runs: one that ended and that nobody waited for does not."""
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def descendants(process_id: int) -> set[int]:
    """Children of a process, and theirs."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found, level = set(), {process_id}
    while level := {one for one, parent in parents.items() if parent in level}:
        found |= level
    return {one for one in found if alive(one)}


async def hold(began: str, release: str) -> None:
    """Run a pool of two, one at work, until this process is killed; tell the processes."""
    pool = pool_of(2)
    pool.start()
    await until(lambda: len(pool.process_ids) == 2, why="no workers")
    task = asyncio.create_task(pool.ask(("wait", began, release)))
    await until(lambda: Path(began).exists(), why="it does not begin")
    sys.stdout.write(f"{' '.join(map(str, descendants(os.getpid())))}\n")
    sys.stdout.flush()
    await task
