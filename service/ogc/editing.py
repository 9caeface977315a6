"""Creating, replacing, updating and ending features (Features Part 4, a draft).

Rows are written as under /v1: by `service.core.feature_store`, into the history and the audit,
by keys of role editor within their areas. If-Match is honoured where it is sent and not asked
for, because QGIS never sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from geopandas import GeoDataFrame

from service.core import feature_store
from service.core.etags import OptionalIfMatch, check_tags
from service.core.feature_input import Derivation, Row, read_feature
from service.core.feature_patch import patched_feature
from service.core.feature_router import writer_of
from service.core.feature_store import Precondition
from service.core.json_input import Body
from service.core.language import Language, LanguageDependency
from service.core.parameters import check_parameters, known_id
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.ogc.bodies import (
    is_shown,
    read_content_crs,
    read_feature_body,
    read_patch_body,
)
from service.ogc.collection import Collection
from service.ogc.crs import ReferenceSystem
from service.ogc.feature import feature_address, feature_answer
from service.ogc.filtering import read_system
from service.ogc.rights import ITEM, ITEMS, writable_layer
from service.ogc.tags import feature_tag, feature_tags
from service.projects.document import FROM_DOCUMENT
from spatial.fields import PROJECTS, Layer

_PART4: Final = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf"
CONFORMANCE: Final = (
    f"{_PART4}/create-replace-delete",
    f"{_PART4}/update",
    f"{_PART4}/features",
)
# Makes the row that is to be stored, from the body and what is stored.
Reading = Callable[[Request, bytes, Layer, str, ReferenceSystem], Callable[[GeoDataFrame], Row]]
# Fields that follow from another one, by layer.
_DERIVATIONS: Final[Mapping[str, Derivation]] = MappingProxyType({PROJECTS.name: FROM_DOCUMENT})


def build_router(systems: Mapping[str, ReferenceSystem]) -> APIRouter:
    """Return the routes that change features.

    Parameters
    ----------
    systems
        The CRSs offered, by URI.
    """
    router = APIRouter()
    _add_creating(router, systems)
    _add_changing(router, systems, "PUT", name="replace", action="replace", read=_replacement)
    _add_changing(router, systems, "PATCH", name="update", action="patch", read=_patched)
    _add_ending(router, systems)
    return router


def _add_creating(router: APIRouter, systems: Mapping[str, ReferenceSystem]) -> None:
    @router.post(ITEMS)
    def create(
        collection_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        shown = _shown_system(request, systems)
        with resources.writing() as connection:
            collection, layer = writable_layer(connection, principal, collection_id, one=False)
            given = read_feature_body(request, body, layer, read_content_crs(request, systems))
            derived = _DERIVATIONS.get(layer.name)
            row = read_feature(given, layer, index=0, prefix="", derivation=derived)
            (outcome,) = feature_store.create(
                connection,
                layer,
                [row],
                writer=writer_of(request, principal),
                partial=False,
            )
            key = outcome.key or ""
            answer = feature_answer(
                connection,
                request,
                collection,
                key,
                system=shown,
                language=language,
                status=201,
            )
        answer.headers["Location"] = feature_address(request, collection, key)
        return answer


def _add_changing(
    router: APIRouter,
    systems: Mapping[str, ReferenceSystem],
    method: str,
    *,
    name: str,
    action: str,
    read: Reading,
) -> None:
    @router.api_route(ITEM, methods=[method], name=name)
    def change(
        collection_id: str,
        feature_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        if_match: OptionalIfMatch,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        system = read_content_crs(request, systems)
        shown = _shown_system(request, systems)
        key = known_id(feature_id)
        with resources.writing() as connection:
            collection, layer = writable_layer(connection, principal, collection_id, one=True)
            feature_store.change(
                connection,
                layer,
                key,
                seen=_seen(collection, key, if_match, systems, language),
                make_row=read(request, body, layer, key, system),
                writer=writer_of(request, principal),
                action=action,
                is_shown=is_shown,
            )
            return feature_answer(
                connection, request, collection, key, system=shown, language=language
            )


def _replacement(
    request: Request, body: bytes, layer: Layer, key: str, system: ReferenceSystem
) -> Callable[[GeoDataFrame], Row]:
    document = _without_key(read_feature_body(request, body, layer, system), layer)
    derived = _DERIVATIONS.get(layer.name)
    row = read_feature(document, layer, index=0, prefix="", key=key, derivation=derived)
    return lambda _: row


def _patched(
    request: Request, body: bytes, layer: Layer, key: str, system: ReferenceSystem
) -> Callable[[GeoDataFrame], Row]:
    patch = read_patch_body(request, body, layer, system)
    derived = _DERIVATIONS.get(layer.name)
    return lambda before: patched_feature(before, patch, layer, key=key, derivation=derived)


def _add_ending(router: APIRouter, systems: Mapping[str, ReferenceSystem]) -> None:
    @router.delete(ITEM)
    def end(
        collection_id: str,
        feature_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        if_match: OptionalIfMatch,
        language: LanguageDependency,
    ) -> Response:
        check_parameters(request, ())
        key = known_id(feature_id)
        with resources.writing() as connection:
            collection, layer = writable_layer(connection, principal, collection_id, one=True)
            feature_store.close(
                connection,
                layer,
                key,
                seen=_seen(collection, key, if_match, systems, language),
                on=None,
                writer=writer_of(request, principal),
            )
        return Response(status_code=204)


def _shown_system(request: Request, systems: Mapping[str, ReferenceSystem]) -> ReferenceSystem:
    """Return the CRS in which the changed feature is shown."""
    check_parameters(request, {"crs"})
    return read_system(request.query_params, "crs", systems)


def _seen(
    collection: Collection,
    key: str,
    if_match: str | None,
    systems: Mapping[str, ReferenceSystem],
    language: Language,
) -> Precondition:
    """Return the check that the caller has seen the current version, if it says what it has."""

    def check(version: int) -> None:
        if if_match is None:
            return
        known = feature_tags(collection, version, key, systems=systems.values())
        current = feature_tag(
            collection,
            version,
            key,
            form="json",
            system=next(iter(systems.values())),
            language=language,
        )
        check_tags(if_match, known=known, current=current)

    return check


def _without_key(document: dict[str, Any], layer: Layer) -> dict[str, Any]:
    """Return a feature without its identifier: a replacement has that of the address (Part 4)."""
    without = {name: value for name, value in document.items() if name != "id"}
    properties = without.get("properties")
    if isinstance(properties, dict):
        without["properties"] = {
            name: value for name, value in properties.items() if name != layer.key
        }
    return without
