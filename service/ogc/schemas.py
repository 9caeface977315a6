"""A collection's properties as JSON schemas: queryables (Part 3), schemas (5), sortables (8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from service.core.errors.request import InvalidParameterError
from service.core.geojson import encode_json
from service.core.parameters import check_parameters
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.ogc.address import SCHEMA_JSON, collection_address
from service.ogc.catalogue import find_collection
from service.ogc.collection import Collection
from service.ogc.properties import Property

CONFORMANCE: Final = (
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
)
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def build_router() -> APIRouter:
    """Return the routes ``queryables``, ``sortables`` and ``schema`` of a collection."""
    router = APIRouter()

    for name, listed in _LISTED.items():
        _add_schema(router, name, listed)
    return router


def _add_schema(
    router: APIRouter, name: str, listed: Callable[[Collection], dict[str, Any]]
) -> None:
    @router.get(f"/collections/{{collection_id}}/{name}", name=name)
    def schema(
        collection_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
    ) -> Response:
        _require_json(request)
        with resources.reading() as connection:
            collection = find_collection(connection, principal, collection_id)
        return _schema(request, collection, name, listed(collection))


def _require_json(request: Request) -> None:
    check_parameters(request, {"f"})
    if request.query_params.get("f", "json") != "json":
        raise InvalidParameterError.of("f", "expected json")


def _queryables(collection: Collection) -> dict[str, Any]:
    return {name: one.schema() for name, one in collection.queryables.items()}


def _sortables(collection: Collection) -> dict[str, Any]:
    return {name: one.schema() for name, one in collection.sortables.items()}


def _with_roles(collection: Collection) -> dict[str, Any]:
    listed = (collection.geometry, *collection.properties)
    return {one.name: _with_role(one, place) for place, one in enumerate(listed, start=1)}


def _with_role(one: Property, place: int) -> dict[str, Any]:
    role = {"x-ogc-role": one.role} if one.role else {}
    return {**one.schema(), "x-ogc-propertySeq": place, **role}


_LISTED: Final[Mapping[str, Callable[[Collection], dict[str, Any]]]] = MappingProxyType(
    {"queryables": _queryables, "sortables": _sortables, "schema": _with_roles}
)


def _schema(
    request: Request, collection: Collection, name: str, properties: dict[str, Any]
) -> Response:
    document = {
        "$schema": _DIALECT,
        "$id": f"{collection_address(request, collection.id)}/{name}",
        "type": "object",
        "title": collection.title,
        "description": collection.description,
        "properties": properties,
        "additionalProperties": False,
    }
    return Response(encode_json(document), headers={"Content-Type": SCHEMA_JSON})
