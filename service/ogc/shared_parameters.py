"""The query parameters that operations of the OpenAPI 3.0 document have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.core.settings import PageSettings
from service.core.text_formats import CQL2, CURSOR, INTERVAL, NO_NUL, text_of
from service.ogc.negotiation import DOCUMENT_FORMS, ITEM_FORMS
from service.ogc.properties import Kind, Property
from service.ogc.sorting import SCHEMA as SORT_SCHEMA


def shared_parameters(page: PageSettings, systems: Sequence[str]) -> dict[str, Any]:
    """Return them by the names of their components.

    Parameters
    ----------
    systems
        URIs of the CRSs offered.
    """
    crs = {"type": "string", "format": "uri", "enum": list(systems)}
    number = {"type": "number"}
    limit = {
        "type": "integer",
        "minimum": 1,
        "maximum": page.max_limit,
        "default": min(page.default_limit, page.max_limit),
    }
    listed = (
        in_query("f", "Form of the answer", {"type": "string", "enum": list(DOCUMENT_FORMS)}),
        in_query("limit", "Most features of a page; more gives the maximum", limit),
        in_query("after", "Opaque; part of the link to the next page", text_of(CURSOR)),
        in_query(
            "bbox",
            "Lower and upper corner in bbox-crs; only features that touch the box",
            {"type": "array", "items": number, "minItems": 4, "maxItems": 6},
        ),
        in_query("bbox-crs", "CRS of bbox; CRS84 if not given", crs),
        in_query("datetime", "Instant or interval start/end, open ends as ..", text_of(INTERVAL)),
        in_query(
            "sortby",
            "Sortables, each with + or - before it, by comma; missing values come last",
            dict(SORT_SCHEMA),
        ),
        in_query("crs", "CRS of the answer; CRS84 if not given", crs),
        in_query("filter", "CQL2", text_of(CQL2)),
        in_query(
            "filter-lang",
            "Language of filter",
            {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
        ),
        in_query("filter-crs", "CRS of the geometries in filter; CRS84 if not given", crs),
    )
    form = in_query("f", "Form of the answer", {"type": "string", "enum": list(ITEM_FORMS)})
    return {**{one["name"]: one for one in listed}, "f-items": form}


def equality_parameter(one: Property) -> dict[str, Any]:
    """Return the parameter of the name of a property."""
    schema = {name: value for name, value in one.schema().items() if name != "title"}
    if one.kind is Kind.TEXT and not one.choices:
        schema["pattern"] = NO_NUL
    return in_query(one.name, f"Only features whose {one.name} equals this", schema)


def in_query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a query parameter that may be left out."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "style": "form",
        "explode": False,
        "schema": schema,
    }
