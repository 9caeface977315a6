"""Query parameters every route reads the same way, and the refusal of all others."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from typing import Annotated, Final

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from service.core.errors.problem import Detail
from service.core.errors.request import InvalidParameterError, UnknownParameterError
from service.core.errors.state import NotFoundError
from service.core.text_formats import BBOX, of_format

KEY_PARAMETER: Final = "api_key"
MAX_ID_LENGTH: Final = 1000
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
BBox = tuple[float, float, float, float]

_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BBOX_2D: Final = 4
_BBOX_3D: Final = 6
_MAX_LONGITUDE: Final = 180
_MAX_LATITUDE: Final = 90


def parse_date(value: object) -> object:
    """Read ``YYYY-MM-DD`` and nothing else; a `date` passes.

    Raises
    ------
    ValueError
        If the text is of another form or no day of the calendar.
    """
    if not isinstance(value, str):
        return value
    if not _ISO_DATE.fullmatch(value):
        raise ValueError("expected a date like 2026-11-22")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("no day of the calendar; expected a date like 2026-11-22") from None


def check_year(value: date) -> date:
    """Refuse a date that can only be a typing error, and that no calendar of pandas holds.

    Raises
    ------
    ValueError
        If it lies outside `EARLIEST` and `LATEST`.
    """
    if not EARLIEST <= value <= LATEST:
        raise ValueError(f"expected a date from {EARLIEST} to {LATEST}")
    return value


IsoDate = Annotated[date, BeforeValidator(parse_date)]
_DAY: Final = {"type": "string", "format": "date", "pattern": "^(19|20|21)[0-9]{2}-"}
# A day data are seen on.
AsOfDate = Annotated[IsoDate, AfterValidator(check_year), WithJsonSchema(_DAY)]


def parse_bbox(text: str) -> BBox:
    """Read west, south, east, north in degrees (six numbers: the heights are not used).

    Raises
    ------
    ValueError
        If there are not 4 or 6 finite numbers, one is no longitude or latitude, or west is
        east of east (a box over the antimeridian must be asked for in two halves).
    """
    parts = text.split(",")
    if len(parts) not in (_BBOX_2D, _BBOX_3D):
        raise ValueError("expected 4 numbers: west,south,east,north")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        raise ValueError("expected 4 numbers: west,south,east,north") from None
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("the numbers must be finite")
    if len(numbers) == _BBOX_3D:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    west, south, east, north = numbers
    if max(abs(west), abs(east)) > _MAX_LONGITUDE or max(abs(south), abs(north)) > _MAX_LATITUDE:
        raise ValueError("longitudes end at ±180, latitudes at ±90")
    if south > north:
        raise ValueError("south is north of north")
    if west > east:
        raise ValueError("west is east of east; ask for the two halves of the antimeridian")
    return west, south, east, north


def read_bbox(
    bbox: Annotated[
        str | None,
        Query(
            description="west,south,east,north in degrees; features that touch the box",
            examples=["114.1,30.4,114.6,30.8"],
            json_schema_extra=of_format(BBOX),
        ),
    ] = None,
) -> BBox | None:
    """Return the box asked for, or None."""
    if bbox is None:
        return None
    try:
        return parse_bbox(bbox)
    except ValueError as error:
        raise InvalidParameterError.of("bbox", str(error)) from None


BBoxParameter = Annotated[BBox | None, Depends(read_bbox)]


async def reject_unknown(request: Request) -> None:
    """Refuse query parameters the route does not declare, and any given twice.

    Raises
    ------
    UnknownParameterError
        Naming each; an ignored filter would answer another question than the one asked.
    InvalidParameterError
        If one is given twice: which of the two counts would be a guess.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    check_parameters(request, {*_query_names(route.dependant)})


def check_parameters(request: Request, names: Collection[str]) -> None:
    """Refuse query parameters other than `names` and the key, and any given twice.

    Raises
    ------
    UnknownParameterError, InvalidParameterError
        As `reject_unknown`.
    """
    known = {KEY_PARAMETER, *names}
    given = Counter(name for name, _ in request.query_params.multi_items())
    unknown = [name for name in given if name not in known]
    if unknown:
        listed = ", ".join(sorted(known - {KEY_PARAMETER})) or "none"
        raise UnknownParameterError(
            f"Unknown query parameter {', '.join(_shortened(name) for name in unknown)}; "
            f"this route takes: {listed}.",
            errors=[
                Detail("the route has no such parameter", parameter=_shortened(name))
                for name in unknown
            ],
        )
    for name, times in given.items():
        if times > 1:
            raise InvalidParameterError.of(name, f"given {times} times; once is expected")
        if "\x00" in request.query_params[name]:
            raise InvalidParameterError.of(name, "has a NUL character")


def known_id(text: str) -> str:
    """Return an identifier from a path.

    Raises
    ------
    NotFoundError
        If nothing can have it: empty, with a NUL character, or longer than 1,000 characters.
    """
    if not text or "\x00" in text or len(text) > MAX_ID_LENGTH:
        raise NotFoundError("Nothing can have this identifier.")
    return text


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _shortened(name: str, *, length: int = 60) -> str:
    return name if len(name) <= length else f"{name[:length]}…"
