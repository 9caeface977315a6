"""Landing page and conformance (OGC API Common Part 1, Features Part 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request, Response

from service.core.geojson import encode_json
from service.core.parameters import check_parameters
from service.ogc import html
from service.ogc.address import HTML, JSON, OPENAPI, QGIS, SCHEMES_RELATION, base, link, page_links
from service.ogc.negotiation import read_form

_COMMON: Final = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf"
CONFORMANCE: Final = (
    f"{_COMMON}/core",
    f"{_COMMON}/landing-page",
    f"{_COMMON}/json",
    f"{_COMMON}/html",
    f"{_COMMON}/oas30",
)
_READABLE: Final = ("service-desc", "conformance", "data", "related")
TITLE: Final = "Yike 一刻"
DESCRIPTION: Final = (
    "Residential districts, childcare and elderly care facilities, the streets between them, and "
    "the evaluations of which districts are underserved under which clause."
)


def build_router(conformance: Sequence[str]) -> APIRouter:
    """Return the routes of the landing page and of the conformance declaration.

    Parameters
    ----------
    conformance
        The classes of every building block that is served.
    """
    router = APIRouter()

    # Clients are given the address with and without the slash, and a redirect would cost the key.
    @router.get("")
    @router.get("/")
    def landing(request: Request) -> Response:
        check_parameters(request, {"f"})
        form = read_form(request)
        root = base(request)
        links = [
            *page_links(request, HTML if form == "html" else JSON),
            link(f"{root}/api", "service-desc", OPENAPI, "The interface, as OpenAPI 3.0"),
            link(f"{root}/conformance", "conformance", JSON, "Conformance classes"),
            link(
                f"{root}/conformance",
                "http://www.opengis.net/def/rel/ogc/1.0/conformance",
                JSON,
                "Conformance classes",
            ),
            link(f"{root}/collections", "data", JSON, "Collections"),
            link(
                f"{root}/collections",
                "http://www.opengis.net/def/rel/ogc/1.0/data",
                JSON,
                "Collections",
            ),
            link(f"{root}/tileMatrixSets", SCHEMES_RELATION, JSON, "Tile matrix sets"),
            link(f"{root}/qgis-project", "related", QGIS, "Styled layers as a project of QGIS"),
        ]
        if form == "html":
            shown = [one for one in links if one["rel"] in _READABLE]
            readable = [
                {**one, "href": one["href"] + ("?f=html" if one["type"] == JSON else "")}
                for one in shown
            ]
            return html.page(TITLE, html.paragraph(DESCRIPTION), html.link_list(readable))
        document = {"title": TITLE, "description": DESCRIPTION, "links": links}
        return Response(encode_json(document), media_type=JSON)

    @router.get("/conformance")
    def declaration(request: Request) -> Response:
        check_parameters(request, {"f"})
        form = read_form(request)
        if form == "html":
            rows = [[html.cell(name)] for name in conformance]
            return html.page("Conformance", html.table(["class"], rows), up=f"{base(request)}/")
        document = {
            "conformsTo": list(conformance),
            "links": page_links(request, JSON),
        }
        return Response(encode_json(document), media_type=JSON)

    return router
