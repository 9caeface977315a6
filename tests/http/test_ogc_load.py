"""Many at once: 200 readers and 20 writers, none of whom is refused or overwritten.

The service runs in a process of its own, so that its memory can be told from that of the clients.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import httpx2
from served_town import feature, point

READERS, WRITERS = 200, 20
SECONDS, SECONDS_FULL = 10, 60
COUNTERS = 4
ITEMS = "/ogc/collections/facilities/items"
PATHS = (
    f"{ITEMS}?limit=5",
    f"{ITEMS}?limit=50&sortby=-places",
    f"{ITEMS}?filter=places%2B1%3E1",
    f"{ITEMS}?f=csv",
    f"{ITEMS}?f=geojsonseq&limit=5000",
    f"{ITEMS}/counter-0",
    "/ogc/collections/network-edges/items?limit=20&bbox=114.3,30.6,114.305,30.605",
)
SERVE = """
import sys
import uvicorn
from service.app import create_app
from service.core.settings import Settings
settings = Settings.model_validate_json(sys.stdin.read())
config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_config=None,
                        access_log=False, ws="none")
server = uvicorn.Server(config)
class Told(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets=sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)
Told(config).run()
"""


@contextmanager
def process(settings):
    """Serve in another process; gives its address and its id."""
    urls = {"url": settings.database.url, "owner_url": settings.database.owner_url}
    told = {
        "state_dir": str(settings.state_dir),
        "log": {"level": "ERROR", "format": "json"},
        "database": {name: url.get_secret_value() for name, url in urls.items()},
    }
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).resolve().parents[2],
    ) as served:  # fmt: skip
        try:
            served.stdin.write(json.dumps(told))
            served.stdin.close()
            port = served.stdout.readline().strip()
            yield f"http://127.0.0.1:{port}", served.pid
        finally:
            os.kill(served.pid, signal.SIGTERM)


def memory_mib(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [one for one in status.splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


async def read(client, key, number, until, statuses):
    headers = {"X-API-Key": key}
    while time.monotonic() < until:
        answer = await client.get(PATHS[number % len(PATHS)], headers=headers)
        statuses[answer.status_code] += 1
        number += 1


async def count_up(client, key, number, until, statuses):
    """Add one to a counter, as long as nobody did since it was read; return how often."""
    headers, path = {"X-API-Key": key}, f"{ITEMS}/counter-{number % COUNTERS}"
    done = 0
    while time.monotonic() < until:
        seen = await client.get(path, headers=headers)
        statuses[seen.status_code] += 1
        patch = {"properties": {"places": seen.json()["properties"]["places"] + 1}}
        tag = {"If-Match": seen.headers["etag"]}
        answer = await client.patch(path, json=patch, headers={**headers, **tag})
        statuses[answer.status_code] += 1
        done += answer.status_code == 200
    return done


async def crowd(address, keys, seconds, watch):
    statuses = Counter()
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        until = time.monotonic() + seconds
        writers = [
            asyncio.create_task(count_up(client, keys["editor"], number, until, statuses))
            for number in range(WRITERS)
        ]
        readers = [
            asyncio.create_task(read(client, keys["viewer"], number, until, statuses))
            for number in range(READERS)
        ]
        while time.monotonic() < until:
            await asyncio.sleep(seconds / 20)
            watch()
        done = await asyncio.gather(*writers)
        await asyncio.gather(*readers)
    return statuses, sum(done)


def test_a_crowd_is_served_and_nothing_is_lost(town, pytestconfig, record_testsuite_property):
    for number in range(COUNTERS):
        body = feature(point(1, number), id=f"counter-{number}", kind="nursery", places=0)
        assert town.post(ITEMS, json=body).status_code == 201
    seconds = SECONDS_FULL if pytestconfig.getoption("--full") else SECONDS
    with process(town.settings) as (address, pid):
        # What every process grows to before it serves the first thousands is not counted.
        asyncio.run(crowd(address, town.keys, 4, lambda: None))
        before = [town.get(f"{ITEMS}/counter-{n}").json()["properties"]["places"]
                  for n in range(COUNTERS)]  # fmt: skip
        memory = []
        statuses, done = asyncio.run(
            crowd(address, town.keys, seconds, lambda: memory.append(memory_mib(pid)))
        )
    after = [
        town.get(f"{ITEMS}/counter-{n}").json()["properties"]["places"] for n in range(COUNTERS)
    ]
    figures = (
        f"{sum(statuses.values())} answers in {seconds} s, {dict(statuses)}, {done} changes, "
        f"memory {memory[0]:.0f} to {max(memory):.0f} MiB"
    )
    record_testsuite_property("figures", figures)
    assert set(statuses) <= {200, 412}, figures
    assert done > 0
    assert sum(after) - sum(before) == done, figures
    assert max(memory) < 1.15 * memory[0] + 20, figures
