"""A pool of real processes: order, death and replacement, ends of either side."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pooled import alive, build_nothing, descendants, pool_of, until

from service.core.worker_pool import NoWorkerError, WorkerDefectError, WorkerDiedError

ROOT = Path(__file__).resolve().parents[2]
HOLD = "import asyncio, pooled, sys; asyncio.run(pooled.hold(*sys.argv[1:]))"


@asynccontextmanager
async def running(count, **options):
    """A pool that is ready; nothing of it is left after the block."""
    pool = pool_of(count, **options)
    before = descendants(os.getpid())
    pool.start()
    try:
        await until(lambda: len(pool.process_ids) == count, why="the workers do not come")
        yield pool
    finally:
        await pool.close()
    await until(lambda: descendants(os.getpid()) <= before, why="processes are left")
    with pytest.raises(NoWorkerError):
        await pool.ask(("who",))


def command_line(process):
    """What everybody on the machine can read."""
    return Path(f"/proc/{process}/cmdline").read_bytes().decode().rstrip("\0").split("\0")


def fork_server(worker):
    """The parent of a worker."""
    return int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])


def test_questions_are_answered_in_order_by_copies_of_one_process():
    async def check():
        async with running(1) as pool:
            asked = [pool.ask(("count", number)) for number in range(6)]
            assert await asyncio.gather(*asked) == [list(range(end)) for end in range(1, 7)]
            (worker,) = pool.process_ids
            who = await pool.ask(("who",))
            assert who == {"pid": worker, "name": "any name", "prepared": fork_server(worker)}
            assert command_line(worker)[1:] == ["-P", "-m", "service.core.fork_server"]
            large = os.urandom(5_000_000)
            assert await pool.ask(("echo", large)) == large

    asyncio.run(check())


def test_what_takes_long_leaves_a_worker_to_others(tmp_path):
    async def check():
        async with running(3) as pool:
            began = [tmp_path / f"began {number}" for number in range(3)]
            release = tmp_path / "release"
            long = [
                asyncio.create_task(pool.ask(("wait", str(path), str(release)), long=True))
                for path in began
            ]
            await until(lambda: began[0].exists() and began[1].exists(), why="two do not begin")
            free = {(await pool.ask(("who",)))["pid"] for _ in range(5)}
            assert len(free) == 1
            assert not began[2].exists()
            # Whoever no longer waits for an answer is not asked for either.
            gone = asyncio.create_task(pool.ask(("wait", str(tmp_path / "never"), "/"), long=True))
            await asyncio.sleep(0)
            gone.cancel()
            assert await pool.ask(("echo", "after")) == "after"
            release.touch()
            assert free.isdisjoint((await asyncio.gather(*long))[:2])
            assert not (tmp_path / "never").exists()
        async with running(1) as pool:
            assert await pool.ask(("echo", "by the only one"), long=True) == "by the only one"

    asyncio.run(check())


def test_a_worker_that_dies_is_replaced_and_what_waits_is_answered():
    told = []

    async def check():
        async with running(1, told=told) as pool:
            (first,) = pool.process_ids
            parent = fork_server(first)
            dying, waiting = (
                asyncio.create_task(pool.ask(question)) for question in (("die",), ("who",))
            )
            with pytest.raises(WorkerDiedError):
                await dying
            second = (await waiting)["pid"]
            assert not alive(first)
            assert fork_server(second) == parent
            assert told == [{"event": "worker died", "process_id": first, "at_work": True}], "once"
            # At rest, with the process it is a copy of: another one is started.
            os.kill(parent, signal.SIGKILL)
            await until(lambda: not alive(parent), why="it is not gone")
            assert (await pool.ask(("who",)))["pid"] == second, "it goes on without"
            os.kill(second, signal.SIGKILL)
            await until(lambda: second not in pool.process_ids, why="nobody sees it")
            await until(lambda: pool.process_ids, why="it is not replaced")
            third = await pool.ask(("who",))
            assert third["prepared"] not in {parent, os.getpid()}
            assert [one["at_work"] for one in told] == [True, False]
            # What the terminal or a service manager sends to all ends none of them.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(third["pid"], number)
                os.kill(third["prepared"], number)
            assert await pool.ask(("who",)) == third

    asyncio.run(check())


def test_a_defect_is_told_with_its_trace_and_ends_nobody():
    async def check():
        async with running(1) as pool:
            before = pool.process_ids
            with pytest.raises(WorkerDefectError, match=r"pooled\.py(.|\n)*of the answer"):
                await pool.ask(("raise",))
            with pytest.raises(WorkerDefectError, match="cannot pickle"):
                await pool.ask(("lock",))
            with pytest.raises(TypeError, match="cannot pickle"):
                await pool.ask(("echo", asyncio.Lock, (one for one in ())))
            assert (await pool.ask(("who",)))["pid"] == before[0]

    asyncio.run(check())


def test_without_workers_nobody_waits():
    told = []

    async def check():
        pool = pool_of(2, told=told, make=build_nothing)
        pool.start()
        with pytest.raises(NoWorkerError):
            await pool.ask(("who",))
        await until(lambda: told, why="nobody tells")
        assert not pool.available
        await pool.close()

    asyncio.run(check())
    (once,) = told
    assert once["event"] == "workers do not start"
    assert once["reason"].endswith("ValueError: any name\n")


def test_closing_waits_for_those_at_work(tmp_path):
    async def check():
        began, release = tmp_path / "began", tmp_path / "release"
        async with running(1) as pool:
            at_work = asyncio.create_task(pool.ask(("wait", str(began), str(release))))
            waiting = asyncio.create_task(pool.ask(("who",)))
            await until(began.exists, why="it does not begin")
            asyncio.get_running_loop().call_later(0.1, release.touch)
        assert str(await at_work) == began.read_text()
        with pytest.raises(NoWorkerError):
            await waiting

    asyncio.run(check())


def test_none_outlives_a_service_that_was_killed(tmp_path):
    began, release = tmp_path / "began", tmp_path / "release"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(began), str(release)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as service:
        started = {int(word) for word in service.stdout.readline().split()}
        assert len(started) == 3
        service.kill()
    at_work = int(began.read_text())
    assert alive(at_work), "what it is at may be half done"
    release.touch()
    asyncio.run(until(lambda: not any(map(alive, started)), why="some are left"))
