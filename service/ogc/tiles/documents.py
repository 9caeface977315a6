"""What tilesets say of themselves: lists, tileset metadata (17-083r4) and TileJSON 3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fastapi import Request

from service.ogc.address import (
    JSON,
    MVT,
    SCHEMA_JSON,
    SCHEMA_RELATION,
    SCHEME_RELATION,
    Link,
    base,
    collection_address,
    link,
)
from service.ogc.collection import Collection
from service.ogc.crs import CRS84
from service.ogc.extents import Box
from service.ogc.properties import Kind
from service.ogc.tiles.matrix_sets import WEB_MERCATOR, MatrixSet
from service.ogc.tiles.selecting import KEY, carried

TILEJSON: Final = "application/vnd.mapbox.tile+json"

_DEEPEST: Final = 16
_TYPES: Final = {Kind.INTEGER: "Number", Kind.NUMBER: "Number", Kind.BOOLEAN: "Boolean"}
_DIMENSIONS: Final = {
    "point": 0,
    "multipoint": 0,
    "linestring": 1,
    "polygon-or-multipolygon": 2,
}


def sets_document(request: Request, sets: Iterable[MatrixSet]) -> dict[str, Any]:
    """Return the list of the tile matrix sets."""
    return {
        "links": [link(f"{base(request)}/tileMatrixSets", "self", JSON, "This document")],
        "tileMatrixSets": [_set_entry(request, one) for one in sets],
    }


def tilesets_document(
    request: Request, collection: Collection, sets: Iterable[MatrixSet]
) -> dict[str, Any]:
    """Return the list of the tilesets of a collection."""
    here = collection_address(request, collection.id)
    return {
        "links": [
            link(f"{here}/tiles", "self", JSON, "This document"),
            link(here, "collection", JSON, collection.title),
        ],
        "tilesets": [
            {
                **_tileset(collection, one),
                "links": _tileset_links(request, collection, one),
            }
            for one in sets
        ],
    }


def tileset_document(
    request: Request, collection: Collection, matrix_set: MatrixSet, box: Box | None
) -> dict[str, Any]:
    """Return the metadata of a tileset: how its tiles are addressed, and what is in them."""
    layer: dict[str, Any] = {
        "id": collection.id,
        "title": collection.title,
        "dataType": "vector",
        "propertiesSchema": {
            "type": "object",
            "properties": {name: {"type": kind.lower()} for name, kind in _fields(collection)},
        },
    }
    dimension = _DIMENSIONS.get(collection.geometry.shape)
    if dimension is not None:
        layer["geometryDimension"] = dimension
    document = {
        **_tileset(collection, matrix_set),
        "description": collection.description,
        "layers": [layer],
        "links": [
            *_tileset_links(request, collection, matrix_set),
            {
                **link(_template(request, collection, matrix_set), "item", MVT, "The tiles"),
                "templated": True,
            },
            link(
                f"{collection_address(request, collection.id)}/schema",
                SCHEMA_RELATION,
                SCHEMA_JSON,
                "The properties of its features",
            ),
        ],
    }
    if box is not None:
        document["boundingBox"] = {
            "lowerLeft": list(box[:2]),
            "upperRight": list(box[2:]),
            "crs": CRS84,
        }
    return document


def tilejson(
    request: Request, collection: Collection, matrix_set: MatrixSet, box: Box | None
) -> dict[str, Any]:
    """Return the tileset as TileJSON 3.0.0; its maximum zoom loses nothing when drawn larger."""
    template = _template(request, collection, matrix_set)
    for ours, theirs in (("{tileMatrix}", "{z}"), ("{tileRow}", "{y}"), ("{tileCol}", "{x}")):
        template = template.replace(ours, theirs)
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": collection.title,
        "description": collection.description,
        "scheme": "xyz",
        "tiles": [template],
        "minzoom": 0,
        "maxzoom": _DEEPEST,
        "vector_layers": [
            {
                "id": collection.id,
                "description": collection.description,
                "minzoom": 0,
                "maxzoom": _DEEPEST,
                "fields": dict(_fields(collection)),
            }
        ],
    }
    if box is not None:
        document["bounds"] = list(box)
    return document


def _set_entry(request: Request, one: MatrixSet) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": one.id, "title": one.title, "crs": one.crs}
    if one.uri is not None:
        entry["uri"] = one.uri
    entry["links"] = [link(_scheme(request, one), "self", JSON, one.title)]
    return entry


def _tileset(collection: Collection, one: MatrixSet) -> dict[str, Any]:
    described = {
        "title": f"{collection.title} ({one.id})",
        "dataType": "vector",
        "crs": one.crs,
        "tileMatrixSetId": one.id,
    }
    # An unregistered set has no URI; the link to its definition says which one it is.
    return described if one.uri is None else {**described, "tileMatrixSetURI": one.uri}


def _tileset_links(request: Request, collection: Collection, one: MatrixSet) -> list[Link]:
    here = f"{collection_address(request, collection.id)}/tiles/{one.id}"
    links = [
        link(f"{here}?f=json", "self", JSON, f"Tileset in {one.id}"),
        link(_scheme(request, one), SCHEME_RELATION, JSON, one.title),
    ]
    if one.id == WEB_MERCATOR:
        links.append(link(f"{here}?f=tilejson", "describedby", TILEJSON, "TileJSON"))
    return links


def _scheme(request: Request, one: MatrixSet) -> str:
    return f"{base(request)}/tileMatrixSets/{one.id}"


def _template(request: Request, collection: Collection, one: MatrixSet) -> str:
    here = f"{collection_address(request, collection.id)}/tiles/{one.id}"
    return f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f=mvt"


def _fields(collection: Collection) -> list[tuple[str, str]]:
    key = _TYPES.get(collection.key_kind, "String")
    return [
        (KEY, key),
        *((one.name, _TYPES.get(one.kind, "String")) for one in carried(collection)),
    ]
