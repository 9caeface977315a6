"""Schemas of the figures of a run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer"}
_COUNTS: Final = {"type": "object", "additionalProperties": _COUNT}
_TALLY: Final = {
    "households": _COUNT,
    "districts": _COUNT,
    "districts_without_households": {
        **_COUNT,
        "description": "Of these, whose households nobody knows: they add none",
    },
}

AREA_VERDICTS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": ["evaluation", "areas"],
        "properties": {
            "evaluation": _TEXT,
            "areas": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "code": _TEXT,
                        "name": {"type": ["string", "null"]},
                        "level": {"type": ["string", "null"]},
                        "districts": _COUNT,
                        "households": _COUNT,
                        "households_concerned": _COUNT,
                        "flags": _COUNTS,
                        "rules": {"type": "object", "additionalProperties": _COUNTS},
                    },
                },
            },
        },
    }
)
WALKING_MINUTES_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": ["evaluation", "rule", "bins", "longer", "beyond_5000_m", "undetermined"],
        "properties": {
            "evaluation": _TEXT,
            "rule": _TEXT,
            "profile": _TEXT,
            "speed_m_per_s": {"type": "number"},
            "limit_minutes": {"type": ["number", "null"]},
            "bins": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "from_minutes": {"type": "number", "description": "Not in the bin"},
                        "to_minutes": {"type": "number", "description": "In the bin"},
                        **_TALLY,
                    },
                },
            },
            **{
                name: {"type": "object", "properties": _TALLY}
                for name in ("longer", "beyond_5000_m", "undetermined")
            },
        },
    }
)
_LIST: Final = {"type": "array"}
DISTRICT_TABLE_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "All districts of a run in rank order, column by column",
        "required": ["evaluation", "id", "rank", "flag", "bbox", "place", "verdicts"],
        "properties": {
            "evaluation": _TEXT,
            **dict.fromkeys(("id", "rank", "name", "stage", "households", "community"), _LIST),
            **dict.fromkeys(("flag", "households_concerned"), _LIST),
            "bbox": {**_LIST, "description": "West, south, east, north of each, degrees"},
            "place": {**_LIST, "description": "A point on each, degrees"},
            "verdicts": {
                "type": "object",
                "description": "By rule, in the order of the packs",
                "additionalProperties": _LIST,
            },
        },
    }
)
