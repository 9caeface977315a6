"""Features of a collection, in pages and one by one (Features Part 1)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from service.core.errors import InvalidParameterError, NotFoundError
from service.core.etags import is_tag_known
from service.core.geojson import encode_json
from service.core.language import Language, LanguageDependency
from service.core.paging import encode_cursor
from service.core.parameters import KEY_PARAMETER, check_parameters, known_id
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.ogc import html
from service.ogc.address import GEOJSON, HTML, JSON, Link, collection_address, link
from service.ogc.asking import Asked, read_asked
from service.ogc.catalogue import find_collection
from service.ogc.collection import Collection
from service.ogc.crs import ReferenceSystem
from service.ogc.filtering import read_system
from service.ogc.negotiation import Form, read_form
from service.ogc.notices import fixed_notices, row_notices
from service.ogc.properties import Kind
from service.ogc.selecting import box_of, count_features, one_query, page_query
from service.ogc.streaming import DatabaseStream

_PART1: Final = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
CONFORMANCE: Final = (
    f"{_PART1}/core",
    f"{_PART1}/geojson",
    f"{_PART1}/html",
    f"{_PART1}/oas30",
)
# A page with no more features is read at once, so that a slow reader keeps no connection.
_AT_ONCE: Final = 1_000
# Of a longer one so many are fetched, and sent, at a time: some 2 MB, and few turns of waiting.
_CHUNK: Final = 2_500
_LARGEST_KEY: Final = 2**31 - 1


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
            connection = stack.enter_context(resources.reading())
            collection = find_collection(connection, principal, collection_id)
            asked = read_asked(request, collection, systems=systems, page=resources.settings.page)
            headers = _headers(asked.system, _page_tag(request, collection, asked, language))
            if is_tag_known(request.headers.get("if-none-match"), headers["ETag"]):
                return Response(status_code=304, headers=headers)
            _check_zone(connection, collection, asked)
            pieces = _pieces(connection, request, collection, asked, language)
            # Before the connection, so that the cursor is closed while there is one.
            stack.callback(pieces.close)
            if asked.form == "html":
                return _page(request, collection, "".join(pieces), headers)
            if asked.limit <= _AT_ONCE:
                return Response("".join(pieces), media_type=GEOJSON, headers=headers)
            # What is wrong with the query shows before the answer begins.
            first = next(pieces)
            return DatabaseStream(
                first, pieces, stack=stack.pop_all(), headers=headers, media_type=GEOJSON
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
        with resources.reading() as connection:
            collection = find_collection(connection, principal, collection_id)
            check_parameters(request, {"f", "crs"})
            form = read_form(request)
            system = read_system(request.query_params, "crs", systems)
            query = one_query(collection, _read_key(collection, feature_id), system)
            box = box_of(connection, collection, query)
            if box is None:
                raise NotFoundError("The collection has no such feature.")
            _require_cover(system, box)
            row = connection.execute(query).one()
            members = fixed_notices(connection, collection, language)
        members |= row_notices([row.source], language)
        headers = _headers(system, _item_tag(collection, row, form, system, language))
        if is_tag_known(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if form == "html":
            return _item_page(request, collection, row.text, headers)
        links = _item_links(request, collection, feature_id)
        foreign = "".join(
            f", {encode_json(name)}: {encode_json(value)}"
            for name, value in {**members, "links": links}.items()
        )
        return Response(f"{row.text[:-1]}{foreign}}}", media_type=GEOJSON, headers=headers)

    return router


def _pieces(
    connection: Connection,
    request: Request,
    collection: Collection,
    asked: Asked,
    language: Language,
) -> Generator[str, None, None]:
    """Yield the text of a page; links and numbers come last, when they are known."""
    matched = asked.matched
    if matched is None:
        matched = count_features(connection, collection, asked)
    returned, last, sources = 0, None, set()
    more = False
    start = '{"type": "FeatureCollection", "features": [\n'
    query = page_query(collection, asked)
    with connection.execute(query, execution_options={"yield_per": _CHUNK}) as rows:
        for block in rows.partitions():
            shown = block[: asked.limit - returned]
            more = len(shown) < len(block)
            if shown:
                separator = ",\n" if returned else ""
                returned += len(shown)
                last = shown[-1].place
                sources |= {row.source for row in shown}
                yield start + separator + ",\n".join(row.text for row in shown)
                start = ""
    members: dict[str, Any] = {"numberMatched": matched, "numberReturned": returned}
    members |= fixed_notices(connection, collection, language)
    members |= row_notices(sources, language)
    following = f"{matched}:{last}" if more else None
    members["links"] = _page_links(request, collection, asked, following)
    listed = ", ".join(f"{encode_json(name)}: {encode_json(members[name])}" for name in members)
    yield f"{start}\n], {listed}}}"


def _page_links(
    request: Request, collection: Collection, asked: Asked, following: str | None
) -> list[Link]:
    pairs = [
        (name, value)
        for name, value in parse_qsl(request.url.query, keep_blank_values=True)
        if name not in {KEY_PARAMETER, "f"}
    ]
    own, other = ("html", "json") if asked.form == "html" else ("json", "html")
    types = {"html": HTML, "json": GEOJSON}
    links = [
        link(_href(request, [*pairs, ("f", own)]), "self", types[own], "This page"),
        link(
            _href(request, [*pairs, ("f", other)]),
            "alternate",
            types[other],
            f"This page as {other}",
        ),
        link(collection_address(request, collection.id), "collection", JSON, collection.title),
    ]
    if following is not None:
        behind = [(name, value) for name, value in pairs if name != "after"]
        cursor = ("after", encode_cursor(following))
        href = _href(request, [*behind, ("f", own), cursor])
        links.append(link(href, "next", types[own], "The next page"))
    return links


def _href(request: Request, pairs: list[tuple[str, str]]) -> str:
    return str(request.url.replace(query=urlencode(pairs), fragment=""))


def _item_links(request: Request, collection: Collection, feature_id: str) -> list[Link]:
    collected = collection_address(request, collection.id)
    here = f"{collected}/items/{quote(feature_id, safe='')}"
    return [
        link(f"{here}?f=json", "self", GEOJSON, "This feature"),
        link(f"{here}?f=html", "alternate", HTML, "This feature as a page"),
        link(collected, "collection", JSON, collection.title),
    ]


def _read_key(collection: Collection, feature_id: str) -> str | int:
    key = known_id(feature_id)
    if collection.key_kind is Kind.TEXT:
        return key
    if not re.fullmatch(r"0|[1-9]\d{0,9}", key, re.ASCII) or int(key) > _LARGEST_KEY:
        raise NotFoundError("The collection has no such feature.")
    return int(key)


def _check_zone(connection: Connection, collection: Collection, asked: Asked) -> None:
    if asked.system.covers((-180, -90, 180, 90)):
        return
    box = box_of(connection, collection, page_query(collection, asked))
    if box is not None:
        _require_cover(asked.system, box)


def _require_cover(system: ReferenceSystem, box: tuple[float, float, float, float]) -> None:
    """Refuse a map projection for places it does not map.

    Raises
    ------
    InvalidParameterError
        If the box is not within where the CRS can be used.
    """
    if not system.covers(box):
        raise InvalidParameterError.of(
            "crs",
            "features lie outside of where this coordinate reference system can be used "
            f"({system.west:g},{system.south:g},{system.east:g},{system.north:g} in degrees)",
        )


def _headers(system: ReferenceSystem, tag: str) -> dict[str, str]:
    return {
        "Content-Crs": f"<{system.uri}>",
        "ETag": tag,
        "Vary": "Accept, Accept-Language, Authorization, X-API-Key",
    }


def _page_tag(request: Request, collection: Collection, asked: Asked, language: Language) -> str:
    pairs = [
        pair
        for pair in parse_qsl(request.url.query, keep_blank_values=True)
        if pair[0] != KEY_PARAMETER
    ]
    said = (request.app.version, collection.id, collection.state, asked.form, language)
    return _tag(*said, str(request.url.replace(query=urlencode(pairs))))


def _item_tag(
    collection: Collection,
    row: Any,  # noqa: ANN401  a row
    form: Form,
    system: ReferenceSystem,
    language: Language,
) -> str:
    """Return the tag of a feature: of a layer its version, if the feature stands as it is kept."""
    version = collection.state if row.version is None else f"{collection.id} {row.version}"
    return _tag(version, str(row.place), form, system.uri, language)


def _tag(*parts: str) -> str:
    return f'"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"'


def _page(
    request: Request, collection: Collection, text: str, headers: Mapping[str, str]
) -> Response:
    document = json.loads(text)
    names = [one.name for one in collection.properties if one.kind is not Kind.GEOMETRY]
    here = collection_address(request, collection.id)
    rows = []
    for one in document["features"]:
        address = f"{here}/items/{quote(str(one['id']), safe='')}?f=html"
        values = [html.cell(one["properties"][name]) for name in names]
        rows.append([html.anchor(address, str(one["id"])), *values])
    shown = [one for one in document["links"] if one["rel"] in {"next", "alternate"}]
    counted = f"{document['numberReturned']} of {document['numberMatched']} features"
    return html.page(
        collection.title,
        html.paragraph(counted),
        *(html.paragraph(notice) for notice in document.get("notices", [])),
        html.link_list(shown),
        html.table(["", *names], rows),
        up=f"{here}?f=html",
        headers=headers,
    )


def _item_page(
    request: Request, collection: Collection, text: str, headers: Mapping[str, str]
) -> Response:
    document = json.loads(text)
    rows = [[html.cell(name), html.cell(value)] for name, value in document["properties"].items()]
    rows.append(["geometry", html.cell(document["geometry"])])
    here = collection_address(request, collection.id)
    return html.page(
        f"{collection.title}: {document['id']}",
        html.table(["property", "value"], rows),
        up=f"{here}/items?f=html",
        headers=headers,
    )
