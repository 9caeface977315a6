"""What the OpenAPI document says of changing features, and of operations in general."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from service.core.etags import IF_MATCH_PATTERN
from service.core.layer_schemas import BodyNames, feature_schema, patch_schema
from service.core.text_formats import CONTENT_CRS, ENTITY_TAGS, text_of
from service.ogc.address import GEOJSON
from service.ogc.bodies import FEATURE_TYPES, PATCH_TYPES
from service.ogc.catalogue import SHOWN_LAYERS
from service.ogc.openapi30 import as_openapi30
from service.projects.document import FROM_DOCUMENT
from spatial.fields import PROJECTS

_CONTENT_CRS: Final = {"$ref": "#/components/parameters/Content-Crs"}
_IF_MATCH: Final = {"$ref": "#/components/parameters/If-Match"}
_CRS: Final = {"$ref": "#/components/parameters/crs"}
_FAULTS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
)


def body_schemas(writable: Iterable[str]) -> dict[str, Any]:
    """Return the schemas of the bodies of the collections a key may change, by their names."""
    schemas: dict[str, Any] = {}
    for layer in (SHOWN_LAYERS[name] for name in writable):
        derived = FROM_DOCUMENT.fields if layer is PROJECTS else ()
        names = BodyNames.of(layer)
        schemas[names.feature] = as_openapi30(feature_schema(layer, derived=derived, lonlat=False))
        schemas[names.patch] = as_openapi30(patch_schema(layer, lonlat=False))
    return schemas


def header_parameters(systems: Sequence[str]) -> dict[str, Any]:
    """Return the headers of changes as components, by their names.

    Parameters
    ----------
    systems
        URIs of the CRSs offered.
    """
    return {
        "Content-Crs": _header(
            "Content-Crs",
            "<URI> of the CRS of the body; CRS84 if not given",
            text_of(CONTENT_CRS, enum=[f"<{uri}>" for uri in systems]),
        ),
        "If-Match": _header(
            "If-Match",
            "ETag of the version to change; without it any version is changed",
            text_of(ENTITY_TAGS, pattern=IF_MATCH_PATTERN),
        ),
    }


def _header(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "description": description,
        "required": False,
        "schema": dict(schema),
    }


def operation_of(
    method: str,
    operation: str,
    summary: str,
    *,
    parameters: Sequence[Mapping[str, Any]],
    answers: Mapping[HTTPStatus, Mapping[str, Any]],
    faults: Sequence[HTTPStatus],
) -> dict[str, Any]:
    """Return an operation under its method."""
    problem = {"$ref": "#/components/responses/Problem"}
    return {
        method: {
            "operationId": operation,
            "summary": summary,
            "parameters": list(parameters),
            "responses": {
                **{str(int(status)): answer for status, answer in answers.items()},
                **{str(int(status)): problem for status in faults},
            },
        }
    }


def creating(name: str, title: str) -> dict[str, Any]:
    """Return the operations on all features of a collection that a key may change.

    Parameters
    ----------
    name, title
        Of the collection.
    """
    created = _answer("The feature as stored")
    created["headers"]["Location"] = {"schema": {"type": "string"}, "description": "Its address"}
    document = operation_of(
        "post",
        f"create_{name}",
        f"{title}: add a feature",
        parameters=[_CONTENT_CRS, _CRS],
        answers={HTTPStatus.CREATED: created},
        faults=(*_FAULTS, *_OF_BODIES, HTTPStatus.CONFLICT),
    )
    document["post"]["requestBody"] = _body(FEATURE_TYPES, BodyNames.of(SHOWN_LAYERS[name]).feature)
    return document | _options(f"options_items_{name}", title, ())


def changing(name: str, title: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the operations on one feature of such a collection.

    Parameters
    ----------
    key
        The parameter that names the feature.
    """
    faults = (*_FAULTS, *_OF_BODIES, HTTPStatus.PRECONDITION_FAILED)
    document: dict[str, Any] = {}
    names = BodyNames.of(SHOWN_LAYERS[name])
    for method, verb, types, schema in (
        ("put", "replace", FEATURE_TYPES, names.feature),
        ("patch", "update", PATCH_TYPES, names.patch),
    ):
        document |= operation_of(
            method,
            f"{verb}_{name}",
            f"{title}: {verb} a feature",
            parameters=[key, _IF_MATCH, _CONTENT_CRS, _CRS],
            answers={HTTPStatus.OK: _answer("The feature as stored")},
            faults=faults,
        )
        document[method]["requestBody"] = _body(types, schema)
    document |= operation_of(
        "delete",
        f"end_{name}",
        f"{title}: end a feature today; its history stays",
        parameters=[key, _IF_MATCH],
        answers={HTTPStatus.NO_CONTENT: {"description": "Ended"}},
        faults=(*_FAULTS, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED),
    )
    return document | _options(f"options_item_{name}", title, (key,))


_OF_BODIES: Final = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def _options(operation: str, title: str, parameters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    allow = {"Allow": {"schema": {"type": "string"}, "description": "What the key may do"}}
    return operation_of(
        "options",
        operation,
        f"{title}: what the key may do",
        parameters=parameters,
        answers={HTTPStatus.OK: {"description": "The methods", "headers": allow}},
        faults=_FAULTS,
    )


def _answer(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "Of its version"}},
        "content": {GEOJSON: {"schema": {"$ref": "#/components/schemas/Object"}}},
    }


def _body(media_types: Sequence[str], schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {
        "required": True,
        "content": {media_type: {"schema": reference} for media_type in media_types},
    }
