"""Drawing the ground within a walk of many places, as asked: the answer of /v1/isochrones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from service.core import scope
from service.core.keys import Principal
from service.core.language import Language
from service.core.notices import notice_member
from service.core.resources import Resources
from service.networks.service import sources_of
from service.reach.dependencies import named_members, network_in_use
from service.reach.isochrone_document import isochrone_features, shown_status
from service.reach.places import Places, read_places
from service.reach.schemas import IsochronesBody, exact
from service.reach.walking import Walking, read_limits, read_walking
from spatial.isochrone import Isochrone, isochrones
from spatial.limits import Limit

COMMAND: Final = "yike isochrone --points FILE --minutes 5,10,15 --out R.gpkg"
# Origins drawn between two reports.
_AT_ONCE: Final = 50


@dataclass(frozen=True, eq=False)
class IsochroneQuestion:
    """Who walks, how far, and from or to where."""

    walking: Walking
    limits: tuple[Limit, ...]
    places: Places


def read_isochrones(asked: IsochronesBody, *, most: int) -> IsochroneQuestion:
    """Read the question of a body.

    Parameters
    ----------
    most
        How many places one question may be about.

    Raises
    ------
    InvalidBodyError, TooManyOriginsError
        When it cannot be answered.
    """
    with named_members():
        walking = read_walking(
            asked.profile.value,
            speed=None if asked.speed is None else Fraction(asked.speed),
            direction=asked.direction.value,
            penalties=asked.penalties.penalties(),
        )
        limits = read_limits(
            minutes=exact(asked.minutes), metres=exact(asked.metres), profile=walking.profile
        )
    places = read_places(asked.origins, at="/origins", most=most, command=COMMAND)
    return IsochroneQuestion(walking, limits, places)


def answer_isochrones(
    resources: Resources,
    principal: Principal,
    asked: IsochronesBody,
    *,
    language: Language,
    report: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Draw, and return what is answered: a FeatureCollection.

    Parameters
    ----------
    report
        Told how many places are done, and of how many.

    Raises
    ------
    InvalidBodyError, TooManyOriginsError
        When the question cannot be answered.
    ConflictError
        When no street network is stored.
    """
    question = read_isochrones(asked, most=resources.settings.reach.max_origins)
    places, limits = question.places, question.limits
    with resources.reading() as connection:
        outside = scope.places_outside(connection, principal, places.geometry)
        network = network_in_use(resources, connection)
        sources = sources_of(connection, network.version)
    origins = places.geometry.copy()
    origins[outside] = None
    found: list[Isochrone] = []
    for first in range(0, len(origins), _AT_ONCE):
        if report is not None:
            report(first, len(origins))
        found += isochrones(
            network,
            origins[first : first + _AT_ONCE],
            profile=question.walking.profile,
            limits_m=[float(limit.metres) for limit in limits],
            direction=question.walking.direction,
        )
    items: list[dict[str, Any]] = []
    features: list[dict[str, Any]] = []
    for index, (name, one) in enumerate(zip(places.ids, found, strict=True)):
        about = {"index": index, "id": name}
        if outside[index]:
            status = {"status": "forbidden", "detail": "outside of the areas of the key"}
        elif index in places.faults:
            status = {"status": "invalid_geometry", "detail": places.faults[index]}
        else:
            status = shown_status(one)
            features += isochrone_features(
                one, limits=limits if one.extents else (), streets=asked.streets, about=about
            )
        items.append({**about, **status})
    return {
        "type": "FeatureCollection",
        **question.walking.as_json(),
        "network": network.version,
        **notice_member(sources, language),
        "items": items,
        "features": features,
    }
