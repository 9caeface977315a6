"""Bodies and answers of reviews as the OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from service.core.outcomes import outcome_items
from service.reviews.site_schema import SITE_SCHEMA
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
        "beside": {"type": ["string", "null"], "description": "Why it does not decide"},
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
        "description": "A review of a project at a stage",
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
            "capacity": {
                "type": ["array", "null"],
                "description": "Districts whose floor area, number, places or beds change",
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
            "items": outcome_items([200, 201, 400, 403], review={"$ref": f"{_PREFIX}Review"}),
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
            "projects": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "oneOf": [{"$ref": f"{_PREFIX}Project"}, {"$ref": f"{_PREFIX}ProjectBody"}]
                },
            }
        },
    }
)
PROJECT_BODY_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A project, or the identifier of a stored one",
        "additionalProperties": False,
        "required": ["project"],
        "properties": {
            "project": {
                "oneOf": [
                    {"$ref": f"{_PREFIX}Project"},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["id"],
                        "properties": {"id": {"type": "string"}},
                    },
                ]
            }
        },
    }
)
_TEXT: Final = {"type": "string"}
_INSTANT: Final = {"type": "string", "format": "date-time"}
_DIGEST: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_STATE: Final = {"enum": ["draft", "signed"]}
_OBJECTS: Final = {"type": "array", "items": {"type": "object"}}
STORED_REVIEW_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "allOf": [{"$ref": f"{_PREFIX}Review"}],
        "type": "object",
        "description": "A stored review: as computed, and what officers said beside it",
        "required": ["id", "state", "hash", "effective", "overrides", "signature", "made_at"],
        "properties": {
            "id": _TEXT,
            "state": _STATE,
            "hash": {**_DIGEST, "description": "Of inputs, result and program"},
            "effective": {
                "type": "object",
                "description": "Verdicts with the overrides in force",
                "required": ["verdict", "packs"],
                "properties": {"verdict": {"enum": list(REVIEW_VERDICTS)}, "packs": _OBJECTS},
            },
            "overrides": _OBJECTS,
            "signature": {"type": ["object", "null"]},
            "code_version": _TEXT,
            "data_instant": _INSTANT,
            "made_at": _INSTANT,
            "made_by": {"type": "object"},
        },
    }
)
REVIEWS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A page of stored reviews, the newest first",
        "required": ["numberReturned", "numberMatched", "links", "reviews"],
        "properties": {
            "numberReturned": {"type": "integer"},
            "numberMatched": {"type": "integer"},
            "links": _OBJECTS,
            "reviews": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "state", "project", "stage", "verdict"],
                    "properties": {
                        "id": _TEXT,
                        "state": _STATE,
                        "project": {"type": "object"},
                        "stage": {"enum": list(STAGES)},
                        "as_of": {"type": "string", "format": "date"},
                        "verdict": {"enum": list(REVIEW_VERDICTS)},
                        "effective_verdict": {"enum": list(REVIEW_VERDICTS)},
                        "illustration": {"type": "boolean"},
                        "packs": {"type": "array", "items": _TEXT},
                        "hash": _DIGEST,
                        "code_version": _TEXT,
                        "data_instant": _INSTANT,
                        "made_at": _INSTANT,
                        "made_by": {"type": "object"},
                    },
                },
            },
        },
    }
)
INPUTS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "What a stored review is a function of",
        "required": ["project", "stage", "as_of", "parameters", "packs", "network", "around"],
        "properties": {
            "project": {"$ref": f"{_PREFIX}Project"},
            "stage": {"enum": list(STAGES)},
            "as_of": {"type": "string", "format": "date"},
            "parameters": {"type": "object"},
            "packs": _OBJECTS,
            "network": {"type": ["string", "null"]},
            "around": {
                "type": "object",
                "description": "By layer the versions of the rows, by key, and a digest of them",
            },
            "scope": {"type": "array", "items": _TEXT},
        },
    }
)
REPLAY_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A stored review made again, and what has changed since",
        "required": ["id", "same", "hash", "intact", "code_version", "findings", "since", "today"],
        "properties": {
            "id": _TEXT,
            "same": {"type": "boolean", "description": "The hash is the same"},
            "hash": {"type": "object", "properties": {"stored": _DIGEST, "replayed": _DIGEST}},
            "intact": {"type": "boolean", "description": "What is stored has the hash it had"},
            "code_version": {"type": "object"},
            "findings": {"type": "object"},
            "since": _OBJECTS,
            "today": {"type": "object"},
        },
    }
)


def json_content(description: str, *schemas: str) -> dict[str, Any]:
    """Return the description of a JSON answer of one of the named schemas."""
    references = [{"$ref": f"{_PREFIX}{name}"} for name in schemas]
    schema: dict[str, Any] = references[0] if len(references) == 1 else {"oneOf": references}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


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
        "ProjectBody": PROJECT_BODY_SCHEMA,
        "StoredReview": STORED_REVIEW_SCHEMA,
        "Reviews": REVIEWS_SCHEMA,
        "ReviewInputs": INPUTS_SCHEMA,
        "ReviewReplay": REPLAY_SCHEMA,
        "SiteOutlines": SITE_SCHEMA,
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
