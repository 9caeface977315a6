"""Who may change the features of which collection, and OPTIONS, which tells (Features Part 4)."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from service.core.errors.request import MethodNotAllowedError
from service.core.keys import Principal
from service.core.parameters import check_parameters, known_id
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency, may_act_as, permitted
from service.ogc.bodies import FEATURE_TYPES, PATCH_TYPES
from service.ogc.catalogue import find_collection
from service.ogc.collection import Collection
from spatial.fields import Layer

ROLE: Final = "editor"
ITEMS: Final = "/collections/{collection_id}/items"
ITEM: Final = f"{ITEMS}/{{feature_id:path}}"


def build_router() -> APIRouter:
    """Return the method OPTIONS of ``items`` and ``items/{id}``."""
    router = APIRouter()
    _add_options(router)
    return router


def is_writable(collection: Collection, principal: Principal) -> bool:
    """Tell whether a key may change the features of a collection."""
    return collection.layer is not None and may_act_as(principal, ROLE)


def allowed(collection: Collection, principal: Principal, *, one: bool) -> str:
    """Return the methods a key may use, as the header Allow has them.

    Parameters
    ----------
    one
        True for one feature, False for all of them.
    """
    writing = ("PUT", "PATCH", "DELETE") if one else ("POST",)
    return ", ".join(("GET", "OPTIONS", *(writing if is_writable(collection, principal) else ())))


def writable_layer(
    connection: Connection, principal: Principal, name: str, *, one: bool
) -> tuple[Collection, Layer]:
    """Return a collection whose features the key may change, and their layer.

    Raises
    ------
    NotFoundError, MethodNotAllowedError, ForbiddenError
        If there is no such collection, nobody may change it, or the key may not.
    """
    collection = find_collection(connection, principal, name)
    if collection.layer is None:
        raise MethodNotAllowedError(
            "The features of this collection are not changed here.",
            headers={"Allow": allowed(collection, principal, one=one)},
        )
    permitted(principal, ROLE)
    return collection, collection.layer


def _add_options(router: APIRouter) -> None:
    def answer(
        request: Request,
        resources: ResourcesDependency,
        principal: Principal,
        collection_id: str,
        *,
        one: bool,
    ) -> Response:
        check_parameters(request, ())
        with resources.reading() as connection:
            collection = find_collection(connection, principal, collection_id)
        headers = {"Allow": allowed(collection, principal, one=one)}
        if is_writable(collection, principal):
            name, types = ("Accept-Patch", PATCH_TYPES) if one else ("Accept-Post", FEATURE_TYPES)
            headers[name] = ", ".join(types)
        return Response(headers=headers)

    @router.options(ITEMS)
    def options_of_items(
        collection_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
    ) -> Response:
        return answer(request, resources, principal, collection_id, one=False)

    # Also of an identifier that does not exist: clients ask before they have one.
    @router.options(ITEM)
    def options_of_item(
        collection_id: str,
        feature_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
    ) -> Response:
        known_id(feature_id)
        return answer(request, resources, principal, collection_id, one=True)
