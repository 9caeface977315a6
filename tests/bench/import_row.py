"""The row on importing a large GeoPackage into PostGIS, beside GeoPandas."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from sqlalchemy import Engine, text

from service.core import history
from service.core.cluster import running_cluster
from service.core.database import create_database_engine
from service.core.migration import downgrade, upgrade
from service.imports.reader import read_layer
from spatial.fields import DISTRICTS
from tests.bench.agreement import Agreement
from tests.bench.row import Row
from tests.bench.stored import PURPOSE, STATE
from tests.bench.timing import Timing, at_least, compare, interleave

FEATURES = 200_000
YIKE = "Yike, read, checked and stored as versions"
YIKE_STORES = "Yike, the storing of it"
PEER = "GeoPandas, read_file and to_postgis"
PEER_STORES = "GeoPandas, to_postgis of it"
MEMORY_LIMIT_MB = 1_000
_CORNERS = 12
_ORIGIN = history.Origin(file="bench", crs="EPSG:4326", transformation=None, actor="bench")


def import_row(*, repetitions: int, features: int = FEATURES) -> Row:
    """Measure a file of districts to rows in the database, in one transaction each.

    Every run ends with a rollback, and each of Yike's begins with a table as new as the peer's:
    what a rollback leaves behind would cost the next run half as much again.
    """
    with tempfile.TemporaryDirectory() as folder, _engines() as (served, owned):
        path = Path(folder) / "districts.gpkg"
        write_districts(path, features=features)
        own = _Own(path, served, owned)
        peer = _Peer(path, owned)
        timed = interleave({YIKE: own.run, PEER: peer.run}, repetitions=repetitions, warm_up=1)
        stores = (
            Timing(YIKE_STORES, tuple(own.stored_seconds[-repetitions:])),
            Timing(PEER_STORES, tuple(peer.stored_seconds[-repetitions:])),
        )
        megabytes = import_memory(path, url=served.url.render_as_string(hide_password=False))
        return Row(
            title=f"a GeoPackage of {features:,} districts to PostGIS, one transaction",
            timings=(*timed.values(), *stores),
            ratios=(
                compare(timed[PEER], timed[YIKE], budget=at_least(5)),
                compare(stores[1], stores[0]),
            ),
            agreements=(
                Agreement(
                    "rows stored by both",
                    agree=min(own.rows, peer.rows),
                    total=features,
                ),
            ),
            facts={
                "memory of the import, its reading process included": (
                    f"{megabytes:,.0f} MB, budget {MEMORY_LIMIT_MB:,} MB: "
                    + ("within" if megabytes <= MEMORY_LIMIT_MB else "MISSED")
                )
            },
            notes=(
                "GeoPandas fills a table with a GiST index, without keys, checks or history. Yike",
                "checks every cell and geometry, and the database checks them again and keeps a",
                "key, the one current version of each and two more indexes. That alone costs the",
                "server more than a fifth of the peer's time; docs/benchmarks.md has the parts.",
            ),
        )


@dataclass
class _Own:
    path: Path
    engine: Engine
    owner: Engine

    def __post_init__(self) -> None:
        self.rows = 0
        self.stored_seconds: list[float] = []

    def run(self) -> None:
        # A millisecond or two, which count against Yike.
        with self.owner.begin() as connection:
            connection.execute(text("TRUNCATE district"))
        read = read_layer(self.path, DISTRICTS)
        start = time.perf_counter()
        with self.engine.connect() as connection:
            self.rows = history.store(connection, DISTRICTS, read.frame, origin=_ORIGIN).added
            self.stored_seconds.append(time.perf_counter() - start)
            connection.rollback()


@dataclass
class _Peer:
    path: Path
    engine: Engine

    def __post_init__(self) -> None:
        self.rows = 0
        self.stored_seconds: list[float] = []

    def run(self) -> None:
        frame = gpd.read_file(self.path)
        start = time.perf_counter()
        with self.engine.connect() as connection:
            # Without one begun before, it would commit one of its own.
            connection.begin()
            frame.to_postgis("bench_import_peer", connection, if_exists="replace")
            self.rows = connection.execute(
                text("SELECT count(*) FROM bench_import_peer")
            ).scalar_one()
            self.stored_seconds.append(time.perf_counter() - start)
            connection.rollback()


def write_districts(path: Path, *, features: int) -> None:
    """Write polygons of twelve corners about Wuhan, the same ones each time."""
    rng = np.random.default_rng(5)
    centre = np.array([114.0, 30.3]) + rng.random((features, 2)) * (0.6, 0.5)
    angle = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    radius = 0.0005 * (0.6 + 0.4 * rng.random((features, _CORNERS)))
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    rings = shapely.linearrings(centre[:, None] + radius[..., None] * circle)
    table = pd.DataFrame(
        {
            "id": [f"D{number:06d}" for number in range(features)],
            "name": [f"小区{number}" for number in range(features)],
            "stage": "existing",
            "households": rng.integers(50, 3_000, features),
            "population": rng.integers(100, 9_000, features),
            "source": "synthetic (bench)",
        }
    )
    frame = gpd.GeoDataFrame(table, geometry=shapely.polygons(rings), crs="EPSG:4326")
    pyogrio.write_dataframe(frame, path, layer="districts", driver="GPKG")


def import_memory(path: Path, *, url: str) -> float:
    """Return the most megabytes `yike import` and its children held together."""
    with subprocess.Popen(  # this program
        [sys.executable, "-m", "service.cli", "import", "districts", str(path), "--dry-run"],
        env={**os.environ, "YIKE_DATABASE__URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        most = 0.0
        while process.poll() is None:
            most = max(most, sum(map(_own_megabytes, _family(process.pid))))
            time.sleep(0.05)
    if process.returncode:
        msg = f"yike import ended with {process.returncode}"
        raise RuntimeError(msg)
    return most


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return [pid]
    return [pid, *(each for child in children for each in _family(int(child)))]


def _own_megabytes(pid: int) -> float:
    """Return what a process holds; what copies share is divided among them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_000


@contextmanager
def _engines() -> Iterator[tuple[Engine, Engine]]:
    """Have a fresh database, as the role that serves and as the one that owns it."""
    with running_cluster(STATE, purpose=PURPOSE) as address:
        downgrade(address.owner_url, "base")
        upgrade(address.owner_url)
        engines = (
            create_database_engine(address.app_url),
            create_database_engine(address.owner_url),
        )
        try:
            yield engines
        finally:
            for engine in engines:
                engine.dispose()
