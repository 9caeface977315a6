"""One review over HTTP: the real server in a process of its own, four clients at once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from tests.bench.review_client import Asked, ask
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
    with filled(data, city.pack) as address, _served(address) as (port, key, process_id):
        asked = Asked(port, _PATH, {"X-API-Key": key, "Content-Type": "application/json"}, bodies)
        one, verdicts = ask(asked, clients=1, each=each)
        before_s = _processor_s(process_id)
        several, more_verdicts = ask(asked, clients=CLIENTS, each=each)
        spent_s = _processor_s(process_id) - before_s
    unknown = (verdicts | more_verdicts) - set(REVIEW_VERDICTS)
    if unknown:
        raise RuntimeError(f"no verdict of a review: {', '.join(sorted(unknown))}")
    # A round of all projects came before what is counted.
    answered = len(several) + len(bodies) // CLIENTS * CLIENTS
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
            "processor time of the server a review": f"{spent_s / answered * 1000:.1f} ms",
        },
        notes=(
            "As the clients see it: connection kept, key checked, body read, answer written.",
            "Clients, each a process, and server share the machine.",
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
def _served(address: ClusterAddress) -> Iterator[tuple[int, str, int]]:
    """Run ``yike serve``; give its port, the key of a reviewer and the number of the process."""
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
        yield port, key, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _processor_s(process_id: int) -> float:
    """Return the processor time a process and those below it have used, seconds.

    NaN where the system does not say.
    """
    if not Path("/proc/self/stat").is_file():
        return float("nan")
    ticks: dict[int, int] = {}
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may have ended just now
            # The name, in brackets, may hold blanks; behind it the parent is the 2nd field, user
            # and system time are the 12th and 13th.
            fields = path.read_text().rpartition(")")[2].split()
            number = int(path.parent.name)
            ticks[number] = int(fields[11]) + int(fields[12])
            below.setdefault(int(fields[1]), []).append(number)
    family = [process_id]
    for one in family:
        family.extend(below.get(one, ()))
    return sum(ticks.get(one, 0) for one in family) / os.sysconf("SC_CLK_TCK")


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(f"{url}/readyz", timeout=5).status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server of the benchmark did not start")
