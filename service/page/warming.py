"""Answering once what the page asks first, before anybody asks it.

What is kept between requests (rule packs, statements made ready, what modules load when they are
used) is there when the first browser comes.
"""

from __future__ import annotations

from threading import Thread

from sqlalchemy.exc import SQLAlchemyError

from service.core.keys import Principal
from service.core.resources import Resources
from service.evaluations import service as evaluations
from service.evaluations.dependencies import packs_of
from service.evaluations.district_table import district_table
from service.evaluations.presentation import run_members, shown_districts
from service.evaluations.storage import list_evaluations
from service.page.document import page_document

# As many of the worst districts as the page lists first.
_LISTED = 15


def start_warming(resources: Resources) -> None:
    """Warm up beside whatever is asked meanwhile; nothing waits for it, a fault is only logged."""
    Thread(target=_warm_quietly, args=(resources,), name="warming", daemon=True).start()


def _warm_quietly(resources: Resources) -> None:
    try:
        warm(resources)
    except SQLAlchemyError as fault:
        # The database will be missed by the first request too, which says so properly.
        resources.logger.warning("not warmed up", reason=type(fault).__name__)


def warm(resources: Resources) -> None:
    """Read what the page starts from, and the first view of the newest evaluation."""
    language = resources.settings.lang
    everything = Principal(id="", name="", role="viewer", areas=())
    with resources.reading() as connection:
        page_document(
            connection,
            everything,
            settings=resources.settings,
            packs=resources.pack_cache.in_use(connection),
            language=language,
        )
        newest = next(iter(list_evaluations(connection)), None)
        if newest is None:
            return
        evaluations.summary(connection, newest.id)
        run_members(connection, newest, language)
        worst = evaluations.districts(connection, newest.id, limit=_LISTED)
        packs = packs_of(connection, newest, resources.pack_cache)
        shown_districts(connection, newest, worst, packs=packs, language=language)
        district_table(connection, newest.id)
