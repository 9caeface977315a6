"""Reading what place is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Depends, Query
from sqlalchemy import Connection

from service.core.errors.request import InvalidParameterError
from service.core.parameters import AsOfDate
from service.core.text_formats import PACKS, of_format
from service.packs.cache import PackCache
from service.packs.service import list_packs
from spatial.coverage import MOST_NEAREST
from spatial.policy.pack import Pack


class Service(StrEnum):
    """What kind of care is asked for."""

    CHILDCARE = "childcare"
    ELDERLY = "elderly"


@dataclass(frozen=True)
class Place:
    """A place and what is asked of it.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326.
    pack_ids
        Packs whose rules are asked, in this order; empty means all in use that are no background.
    k
        How many of the nearest facilities each rule names; None where nobody asked.
    path
        True to draw the ways to them.
    """

    lon: float
    lat: float
    service: Service
    pack_ids: tuple[str, ...]
    as_of: date
    k: int | None
    path: bool


# Beyond it a walking network and a metric CRS around the place make no sense.
_MAX_LATITUDE: Final = 85


def read_place(
    lon: Annotated[
        float, Query(ge=-180, le=180, allow_inf_nan=False, description="Longitude, degrees")
    ],
    lat: Annotated[
        float,
        Query(
            ge=-_MAX_LATITUDE,
            le=_MAX_LATITUDE,
            allow_inf_nan=False,
            description="Latitude, degrees",
        ),
    ],
    service: Service,
    pack: Annotated[
        str | None,
        Query(
            description="Pack ids, separated by commas; default all in use but national standards",
            json_schema_extra=of_format(PACKS),
        ),
    ] = None,
    as_of: Annotated[
        AsOfDate | None, Query(description="Day facilities are seen on; default today")
    ] = None,
    k: Annotated[
        int | None,
        Query(ge=1, le=MOST_NEAREST, description="How many of the nearest facilities to name"),
    ] = None,
    path: Annotated[  # noqa: FBT002  # a query parameter
        bool, Query(description="Draw the way to each of the nearest facilities")
    ] = False,
) -> Place:
    """Return the place asked about."""
    return Place(
        lon=lon,
        lat=lat,
        service=service,
        pack_ids=() if pack is None else tuple(dict.fromkeys(pack.split(","))),
        as_of=as_of or date.today(),  # noqa: DTZ011  the day where the service stands
        k=k,
        path=path,
    )


def chosen_packs(
    connection: Connection, pack_ids: Sequence[str], *, cache: PackCache | None = None
) -> list[Pack]:
    """Return the packs asked for, in the order asked; without any, all but the background.

    Parameters
    ----------
    cache
        Where packs in use are kept; None reads them anew.

    Raises
    ------
    InvalidParameterError
        Naming the ones that are not stored.
    """
    return named_packs(
        list_packs(connection) if cache is None else cache.in_use(connection), pack_ids
    )


def named_packs(in_use: Sequence[Pack], pack_ids: Sequence[str]) -> list[Pack]:
    """Return those of the packs in use that are asked for; see `chosen_packs`."""
    stored = {pack.id: pack for pack in in_use}
    unknown = [name for name in pack_ids if name not in stored]
    if unknown:
        known = ", ".join(stored) or "none"
        raise InvalidParameterError.of(
            "pack", f"there is no pack {unknown[0][:60]!r}; stored are: {known}"
        )
    in_front = [name for name, pack in stored.items() if not pack.background]
    return [stored[name] for name in pack_ids or in_front]


PlaceDependency = Annotated[Place, Depends(read_place)]
