"""Ways and nodes of an OpenStreetMap file as osmium's text, OPL, in which arrays are read at once.

Visiting each node of each way from Python takes longer than all else together. osmium instead
reads, filters and places the ways and writes them as lines of text, all in C++.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.filter import IdFilter, KeyFilter
from osmium.osm import NODE, WAY

from spatial.errors import InputError

# One line a thing: "w1 Tkey=value,key=value Nn2x114.3y30.5,n3x114.4y30.6", "n2 Tkey=value x1 y2".
_FORM: Final = "opl,add_metadata=false,locations_on_ways=true"
_ESCAPED: Final = re.compile(r"%([0-9a-f]+)%")
_MARKS: Final = bytes.maketrans(b"nxy,", b"    ")
# Stands for the place of a node that is not in the file; no longitude or latitude.
_NOWHERE: Final = 999.0
# Numbers are read as floats, which are exact so far.
_LARGEST: Final = 2**53

Tagged: TypeAlias = tuple[int, list[bytes]]


@dataclass(frozen=True, eq=False)
class NodesOfWays:
    """The nodes of ways, one way after the other.

    Parameters
    ----------
    sizes
        How many nodes each way has, shape (ways,).
    ref
        Identifier of each node, shape (n,).
    lonlat
        Degrees in EPSG:4326, the floats nearest to the decimals of the file; NaN where the file
        does not have the node, shape (n, 2).
    """

    sizes: NDArray[np.int64]
    ref: NDArray[np.int64]
    lonlat: NDArray[np.float64]


@dataclass
class FileText:
    """The text of a file, and the places of its nodes for a second look."""

    lines: list[bytes]
    places: osmium.index.LocationTable


def read_tagged(path: Path, *, keys: Iterable[str]) -> FileText:
    """Read nodes and ways with one of some keys, in the order of the file."""
    places = osmium.index.create_map("flex_mem")
    return FileText(_lines(path, NODE | WAY, _locating(places), KeyFilter(*keys)), places)


def read_ways(path: Path, ids: Iterable[int], *, places: osmium.index.LocationTable) -> list[bytes]:
    """Read ways by their identifiers, whatever their tags."""
    # The filter first: of the ways it lets pass alone the nodes are looked up.
    return _lines(path, WAY, IdFilter(ids), _locating(places))


def is_way(line: bytes) -> bool:
    """Tell whether a line is that of a way; else it is that of a node."""
    return line.startswith(b"w")


def tagged(line: bytes) -> Tagged:
    """Return the identifier in a line, and its tags as ``key=value``, with marks escaped."""
    name, tags = line.split(b" ", 2)[:2]
    return int(name[1:]), tags[1:].split(b",") if len(tags) > 1 else []


def pair(tag: bytes) -> tuple[str, str]:
    """Return the key and value of a tag as people write them."""
    key, _, value = tag.decode("utf-8").partition("=")
    return _plain(key), _plain(value)


def nodes_of(lines: list[bytes]) -> NodesOfWays:
    """Read the nodes of ways.

    Raises
    ------
    InputError
        When an identifier is beyond all reason.
    """
    texts = [line.rpartition(b" N")[2] for line in lines]
    sizes = np.array([text.count(b"n") for text in texts], dtype=np.int64)
    everything = b",".join(text for text in texts if text)
    everything = everything.replace(b"xy", b"x%.0fy%.0f" % (_NOWHERE, _NOWHERE))
    numbers = np.fromstring(everything.translate(_MARKS).decode("ascii"), sep=" ")
    table = numbers.reshape(-1, 3)
    if len(table) and np.abs(table[:, 0]).max() > _LARGEST:
        raise InputError("a node has an identifier beyond 2^53")
    lonlat = np.where(table[:, 1:] == _NOWHERE, np.nan, table[:, 1:])
    return NodesOfWays(sizes, table[:, 0].astype(np.int64), lonlat)


def _lines(
    path: Path,
    entities: osmium.osm.osm_entity_bits,
    *handlers: KeyFilter | IdFilter | osmium.NodeLocationsForWays,
) -> list[bytes]:
    with TemporaryDirectory(prefix="yike-osm-") as folder:
        file = Path(folder) / "text"
        writer = osmium.SimpleWriter(osmium.io.File(str(file), _FORM))
        try:
            with osmium.io.Reader(str(path), entities) as reader:
                osmium.apply(reader, *handlers, writer)
        finally:
            writer.close()
        return file.read_bytes().splitlines()


def _locating(places: osmium.index.LocationTable) -> osmium.NodeLocationsForWays:
    """Return what keeps the places of nodes and gives them to ways."""
    handler = osmium.NodeLocationsForWays(places)
    # What is not in the file has no place, and is counted.
    handler.ignore_errors()
    return handler


def _plain(text: str) -> str:
    if "%" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
