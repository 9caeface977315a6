"""The whole evaluation in PostGIS: reading, computing and storing, shown apart."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from service.core import history
from service.core.cluster import running_cluster
from service.core.cluster_layout import ClusterAddress
from service.core.database import create_database_engine
from service.core.history import Origin
from service.core.migration import downgrade, upgrade
from service.core.network_cache import NetworkCache
from service.evaluations import service as evaluations
from service.evaluations.identity import EvaluationRequest
from service.networks.service import store_network
from service.packs.service import store_packs
from spatial.fields import AREAS, DISTRICTS, FACILITIES
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData
from tests.bench.city import AS_OF
from tests.bench.row import Row
from tests.bench.timing import Timing, at_most, compare

# A cluster of its own, as durable as the one `yike up` makes; its contents are thrown away.
PURPOSE = "postgres-bench"
STATE = Path(__file__).resolve().parents[2] / ".yike"
WHOLE_RUN = "Yike, whole run in PostGIS"
READ, COMPUTE, STORE = "Yike, reading", "Yike, computing", "Yike, storing"
_COMPUTING = ("prepare", "snap", "judge", "flag", "roll_up")


def stored_row(
    data: PlanningData, pack: Pack, *, peer: Callable[[], object], peer_name: str, repetitions: int
) -> Row:
    """Measure runs of the whole evaluation from the database to stored results.

    Parameters
    ----------
    peer, peer_name
        What runs next to each of them.

    Raises
    ------
    service.core.postgres.ClusterError
        Where PostgreSQL or PostGIS is missing.
    """
    stages: dict[str, list[float]] = {
        name: [] for name in (peer_name, WHOLE_RUN, READ, COMPUTE, STORE)
    }
    # As a server has it, which keeps the streets and their graph from one request to the next.
    network_cache = NetworkCache(STATE / "cache")
    with filled(data, pack) as address, _engine(address.app_url) as engine:
        # Each a request of its own, or the first answer would come back; the grid spacing has no
        # part in districts that are points. The first run, which fills caches, is not counted.
        for number in range(repetitions + 1):
            request = EvaluationRequest(
                pack_ids=(pack.id,),
                as_of=AS_OF,
                parameters=EvaluationParameters(grid_spacing_m=50.0 + number),
            )
            gc.collect()
            start = time.perf_counter()
            peer()
            beside = time.perf_counter() - start
            gc.collect()
            start = time.perf_counter()
            run = evaluations.run(engine, request, network_cache=network_cache, actor="bench")
            whole = time.perf_counter() - start
            if number:
                stages[peer_name].append(beside)
                stages[WHOLE_RUN].append(whole)
                stages[READ].append(run.seconds["read"])
                stages[COMPUTE].append(sum(run.seconds[name] for name in _COMPUTING))
                stages[STORE].append(run.seconds["store"])
    timed = {name: Timing(name, tuple(each)) for name, each in stages.items()}
    return Row(
        title=f"the same evaluation, PostGIS to stored results, {len(data.districts):,} districts",
        timings=tuple(timed.values()),
        ratios=(
            compare(timed[WHOLE_RUN], timed[peer_name], budget=at_most(3)),
            compare(timed[COMPUTE], timed[peer_name]),
            compare(timed[STORE], timed[peer_name]),
        ),
    )


@contextmanager
def filled(data: PlanningData, pack: Pack) -> Iterator[ClusterAddress]:
    """Have a fresh database that holds the city; give its address."""
    origin = Origin(file="bench", crs="EPSG:4326", transformation=None, actor="bench")
    with running_cluster(STATE, purpose=PURPOSE) as address:
        downgrade(address.owner_url, "base")
        upgrade(address.owner_url)
        engine = create_database_engine(address.app_url)
        try:
            with engine.begin() as connection:
                for layer, frame in (
                    (AREAS, data.areas),
                    (DISTRICTS, data.districts),
                    (FACILITIES, data.facilities),
                ):
                    if frame is not None:
                        history.store(connection, layer, frame, origin=origin)
                if data.network is not None:
                    store_network(connection, data.network, name="bench", source="bench")
                store_packs(connection, [pack])
        finally:
            engine.dispose()
        yield address


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = create_database_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
