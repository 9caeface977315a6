"""Where the rows of a write come from, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Where the rows of one write come from.

    Parameters
    ----------
    file
        File name, or the request that brought them.
    crs
        CRS the coordinates were given in, as ``EPSG:4547``.
    transformation
        The pipeline that brought them to EPSG:4326; None when they were given in it.
    actor
        Who wrote: a key's id or the name of a command.
    """

    file: str
    crs: str
    transformation: str | None
    actor: str


@dataclass(frozen=True)
class Stored:
    """How many rows a write added, changed and left as they were."""

    added: int
    changed: int
    unchanged: int


def origin_values(origin: Origin) -> dict[str, Any]:
    """Return the columns of a version that say where it comes from, but for the row."""
    return {
        "source_file": origin.file,
        "source_crs": origin.crs,
        "transformation": origin.transformation,
        "recorded_by": origin.actor,
    }
