"""Street lines from an OpenStreetMap file, in one stream.

osmium reads and filters in C++: Python sees the ways and nodes with a tag that matters, and of a
way its tags and nodes once. All else is done on arrays.
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
from osmium.filter import IdFilter, KeyFilter
from osmium.osm import NODE, RELATION, WAY, Node, Relation, Way

from service.imports.osm.file import reading
from service.imports.osm.splitting import Pieces, WayNodes, split_ways
from service.imports.osm.street_table import StreetTable, WayReading, load_street_table
from service.imports.osm.tags import first_values
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
    """What is gathered while the file streams by."""

    readings: list[WayReading] = field(default_factory=list)
    nodes: list[tuple[int, int, int]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    closed: dict[int, str] = field(default_factory=dict)
    lifts: set[int] = field(default_factory=set)
    ways: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def take(self, way: Way, read: WayReading) -> None:
        """Keep the nodes of a way that is walked."""
        nodes = [(node.ref, node.x, node.y) for node in way.nodes]
        self.readings.append(read)
        self.nodes.extend(nodes)
        self.sizes.append(len(nodes))
        self.taken.add(way.id)


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
        _stream(path, table, squares, found)
    return _streets(found)


def _squares(path: Path, table: StreetTable, found: _Found) -> dict[int, WayReading]:
    """Return the reading of each way that is the outline of a square mapped as a relation."""
    outlines: dict[int, WayReading] = {}
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
        members = (member for member in relation.members if member.type == "w")
        outlines.update({member.ref: read for member in members})
    return outlines


def _stream(
    path: Path, table: StreetTable, squares: Mapping[int, WayReading], found: _Found
) -> None:
    """Read nodes that stop people or lift them, then ways."""
    readings: dict[tuple[tuple[str, str], ...], WayReading | None] = {}
    keys = table.keys
    processor = osmium.FileProcessor(path, NODE | WAY).with_locations()
    wanted = KeyFilter(*table.class_keys, table.barriers.key)
    for thing in processor.with_filter(wanted):
        if isinstance(thing, Node):
            _take_node(thing, table, found)
        if not isinstance(thing, Way):
            continue
        every = [(tag.k, tag.v) for tag in thing.tags]
        pairs = tuple(pair for pair in every if pair[0] in keys)
        if pairs not in readings:
            readings[pairs] = table.read_way(first_values(pairs))
        read = readings[pairs]
        if read is None:
            continue
        found.ways += 1
        if len({key for key, _ in pairs}) < len(pairs):
            found.notes["double_keys"] += 1
        if read.reason is not None:
            found.left_out[read.reason] += 1
            continue
        found.notes.update(read.notes)
        found.take(thing, read)
    rest = squares.keys() - found.taken
    places = processor.node_location_storage
    if rest and places is not None:
        # Most outlines have no tags of their own, so that they did not pass the filter.
        with osmium.io.Reader(str(path), WAY) as reader:
            located = osmium.NodeLocationsForWays(places)
            located.ignore_errors()
            # The iterator does not keep its handlers alive: they must have names.
            outlines = IdFilter(rest)
            for way in osmium.OsmFileIterator(reader, located, outlines):
                if isinstance(way, Way):
                    found.ways += 1
                    found.take(way, squares[way.id])
        found.notes["square_outlines_outside_extract"] = len(rest - found.taken)


def _take_node(node: Node, table: StreetTable, found: _Found) -> None:
    tags = first_values([(tag.k, tag.v) for tag in node.tags])
    if table.is_lift(tags):
        found.lifts.add(node.id)
    reason = table.closed_node(tags)
    if reason is not None:
        found.closed[node.id] = reason


def _streets(found: _Found) -> OsmStreets:
    """Cut what was found into lines, and count what became of it."""
    table = np.array(found.nodes, dtype=np.int64).reshape(-1, 3)
    ways = len(found.sizes)
    nodes = WayNodes(
        way=np.repeat(np.arange(ways), found.sizes), ref=table[:, 0], x=table[:, 1], y=table[:, 2]
    )
    closed = np.fromiter(found.closed, dtype=np.int64, count=len(found.closed))
    lifts = np.fromiter(found.lifts, dtype=np.int64, count=len(found.lifts))
    pieces = split_ways(nodes, ways=ways, at=np.concatenate([closed, lifts]))
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
    frame = GeoDataFrame(
        _columns(pieces, found.readings, parts=parts, closed=closed, lifts=lifts),
        geometry=pieces.geometry,
        crs=WGS84,
    )
    counts = [dict(sorted((+one).items())) for one in (left_out, notes)]
    return OsmStreets(frame, found.ways, *counts)


def _columns(
    pieces: Pieces,
    readings: list[WayReading],
    *,
    parts: NDArray[np.int64],
    closed: NDArray[np.int64],
    lifts: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    """Return the columns of street lines: those of the way, its crossings and lifts shared out."""

    def of_way(name: str, dtype: type) -> NDArray[Any]:
        return np.array([getattr(read, name) for read in readings], dtype=dtype)[pieces.way]

    share = 1 / parts[pieces.way]
    is_lift = of_way("lift", bool)
    ends = np.isin(pieces.first, lifts).astype(float) + np.isin(pieces.last, lifts)
    # A shaft drawn as a ring is taken once from any of its doors to any other.
    ring_of_doors = np.where(_rings(pieces, ways=len(readings))[pieces.way], 1.0, share)
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
