"""Street lines from an OpenStreetMap file, in one stream.

osmium reads, filters and places in C++: Python sees a line of text for each way and node with a
tag that matters. All else is done on arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from osmium.filter import KeyFilter
from osmium.osm import RELATION, Relation

from service.imports.osm.file import reading
from service.imports.osm.splitting import Pieces, split_ways
from service.imports.osm.street_table import StreetTable, WayReading, load_street_table
from service.imports.osm.tags import first_values
from service.imports.osm.text import (
    NodesOfWays,
    is_way,
    nodes_of,
    pair,
    read_tagged,
    read_ways,
    tagged,
)
from spatial.crs import WGS84

AREA_TYPE: Final = "multipolygon"
# Why a way is left out whose nodes are not in the file.
OUTSIDE: Final = "outside_extract"


@dataclass(frozen=True, eq=False)
class OsmStreets:
    """The streets of a file.

    Parameters
    ----------
    frame
        Lines in EPSG:4326 that meet only at their ends, one a row, with the columns a network is
        built of (docs/osm.md), in the order of the file.
    ways
        How many ways with a class of street there are, outlines of squares among them.
    left_out
        How many of them are not taken, by reason.
    notes
        How many were taken in a way that one should know, by what.
    """

    frame: GeoDataFrame
    ways: int
    left_out: Mapping[str, int]
    notes: Mapping[str, int]


@dataclass
class _Found:
    """What is gathered of the lines of a file.

    Parameters
    ----------
    readings, numbers
        Each way of reading once, and which of them each way of `lines` has.
    lines
        Of the ways that are walked.
    closed, lifts
        Nodes that stop people, each with the reason, and nodes that lift them.
    """

    readings: list[WayReading] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    closed: dict[int, str] = field(default_factory=dict)
    lifts: set[int] = field(default_factory=set)
    ways: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, read: WayReading) -> int:
        """Keep a way of reading and return its number."""
        self.readings.append(read)
        return len(self.readings) - 1


def read_streets(path: Path) -> OsmStreets:
    """Read the streets people on foot may walk.

    Parameters
    ----------
    path
        OpenStreetMap PBF or XML, nodes before ways as they are published.

    Raises
    ------
    InputError
        When the file is damaged or none of OpenStreetMap's.
    """
    table = load_street_table()
    found = _Found()
    with reading(path):
        squares = _squares(path, table, found)
        text = read_tagged(path, keys=(*table.class_keys, table.barriers.key))
        _sort(text.lines, table, found)
        rest = squares.keys() - found.taken
        # Most outlines of squares have no tags of their own.
        for line in read_ways(path, rest, places=text.places) if rest else ():
            number, _ = tagged(line)
            found.ways += 1
            found.taken.add(number)
            found.lines.append(line)
            found.numbers.append(squares[number])
        found.notes["square_outlines_outside_extract"] = len(rest - found.taken)
        nodes = nodes_of(found.lines)
    return _streets(found, nodes)


def _squares(path: Path, table: StreetTable, found: _Found) -> dict[int, int]:
    """Return the ways that are outlines of squares mapped as relations, each with its reading."""
    outlines: dict[int, int] = {}
    for relation in osmium.FileProcessor(path, RELATION).with_filter(KeyFilter(*table.class_keys)):
        tags = first_values([(tag.k, tag.v) for tag in relation.tags])
        if not isinstance(relation, Relation) or tags.get("type") != AREA_TYPE:
            continue
        read = table.read_way(tags)
        if read is None:
            continue
        if read.reason is not None:
            found.ways += 1
            found.left_out[read.reason] += 1
            continue
        found.notes["squares_by_outline"] += 1
        number = found.add(read)
        members = (member for member in relation.members if member.type == "w")
        outlines.update({member.ref: number for member in members})
    return outlines


def _sort(lines: list[bytes], table: StreetTable, found: _Found) -> None:
    """Take the nodes that stop people or lift them, and the ways that are walked."""
    keys = {key.encode() for key in (*table.keys, *table.node_keys)}
    # By the tags that matter: the number of the reading, or None, and the reasons to count.
    known: dict[tuple[bytes, ...], tuple[int | None, list[str], list[str]]] = {}
    nodes: dict[tuple[bytes, ...], tuple[bool, str | None]] = {}
    left_out: list[str] = []
    notes: list[str] = []
    for line in lines:
        number, tags = tagged(line)
        some = tuple([tag for tag in tags if tag.partition(b"=")[0] in keys])
        if not is_way(line):
            if some not in nodes:
                nodes[some] = _read_node(some, table)
            lift, reason = nodes[some]
            if lift:
                found.lifts.add(number)
            if reason is not None:
                found.closed[number] = reason
            continue
        if some not in known:
            known[some] = _read_way(some, table, found)
        reading_number, reasons, said = known[some]
        left_out += reasons
        notes += said
        if reading_number is not None:
            found.taken.add(number)
            found.lines.append(line)
            found.numbers.append(reading_number)
    found.ways += len(left_out) + len(found.lines)
    found.left_out.update(left_out)
    found.notes.update(notes)


def _read_way(
    tags: tuple[bytes, ...], table: StreetTable, found: _Found
) -> tuple[int | None, list[str], list[str]]:
    """Read the tags of a way: the number of its reading, why it is left out, what is noted."""
    pairs = [pair(tag) for tag in tags]
    read = table.read_way(first_values(pairs))
    if read is None:
        return None, [], []
    notes = list(read.notes)
    if len({key for key, _ in pairs}) < len(pairs):
        notes.append("double_keys")
    if read.reason is not None:
        return None, [read.reason], notes
    return found.add(read), [], notes


def _read_node(tags: tuple[bytes, ...], table: StreetTable) -> tuple[bool, str | None]:
    """Read the tags of a node: whether it is a lift, and why it stops people, if it does."""
    values = first_values([pair(tag) for tag in tags])
    return table.is_lift(values), table.closed_node(values)


def _streets(found: _Found, nodes: NodesOfWays) -> OsmStreets:
    """Cut what was found into lines, and count what became of it."""
    ways = len(found.lines)
    closed = np.fromiter(found.closed, dtype=np.int64, count=len(found.closed))
    lifts = np.fromiter(found.lifts, dtype=np.int64, count=len(found.lifts))
    pieces = split_ways(nodes, at=np.concatenate([closed, lifts]))
    parts = np.bincount(pieces.way, minlength=ways)
    outside = (parts == 0) & (pieces.missing > 0)
    left_out = found.left_out + Counter(
        {OUTSIDE: int(outside.sum()), "single_node": int(((parts == 0) & ~outside).sum())}
    )
    stopped = np.isin(closed, nodes.ref)
    notes = found.notes + Counter(
        cut_at_extract=int(((parts > 0) & (pieces.missing > 0)).sum()),
        nodes_outside_extract=int(pieces.missing.sum()),
    )
    for reason in np.array(list(found.closed.values()), dtype=object)[stopped]:
        notes[f"nodes_closed_{reason}"] += 1
    notes["lift_nodes"] += int(np.isin(lifts, nodes.ref).sum())
    columns = _columns(pieces, found, parts=parts, closed=closed, lifts=lifts)
    frame = GeoDataFrame(columns, geometry=pieces.geometry, crs=WGS84)
    counts = [dict(sorted((+one).items())) for one in (left_out, notes)]
    return OsmStreets(frame, found.ways, *counts)


def _columns(
    pieces: Pieces,
    found: _Found,
    *,
    parts: NDArray[np.int64],
    closed: NDArray[np.int64],
    lifts: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    """Return the columns of street lines: those of the way, its crossings and lifts shared out."""
    reading = np.array(found.numbers, dtype=np.int64)[pieces.way]

    def of_way(name: str, dtype: type) -> NDArray[Any]:
        return np.array([getattr(read, name) for read in found.readings], dtype=dtype)[reading]

    share = 1 / parts[pieces.way]
    is_lift = of_way("lift", bool)
    ends = np.isin(pieces.first, lifts).astype(float) + np.isin(pieces.last, lifts)
    # A shaft drawn as a ring is taken once from any of its doors to any other.
    ring_of_doors = np.where(_rings(pieces, ways=len(found.lines))[pieces.way], 1.0, share)
    ones = np.ones(len(pieces.way))
    return {
        "highway": of_way("highway", object),
        "forward": of_way("forward", bool),
        "backward": of_way("backward", bool),
        "steps": of_way("steps", bool),
        "crossings": np.where(of_way("crossing", bool), share, 0.0),
        # A way that is a lift is no second one at its ends.
        "lifts": np.where(is_lift, ring_of_doors, ends / 2),
        "structure": of_way("structure", object),
        "cut_start": np.isin(pieces.first, closed),
        "cut_end": np.isin(pieces.last, closed),
        "slope_forward": ones,
        "slope_backward": ones,
    }


def _rings(pieces: Pieces, *, ways: int) -> NDArray[np.bool_]:
    """Tell which ways end where they begin, as far as they are known."""
    begin = np.full(ways, -1, dtype=np.int64)
    finish = np.full(ways, -2, dtype=np.int64)
    begin[pieces.way[::-1]] = pieces.first[::-1]
    finish[pieces.way] = pieces.last
    closed: NDArray[np.bool_] = begin == finish
    return closed
