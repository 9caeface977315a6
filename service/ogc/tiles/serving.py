"""One tile as an answer: from memory while its data are the same, else from the database."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Final
from urllib.parse import urlencode

import sqlalchemy.exc
from fastapi import Request, Response
from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement, Connection, func, select

from service.core.errors.server import TooSlowError
from service.core.etags import is_tag_known
from service.core.parameters import KEY_PARAMETER
from service.core.settings import TileSettings
from service.ogc.address import MVT
from service.ogc.collection import Collection
from service.ogc.tiles.cache import MadeTile, TileCache
from service.ogc.tiles.matrix_sets import TileAddress
from service.ogc.tiles.selecting import make_tile

_VERSION: Final = version("yike")


def serve_tile(
    connection: Connection,
    request: Request,
    collection: Collection,
    address: TileAddress,
    *,
    conditions: Sequence[ColumnElement[bool]],
    limits: TileSettings,
    cache: TileCache,
) -> Response:
    """Return a tile: 200, 204 if nothing is in it, 304 if the caller has it.

    Parameters
    ----------
    conditions
        What features must meet by the parameters of `request`.

    Raises
    ------
    TooSlowError
        If the database works on it for longer than the limit.
    """
    asked = [
        (name, value)
        for name, value in request.query_params.items()
        if name not in {KEY_PARAMETER, "f"}
    ]
    key = _key(asked, collection, address, limits)
    packed = takes_gzip(request.headers.get("accept-encoding"))
    # Other bytes, another tag (RFC 9110, 8.8.3.3).
    tag = f'"{key}-gzip"' if packed else f'"{key}"'
    headers = {"ETag": tag, "Vary": "Accept-Encoding, Authorization, X-API-Key"}
    if is_tag_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    tile = _kept(
        connection, collection, address, key=key, conditions=conditions, limits=limits, cache=cache
    )
    if tile.full:
        headers["Yike-Feature-Limit"] = str(limits.max_features)
    if not tile.packed:
        # 20-057, /req/core/tc-error B: a tile of the set with nothing in it.
        return Response(status_code=204, headers=headers)
    headers["Content-Type"] = MVT
    if packed:
        return Response(tile.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(tile.packed), headers=headers)


def keep_tile(
    connection: Connection,
    collection: Collection,
    address: TileAddress,
    *,
    limits: TileSettings,
    cache: TileCache,
) -> None:
    """Have a whole tile, without any filter, in memory before it is asked for.

    Raises
    ------
    TooSlowError
        If the database works on it for longer than the limit.
    """
    key = _key([], collection, address, limits)
    _kept(connection, collection, address, key=key, conditions=(), limits=limits, cache=cache)


def _kept(
    connection: Connection,
    collection: Collection,
    address: TileAddress,
    *,
    key: str,
    conditions: Sequence[ColumnElement[bool]],
    limits: TileSettings,
    cache: TileCache,
) -> MadeTile:
    tile = cache.get(key)
    if tile is None:
        tile = _made(connection, collection, address, conditions=conditions, limits=limits)
        cache.put(key, tile, max_bytes=limits.cache_bytes)
    return tile


def takes_gzip(header: str | None) -> bool:
    """Tell whether a header Accept-Encoding names gzip and does not refuse it."""
    for part in (header or "").lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return re.fullmatch(r"\s*q\s*=\s*0(?:\.0{0,3})?\s*", weight) is None
    return False


def _made(
    connection: Connection,
    collection: Collection,
    address: TileAddress,
    *,
    conditions: Sequence[ColumnElement[bool]],
    limits: TileSettings,
) -> MadeTile:
    milliseconds = str(max(1, round(limits.max_seconds * 1000)))
    for_transaction = True
    connection.execute(select(func.set_config("statement_timeout", milliseconds, for_transaction)))
    try:
        return make_tile(
            connection,
            collection,
            address,
            conditions=conditions,
            max_features=limits.max_features,
        )
    except sqlalchemy.exc.OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        raise TooSlowError(
            "The tile takes the database too long; ask for a deeper level, or filter."
        ) from None


def _key(
    asked: Iterable[tuple[str, str]],
    collection: Collection,
    address: TileAddress,
    limits: TileSettings,
) -> str:
    """Return a name for all a tile depends on: the program, the data, the scope, the question.

    The state of a collection is that of its rows as one scope sees them, so keys of other scopes
    never share a tile.
    """
    parts = (
        _VERSION,
        collection.id,
        collection.state,
        address.matrix_set,
        address.level,
        address.row,
        address.column,
        limits.max_features,
        urlencode(sorted(asked)),
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
