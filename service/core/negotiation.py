"""Choosing between GeoJSON and a table by what a request asks for."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from fastapi import Depends, Header, Query

Format = Literal["geojson", "csv"]

CSV: Final = "text/csv"
_RANGE: Final = re.compile(
    r"\s*(?P<type>[\w.+-]+/[\w.+-]+|[\w.+-]+/\*|\*/\*)"
    r"(?:\s*;\s*(?!q\s*=)[^;,]+)*(?:\s*;\s*q\s*=\s*(?P<q>[01](?:\.\d{0,3})?))?\s*"
)
_TYPES: Final = (
    ("csv", ("text/csv", "text/*", "*/*")),
    ("geojson", ("application/geo+json", "application/json", "application/*", "*/*")),
)


def choose_format(accept: str | None) -> Format:
    """Return the format a reader likes best (RFC 9110, section 12.5.1).

    GeoJSON where both are liked alike, unless only CSV is named in full.
    """
    wishes: dict[str, float] = {}
    for part in (accept or "").split(","):
        match = _RANGE.fullmatch(part.lower())
        if match is not None:
            weight = 1.0 if match["q"] is None else float(match["q"])
            wishes[match["type"]] = max(weight, wishes.get(match["type"], 0.0))
    liked = {
        name: next(((wishes[t], -at) for at, t in enumerate(types) if t in wishes), (0.0, -9))
        for name, types in _TYPES
    }
    weight, rank = liked["csv"]
    other, other_rank = liked["geojson"]
    if weight == other:
        return "csv" if weight and rank == 0 and other_rank < -1 else "geojson"
    return "csv" if weight > other else "geojson"


def read_format(
    format: Annotated[  # noqa: A002  the parameter's name in the address
        Format | None, Query(description="geojson (default) or csv; before the header Accept")
    ] = None,
    accept: Annotated[str | None, Header(description="text/csv for a table")] = None,
) -> Format:
    """Return the format of the answer."""
    return choose_format(accept) if format is None else format


FormatDependency = Annotated[Format, Depends(read_format)]
