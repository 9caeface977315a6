"""Schema of what the page starts from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}

PAGE_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "What the page starts from",
        "required": ["packs", "evaluations", "network", "extent", "base_map", "limits"],
        "properties": {
            "version": _TEXT,
            "packs": {
                "type": "array",
                "description": "As GET /v1/packs, each with its latest evaluation",
                "items": {"type": "object"},
            },
            "evaluations": {
                "type": "array",
                "description": "The newest first",
                "items": {"type": "object"},
            },
            "evaluations_total": {"type": "integer"},
            "network": {"type": ["object", "null"]},
            "notices": _TEXTS,
            "extent": {
                "type": ["array", "null"],
                "items": {"type": "number"},
                "description": "West, south, east, north of districts and facilities, degrees",
            },
            "base_map": {
                "type": ["object", "null"],
                "description": "A base map of the bureau's own; null for Yike's streets",
                "properties": {
                    "tiles": _TEXTS,
                    "labels": {"type": ["array", "null"], "items": _TEXT},
                    "attribution": _TEXT,
                    "tile_size": {"type": "integer"},
                    "max_zoom": {"type": "integer"},
                },
            },
            "languages": _TEXTS,
            "language": _TEXT,
            "limits": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    }
)
