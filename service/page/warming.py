"""Answering once what the page asks first, before anybody asks it.

What is kept between requests (rule packs, tiles, statements made ready, what modules load when they
are used) is there when the first browser comes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import Thread
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.core.errors.problem import ProblemError
from service.core.keys import Principal
from service.core.resources import Resources
from service.evaluations import service as evaluations
from service.evaluations.dependencies import packs_of
from service.evaluations.district_table import district_table
from service.evaluations.presentation import run_members, shown_districts
from service.evaluations.stored_evaluation import StoredEvaluation, list_evaluations
from service.ogc.catalogue import find_collection
from service.ogc.tiles.matrix_sets import WEB_MERCATOR, matrix_sets
from service.ogc.tiles.serving import keep_tile
from service.page.document import page_document

# As many of the worst districts as the page lists first.
_LISTED: Final = 15
# The map on a screen of 1366 x 768 pixels, the smallest the page is made for, and MapLibre's tiles.
_MAP_PX: Final = (914, 660)
_TILE_PX: Final = 512
_EVERYTHING: Final = Principal(id="", name="", role="viewer", areas=())


def start_warming(resources: Resources) -> None:
    """Warm up beside whatever is asked meanwhile; nothing waits for it, a fault is only logged."""
    Thread(target=_warm_quietly, args=(resources,), name="warming", daemon=True).start()


def _warm_quietly(resources: Resources) -> None:
    try:
        warm(resources)
    except (SQLAlchemyError, ProblemError) as fault:
        # Whoever asks for the same will be told properly.
        resources.logger.warning("not warmed up", reason=type(fault).__name__)


def warm(resources: Resources) -> None:
    """Read what the page starts from, and the first view of the newest evaluation."""
    with resources.reading() as connection:
        document = page_document(
            connection,
            _EVERYTHING,
            settings=resources.settings,
            packs=resources.pack_cache.in_use(connection),
            language=resources.settings.lang,
        )
        newest = next(iter(list_evaluations(connection)), None)
        if newest is None:
            return
        _read_parts(connection, resources, newest)
    if document["extent"] is not None:
        _keep_tiles(resources, newest, document["extent"])


def _read_parts(connection: Connection, resources: Resources, run: StoredEvaluation) -> None:
    language = resources.settings.lang
    evaluations.summary(connection, run.id)
    run_members(connection, run, language)
    worst = evaluations.districts(connection, run.id, limit=_LISTED)
    packs = packs_of(connection, run, resources.pack_cache)
    shown_districts(connection, run, worst, packs=packs, language=language)
    district_table(connection, run.id)


def _keep_tiles(resources: Resources, run: StoredEvaluation, extent: Sequence[float]) -> None:
    web_mercator = matrix_sets()[WEB_MERCATOR]
    level, box = first_view(extent)
    for name in ("areas", f"evaluation-{run.id}-districts"):
        for address in web_mercator.covering(box, level):
            # Each in a transaction of its own: its limit of time is the transaction's.
            with resources.reading() as connection:
                keep_tile(
                    connection,
                    find_collection(connection, _EVERYTHING, name),
                    address,
                    limits=resources.settings.tiles,
                    cache=resources.tile_cache,
                )


def first_view(extent: Sequence[float]) -> tuple[int, tuple[float, float, float, float]]:
    """Return the level of the tiles the page first shows an extent with, and the ground it shows.

    Parameters
    ----------
    extent
        West, south, east, north in degrees; fitted into the map of a small screen.

    Returns
    -------
    A level of Web Mercator, 0 to 14, and west, south, east, north in degrees.
    """
    west, east = (degrees / 360 + 0.5 for degrees in (extent[0], extent[2]))
    north, south = (_mercator(degrees) for degrees in (extent[3], extent[1]))
    width_px, height_px = _MAP_PX
    shown = max((east - west) * _TILE_PX / width_px, (south - north) * _TILE_PX / height_px)
    zoom = 14.0 if shown <= 0 else min(14.0, max(0.0, -math.log2(shown)))
    half_x, half_y = (side / (2 * _TILE_PX * 2**zoom) for side in _MAP_PX)
    x, y = (west + east) / 2, (north + south) / 2
    return math.floor(zoom), (
        (max(0.0, x - half_x) - 0.5) * 360,
        _latitude(min(1.0, y + half_y)),
        (min(1.0, x + half_x) - 0.5) * 360,
        _latitude(max(0.0, y - half_y)),
    )


def _mercator(latitude: float) -> float:
    """Return how far down the square of Web Mercator a latitude is, 0 to 1."""
    return 0.5 - math.asinh(math.tan(math.radians(latitude))) / (2 * math.pi)


def _latitude(down: float) -> float:
    return math.degrees(math.atan(math.sinh((0.5 - down) * 2 * math.pi)))
