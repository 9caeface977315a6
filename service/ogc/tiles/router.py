"""Routes of tiles: tile matrix sets, tilesets of collections, tiles (OGC API Tiles, 20-057)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NotFoundError
from service.core.geojson import encode_json
from service.core.parameters import check_parameters
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.ogc.address import JSON
from service.ogc.asking import read_conditions
from service.ogc.catalogue import find_collection
from service.ogc.crs import ReferenceSystem
from service.ogc.extents import Extents
from service.ogc.filtering import PARAMETERS as FILTER_PARAMETERS
from service.ogc.tiles.documents import (
    TILEJSON,
    sets_document,
    tilejson,
    tileset_document,
    tilesets_document,
)
from service.ogc.tiles.matrix_sets import WEB_MERCATOR, MatrixSet, matrix_sets
from service.ogc.tiles.serving import serve_tile

_TILES: Final = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
_SETS: Final = "http://www.opengis.net/spec/tms/2.0/conf"
CONFORMANCE: Final = (
    f"{_TILES}/core",
    f"{_TILES}/tileset",
    f"{_TILES}/tilesets-list",
    f"{_TILES}/geodata-tilesets",
    f"{_TILES}/mvt",
    f"{_TILES}/oas30",
    f"{_SETS}/tilematrixset",
    f"{_SETS}/json-tilematrixset",
)
NAMES: Final = ("f", "datetime", *FILTER_PARAMETERS)


def build_router(systems: Mapping[str, ReferenceSystem], extents: Extents) -> APIRouter:
    """Return every route of tiles.

    Parameters
    ----------
    systems
        The CRSs offered, by URI; what filters may be in.
    extents
        Of collections, as they were read last.
    """
    router = APIRouter()
    sets = matrix_sets()

    def find_set(name: str) -> MatrixSet:
        if name not in sets:
            raise NotFoundError(f"There is no such tile matrix set; there are {', '.join(sets)}.")
        return sets[name]

    @router.get("/tileMatrixSets")
    def list_sets(request: Request) -> Response:
        _require_json(request)
        return _answer(sets_document(request, sets.values()))

    @router.get("/tileMatrixSets/{matrix_set_id}")
    def get_set(matrix_set_id: str, request: Request) -> Response:
        _require_json(request)
        return _answer(find_set(matrix_set_id).document())

    @router.get("/collections/{collection_id}/tiles")
    def list_tilesets(
        collection_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
    ) -> Response:
        _require_json(request)
        with resources.reading() as connection:
            collection = find_collection(connection, principal, collection_id)
        return _answer(tilesets_document(request, collection, sets.values()))

    @router.get("/collections/{collection_id}/tiles/{matrix_set_id}")
    def get_tileset(
        collection_id: str,
        matrix_set_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
    ) -> Response:
        check_parameters(request, {"f"})
        with resources.reading() as connection:
            collection = find_collection(connection, principal, collection_id)
            box = extents.of(connection, collection)
        found = find_set(matrix_set_id)
        if _wants_tilejson(request, found):
            return _answer(tilejson(request, collection, found, box), media_type=TILEJSON)
        return _answer(tileset_document(request, collection, found, box))

    @router.get("/collections/{collection_id}/tiles/{matrix_set_id}/{level}/{row}/{column}")
    def get_tile(
        collection_id: str,
        matrix_set_id: str,
        level: str,
        row: str,
        column: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
    ) -> Response:
        with resources.reading() as connection:
            collection = find_collection(connection, principal, collection_id)
            check_parameters(request, {*NAMES, *collection.parameters})
            if request.query_params.get("f", "mvt") != "mvt":
                raise InvalidParameterError.of("f", "expected mvt")
            address = find_set(matrix_set_id).find(level, row, column)
            if address is None:
                raise NotFoundError("The tile matrix set has no such tile.")
            return serve_tile(
                connection,
                request,
                collection,
                address,
                conditions=read_conditions(request.query_params, collection, systems=systems),
                limits=resources.settings.tiles,
                cache=resources.tile_cache,
            )

    return router


def _require_json(request: Request) -> None:
    check_parameters(request, {"f"})
    if request.query_params.get("f", "json") != "json":
        raise InvalidParameterError.of("f", "expected json")


def _wants_tilejson(request: Request, matrix_set: MatrixSet) -> bool:
    form = request.query_params.get("f")
    if form is None:
        return matrix_set.id == WEB_MERCATOR and TILEJSON in request.headers.get("accept", "")
    if form == "tilejson" and matrix_set.id != WEB_MERCATOR:
        raise InvalidParameterError.of("f", f"TileJSON can describe tiles in {WEB_MERCATOR} only")
    if form not in {"json", "tilejson"}:
        raise InvalidParameterError.of("f", "expected json or tilejson")
    return form == "tilejson"


def _answer(document: dict[str, Any], *, media_type: str = JSON) -> Response:
    return Response(encode_json(document), media_type=media_type)
