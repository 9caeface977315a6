"""What a file of a site holds, as the OpenAPI document describes it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

SITE_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "The outlines in a file, in longitude and latitude",
        "required": ["file", "crs", "transformation", "warnings", "sites"],
        "properties": {
            "file": {"type": "string"},
            "crs": {"type": "string", "description": "The system the file is in"},
            "transformation": {"type": ["string", "null"]},
            "warnings": {"type": "array", "items": {"type": "string"}},
            "sites": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["row", "name", "area_m2", "geometry"],
                    "properties": {
                        "row": {"type": "integer", "description": "Its number in the file"},
                        "name": {"type": ["string", "null"]},
                        "area_m2": {"type": "number"},
                        "geometry": {"type": "object", "description": "Polygon or MultiPolygon"},
                    },
                },
            },
        },
    }
)
