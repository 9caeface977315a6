"""PgRouting as a peer, on the same edges in a cluster of the benchmarks' own.

It is an optional package of the distribution; whoever measures goes on without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, create_engine, text

from service.core.cluster import running_cluster, superuser_sql
from service.core.cluster_layout import DATABASE
from service.core.copying import driver_connection
from service.core.postgres import ClusterError
from spatial.network import Network
from tests.bench.stored import PURPOSE, STATE

# Every facility is a start. With `equicost` each node belongs to one start alone, which pgRouting
# 3.4 does not always take for the nearest; without it every start within the limit answers, and
# the least is exact.
_ASKED = (
    "pgr_drivingDistance('SELECT id, source, target, cost FROM bench_edge', "
    "CAST(:starts AS bigint[]), :limit_m, directed := false, equicost := {})"
)
_METRES = {
    True: f"SELECT node, agg_cost AS metres FROM {_ASKED.format('true')}",
    False: f"SELECT node, min(agg_cost) AS metres FROM {_ASKED.format('false')} GROUP BY node",
}


@dataclass(frozen=True, eq=False)
class PgRouting:
    """A database that holds the edges of one network.

    Parameters
    ----------
    version
        Of pgRouting.
    connection
        The session whose temporary table holds them.
    """

    version: str
    connection: Connection

    def nearest(self, nodes: NDArray[np.int64], *, limit_m: float, equicost: bool) -> int:
        """Ask for the nearest of `nodes` from every node; the rows stay in the server.

        Returns
        -------
        How many nodes have one within `limit_m`.
        """
        query = text(f"SELECT count(metres) FROM ({_METRES[equicost]}) AS found")
        asked = {"starts": nodes.tolist(), "limit_m": limit_m}
        return int(self.connection.execute(query, asked).scalar_one())

    def nearest_m(
        self, nodes: NDArray[np.int64], *, limit_m: float, equicost: bool, size: int
    ) -> NDArray[np.float64]:
        """Ask the same and bring the metres out, shape (size,); infinite where there is none."""
        metres = np.full(size, np.inf)
        asked = {"starts": nodes.tolist(), "limit_m": limit_m}
        for node, found in self.connection.execute(text(_METRES[equicost]), asked):
            metres[node] = found
        return metres


@contextmanager
def loaded(network: Network) -> Iterator[PgRouting]:
    """Have the edges of a network in a database with pgRouting.

    Raises
    ------
    service.core.postgres.ClusterError
        Where PostgreSQL, PostGIS or pgRouting is missing.
    """
    with running_cluster(STATE, purpose=PURPOSE) as address:
        version = _extension()
        engine = create_engine(address.owner_url)
        try:
            with engine.connect() as connection:
                _fill(connection, network)
                yield PgRouting(version, connection)
        finally:
            engine.dispose()


def _extension() -> str:
    available = superuser_sql(
        STATE,
        "SELECT default_version FROM pg_available_extensions WHERE name = 'pgrouting'",
        database=DATABASE,
        purpose=PURPOSE,
    ).strip()
    if not available:
        raise ClusterError("pgRouting is not installed for this PostgreSQL")
    superuser_sql(
        STATE,
        "SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pgrouting",
        database=DATABASE,
        purpose=PURPOSE,
    )
    return available


def _fill(connection: Connection, network: Network) -> None:
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE bench_edge "
            "(id bigint PRIMARY KEY, source bigint, target bigint, cost double precision)"
        )
    )
    columns = (np.arange(len(network.u)), network.u, network.v, network.length_m)
    with driver_connection(connection).cursor() as cursor:
        with cursor.copy("COPY bench_edge FROM STDIN") as copy:
            for row in zip(*(column.tolist() for column in columns), strict=True):
                copy.write_row(row)
        cursor.execute("ANALYZE bench_edge")
    connection.commit()
