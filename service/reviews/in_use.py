"""What a review begins with: which data, packs and streets are in use, read in one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from service.core.schema import DATA_STATE
from service.networks.service import newest
from service.networks.tables import NETWORK
from service.packs.service import by_age, last_of_each
from service.packs.tables import PACK


@dataclass(frozen=True)
class InUse:
    """What is in use in one snapshot of the database.

    Parameters
    ----------
    instant
        Of the last write the snapshot sees.
    packs
        Version by pack id.
    network, network_source
        Version of the streets, and what they say of their origin; None where there are none.
    """

    instant: datetime
    packs: Mapping[str, str]
    network: str | None
    network_source: object


def read_in_use(connection: Connection) -> InUse:
    """Read what is in use; each on its own would take as long as all of it."""
    row = connection.execute(_IN_USE).one()
    return InUse(
        instant=row.instant,
        packs=last_of_each(zip(row.ids or (), row.versions or (), strict=True)),
        network=row.version,
        network_source=row.source,
    )


def _question() -> Select[Any]:
    packs = (
        select(
            func.array_agg(aggregate_order_by(PACK.c.id, *by_age())).label("ids"),
            func.array_agg(aggregate_order_by(PACK.c.version, *by_age())).label("versions"),
        )
    ).subquery()
    streets = newest(NETWORK.c.version, NETWORK.c.source).subquery()
    always = literal(1) == literal(1)
    return (
        select(
            DATA_STATE.c.instant, packs.c.ids, packs.c.versions, streets.c.version, streets.c.source
        )
        .select_from(DATA_STATE)
        .join(packs, always)
        .outerjoin(streets, always)
    )


# Made once: to put it together takes three times as long as to have it answered.
_IN_USE: Final = _question()
