"""Schemas of the OpenAPI document that no pydantic model stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from service.core.layer_schemas import (
    BodyNames,
    collection_schema,
    feature_schema,
    patch_schema,
)
from service.core.outcomes import outcome_items
from service.core.plain_schemas import schema_of
from service.evaluations.figures_schemas import (
    AREA_VERDICTS_SCHEMA,
    DISTRICT_TABLE_SCHEMA,
    WALKING_MINUTES_SCHEMA,
)
from service.evaluations.schemas import (
    AREA_EXPLANATION_SCHEMA,
    EVALUATION_SCHEMA,
    EXPLANATION_SCHEMA,
    SUMMARY_SCHEMA,
    EvaluationBody,
)
from service.indicators.schemas import (
    INDICATOR_BODY_SCHEMA,
    INDICATORS_SCHEMA,
    STORED_INDICATORS_SCHEMA,
)
from service.jobs.document import JOB_SCHEMA, JOBS_SCHEMA
from service.packs.schemas import RULES_SCHEMA
from service.page.schemas import PAGE_SCHEMA
from service.projects.document import FROM_DOCUMENT
from service.reach.schemas import CATCHMENTS_SCHEMA, CatchmentsBody, IsochronesBody
from service.reviews.bodies import OverrideBody, SignatureBody
from service.reviews.schemas import review_schemas
from service.scenarios.schemas import scenario_schemas
from service.sessions.schemas import SignInBody
from service.uploads.schemas import (
    IMPORT_FILE_SCHEMA,
    IMPORT_FORM_SCHEMA,
    IMPORT_SCHEMA,
    IMPORTS_SCHEMA,
)
from spatial.fields import AREAS, BUILDINGS, DISTRICTS, FACILITIES, PROJECTS

OUTCOMES_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "What became of each feature of a collection",
        "required": ["created", "refused", "items"],
        "properties": {
            "created": {"type": "integer"},
            "refused": {"type": "integer"},
            "items": outcome_items([201, 400, 403, 409]),
        },
    }
)


def named_schemas() -> dict[str, Mapping[str, Any]]:
    """Return every schema a route refers to by name."""
    bodies: dict[str, Mapping[str, Any]] = {}
    for model in (
        EvaluationBody,
        CatchmentsBody,
        IsochronesBody,
        SignInBody,
        OverrideBody,
        SignatureBody,
    ):
        body = schema_of(model, ref_template="#/components/schemas/{model}")
        bodies |= body.pop("$defs", {})
        bodies[model.__name__] = body
    return {
        "Outcomes": OUTCOMES_SCHEMA,
        **_layer_schemas(),
        "Rules": RULES_SCHEMA,
        "Evaluation": EVALUATION_SCHEMA,
        "Summary": SUMMARY_SCHEMA,
        "Explanation": EXPLANATION_SCHEMA,
        "AreaExplanation": AREA_EXPLANATION_SCHEMA,
        "Indicators": INDICATORS_SCHEMA,
        "IndicatorBody": INDICATOR_BODY_SCHEMA,
        "StoredIndicators": STORED_INDICATORS_SCHEMA,
        "Import": IMPORT_SCHEMA,
        "Imports": IMPORTS_SCHEMA,
        "ImportFile": IMPORT_FILE_SCHEMA,
        "ImportForm": IMPORT_FORM_SCHEMA,
        "Catchments": CATCHMENTS_SCHEMA,
        "Job": JOB_SCHEMA,
        "Jobs": JOBS_SCHEMA,
        "AreaVerdicts": AREA_VERDICTS_SCHEMA,
        "DistrictTable": DISTRICT_TABLE_SCHEMA,
        "WalkingMinutes": WALKING_MINUTES_SCHEMA,
        "Page": PAGE_SCHEMA,
        **review_schemas(),
        **scenario_schemas(),
        **bodies,
    }


def _layer_schemas() -> dict[str, Mapping[str, Any]]:
    """Return the bodies of each layer, by the names `service.core.feature_router` refers to."""
    named: dict[str, Mapping[str, Any]] = {}
    for layer in (AREAS, DISTRICTS, BUILDINGS, FACILITIES, PROJECTS):
        derived = FROM_DOCUMENT.fields if layer is PROJECTS else ()
        names = BodyNames.of(layer)
        reference = {"$ref": f"#/components/schemas/{names.feature}"}
        named |= {
            names.feature: feature_schema(layer, derived=derived, lonlat=True),
            names.collection: collection_schema(reference),
            names.patch: patch_schema(layer, lonlat=True),
        }
    return named
