"""Features of a collection, in pages and one by one (Features Part 1)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from service.core.etags import is_tag_known
from service.core.language import Language, LanguageDependency
from service.core.parameters import check_parameters
from service.core.resources import Resources, ResourcesDependency
from service.core.security import ViewerDependency
from service.exports.answers import NOTICES_HEADER, notices_header, package_answer
from service.exports.formats import FORMATS
from service.ogc.address import (
    QUERYABLES_RELATION,
    SCHEMA_JSON,
    SORTABLES_RELATION,
    collection_address,
)
from service.ogc.asking import Asked, read_asked
from service.ogc.catalogue import find_collection
from service.ogc.collection import Collection
from service.ogc.crs import ReferenceSystem
from service.ogc.feature import feature_answer, feature_headers, read_key, require_cover
from service.ogc.files import page_package
from service.ogc.filtering import read_system
from service.ogc.negotiation import DOCUMENT_FORMS, MEDIA_TYPES, SUFFIXES, read_form
from service.ogc.notices import fixed_notices, source_notices
from service.ogc.page import (
    AT_ONCE,
    end_of,
    header_links,
    html_page,
    matched_features,
    page_links,
    page_pieces,
    sequence_pieces,
)
from service.ogc.selecting import box_of, page_query
from service.ogc.streaming import DatabaseStream
from service.ogc.tags import page_tag

_PART1: Final = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
CONFORMANCE: Final = (
    f"{_PART1}/core",
    f"{_PART1}/geojson",
    f"{_PART1}/html",
    f"{_PART1}/oas30",
)


def build_router(systems: Mapping[str, ReferenceSystem]) -> APIRouter:
    """Return the routes ``items`` and ``items/{id}`` of a collection.

    Parameters
    ----------
    systems
        The CRSs offered, by URI.
    """
    router = APIRouter()

    @router.get("/collections/{collection_id}/items")
    def list_items(
        collection_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with ExitStack() as stack:
            connection = stack.enter_context(resources.reading(limited=True))
            collection = find_collection(connection, principal, collection_id)
            asked = read_asked(request, collection, systems=systems, page=resources.settings.page)
            tag = page_tag(request, collection, asked.form, language)
            headers = feature_headers(asked.system, tag)
            headers["Link"] = _schema_links(request, collection)
            if is_tag_known(request.headers.get("if-none-match"), tag):
                return Response(status_code=304, headers=headers)
            _check_zone(connection, collection, asked)
            if asked.form in SUFFIXES:
                links = _links(connection, request, collection, asked)
                headers["Link"] = f"{links}, {headers['Link']}"
                if asked.form != "geojsonseq":
                    return _file(connection, resources, collection, asked, language, headers)
                notices = _notices(connection, collection, asked, language)
                if notices:
                    headers[NOTICES_HEADER] = notices_header(notices)
                pieces = sequence_pieces(connection, collection, asked)
            else:
                pieces = page_pieces(connection, request, collection, asked, language)
            # Before the connection, so that the cursor is closed while there is one.
            stack.callback(pieces.close)
            if asked.form == "html":
                return html_page(request, collection, "".join(pieces), headers)
            media_type = MEDIA_TYPES[asked.form]
            if asked.limit <= AT_ONCE:
                return Response("".join(pieces), media_type=media_type, headers=headers)
            # What is wrong with the query shows before the answer begins.
            first = next(pieces)
            return DatabaseStream(
                first,
                pieces,
                stack=stack.pop_all(),
                headers=headers,
                media_type=media_type,
                piece_seconds=resources.settings.ogc.reader_seconds,
            )

    @router.get("/collections/{collection_id}/items/{feature_id:path}")
    def get_item(
        collection_id: str,
        feature_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading(limited=True) as connection:
            collection = find_collection(connection, principal, collection_id)
            check_parameters(request, {"f", "crs"})
            return feature_answer(
                connection,
                request,
                collection,
                read_key(collection, feature_id),
                form=read_form(request, DOCUMENT_FORMS),
                system=read_system(request.query_params, "crs", systems),
                language=language,
            )

    return router


def _file(
    connection: Connection,
    resources: Resources,
    collection: Collection,
    asked: Asked,
    language: Language,
    headers: Mapping[str, str],
) -> Response:
    notices = _notices(connection, collection, asked, language)
    return package_answer(
        page_package(connection, collection, asked, notices=notices, language=language),
        format_=FORMATS[SUFFIXES[asked.form]],
        name=collection.id,
        language=language,
        max_rows=resources.settings.page.max_limit,
        headers=headers,
    )


def _notices(
    connection: Connection, collection: Collection, asked: Asked, language: Language
) -> tuple[str, ...]:
    members = fixed_notices(connection, collection, language)
    members |= source_notices(connection, collection, asked, language)
    return tuple(members.get("notices", ()))


def _schema_links(request: Request, collection: Collection) -> str:
    """Return where it says what a filter and sortby may name.

    Clients ask for the head of the features to find them (OGC 19-079r2, A.2; 24-030, A.1).
    """
    here = collection_address(request, collection.id)
    relations = {"queryables": QUERYABLES_RELATION, "sortables": SORTABLES_RELATION}
    return ", ".join(
        f'<{here}/{name}>; rel="{relation}"; type="{SCHEMA_JSON}"'
        for name, relation in relations.items()
    )


def _links(connection: Connection, request: Request, collection: Collection, asked: Asked) -> str:
    matched = matched_features(connection, collection, asked)
    following = end_of(connection, collection, asked)
    return header_links(page_links(request, collection, asked, matched, following))


def _check_zone(connection: Connection, collection: Collection, asked: Asked) -> None:
    if asked.system.covers((-180, -90, 180, 90)):
        return
    box = box_of(connection, collection, page_query(collection, asked))
    if box is not None:
        require_cover(asked.system, box)
