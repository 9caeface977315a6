"""The rows on the OGC face: a page of GeoJSON, and tiles, beside raw SQL and tipg."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import morecantile
import psycopg

from service.core import history
from service.core.cluster import running_cluster
from service.core.database import create_database_engine
from service.core.keys import create_key
from service.core.migration import downgrade, upgrade
from service.imports.reader import read_layer
from spatial.fields import DISTRICTS
from tests.bench.agreement import Agreement
from tests.bench.import_row import write_districts
from tests.bench.row import Row
from tests.bench.stored import PURPOSE, STATE
from tests.bench.timing import at_least, at_most, compare, interleave

FEATURES = 20_000
PAGE = 10_000
YIKE = "Yike, over HTTP"
RAW = "the same rows, raw SQL"
PEER = "tipg, over HTTP"
YIKE_KEPT = "Yike, over HTTP, tiles made before"
RAW_TILES = "ST_AsMVT, raw SQL"
TILES = ((9, 1), (11, 1), (13, 4), (15, 8))
_CENTRE = (114.3, 30.55)
_ORIGIN = history.Origin(file="bench", crs="EPSG:4326", transformation=None, actor="bench")
# What tipg reads: a table of the rows of today, with the key and the index it asks for.
_TABLE = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.page AS SELECT {columns} FROM public.district WHERE superseded_at IS NULL;
ALTER TABLE bench.page ADD PRIMARY KEY (id);
CREATE INDEX ON bench.page USING gist (geometry);
"""
_RAW_PAGE = """
SELECT ST_AsGeoJSON(t.*, 'geometry', 9, false) FROM (
    SELECT {columns} FROM district WHERE superseded_at IS NULL ORDER BY id LIMIT %s
) AS t
"""
_RAW_TILE = """
SELECT ST_AsMVT(tile, 'districts', 4096, 'geom') FROM (
    SELECT ST_AsMVTGeom(ST_Transform(geometry, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s)) AS geom,
        {columns}
    FROM district
    WHERE superseded_at IS NULL
        AND geometry && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625), 4326)
) AS tile WHERE geom IS NOT NULL
"""


@dataclass(frozen=True)
class _Bench:
    """What is asked: the two services, and the database itself."""

    own: httpx2.Client
    uncached: httpx2.Client
    peer: httpx2.Client
    session: psycopg.Connection[Any]

    @property
    def columns(self) -> str:
        return ", ".join(
            f'"{field.name}"' for field in DISTRICTS.fields if field.name != "geometry"
        )

    def raw_page(self) -> str:
        query = _RAW_PAGE.format(columns=f"geometry, {self.columns}")
        rows = self.session.execute(query.encode(), (PAGE,)).fetchall()
        features = ",".join(row[0] for row in rows)
        return f'{{"type": "FeatureCollection", "features": [{features}]}}'

    def raw_tile(self, z: int, x: int, y: int) -> bytes:
        query = _RAW_TILE.format(columns=self.columns)
        row = self.session.execute(query.encode(), {"z": z, "x": x, "y": y}).fetchone()
        return bytes(row[0]) if row else b""


def ogc_rows(*, repetitions: int) -> Iterator[Row]:
    """Measure a page of features and some tiles, each service in a process of its own.

    Raises
    ------
    service.core.postgres.ClusterError
        Where PostgreSQL or PostGIS is missing.
    """
    with _served() as bench:
        yield _page_row(bench, repetitions=repetitions)
        yield _tile_row(bench, repetitions=repetitions)


def _page_row(bench: _Bench, *, repetitions: int) -> Row:
    own_path = f"/ogc/collections/districts/items?limit={PAGE}"
    peer_path = f"/collections/bench.page/items?limit={PAGE}&geom-column=geometry"
    timed = interleave(
        {
            YIKE: lambda: _read(bench.own, own_path),
            RAW: bench.raw_page,
            PEER: lambda: _read(bench.peer, peer_path),
        },
        repetitions=repetitions,
    )
    own = json.loads(_read(bench.own, own_path))["features"]
    raw = json.loads(bench.raw_page())["features"]
    peer = json.loads(_read(bench.peer, peer_path))["features"]
    return Row(
        title=f"a page of {PAGE:,} of {FEATURES:,} districts as GeoJSON",
        timings=tuple(timed.values()),
        ratios=(
            compare(timed[YIKE], timed[RAW], budget=at_most(1.5)),
            compare(timed[PEER], timed[YIKE], budget=at_least(3)),
        ),
        agreements=(
            _same_features("features of Yike and of raw SQL", own, raw),
            _same_features("features of Yike and of tipg", own, peer),
        ),
        facts={"bytes of Yike's page": len(_read(bench.own, own_path))},
        notes=(
            "Yike's page is counted (numberMatched), checked for its key's scope, and answered by",
            "the service as it is started; raw SQL is psycopg in the measuring process.",
        ),
    )


def _same_features(what: str, own: list[Any], other: list[Any]) -> Agreement:
    theirs = {str(one["properties"].get("id", one.get("id"))): one for one in other}
    agree = 0
    for one in own:
        found = theirs.get(one["id"])
        agree += (
            found is not None
            and found["properties"]["households"] == one["properties"]["households"]
            and _rounded(found) == _rounded(one)
        )
    return Agreement(what, agree=agree, total=PAGE)


def _rounded(feature: Mapping[str, Any]) -> list[tuple[float, float]]:
    ring = feature["geometry"]["coordinates"][0]
    # The one turns rings as RFC 7946 asks, and the other leaves them.
    return sorted({(round(x, 7), round(y, 7)) for x, y in ring})


def _tile_row(bench: _Bench, *, repetitions: int) -> Row:
    addresses = list(_tile_addresses())
    own_paths = [f"/ogc/collections/districts/tiles/WebMercatorQuad/{z}/{y}/{x}"
                 for z, x, y in addresses]  # fmt: skip
    peer_paths = [
        f"/collections/bench.page/tiles/WebMercatorQuad/{z}/{x}/{y}?geom-column=geometry"
        for z, x, y in addresses
    ]

    def each(client: httpx2.Client, paths: list[str]) -> Callable[[], object]:
        return lambda: [_read(client, path) for path in paths]

    timed = interleave(
        {
            YIKE: each(bench.uncached, own_paths),
            RAW_TILES: lambda: [bench.raw_tile(*one) for one in addresses],
            PEER: each(bench.peer, peer_paths),
            YIKE_KEPT: each(bench.own, own_paths),
        },
        repetitions=repetitions,
    )
    counted = ", ".join(f"{count} of level {level}" for level, count in TILES)
    own_bytes = sum(len(_read(bench.own, path)) for path in own_paths)
    peer_bytes = sum(len(_read(bench.peer, path)) for path in peer_paths)
    return Row(
        title=f"{len(addresses)} tiles of {FEATURES:,} districts ({counted})",
        timings=tuple(timed.values()),
        ratios=(
            compare(timed[YIKE], timed[RAW_TILES]),
            compare(timed[PEER], timed[YIKE]),
            compare(timed[YIKE_KEPT], timed[RAW_TILES]),
        ),
        facts={
            "bytes of all tiles: Yike, raw SQL, tipg": (
                own_bytes,
                sum(len(bench.raw_tile(*one)) for one in addresses),
                peer_bytes,
            )
        },
        notes=(
            "Yike generalises below level 14 and orders what it draws; raw SQL and tipg do not.",
        ),
    )


def _tile_addresses() -> Iterator[tuple[int, int, int]]:
    grid = morecantile.tms.get("WebMercatorQuad")
    for level, count in TILES:
        first = grid.tile(*_CENTRE, level)
        for step in range(count):
            yield level, first.x + step % 4, first.y + step // 4


def _read(client: httpx2.Client, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code not in {200, 204}:
        msg = f"{path}: {answer.status_code} {answer.text[:200]}"
        raise RuntimeError(msg)
    return answer.content


@contextmanager
def _served() -> Iterator[_Bench]:
    with running_cluster(STATE, purpose=PURPOSE) as address:
        downgrade(address.owner_url, "base")
        upgrade(address.owner_url)
        key = _fill(address.app_url, address.owner_url)
        plain = address.owner_url.replace("postgresql+psycopg://", "postgresql://")
        columns = ", ".join(field.name for field in DISTRICTS.fields)
        with psycopg.connect(plain, autocommit=True) as session:
            session.execute(_TABLE.format(columns=columns).encode())
            session.execute("ANALYZE")
            own = {
                "YIKE_DATABASE__URL": address.app_url,
                "YIKE_LOG__LEVEL": "WARNING",
                "YIKE_STATE_DIR": str(STATE),
            }
            peer = {
                "DATABASE_URL": plain,
                "TIPG_DB_SCHEMAS": '["bench"]',
                "TIPG_MAX_FEATURES_PER_QUERY": str(PAGE),
                "TIPG_MAX_FEATURES_PER_TILE": str(FEATURES),
            }
            try:
                with (
                    _process(_YIKE, own, headers={"X-API-Key": key}) as cached,
                    _process(
                        _YIKE, own | {"YIKE_TILES__CACHE_BYTES": "0"}, headers={"X-API-Key": key}
                    ) as uncached,
                    _process(_TIPG, peer, headers={}) as tipg,
                ):
                    yield _Bench(cached, uncached, tipg, session)
            finally:
                session.execute("DROP SCHEMA bench CASCADE")


_YIKE = ("service.cli", "serve", "--port")
_TIPG = ("uvicorn", "tipg.main:app", "--log-level", "error", "--port")


def _fill(app_url: str, owner_url: str) -> str:
    """Store the districts; return a key."""
    engine, owner = create_database_engine(app_url), create_database_engine(owner_url)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "districts.gpkg"
        write_districts(path, features=FEATURES)
        frame = read_layer(path, DISTRICTS).frame
    with engine.begin() as connection:
        history.store(connection, DISTRICTS, frame, origin=_ORIGIN)
    with owner.begin() as connection:
        key = create_key(connection, role="viewer", name="bench")
    engine.dispose()
    owner.dispose()
    return key


@contextmanager
def _process(
    module: tuple[str, ...], settings: Mapping[str, str], *, headers: Mapping[str, str]
) -> Iterator[httpx2.Client]:
    """Start a service of its own process, and ask it once it listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YIKE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", *module, str(port)],
        env={**kept, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port)
        client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=120,
        )
        with client:
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    msg = f"no service listens on port {port}"
    raise RuntimeError(msg)
