"""The routes of a layer of features: one factory for areas, districts, buildings, facilities."""

from __future__ import annotations

from functools import partial as with_arguments
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from geopandas import GeoDataFrame
from starlette.responses import Response

from service.core import feature_store, history, scope
from service.core.errors.request import InvalidBodyError
from service.core.etags import IfMatch, IfNoneMatch, check_if_match, is_known
from service.core.feature_filters import filter_dependency
from service.core.feature_input import Derivation, Row, read_feature, read_features
from service.core.feature_patch import patched_feature
from service.core.feature_store import Writer
from service.core.geojson import (
    MEDIA_TYPE,
    feature_collection,
    geojson_response,
)
from service.core.json_input import Body, parse_json, require_media_type
from service.core.keys import Principal
from service.core.language import LanguageDependency
from service.core.layer_schemas import BodyNames
from service.core.notices import notice_member
from service.core.openapi import content, problems, request_body
from service.core.paging import PageParameter, page_members
from service.core.parameters import BBoxParameter, IsoDate, known_id
from service.core.resources import ResourcesDependency
from service.core.row_answers import (
    CREATED,
    VERSION,
    outcomes_answer,
    row_answer,
    version_headers,
    version_of,
)
from service.core.security import EditorDependency, ViewerDependency
from spatial.fields import Layer

PATCH_TYPES: Final = ("application/merge-patch+json", "application/json")
FEATURE_TYPES: Final = (MEDIA_TYPE, "application/json")

_FEATURE: Final = content(MEDIA_TYPE, "Feature", "The feature; ETag is its version")


def feature_router(
    layer: Layer, *, singular: str, derivation: Derivation | None = None
) -> APIRouter:
    """Return the routes ``/v1/LAYER`` and ``/v1/LAYER/{id}``.

    Parameters
    ----------
    layer
        Its fields become properties, filters and checks.
    singular
        Name of one row, for operation ids and summaries.
    derivation
        Fields that follow from another one; None where every field is given.
    """
    router = APIRouter(prefix=f"/{layer.name}", tags=[layer.name])
    _add_reading(router, layer, singular)
    _add_creating(router, layer, singular, derivation)
    _add_changing(router, layer, singular, derivation)
    return router


def _add_reading(router: APIRouter, layer: Layer, singular: str) -> None:
    filters_dependency = filter_dependency(layer)

    @router.get(
        "",
        operation_id=f"list_{layer.name}",
        summary=f"List {layer.name}",
        response_class=Response,
        responses={
            200: content(MEDIA_TYPE, "FeatureCollection", "A page, ordered by identifier"),
            **problems(400, 401, 403),
        },
    )
    def list_rows(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        page: PageParameter,
        bbox: BBoxParameter,
        language: LanguageDependency,
        # A default and not an annotation, which could not name this function's local.
        filters: dict[str, object] = Depends(filters_dependency),  # noqa: B008, FAST002  see above
    ) -> Response:
        with resources.reading() as connection:
            wanted = scope.conditions(connection, principal, layer)
            # One row more than asked for tells whether there is a next page.
            frame = history.current(
                connection,
                layer,
                *wanted,
                bbox=bbox,
                filters=filters,
                after=page.after,
                limit=page.limit + 1,
            )
            matched = history.count(connection, layer, *wanted, bbox=bbox, filters=filters)
        shown = frame.iloc[: page.limit]
        more = len(frame) > len(shown)
        members = page_members(
            request,
            next_key=str(shown[layer.key].iloc[-1]) if more else None,
            returned=len(shown),
            matched=matched,
        )
        members |= notice_member(shown["source"], language)
        text = feature_collection(shown, key=layer.key, members=members, version=VERSION)
        return geojson_response(text, headers={"Vary": "Accept-Language"})

    @router.get(
        "/{feature_id:path}",
        operation_id=f"get_{singular}",
        summary=f"Read one {singular}",
        response_class=Response,
        responses={200: _FEATURE, **problems(400, 401, 404)},
    )
    def get_row(
        feature_id: str,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        key = known_id(feature_id)
        with resources.reading() as connection:
            frame = feature_store.load(connection, layer, key, principal)
        if is_known(if_none_match, version_of(frame)):
            return Response(status_code=304, headers=version_headers(frame))
        return row_answer(frame, layer, language)


def _add_creating(
    router: APIRouter, layer: Layer, singular: str, derivation: Derivation | None
) -> None:
    names = BodyNames.of(layer)

    @router.post(
        "",
        status_code=201,
        operation_id=f"create_{layer.name}",
        summary=f"Add one {singular} or many",
        description=(
            "A Feature, or a FeatureCollection. Of a collection with bad rows nothing is stored "
            "and every row is reported, unless `partial=true` asks for the good rows only."
        ),
        response_class=Response,
        openapi_extra=request_body(*FEATURE_TYPES, schemas=(names.feature, names.collection)),
        responses={
            201: CREATED,
            207: content("application/json", "Outcomes", "With `partial`: what became of each"),
            **problems(400, 401, 403, 409, 413, 415),
        },
    )
    def create_rows(
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        body: Body,
        language: LanguageDependency,
        *,
        partial: Annotated[
            bool, Query(description="Keep the good rows of a collection where others are bad")
        ] = False,
    ) -> Response:
        require_media_type(request, FEATURE_TYPES)
        rows, single = read_features(parse_json(body), layer, derivation=derivation)
        writer = writer_of(request, principal)
        with resources.writing() as connection:
            outcomes = feature_store.create(
                connection, layer, rows, writer=writer, partial=partial and not single
            )
            if single:
                key = outcomes[0].key or ""
                frame = feature_store.load(connection, layer, key, principal)
        if single:
            location = f"{request.url.path}/{quote(key, safe='')}"
            return row_answer(frame, layer, language, status=201, headers={"Location": location})
        return outcomes_answer(outcomes, status=207 if partial else 201)


def _add_changing(
    router: APIRouter, layer: Layer, singular: str, derivation: Derivation | None
) -> None:
    names = BodyNames.of(layer)
    changing = problems(400, 401, 403, 404, 412, 413, 415, 428)

    @router.put(
        "/{feature_id:path}",
        operation_id=f"replace_{singular}",
        summary=f"Replace one {singular}",
        response_class=Response,
        openapi_extra=request_body(*FEATURE_TYPES, schemas=(names.feature,)),
        responses={200: _FEATURE, **changing},
    )
    def replace_row(
        feature_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        if_match: IfMatch,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        key = known_id(feature_id)
        require_media_type(request, FEATURE_TYPES)
        document = parse_json(body)
        if not isinstance(document, dict) or document.get("type") != "Feature":
            raise InvalidBodyError.of("", "expected a Feature")
        row = read_feature(document, layer, index=0, prefix="", key=key, derivation=derivation)
        with resources.writing() as connection:
            frame = feature_store.change(
                connection,
                layer,
                key,
                seen=with_arguments(check_if_match, if_match),
                make_row=lambda _: row,
                writer=writer_of(request, principal),
                action="replace",
            )
        return row_answer(frame, layer, language)

    @router.patch(
        "/{feature_id:path}",
        operation_id=f"patch_{singular}",
        summary=f"Change some fields of one {singular} (JSON merge patch, RFC 7396)",
        response_class=Response,
        openapi_extra=request_body(*PATCH_TYPES, schemas=(names.patch,)),
        responses={200: _FEATURE, **changing},
    )
    def patch_row(
        feature_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        if_match: IfMatch,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        key = known_id(feature_id)
        require_media_type(request, PATCH_TYPES)
        patch = parse_json(body)
        if not isinstance(patch, dict):
            raise InvalidBodyError.of("", "expected an object")

        def patched(before: GeoDataFrame) -> Row:
            return patched_feature(before, patch, layer, key=key, derivation=derivation)

        with resources.writing() as connection:
            frame = feature_store.change(
                connection,
                layer,
                key,
                seen=with_arguments(check_if_match, if_match),
                make_row=patched,
                writer=writer_of(request, principal),
                action="patch",
            )
        return row_answer(frame, layer, language)

    @router.delete(
        "/{feature_id:path}",
        status_code=204,
        operation_id=f"close_{singular}",
        summary=f"End one {singular} on a day; its history stays",
        response_class=Response,
        responses={204: {"description": "Closed"}, **changing, **problems(409)},
    )
    def close_row(
        feature_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        if_match: IfMatch,
        on: Annotated[
            IsoDate | None, Query(description="First day it is no longer there; default today")
        ] = None,
    ) -> Response:
        key = known_id(feature_id)
        writer = writer_of(request, principal)
        seen = with_arguments(check_if_match, if_match)
        with resources.writing() as connection:
            feature_store.close(connection, layer, key, seen=seen, on=on, writer=writer)
        return Response(status_code=204)


def writer_of(request: Request, principal: Principal) -> Writer:
    """Return who writes, as rows and the audit remember it: method, path and request id."""
    named = f"{request.method} {request.url.path} {request.state.request_id}"
    return Writer(principal, named)
