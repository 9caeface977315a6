"""A page of features as GeoJSON text in pieces, as a text sequence, or as a page for readers."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from operator import itemgetter
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request, Response
from sqlalchemy import Connection

from service.core.geojson import encode_json
from service.core.language import Language
from service.core.paging import encode_cursor
from service.core.parameters import KEY_PARAMETER
from service.exports.geojson import RECORD_SEPARATOR
from service.ogc import html
from service.ogc.address import JSON, Link, collection_address, link
from service.ogc.asking import Asked
from service.ogc.collection import Collection
from service.ogc.negotiation import ITEM_FORMS, MEDIA_TYPES
from service.ogc.notices import fixed_notices, row_notices
from service.ogc.properties import Kind
from service.ogc.selecting import count_features, end_query, page_query
from service.ogc.sorting import Place, place_of, write_place

# A page with no more features is read at once, so that a slow reader keeps no connection.
AT_ONCE: Final = 1_000
# Of a longer one so many are fetched, and sent, at a time: some 4 MB, and few turns of waiting.
CHUNK: Final = 5_000


def page_pieces(
    connection: Connection,
    request: Request,
    collection: Collection,
    asked: Asked,
    language: Language,
) -> Generator[str, None, None]:
    """Yield the text of a page; links and numbers come last, when they are known."""
    matched = matched_features(connection, collection, asked)
    returned, last = 0, None
    sources: set[str | None] = set()
    more = False
    start = '{"type": "FeatureCollection", "features": [\n'
    query = page_query(collection, asked)
    with connection.execute(query, execution_options={"yield_per": CHUNK}) as rows:
        names = list(rows.keys())
        # By number: by name each of some ten thousand cells is looked up.
        text, source = (itemgetter(names.index(name)) for name in ("text", "source"))
        for block in rows.partitions():
            shown = block[: asked.limit - returned]
            more = len(shown) < len(block)
            if shown:
                separator = ",\n" if returned else ""
                returned += len(shown)
                last = shown[-1]
                sources.update(map(source, shown))
                yield start + separator + ",\n".join(map(text, shown))
                start = ""
    members: dict[str, Any] = {"numberMatched": matched, "numberReturned": returned}
    members |= fixed_notices(connection, collection, language)
    members |= row_notices(sources, language)
    following = place_of(asked.sort, last) if more else None
    members["links"] = page_links(request, collection, asked, matched, following)
    listed = ", ".join(f"{encode_json(name)}: {encode_json(members[name])}" for name in members)
    yield f"{start}\n], {listed}}}"


def sequence_pieces(
    connection: Connection, collection: Collection, asked: Asked
) -> Generator[str, None, None]:
    """Yield the features of a page as a GeoJSON text sequence (RFC 8142)."""
    returned = 0
    query = page_query(collection, asked)
    yield ""
    with connection.execute(query, execution_options={"yield_per": CHUNK}) as rows:
        text = itemgetter(list(rows.keys()).index("text"))
        for block in rows.partitions():
            shown = block[: asked.limit - returned]
            returned += len(shown)
            yield "".join(f"{RECORD_SEPARATOR}{one}\n" for one in map(text, shown))


def matched_features(connection: Connection, collection: Collection, asked: Asked) -> int:
    """Return how many features all pages have; counted once, with the first of them."""
    if asked.matched is not None:
        return asked.matched
    return count_features(connection, collection, asked)


def end_of(connection: Connection, collection: Collection, asked: Asked) -> Place | None:
    """Return the place the next page starts behind; None where this page is the last."""
    rows = connection.execute(end_query(collection, asked)).all()
    return place_of(asked.sort, rows[0]) if len(rows) > 1 else None


def page_links(
    request: Request,
    collection: Collection,
    asked: Asked,
    matched: int,
    following: Place | None,
) -> list[Link]:
    """Return the links of a page to itself, its other forms, its collection and the next page.

    Parameters
    ----------
    matched
        Features of all pages.
    following
        The place the next page starts behind; None where there is none.
    """
    pairs = [
        (name, value)
        for name, value in parse_qsl(request.url.query, keep_blank_values=True)
        if name not in {KEY_PARAMETER, "f"}
    ]
    links = [
        link(
            _href(request, [*pairs, ("f", form)]),
            "self" if form == asked.form else "alternate",
            MEDIA_TYPES[form],
            "This page" if form == asked.form else f"This page as {form}",
        )
        for form in sorted(ITEM_FORMS, key=lambda form: form != asked.form)
    ]
    links.append(
        link(collection_address(request, collection.id), "collection", JSON, collection.title)
    )
    if following is not None:
        behind = [(name, value) for name, value in pairs if name != "after"]
        cursor = encode_cursor(f"{matched}{write_place(asked.sort, following)}")
        href = _href(request, [*behind, ("f", asked.form), ("after", cursor)])
        links.append(link(href, "next", MEDIA_TYPES[asked.form], "The next page"))
    return links


def header_links(links: list[Link]) -> str:
    """Return links as the header Link (RFC 8288), for forms that have no place for them."""
    return ", ".join(
        f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"'
        for one in links
        if one["rel"] in {"self", "next", "alternate"}
    )


def html_page(
    request: Request, collection: Collection, text: str, headers: Mapping[str, str]
) -> Response:
    """Return the page for readers of a page of GeoJSON."""
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


def _href(request: Request, pairs: list[tuple[str, str]]) -> str:
    return str(request.url.replace(query=urlencode(pairs), fragment=""))
