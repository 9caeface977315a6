"""One review over HTTP: the real server in a process of its own, four clients at once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np
import shapely

from service.core.cluster_layout import ClusterAddress
from service.core.database import create_database_engine
from service.core.keys import create_key
from spatial.policy.planning_data import PlanningData
from spatial.policy.review.verdict import REVIEW_VERDICTS
from tests.bench.city import AS_OF, BenchCity
from tests.bench.row import Row
from tests.bench.stored import STATE, filled
from tests.bench.timing import Timing, at_most

CLIENTS: Final = 4
BUDGET_S: Final = 0.05
SITES: Final = 40
_ROOT: Final = Path(__file__).resolve().parents[2]
_START_S: Final = 60.0
_SIDE_DEG: Final = 0.002  # about 200 m
_PATH: Final = f"/v1/reviews?dry_run=true&stage=design&pack=jinhua-2022&as_of={AS_OF}"


def review_row(city: BenchCity, *, each: int) -> Row:
    """Measure reviews of projects all over the demo city, with what is stored around them.

    Parameters
    ----------
    each
        Questions of each of the four clients, after one round that is not counted.

    Raises
    ------
    service.core.postgres.ClusterError
        Where PostgreSQL or PostGIS is missing.
    """
    demo = city.demo
    data = PlanningData(
        districts=demo.districts,
        facilities=demo.facilities,
        areas=demo.areas,
        network=city.network,
    )
    bodies = [json.dumps(body) for body in projects(city)]
    with filled(data, city.pack) as address, _served(address) as (url, key, process_id):
        one = _clients(url, key, bodies, clients=1, each=each)
        before_s = _processor_s(process_id)
        several = _clients(url, key, bodies, clients=CLIENTS, each=each)
        spent_s = _processor_s(process_id) - before_s
    # A round of all projects came before what is counted.
    asked = len(several) + len(bodies) // CLIENTS * CLIENTS
    alone, together = (
        Timing(name, found)
        for name, found in (
            ("one client", one),
            (f"{CLIENTS} clients at once", several),
        )
    )
    p95 = float(np.percentile(several, 95))
    held = at_most(BUDGET_S * 1000)
    return Row(
        title=(
            f"one review over HTTP, {len(demo.facilities):,} facilities and "
            f"{len(city.network.u):,} edges stored around"
        ),
        timings=(alone, together),
        facts={
            f"p95 with {CLIENTS} clients": (
                f"{p95 * 1000:.1f} ms, budget {held} ms: "
                f"{'within' if held.holds(p95 * 1000) else 'MISSED'}"
            ),
            "p95 with one client": f"{float(np.percentile(one, 95)) * 1000:.1f} ms",
            "processor time of the server a review": f"{spent_s / asked * 1000:.1f} ms",
        },
        notes=(
            "As the clients see it: connection kept, key checked, body read, answer written.",
            "Clients and server share the machine.",
        ),
    )


def projects(city: BenchCity) -> list[dict[str, Any]]:
    """Make projects at districts all over the city, each with a nursery and a station."""
    places = shapely.point_on_surface(np.asarray(city.demo.districts.geometry.array))
    step = max(1, len(places) // SITES)
    return [_project(number, place) for number, place in enumerate(places[::step][:SITES])]


def _project(number: int, place: shapely.Point) -> dict[str, Any]:
    site = shapely.box(place.x, place.y, place.x + _SIDE_DEG, place.y + _SIDE_DEG)
    middle = {"type": "Point", "coordinates": [site.centroid.x, site.centroid.y]}
    kinds = (("nursery", 200 + number), ("home_service_station", 300))
    return {
        "id": f"bench-{number}",
        "area": "330702",
        "site": json.loads(shapely.to_geojson(site)),
        "phases": [{"id": "1", "units": 1000 + 10 * number}],
        "facilities": [
            {
                "id": f"bench-{number}-{kind}",
                "kind": kind,
                "phase": "1",
                "floor_area_m2": area,
                "geometry": middle,
            }
            for kind, area in kinds
        ],
    }


@contextmanager
def _served(address: ClusterAddress) -> Iterator[tuple[str, str, int]]:
    """Run ``yike serve``; give its address, the key of a reviewer and the number of the process."""
    owner = create_database_engine(address.owner_url)
    with owner.begin() as connection:
        key = create_key(connection, role="reviewer", name="bench")
    owner.dispose()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "service.cli", "serve", f"--port={port}"],
        cwd=_ROOT,
        env={
            **os.environ,
            "YIKE_DATABASE__URL": address.app_url,
            "YIKE_CACHE_DIR": str(STATE / "cache"),
            "YIKE_LOG__LEVEL": "WARNING",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url, key, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _processor_s(process_id: int) -> float:
    """Return the processor time a process has used, seconds; NaN where the system does not say."""
    path = Path(f"/proc/{process_id}/stat")
    if not path.is_file():
        return float("nan")
    # The name, in brackets, may hold blanks; user and system time are the 14th and 15th field.
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(f"{url}/readyz", timeout=5).status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server of the benchmark did not start")


def _clients(
    url: str, key: str, bodies: Sequence[str], *, clients: int, each: int
) -> tuple[float, ...]:
    """Let clients ask one after the other, all at once; return the seconds of each answer."""
    seconds: list[list[float]] = [[] for _ in range(clients)]
    faults: list[str] = []
    ready = threading.Barrier(clients)

    def work(number: int) -> None:
        headers = {"X-API-Key": key, "Content-Type": "application/json"}
        with httpx2.Client(base_url=url, headers=headers, timeout=60) as client:
            for turn in range(-len(bodies) // clients, each):
                if turn == 0:
                    ready.wait()
                body = bodies[(number + turn * clients) % len(bodies)]
                start = time.perf_counter()
                answer = client.post(_PATH, content=body)
                taken = time.perf_counter() - start
                if answer.status_code != httpx2.codes.OK or (
                    answer.json()["verdict"] not in REVIEW_VERDICTS
                ):
                    faults.append(answer.text)
                if turn >= 0:
                    seconds[number].append(taken)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(f"a review failed: {faults[0][:300]}")
    return tuple(second for part in seconds for second in part)
