"""What answers must say about where their data come from: credits, and that data are made up."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from service.core.language import Language
from service.core.notices import notice_member
from service.evaluations.presentation import run_notices
from service.networks import service as networks
from service.ogc.asking import Asked
from service.ogc.collection import Collection
from service.ogc.selecting import source_query


def fixed_notices(
    connection: Connection, collection: Collection, language: Language
) -> dict[str, list[str]]:
    """Return the member ``notices`` of a collection whose rows have no source of their own."""
    if collection.run is not None:
        return run_notices(connection, collection.run, language)
    if collection.network is not None:
        return notice_member(networks.sources_of(connection, collection.network), language)
    return {}


def row_notices(sources: Iterable[object], language: Language) -> dict[str, list[str]]:
    """Return the member ``notices`` of rows by what they say of their origin."""
    return notice_member(sources, language)


def source_notices(
    connection: Connection, collection: Collection, asked: Asked, language: Language
) -> dict[str, list[str]]:
    """Return the member ``notices`` of all pages of what is asked for, before they are read."""
    return row_notices(connection.execute(source_query(collection, asked)).scalars(), language)
