"""Query parameters of questions about reach, and naming the one at fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final

from fastapi import Depends, Query
from sqlalchemy import Connection

from service.core.errors.problem import pointer
from service.core.errors.request import BadRequestError, InvalidBodyError, InvalidParameterError
from service.core.errors.state import ConflictError
from service.core.resources import Resources
from service.core.text_formats import NUMBERS, of_format
from service.reach.walking import Walking, read_limits, read_numbers, read_walking
from spatial.errors import InputError
from spatial.limits import Limit
from spatial.network import Network
from spatial.profiles import SPEEDS
from spatial.reach import Direction

_NAMED: Final = re.compile(r"parameter (\w+): (.*)", re.DOTALL)
# Beyond it a walking network and a metric CRS around the place make no sense.
MAX_LATITUDE: Final = 85
# The bounds of a speed as they are written, in metres a second: 0.1 is no float.
SLOWEST, FASTEST = (Decimal(bound.numerator) / bound.denominator for bound in SPEEDS)


class ProfileName(StrEnum):
    """Who walks."""

    ADULT = "adult"
    ADULT_WITH_CHILD = "adult_with_child"
    ELDERLY = "elderly"
    WHEELCHAIR = "wheelchair"


Longitude = Annotated[
    float, Query(ge=-180, le=180, allow_inf_nan=False, description="Longitude, degrees")
]
Latitude = Annotated[
    float,
    Query(ge=-MAX_LATITUDE, le=MAX_LATITUDE, allow_inf_nan=False, description="Latitude, degrees"),
]


@dataclass(frozen=True)
class Origin:
    """One place, and how far and how people walk.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326.
    walking
        Who walks, and which way.
    limits
        Ascending, at least one.
    streets
        True to show the streets reached.
    """

    lon: float
    lat: float
    walking: Walking
    limits: tuple[Limit, ...]
    streets: bool


def read_origin(
    lon: Longitude,
    lat: Latitude,
    minutes: Annotated[
        str | None,
        Query(
            description="Minutes, one number or several: 5,10,15; or else metres",
            examples=["5,10,15"],
            json_schema_extra=of_format(NUMBERS),
        ),
    ] = None,
    metres: Annotated[
        str | None,
        Query(
            description="Metres of walking instead of minutes: 300,500,800",
            examples=["300,500"],
            json_schema_extra=of_format(NUMBERS),
        ),
    ] = None,
    profile: Annotated[ProfileName, Query(description="Who walks")] = ProfileName.ADULT,
    speed: Annotated[
        Decimal | None,
        Query(
            ge=SLOWEST,
            le=FASTEST,
            allow_inf_nan=False,
            description="Metres a second instead of the profile's",
        ),
    ] = None,
    direction: Annotated[
        Direction, Query(description="Whether people walk toward the place or away from it")
    ] = Direction.TOWARD,
    streets: Annotated[  # noqa: FBT002  # a query parameter
        bool, Query(description="Show the streets reached as lines, too")
    ] = False,
) -> Origin:
    """Return the place asked about."""
    with named_parameters():
        walking = read_walking(
            profile.value,
            speed=None if speed is None else Fraction(speed),
            direction=direction.value,
        )
        limits = read_limits(
            minutes=None if minutes is None else read_numbers(minutes, name="minutes"),
            metres=None if metres is None else read_numbers(metres, name="metres"),
            profile=walking.profile,
        )
    return Origin(lon, lat, walking, limits, streets)


OriginDependency = Annotated[Origin, Depends(read_origin)]


@contextmanager
def named_parameters() -> Iterator[None]:
    """Answer a fault of the analysis with the query parameter it names."""
    with _named(InvalidParameterError.of):
        yield


@contextmanager
def named_members() -> Iterator[None]:
    """Answer a fault of the analysis with the member of the body it names."""
    with _named(lambda name, detail: InvalidBodyError.of(pointer(name), detail)):
        yield


@contextmanager
def _named(fault: Callable[[str, str], BadRequestError]) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        match = _NAMED.fullmatch(str(error))
        if match is None:
            raise
        raise fault(match[1], match[2]) from None


def network_in_use(resources: Resources, connection: Connection) -> Network:
    """Return the street network in use.

    Raises
    ------
    ConflictError
        When none is stored.
    """
    network = resources.network_cache.latest(connection)
    if network is None:
        raise ConflictError("No street network is stored; import one: yike import network FILE")
    return network
