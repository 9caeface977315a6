"""The row on reading OpenStreetMap extracts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench import pbf
from tests.bench.agreement import Agreement
from tests.bench.row import Row
from tests.bench.timing import at_least, compare, interleave

YIKE = "Yike, streets and network"
OSMNX = "OSMnx graph_from_xml"
PYROSM = "pyrosm, lines and graph"
PYROSM_LINES = "pyrosm, lines alone"
# The engines differ in what they take for walkable: so far apart their lengths may be.
MARGIN = 0.1
_REPETITIONS = 3


def pbf_rows(*, folder: Path = pbf.FOLDER) -> Iterator[Row]:
    """Measure each extract that is there; the first one, small, warms the engines up."""
    for number, name in enumerate(pbf.EXTRACTS):
        extract = folder / name
        if extract.is_file():
            yield _pbf_row(extract, warm_up=1 if number == 0 else 0)
        else:
            note = f"not measured: {extract} is missing, which a plain clone does not have"
            yield Row(f"OSM extract {name} to a walking network", (), notes=(note,))


def _pbf_row(extract: Path, *, warm_up: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        xml = Path(folder) / "walkable.osm"
        pbf.write_walkable_xml(extract, xml)
        contenders: dict[str, Callable[[], object]] = {
            YIKE: partial(pbf.with_yike, extract),
            OSMNX: partial(pbf.with_osmnx, xml),
            PYROSM: partial(pbf.with_pyrosm, extract),
            PYROSM_LINES: partial(pbf.pyrosm_lines, extract),
        }
        timed = interleave(contenders, repetitions=_REPETITIONS, warm_up=warm_up)
        sizes = {
            YIKE: pbf.size_of_network(pbf.with_yike(extract)),
            OSMNX: pbf.size_of(pbf.with_osmnx(xml)),
            PYROSM: pbf.size_of(pbf.with_pyrosm(extract)),
        }
    return Row(
        title=(
            f"OSM extract {extract.name} ({extract.stat().st_size / 1e6:.1f} MB) to a walking "
            "network"
        ),
        timings=tuple(timed.values()),
        ratios=(
            compare(timed[OSMNX], timed[YIKE], budget=at_least(10)),
            compare(timed[PYROSM], timed[YIKE], budget=at_least(3)),
            compare(timed[PYROSM_LINES], timed[YIKE]),
            compare(timed[OSMNX], timed[PYROSM]),
        ),
        agreements=(_lengths_agree(sizes, OSMNX, PYROSM),),
        facts={
            name: (
                f"{size.kilometres:,.1f} km, {size.nodes:,} nodes, {size.edges:,} edges, "
                f"{size.components:,} components"
            )
            for name, size in sizes.items()
        },
        notes=(
            "OSMnx reads no PBF: osmium wrote the walkable ways as XML beforehand, untimed.",
            "Each engine decides by itself what is walkable: Yike also walks platforms, trails and",
            "the outlines of squares (docs/osm.md); tests hold the lengths of those to GDAL's.",
        ),
    )


def _lengths_agree(sizes: dict[str, pbf.Size], one: str, other: str) -> Agreement:
    a, b = sizes[one].kilometres, sizes[other].kilometres
    apart = abs(a - b) / min(a, b)
    return Agreement(
        f"{one} and {other}: kilometres, {apart:.1%} apart where {MARGIN:.0%} is accepted",
        agree=int(apart <= MARGIN),
        total=1,
    )
