"""The collections and what each of them is (OGC API Common Part 2, Features Part 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from service.core.geojson import encode_json
from service.core.parameters import check_parameters
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.ogc import html
from service.ogc.address import (
    HTML,
    JSON,
    QUERYABLES_RELATION,
    SCHEMA_JSON,
    SCHEMA_RELATION,
    SORTABLES_RELATION,
    TILESETS_RELATION,
    Link,
    base,
    collection_address,
    link,
    page_links,
)
from service.ogc.catalogue import find_collection, list_collections
from service.ogc.collection import Collection
from service.ogc.crs import CRS84, ReferenceSystem
from service.ogc.extents import Extents
from service.ogc.negotiation import ITEM_FORMS, MEDIA_TYPES, Form, read_form

CONFORMANCE: Final = ("http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",)


def build_router(systems: Mapping[str, ReferenceSystem], extents: Extents) -> APIRouter:
    """Return the routes ``/collections`` and ``/collections/{id}``.

    Parameters
    ----------
    systems
        The CRSs offered, by URI.
    extents
        Of collections, as they were read last.
    """
    router = APIRouter()

    def describe(
        connection: Connection, request: Request, collection: Collection
    ) -> dict[str, Any]:
        return _document(request, collection, systems, extents.of(connection, collection))

    @router.get("/collections")
    def list_all(
        request: Request, resources: ResourcesDependency, principal: ViewerDependency
    ) -> Response:
        check_parameters(request, {"f"})
        form = read_form(request)
        with resources.reading() as connection:
            documents = [
                describe(connection, request, one)
                for one in list_collections(connection, principal)
            ]
        if form == "html":
            rows = [
                [
                    html.anchor(f"{collection_address(request, one['id'])}?f=html", one["id"]),
                    html.cell(one["title"]),
                    html.cell(one["description"]),
                ]
                for one in documents
            ]
            return html.page(
                "Collections",
                html.table(["id", "title", "description"], rows),
                up=f"{base(request)}/?f=html",
            )
        document = {"links": page_links(request, JSON), "collections": documents}
        return Response(encode_json(document), media_type=JSON)

    @router.get("/collections/{collection_id}")
    def get_one(
        collection_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
    ) -> Response:
        check_parameters(request, {"f"})
        form = read_form(request)
        with resources.reading() as connection:
            collection = find_collection(connection, principal, collection_id)
            document = describe(connection, request, collection)
        if form == "html":
            return _page(request, document)
        return Response(encode_json(document), media_type=JSON)

    return router


def _document(
    request: Request,
    collection: Collection,
    systems: Mapping[str, ReferenceSystem],
    box: tuple[float, float, float, float] | None,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "crs": list(systems),
        "storageCrs": CRS84,
        "links": _links(request, collection),
    }
    if box is not None:
        document["extent"] = {"spatial": {"bbox": [list(box)], "crs": CRS84}}
    return document


def _links(request: Request, collection: Collection) -> list[Link]:
    # The entry of a collection in the list is the same as the collection's own document.
    here = collection_address(request, collection.id)
    return [
        link(f"{here}?f=json", "self", JSON, "This collection"),
        link(f"{here}?f=html", "alternate", HTML, "This collection as a page"),
        *(
            link(_items(here, form), "items", MEDIA_TYPES[form], f"Features as {form}")
            for form in ITEM_FORMS
        ),
        link(f"{here}/queryables", QUERYABLES_RELATION, SCHEMA_JSON, "What filters may name"),
        link(f"{here}/queryables", "queryables", SCHEMA_JSON, "What filters may name"),
        link(f"{here}/sortables", SORTABLES_RELATION, SCHEMA_JSON, "What sortby may name"),
        link(f"{here}/schema", SCHEMA_RELATION, SCHEMA_JSON, "The properties of its features"),
        link(f"{here}/tiles", TILESETS_RELATION, JSON, f"{collection.title} as vector tiles"),
    ]


def _items(here: str, form: Form) -> str:
    # GDAL before 3.7 writes the identifier of a feature straight behind the address of GeoJSON.
    return f"{here}/items" if form == "json" else f"{here}/items?f={form}"


def _page(request: Request, document: Mapping[str, Any]) -> Response:
    shown = [one for one in document["links"] if one["rel"] not in {"self", "alternate"}]
    rows = [[html.cell(uri)] for uri in document["crs"]]
    return html.page(
        document["title"],
        html.paragraph(document["description"]),
        html.link_list(shown),
        html.table(["crs"], rows),
        up=f"{base(request)}/collections?f=html",
    )
