"""The operations of tiles as the OpenAPI document lists them.

Their ids end as 20-057, Table 11 (/req/oas30/operation-id) asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.ogc.address import JSON, MVT
from service.ogc.tiles.documents import TILEJSON
from service.ogc.tiles.matrix_sets import CGCS2000, WEB_MERCATOR

_FILTERS: Final = ("datetime", "filter", "filter-lang", "filter-crs")


@dataclass(frozen=True)
class TileOperation:
    """One GET.

    Parameters
    ----------
    path
        Behind the address of the face, or of the collection.
    operation
        Its id.
    summary
        What it returns.
    media_types
        Of its answer.
    parameters
        Its own ones.
    shared
        Names of those it has in common with others.
    filtered
        Whether it takes the names of properties too.
    """

    path: str
    operation: str
    summary: str
    media_types: tuple[str, ...]
    parameters: Sequence[dict[str, Any]]
    shared: tuple[str, ...] = ()
    filtered: bool = False


def set_operations() -> Iterator[TileOperation]:
    """Yield the operations of tile matrix sets."""
    form = _form("json")
    yield TileOperation(
        "/tileMatrixSets", "getTileMatrixSetsList", "Tile matrix sets", (JSON,), [form]
    )
    yield TileOperation(
        "/tileMatrixSets/{tileMatrixSetId}",
        "getTileMatrixSet",
        "One tile matrix set",
        (JSON,),
        [_set_id(), form],
    )


def collection_operations(collection: str, title: str) -> Iterator[TileOperation]:
    """Yield the operations of the tiles of a collection, by its id and title."""
    stem, one_set = f"{collection}.collection.vector", "/tiles/{tileMatrixSetId}"
    yield TileOperation(
        "/tiles", f"{stem}.getTileSetsList", f"{title}: tilesets", (JSON,), [_form("json")]
    )
    yield TileOperation(
        one_set,
        f"{stem}.getTileSet",
        f"{title}: one tileset",
        (JSON, TILEJSON),
        [_set_id(), _form("json", "tilejson")],
    )
    yield TileOperation(
        f"{one_set}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
        f"{stem}.getTile",
        f"{title}: one tile; 204 if nothing is in it",
        (MVT,),
        [
            _set_id(),
            _in_path("tileMatrix", {"type": "string"}),
            _in_path("tileRow", {"type": "integer", "minimum": 0}),
            _in_path("tileCol", {"type": "integer", "minimum": 0}),
            _form("mvt"),
        ],
        shared=_FILTERS,
        filtered=True,
    )


def _set_id() -> dict[str, Any]:
    return _in_path("tileMatrixSetId", {"type": "string", "enum": [WEB_MERCATOR, CGCS2000]})


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _form(*forms: str) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(forms)}
    return {"name": "f", "in": "query", "required": False, "schema": schema}
