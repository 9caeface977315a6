"""Bodies and answers of reviews as the OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from service.core.outcomes import outcome_items
from spatial.policy.findings import VERDICTS
from spatial.policy.review.parsing import project_schema
from spatial.policy.review.stages import STAGES
from spatial.policy.review.verdict import REVIEW_VERDICTS

_PREFIX: Final = "#/components/schemas/"
_FINDING: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["pack", "rule", "verdict", "gate", "binds", "against", "clause", "quote"],
    "properties": {
        "pack": {"type": "string"},
        "rule": {"type": "string"},
        "kind": {"type": "string"},
        "subject": {"type": "string"},
        "severity": {"type": "string"},
        "verdict": {"enum": list(VERDICTS)},
        "gate": {"type": "boolean", "description": "A gate of the stage"},
        "binds": {"type": "boolean", "description": "Decides; else it is shown beside"},
        "against": {"type": "string", "description": "What was compared with"},
        "provided_by": {"type": "string", "description": "Whose list of facilities was judged"},
        "value": {"type": ["number", "null"]},
        "threshold": {"type": ["number", "null"]},
        "deficit": {"type": ["number", "null"]},
        "unit": {"type": ["string", "null"]},
        "reason": {"type": ["string", "null"]},
        "clause": {"type": "string"},
        "quote": {"type": "string"},
        "reading": {"type": "string"},
        "missing": {"type": "array", "items": {"type": "object"}},
        "alternatives": {"type": "array", "items": {"type": "object"}},
        "remedies": {"type": "array", "items": {"type": "object"}},
        "steps": {"type": "array", "items": {"type": "object"}},
    },
}
REVIEW_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A review of a project at a stage; nothing of it is stored",
        "required": ["project", "stage", "as_of", "verdict", "illustration", "packs", "findings"],
        "properties": {
            "project": {"type": "object"},
            "stage": {"enum": list(STAGES)},
            "as_of": {"type": "string", "format": "date"},
            "verdict": {"enum": list(REVIEW_VERDICTS)},
            "illustration": {"type": "boolean"},
            "packs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "version", "region", "basis", "verdict"],
                    "properties": {
                        "id": {"type": "string"},
                        "version": {"type": "string"},
                        "region": {"type": "string"},
                        "basis": {"enum": ["binding", "illustration", "background"]},
                        "verdict": {"enum": list(REVIEW_VERDICTS)},
                    },
                },
            },
            "assumptions": {"type": "array", "items": {"type": "object"}},
            "strictest": {"type": "array", "items": {"type": "object"}},
            "findings": {"type": "array", "items": _FINDING},
            "neighbours": {
                "type": ["array", "null"],
                "description": "Districts that gain or lose coverage, without and with the project",
                "items": {"type": "object"},
            },
            "network": {"type": ["string", "null"]},
            "notices": {"type": "array", "items": {"type": "string"}},
        },
    }
)
REVIEW_BATCH_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "What became of each project of a batch, in order",
        "required": ["reviewed", "refused", "items"],
        "properties": {
            "reviewed": {"type": "integer"},
            "refused": {"type": "integer"},
            "items": outcome_items([200, 400, 403], review={"$ref": f"{_PREFIX}Review"}),
        },
    }
)
PROJECTS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "Several projects, each reviewed by itself",
        "additionalProperties": False,
        "required": ["projects"],
        "properties": {
            "projects": {"type": "array", "minItems": 1, "items": {"$ref": f"{_PREFIX}Project"}}
        },
    }
)


def review_schemas() -> dict[str, Mapping[str, Any]]:
    """Return the named schemas of reviews: the project's own parts get names of their own."""
    schema = project_schema()
    parts = schema.pop("$defs")
    for name in ("$schema", "$id"):
        schema.pop(name)
    return {
        "Review": REVIEW_SCHEMA,
        "ReviewBatch": REVIEW_BATCH_SCHEMA,
        "Projects": PROJECTS_SCHEMA,
        "Project": _moved(schema),
        **{f"Project_{name}": _moved(part) for name, part in parts.items()},
    }


def _moved(value: Any) -> Any:  # noqa: ANN401 - walks any schema
    """Point references at the components of the OpenAPI document."""
    if isinstance(value, dict):
        return {
            key: _reference(item) if key == "$ref" else _moved(item) for key, item in value.items()
        }
    return [_moved(item) for item in value] if isinstance(value, list) else value


def _reference(target: str) -> str:
    return f"{_PREFIX}Project_{target.removeprefix('#/$defs/')}"
