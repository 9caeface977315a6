"""One feature of a collection, as GeoJSON or as a page for readers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from sqlalchemy import Connection

from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NotFoundError
from service.core.etags import is_tag_known
from service.core.geojson import encode_json
from service.core.language import Language
from service.core.parameters import known_id
from service.ogc import html
from service.ogc.address import GEOJSON, HTML, JSON, Link, collection_address, link
from service.ogc.collection import Collection
from service.ogc.crs import ReferenceSystem
from service.ogc.negotiation import Form
from service.ogc.notices import fixed_notices, row_notices
from service.ogc.properties import Kind
from service.ogc.selecting import box_of, one_query
from service.ogc.tags import feature_tag

_LARGEST_KEY: Final = 2**31 - 1


def feature_answer(
    connection: Connection,
    request: Request,
    collection: Collection,
    key: str | int,
    *,
    form: Form = "json",
    system: ReferenceSystem,
    language: Language,
    status: int = 200,
) -> Response:
    """Return a feature as it is now; 304 to a GET that knows it already.

    Parameters
    ----------
    key
        As `read_key` returns it.
    form
        JSON or HTML.
    system
        CRS of its coordinates.
    status
        Of the answer.

    Raises
    ------
    NotFoundError
        If the collection has no such feature for this key.
    InvalidParameterError
        If it lies where the CRS cannot be used.
    """
    query = one_query(collection, key, system)
    box = box_of(connection, collection, query)
    if box is None:
        raise NotFoundError("The collection has no such feature.")
    require_cover(system, box)
    row = connection.execute(query).one()
    tag = feature_tag(collection, row.version, key, form=form, system=system, language=language)
    headers = feature_headers(system, tag)
    if request.method == "GET" and is_tag_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    if form == "html":
        return _page(request, collection, row.text, headers)
    members = fixed_notices(connection, collection, language) | row_notices([row.source], language)
    links = _links(request, collection, str(key))
    foreign = "".join(
        f", {encode_json(name)}: {encode_json(value)}"
        for name, value in {**members, "links": links}.items()
    )
    text = f"{row.text[:-1]}{foreign}}}"
    return Response(text, status_code=status, media_type=GEOJSON, headers=headers)


def feature_address(request: Request, collection: Collection, feature_id: str) -> str:
    """Return the address of a feature."""
    return f"{collection_address(request, collection.id)}/items/{quote(feature_id, safe='')}"


def feature_headers(system: ReferenceSystem, tag: str) -> dict[str, str]:
    """Return the headers of an answer that has features."""
    return {
        "Content-Crs": f"<{system.uri}>",
        "ETag": tag,
        "Vary": "Accept, Accept-Language, Authorization, X-API-Key",
    }


def read_key(collection: Collection, feature_id: str) -> str | int:
    """Return the key an address names.

    Raises
    ------
    NotFoundError
        If no feature of the collection can have it.
    """
    key = known_id(feature_id)
    if collection.key_kind is Kind.TEXT:
        return key
    if not re.fullmatch(r"0|[1-9]\d{0,9}", key, re.ASCII) or int(key) > _LARGEST_KEY:
        raise NotFoundError("The collection has no such feature.")
    return int(key)


def require_cover(system: ReferenceSystem, box: tuple[float, float, float, float]) -> None:
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


def _links(request: Request, collection: Collection, feature_id: str) -> list[Link]:
    here = feature_address(request, collection, feature_id)
    collected = collection_address(request, collection.id)
    return [
        link(f"{here}?f=json", "self", GEOJSON, "This feature"),
        link(f"{here}?f=html", "alternate", HTML, "This feature as a page"),
        link(collected, "collection", JSON, collection.title),
    ]


def _page(
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
