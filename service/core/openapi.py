"""The OpenAPI document: FastAPI's, with the problems and keys it does not know of.

``/openapi.json`` and ``/docs`` are open to everyone who reaches the service: they are the same
for every installation and hold no data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.core.errors.catalogue import PROBLEMS
from service.core.errors.problem import MEDIA_TYPE
from service.core.geojson import MEDIA_TYPE as GEOJSON
from service.core.parameters import KEY_PARAMETER
from service.core.plain_schemas import parameter_schema
from service.core.text_formats import TEXT_FORMATS

PROBLEM_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "RFC 9457 problem details",
        "required": ["type", "title", "status", "detail", "instance", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "request_id": {"type": ["string", "null"]},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["detail"],
                    "properties": {
                        "parameter": {"type": "string"},
                        "header": {"type": "string"},
                        "pointer": {"type": "string", "description": "RFC 6901"},
                        "detail": {"type": "string"},
                    },
                },
            },
        },
    }
)
FEATURE_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "RFC 7946 Feature; properties are the fields of the layer",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string"},
            "version": {"type": "integer", "description": "The ETag, without quotes"},
            "geometry": {"type": ["object", "null"]},
            "properties": {"type": ["object", "null"]},
        },
    }
)
COLLECTION_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "RFC 7946 FeatureCollection",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "numberReturned": {"type": "integer"},
            "numberMatched": {"type": "integer"},
            "notices": {"type": "array", "items": {"type": "string"}},
            "links": {"type": "array", "items": {"type": "object"}},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
        },
    }
)

_KEY_SCHEMES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "bearer": {"type": "http", "scheme": "bearer", "description": "The API key as token"},
        "basic": {"type": "http", "scheme": "basic", "description": "The API key as password"},
        "query": {
            "type": "apiKey",
            "in": "query",
            "name": KEY_PARAMETER,
            "description": "Keys of role viewer only",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "yike_session",
            "description": "Of a signed-in browser; a change needs X-CSRF-Token too",
        },
    }
)
# Signing in and out: the key stands in the body, or the cookie goes.
_WITHOUT_KEY: Final = frozenset({("/v1/session", "post"), ("/v1/session", "delete")})
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route with these problems and, always, 500 and 503."""
    answers: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 500, 503}):
        slugs = [kind.slug for kind in PROBLEMS if kind.status == status]
        answers[status] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(slugs)}",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return answers


def content(media_type: str, schema: str, description: str) -> dict[str, Any]:
    """Return the description of a body or answer of a named schema."""
    return {
        "description": description,
        "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def request_body(*media_types: str, schemas: tuple[str, ...]) -> dict[str, Any]:
    """Return the ``openapi_extra`` of a route that reads its body itself."""
    references = [{"$ref": f"#/components/schemas/{schema}"} for schema in schemas]
    schema: dict[str, Any] = references[0] if len(references) == 1 else {"oneOf": references}
    return {
        "requestBody": {
            "required": True,
            "content": {media_type: {"schema": schema} for media_type in media_types},
        }
    }


def build_openapi(
    app: FastAPI, schemas: Mapping[str, Mapping[str, Any]]
) -> Callable[[], dict[str, Any]]:
    """Return the function FastAPI asks for its document; it is made once.

    Parameters
    ----------
    schemas
        Further schemas that routes refer to by name.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, schemas)
        return app.openapi_schema

    return openapi


def _document(app: FastAPI, schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = dict(_KEY_SCHEMES)
    named = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        named.pop(unused, None)
    named |= {
        "Problem": dict(PROBLEM_SCHEMA),
        "Feature": dict(FEATURE_SCHEMA),
        "FeatureCollection": dict(COLLECTION_SCHEMA),
        **{name: dict(schema) for name, schema in schemas.items()},
    }
    for path, operations in document["paths"].items():
        for method in _METHODS & operations.keys():
            operation = operations[method]
            # FastAPI describes a 422 of its own, which this service answers as 400.
            described = operation["responses"].get("422", {}).get("content", {})
            if MEDIA_TYPE not in described:
                operation["responses"].pop("422", None)
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = parameter_schema(parameter["schema"])
                if parameter["name"] == "if-match":
                    # A missing one is answered with 428, by a dependency of its own.
                    parameter["required"] = "428" in operation["responses"]
            if path.startswith("/v1/") and (path, method) not in _WITHOUT_KEY:
                operation["security"] = [{scheme: []} for scheme in _KEY_SCHEMES]
    return document | {"x-text-formats": dict(TEXT_FORMATS)}


__all__ = [
    "GEOJSON",
    "build_openapi",
    "content",
    "problems",
    "request_body",
]
