"""Street lines of an upload: read under limits into a network, with what there is to say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.imports.raw import Reading
from service.imports.street_reader import ReadNetwork, read_network
from service.uploads.reading import Tell
from service.uploads.request import ImportRequest


@dataclass(frozen=True)
class ReadStreets:
    """A network read from a file, and the part of the report that is about the file alone."""

    read: ReadNetwork
    told: Mapping[str, Any]


def read_streets(path: Path, request: ImportRequest, *, how: Reading, tell: Tell) -> ReadStreets:
    """Read street lines and build their network.

    Raises
    ------
    InputError
        As `service.imports.street_reader.read_network`: a line at fault refuses the file, for a
        network with a street missing would tell wrong distances in silence.
    """
    tell("reading", None)
    read = read_network(path, crs=request.reading.crs, planarize=request.planarize, how=how)
    tell("checking", read.rows)
    left_out = {reason: count for reason, count in read.network.left_out.items() if count}
    # Parts without length are counted apart: a line may have others.
    lines_out = sum(count for reason, count in left_out.items() if reason != "no_length")
    return ReadStreets(
        read,
        {
            "rows": {
                "read": read.rows,
                "accepted": read.rows - lines_out,
                "repaired": 0,
                "quarantined": 0,
            },
            "repairs": [],
            "quarantined": [],
            "crs": {
                "origin": read.origin_crs,
                "declared": request.reading.crs,
                "transformation": None,
            },
            "left_out": left_out,
            "sources": list(read.sources),
            "notes": list(read.notes),
            "warnings": list(read.warnings),
        },
    )
