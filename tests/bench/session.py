"""One session of measuring: what is asked for, in order."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from seed.wuhan.city import demo_city
from service.core.postgres import ClusterError
from spatial.network import Network
from spatial.network_building import build_network
from tests.bench import pgrouting_peer
from tests.bench.city import bench_city
from tests.bench.four_rules import ask
from tests.bench.import_row import import_row
from tests.bench.move import move_row
from tests.bench.ogc_rows import ogc_rows
from tests.bench.pbf_row import pbf_rows
from tests.bench.review_row import review_row
from tests.bench.row import Row
from tests.bench.rows import PEER_WARM, evaluation_row, growth_rows, nearest_row, peer_of
from tests.bench.stored import stored_row

WITHOUT_THE_CITY = frozenset({"pbf", "import", "ogc"})


def measure(  # one question a row
    *, chosen: Sequence[str], districts: int, most_districts: int, repetitions: int
) -> Iterator[Row]:
    """Measure the chosen rows; each comes as soon as it is done."""
    yield from _rows_without_the_city(chosen, repetitions=repetitions)
    if set(chosen) <= WITHOUT_THE_CITY:
        return
    _say("making the demo city")
    demo = demo_city()
    city = bench_city(demo, build_network(demo.streets))
    if "nearest" in chosen:
        _say("nearest facility for every node")
        yield _nearest(city.network, repetitions=repetitions)
    if "evaluation" in chosen:
        _say("the whole evaluation")
        yield evaluation_row(city, districts=districts, repetitions=repetitions)
    if "stored" in chosen:
        _say("the evaluation in PostGIS")
        data = city.planning_data(districts=districts)
        try:
            yield stored_row(
                data,
                city.pack,
                peer=peer_of(city, ask(data, city.pack)),
                peer_name=PEER_WARM,
                repetitions=5,
            )
        except ClusterError as fault:
            yield Row("the same evaluation in PostGIS", (), notes=(f"not measured: {fault}",))
    if "move" in chosen:
        _say("one facility moved")
        yield move_row(city, districts=districts, repetitions=repetitions)
    if "review" in chosen:
        _say("one review over HTTP")
        try:
            yield review_row(city, each=100)
        except ClusterError as fault:
            yield Row("one review over HTTP", (), notes=(f"not measured: {fault}",))
    if "growth" in chosen:
        _say("growth")
        yield from growth_rows(city, most_districts=most_districts)


def _rows_without_the_city(chosen: Sequence[str], *, repetitions: int) -> Iterator[Row]:
    if "pbf" in chosen:
        _say("OpenStreetMap extracts")
        yield from pbf_rows()
    if "import" in chosen:
        _say("importing a large file")
        try:
            yield import_row(repetitions=3)
        except ClusterError as fault:
            yield Row("importing a large file", (), notes=(f"not measured: {fault}",))
    if "ogc" in chosen:
        _say("a page of GeoJSON, and tiles")
        try:
            yield from ogc_rows(repetitions=repetitions)
        except ClusterError as fault:
            yield Row("a page of GeoJSON, and tiles", (), notes=(f"not measured: {fault}",))


def _nearest(network: Network, *, repetitions: int) -> Row:
    """Measure the row with pgRouting, or without it where the machine has none."""
    try:
        with pgrouting_peer.loaded(network) as routing:
            return nearest_row(network, routing=routing, repetitions=repetitions)
    except ClusterError as fault:
        return nearest_row(network, routing=str(fault), repetitions=repetitions)


def _say(what: str) -> None:
    sys.stderr.write(f"yike: {what}\n")
    sys.stderr.flush()
