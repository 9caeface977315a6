"""Addresses of the OGC face and the links between them."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from fastapi import Request

PREFIX: Final = "/ogc"
JSON: Final = "application/json"
HTML: Final = "text/html"
GEOJSON: Final = "application/geo+json"
SCHEMA_JSON: Final = "application/schema+json"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
QUERYABLES_RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SORTABLES_RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
MVT: Final = "application/vnd.mapbox-vector-tile"
QGIS: Final = "application/x-qgis-project"
QGIS_PACKED: Final = "application/x-qgis-project-compressed"
TILESETS_RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
SCHEMES_RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
SCHEME_RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
SCHEMA_RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0/schema"

Link = dict[str, str]


def base(request: Request) -> str:
    """Return the address of the landing page, without a key and without a final slash."""
    return str(request.url.replace(path=PREFIX, query="", fragment=""))


def collection_address(request: Request, collection: str) -> str:
    """Return the address of a collection."""
    return f"{base(request)}/collections/{quote(collection, safe='')}"


def link(href: str, relation: str, media_type: str, title: str) -> Link:
    """Return a link as every document writes it; the type is never left out."""
    return {"href": href, "rel": relation, "type": media_type, "title": title}


def page_links(request: Request, shown: str, *, data_type: str = JSON) -> list[Link]:
    """Return the links of a document to itself and to its other form.

    Parameters
    ----------
    shown
        Media type of this answer, `data_type` or HTML.
    data_type
        Media type of the form for programs.
    """
    here = str(request.url.replace(query="", fragment=""))
    forms = [(data_type, "json"), (HTML, "html")]
    return [
        link(
            f"{here}?f={form}",
            "self" if media_type == shown else "alternate",
            media_type,
            "This document" if media_type == shown else f"This document as {form}",
        )
        for media_type, form in forms
    ]
