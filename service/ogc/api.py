"""The OpenAPI 3.0.3 document of the OGC face, with a path of its own for every collection.

GIS programs look for the literal path of a collection and for a component named ``limit``; the
document FastAPI makes has neither, and is of a version they refuse.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from service.core.errors.problem import MEDIA_TYPE as PROBLEM
from service.core.geojson import encode_json
from service.core.openapi import PROBLEM_SCHEMA
from service.core.parameters import KEY_PARAMETER, check_parameters
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.core.settings import PageSettings
from service.core.text_formats import (
    TEXT_FORMATS,
)
from service.ogc.address import (
    GEOJSON,
    HTML,
    JSON,
    OPENAPI,
    QGIS,
    QGIS_PACKED,
    SCHEMA_JSON,
    base,
)
from service.ogc.catalogue import list_collections
from service.ogc.collection import Collection
from service.ogc.editing_document import (
    body_schemas,
    changing,
    creating,
    header_parameters,
    operation_of,
)
from service.ogc.landing import DESCRIPTION, TITLE
from service.ogc.negotiation import ITEM_FORMS, MEDIA_TYPES
from service.ogc.process_api import process_paths, process_schemas
from service.ogc.rights import is_writable
from service.ogc.shared_parameters import equality_parameter, in_query, shared_parameters
from service.ogc.tiles.description import TileOperation, collection_operations, set_operations

_ITEM_PARAMETERS: Final = (
    "f-items",
    "limit",
    "after",
    "bbox",
    "bbox-crs",
    "datetime",
    "sortby",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
)
_BINARY: Final = {"type": "string", "format": "binary"}
_SECURITY: Final = {
    "key_header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "key_query": {
        "type": "apiKey",
        "in": "query",
        "name": KEY_PARAMETER,
        "description": "Keys of role viewer only",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "The key is the password"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def build_router(systems: Sequence[str]) -> APIRouter:
    """Return the route ``/api``.

    Parameters
    ----------
    systems
        URIs of the CRSs offered.
    """
    router = APIRouter()

    @router.get("/api")
    def api(
        request: Request, resources: ResourcesDependency, principal: ViewerDependency
    ) -> Response:
        check_parameters(request, {"f"})
        with resources.reading() as connection:
            collections = list_collections(connection, principal)
        document = api_document(
            collections,
            address=base(request),
            version=request.app.version,
            page=resources.settings.page,
            systems=systems,
            writable={one.id for one in collections if is_writable(one, principal)},
        )
        return Response(encode_json(document), headers={"Content-Type": OPENAPI})

    return router


def api_document(
    collections: Sequence[Collection],
    *,
    address: str,
    version: str,
    page: PageSettings,
    systems: Sequence[str],
    writable: Several[str] = (),
) -> dict[str, Any]:
    """Return the document for the collections a key may see.

    Parameters
    ----------
    writable
        Ids of those whose features it may change.
    """
    paths: dict[str, Any] = {
        "/": _get("landing", "Landing page", JSON, HTML, form=True),
        "/conformance": _get("conformance", "Conformance classes", JSON, HTML, form=True),
        "/api": _get("api", "This document", OPENAPI),
        "/collections": _get("collections", "Collections", JSON, HTML, form=True),
    }
    project = in_query("f", "Form", {"type": "string", "enum": ["qgs", "qgz"]})
    paths["/qgis-project"] = _get(
        "qgisProject", "A project for QGIS", QGIS, QGIS_PACKED, parameters=[project]
    )
    for operation in set_operations():
        paths[operation.path] = _tile_path(operation)
    for one in collections:
        paths |= _collection_paths(one, writable=one.id in writable)
    paths |= process_paths()
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"{TITLE}: OGC API Features and Processes",
            "description": DESCRIPTION,
            "version": version,
        },
        "servers": [{"url": address}],
        "security": [{name: []} for name in _SECURITY],
        "paths": paths,
        "components": {
            "securitySchemes": _SECURITY,
            "schemas": {
                "Problem": _problem_schema(),
                "Object": {"type": "object"},
                **process_schemas(),
                **body_schemas(writable),
            },
            "parameters": {**shared_parameters(page, systems), **header_parameters(systems)},
            "responses": {"Problem": _problem()},
        },
        "x-text-formats": dict(TEXT_FORMATS),
    }


def _collection_paths(collection: Collection, *, writable: bool) -> dict[str, Any]:
    path, name = f"/collections/{collection.id}", collection.id
    own = [equality_parameter(one) for one in collection.parameters.values()]
    shared = [_reference(parameter) for parameter in _ITEM_PARAMETERS]
    key = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "schema": {"type": collection.key_kind.value.replace("text", "string")},
    }
    title = collection.title
    items = _get(
        f"items_{name}",
        f"{title}: features",
        *(MEDIA_TYPES[form] for form in ITEM_FORMS),
        parameters=[*shared, *own],
    )
    item = _get(
        f"item_{name}",
        f"{title}: one feature",
        GEOJSON,
        HTML,
        parameters=[key, _reference("f"), _reference("crs")],
    )
    if writable:
        items |= creating(name, title)
        item |= changing(name, title, key)
    tiles = {
        f"{path}{one.path}": _tile_path(one, own) for one in collection_operations(name, title)
    }
    return {
        **tiles,
        path: _get(f"describe_{name}", title, JSON, HTML, form=True),
        **{
            f"{path}/{part}": _get(f"{part}_{name}", f"{title}: {part}", SCHEMA_JSON)
            for part in ("queryables", "sortables", "schema")
        },
        f"{path}/items": items,
        f"{path}/items/{{featureId}}": item,
    }


def _tile_path(one: TileOperation, own: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    shared = [_reference(name) for name in one.shared]
    filters = own if one.filtered else ()
    parameters = [*one.parameters, *shared, *filters]
    path = _get(one.operation, one.summary, *one.media_types, parameters=parameters)
    if one.filtered:
        path["get"]["responses"] |= {
            "204": {"description": "Nothing is in this tile"},
            "503": {"$ref": "#/components/responses/Problem"},
        }
    return path


def _get(
    operation: str,
    summary: str,
    *media_types: str,
    form: bool = False,
    parameters: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    listed = [_reference("f")] if form else list(parameters)
    content = {media_type: {"schema": _schema_of(media_type)} for media_type in media_types}
    described: dict[str, Any] = {"description": summary, "content": content}
    faults = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return operation_of(
        "get",
        operation,
        summary,
        parameters=listed,
        answers={HTTPStatus.OK: described},
        faults=(*faults, HTTPStatus.NOT_FOUND),
    )


def _schema_of(media_type: str) -> dict[str, Any]:
    if media_type.startswith("text/") or media_type == MEDIA_TYPES["geojsonseq"]:
        return {"type": "string"}
    return {"$ref": "#/components/schemas/Object"} if "json" in media_type else _BINARY


def _problem_schema() -> dict[str, Any]:
    # OpenAPI 3.0 knows no list of types.
    request_id = {"type": "string", "nullable": True}
    properties = {**PROBLEM_SCHEMA["properties"], "request_id": request_id}
    return {**PROBLEM_SCHEMA, "properties": properties}


def _problem() -> dict[str, Any]:
    return {
        "description": "RFC 9457 problem details",
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{name}"}
