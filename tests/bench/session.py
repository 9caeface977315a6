"""One session of measuring: what is asked for, in order."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from seed.wuhan.city import demo_city
from service.core.postgres import ClusterError
from spatial.network import build_network
from tests.bench.city import bench_city
from tests.bench.row import Row
from tests.bench.rows import PEER_WARM, evaluation_row, growth_rows, nearest_row
from tests.bench.stored import stored_row, with_ratio


def measure(
    *, chosen: Sequence[str], districts: int, most_districts: int, repetitions: int
) -> Iterator[Row]:
    """Measure the chosen rows; each comes as soon as it is done."""
    _say("making the demo city")
    demo = demo_city()
    city = bench_city(demo, build_network(demo.streets))
    peer = None
    if "nearest" in chosen:
        _say("nearest facility for every node")
        yield nearest_row(city.network, repetitions=repetitions)
    if "evaluation" in chosen:
        _say("the whole evaluation")
        row = evaluation_row(city, districts=districts, repetitions=repetitions)
        peer = next(timing for timing in row.timings if timing.name == PEER_WARM)
        yield row
    if "stored" in chosen:
        _say("the evaluation in PostGIS")
        try:
            row = stored_row(city.planning_data(districts=districts), city.pack, repetitions=3)
        except ClusterError as fault:
            yield Row("the same evaluation in PostGIS", (), notes=(f"not measured: {fault}",))
        else:
            yield row if peer is None else with_ratio(row, peer, name=PEER_WARM)
    if "growth" in chosen:
        _say("growth")
        yield from growth_rows(city, most_districts=most_districts)


def _say(what: str) -> None:
    sys.stderr.write(f"yike: {what}\n")
    sys.stderr.flush()
