"""Answers of the routes of a layer: one row as a Feature, or what became of many."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from geopandas import GeoDataFrame
from starlette.responses import Response

from service.core.etags import etag
from service.core.geojson import MEDIA_TYPE, feature, geojson_response
from service.core.json_answer import json_answer
from service.core.language import Language
from service.core.notices import notice_member
from service.core.openapi import content
from service.core.outcomes import Outcome
from spatial.fields import Layer

VERSION: Final = "version"
# What the document says of rows that were added.
CREATED: Final = {
    "description": "The feature as stored; of a collection, what became of each",
    "content": {
        **content(MEDIA_TYPE, "Feature", "")["content"],
        **content("application/json", "Outcomes", "")["content"],
    },
}


def version_of(frame: GeoDataFrame) -> int:
    """Return the version of the only row of a frame."""
    return int(frame[VERSION].iloc[0])


def version_headers(frame: GeoDataFrame) -> dict[str, str]:
    """Return the headers of every answer about one row."""
    return {"ETag": etag(version_of(frame)), "Vary": "Accept-Language"}


def row_answer(
    frame: GeoDataFrame,
    layer: Layer,
    language: Language,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return the only row of a frame as a Feature."""
    members = notice_member(frame["source"], language)
    text = feature(frame, key=layer.key, members=members, version=VERSION)
    return geojson_response(
        text, status=status, headers={**version_headers(frame), **(headers or {})}
    )


def outcomes_answer(outcomes: list[Outcome], *, status: int) -> Response:
    """Return what became of each row."""
    created = sum(outcome.status is HTTPStatus.CREATED for outcome in outcomes)
    items: list[dict[str, Any]] = [
        {
            "index": outcome.index,
            "id": outcome.key,
            "status": int(outcome.status),
            **({"errors": [e.as_json() for e in outcome.errors]} if outcome.errors else {}),
        }
        for outcome in outcomes
    ]
    document = {"created": created, "refused": len(items) - created, "items": items}
    return json_answer(document, status=status)
