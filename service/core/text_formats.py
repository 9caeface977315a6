"""What texts of requests must be where a type says too little: formats of our own, documented.

JSON Schema lets a document name formats it does not know; both API documents name these, under
``format``, and explain them in ``x-text-formats``. A program that makes requests from the
document can so make ones that are answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

BBOX: Final = "bbox"
CURSOR: Final = "cursor"
COORDINATE_SYSTEM: Final = "coordinate-system"
PACKS: Final = "pack-ids"
AREA: Final = "area-code"
RUN_AREA: Final = "evaluated-area-code"
FIGURE: Final = "figure-name"
EARLIER_RUNS: Final = "earlier-evaluation-ids"
RULE: Final = "evaluated-rule-id"
REACH_RULE: Final = "reach-rule-id"
NUMBERS: Final = "number-list"
ENTITY_TAGS: Final = "entity-tags"
PREFERENCES: Final = "preferences"
INTERVAL: Final = "datetime-interval"
CQL2: Final = "cql2"
SORT_KEY: Final = "sort-key"
CONTENT_CRS: Final = "bracketed-crs-uri"

# The pattern of a text that may be stored or looked up: PostgreSQL has no such character.
NO_NUL: Final = "^[^\\u0000]*$"
TEXT_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        BBOX: "west,south,east,north in degrees; with heights west,south,low,east,north,high",
        CURSOR: "taken from the link `next` of a page of the same list",
        COORDINATE_SYSTEM: "a system that is known, as EPSG:4547",
        PACKS: "identifiers of stored packs, by comma",
        AREA: "code of a stored area",
        RUN_AREA: "code of an area the evaluation was summed up for",
        FIGURE: "name of a stored figure, or of one that a rule asks for",
        EARLIER_RUNS: "identifiers of evaluations as of earlier days than the one asked, by comma",
        RULE: "identifier of a rule of a pack of the evaluation",
        REACH_RULE: "identifier of a rule about reach, of a pack of the evaluation",
        NUMBERS: "numbers above 0, by comma, as 5,10,15; no walk is longer than 5000 m",
        ENTITY_TAGS: 'ETags by comma, as "3"; or * for any (RFC 9110, 13.1.1)',
        PREFERENCES: "preferences by comma (RFC 7240), as respond-async",
        INTERVAL: "an RFC 3339 day or instant, or start/end, an open end empty or ..",
        CQL2: "a filter over the queryables of the collection (OGC 21-065r2), in filter-lang",
        SORT_KEY: "a sortable of the collection, none of them twice; with + or - before it",
        CONTENT_CRS: "<URI> of a system that the collection lists under crs",
    }
)


def of_format(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  keywords of JSON Schema
    """Return the ``json_schema_extra`` of a parameter that is a text of this format."""
    if name not in TEXT_FORMATS:
        raise KeyError(name)
    return {"format": name, **more}


def text_of(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  keywords of JSON Schema
    """Return the schema of a text of this format."""
    return {"type": "string", **of_format(name, **more)}
