"""A small town and how it is served: the real application over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import httpx2
import pytest
import shapely
import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.commands.serve import MAX_HEAD_BYTES
from service.core.settings import Settings

WEST, SOUTH = 114.30, 30.60
# About 96 m east and 111 m north at this latitude.
BLOCK = 0.001
STREETS = 20


@dataclass(frozen=True)
class Town:
    """A running service and the keys to it."""

    address: str
    settings: Settings
    keys: Mapping[str, str]
    client: httpx2.Client

    def ask(
        self, method: str, path: str, *, role: str | None = "editor", **options: Any
    ) -> httpx2.Response:
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers.setdefault("X-API-Key", self.keys[role])
        return self.client.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.ask("POST", path, **options)


def place(column: float, row: float) -> list[float]:
    """Longitude and latitude of a crossing of the town's streets, or between two."""
    return [round(WEST + column * BLOCK, 9), round(SOUTH + row * BLOCK, 9)]


def point(column: float, row: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": place(column, row)}


def block(column: float, row: float, size: float = 1) -> dict[str, Any]:
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    ring = [place(column + east, row + north) for east, north in corners]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


AREAS = collection(
    feature(block(0, 0, 20), code="420100", name="市", level="prefecture", kind="prefecture"),
    feature(
        block(0, 0, 20),
        code="420101",
        name="区",
        level="county",
        kind="county",
        parent="420100",
    ),
    feature(
        block(0, 0, 20),
        code="420101001",
        name="街道",
        level="township",
        kind="subdistrict",
        parent="420101",
    ),
    feature(
        block(0, 0, 10),
        code="420101001001",
        name="西社区",
        level="community",
        kind="urban_community",
        parent="420101001",
    ),
    feature(
        block(10, 0, 10),
        code="420101001002",
        name="东社区",
        level="community",
        kind="urban_community",
        parent="420101001",
    ),
)
# West has a nursery next door; east has nothing within 800 m.
DISTRICTS = collection(
    *(
        feature(
            block(column, 2),
            id=f"west-{column}",
            name=f"西{column}",
            stage="existing",
            households=100 + column,
            community="420101001001",
            source="synthetic (a test)",
        )
        for column in (2, 4, 6)
    ),
    *(
        feature(
            block(column, 2),
            id=f"east-{column}",
            name=f"东{column}",
            stage="existing",
            households=1000 + column,
            community="420101001002",
        )
        for column in (16, 18)
    ),
    feature(point(300, 300), id="far", name="远", stage="existing", households=50),
    feature(point(3, 9), id="unknown", name="未知", stage="existing"),
)
FACILITIES = collection(
    feature(
        point(4, 2),
        id="nursery-1",
        name="托育园",
        kind="nursery",
        status="operating",
        floor_area_m2=400,
        places=60,
    ),
    feature(point(3, 3), id="day-1", name="日间照料", kind="day_care", status="operating"),
)


def street_lines() -> gpd.GeoDataFrame:
    """A grid of streets a block apart."""
    lines = []
    for number in range(STREETS + 1):
        for step in range(STREETS):
            lines.append(shapely.LineString([place(step, number), place(step + 1, number)]))
            lines.append(shapely.LineString([place(number, step), place(number, step + 1)]))
    return gpd.GeoDataFrame({"highway": ["residential"] * len(lines)}, geometry=lines, crs=4326)


def serving(settings: Settings, **options: Any) -> AbstractContextManager[str]:
    """Serve the application of the settings on a free loopback port within the block."""
    return serving_app(create_app(settings, **options))


@contextmanager
def serving_app(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free loopback port within the block."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        # Nothing here speaks WebSocket, and its implementation warns of its own age.
        ws="none",
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            pytest.fail("the service did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
    assert not thread.is_alive()


def assert_problem(answer: httpx2.Response, status: int, slug: str | None = None) -> dict[str, Any]:
    """Every fault has this one shape, and gives nothing of the inside away."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"].startswith("/problems/")
    assert isinstance(problem["title"], str)
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert set(problem) <= {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "request_id",
        "errors",
    }
    for error in problem.get("errors", []):
        assert set(error) - {"detail"} <= {"parameter", "header", "pointer"}
        assert len(set(error) - {"detail"}) == 1
        assert error["detail"]
    for leak in ("Traceback", "psycopg", "sqlalchemy", "SELECT ", "INSERT ", "site-packages"):
        assert leak not in answer.text
    if slug is not None:
        assert problem["type"] == f"/problems/{slug}"
    return problem
