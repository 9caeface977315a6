"""What is stored around a project."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from geopandas import GeoDataFrame
from sqlalchemy import ColumnElement, Connection

from service.core import history
from service.core.history import Moment
from service.core.parameters import BBox
from service.reviews.around_cache import AroundCache
from service.reviews.in_use import InUse, read_in_use
from spatial.fields import DISTRICTS, FACILITIES, Layer
from spatial.network import Network
from spatial.policy.review.around import Around, KnownAround
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.project import Project

# The layers that are looked at around a project.
AROUND: Final[Mapping[str, Layer]] = MappingProxyType(
    {layer.name: layer for layer in (FACILITIES, DISTRICTS)}
)
# Distances end at 5,000 m (design, section 2); a tenth more, for what a box in degrees cuts off.
_HALO_M: Final = 5_500.0
_DEGREE_M: Final = 110_574.0


@dataclass(frozen=True, eq=False)
class StoredSurroundings:
    """What is around a project, and what its rows say of their origin.

    Parameters
    ----------
    facilities
        With the column ``version``.
    districts
        Likewise; None where they were not asked for.
    sources
        Each once.
    """

    facilities: Around
    districts: GeoDataFrame | None
    network: Network | None
    sources: tuple[object, ...]

    @property
    def frames(self) -> Mapping[str, GeoDataFrame]:
        """By layer of `AROUND`; only those that were asked for."""
        frames = {FACILITIES.name: self.facilities.frame}
        if self.districts is not None:
            frames[DISTRICTS.name] = self.districts
        return frames

    @property
    def found(self) -> Surroundings:
        """The same as a review takes it."""
        return Surroundings(self.facilities, self.network, self.districts)


def stored_surroundings(
    connection: Connection,
    project: Project,
    *,
    as_of: date,
    network: Network | None,
    neighbours: Sequence[ColumnElement[bool]] | None = None,
    in_use: InUse | None = None,
    cache: AroundCache | None = None,
) -> StoredSurroundings:
    """Read the stored facilities around a project, as they stand on a day.

    Parameters
    ----------
    network
        The network in use, or None without any.
    neighbours
        Conditions on the districts around that are read too; None for no districts at all.
    in_use
        What the snapshot holds, where the caller has read it.
    cache
        Of facilities; None to read them.
    """
    in_use = in_use or read_in_use(connection)
    box, moment = _around(project), Moment(valid_on=as_of)
    districts = None
    if neighbours is not None:
        districts = history.current(connection, DISTRICTS, *neighbours, bbox=box, moment=moment)
    if cache is None:
        frame = history.current(connection, FACILITIES, bbox=box, moment=moment)
        facilities = Around(KnownAround.of(frame, network=network, as_of=as_of))
    else:
        facilities = cache.around(
            connection, instant=in_use.instant, bbox=box, as_of=as_of, network=network
        )
    streets = [in_use.network_source] if network is not None else []
    return with_sources(facilities, districts, network, streets)


def with_sources(
    facilities: Around,
    districts: GeoDataFrame | None,
    network: Network | None,
    streets: Sequence[object],
) -> StoredSurroundings:
    """Return what is around a project with what it says of its origin; `streets` of the network."""
    sources = facilities.sources()
    if districts is not None:
        sources += districts["source"].unique().tolist()
    sources += streets
    return StoredSurroundings(facilities, districts, network, tuple(sources))


def _around(project: Project) -> BBox:
    """Return a box in degrees that holds everything within the halo of the site."""
    west, south, east, north = project.site.bounds
    up = _HALO_M / _DEGREE_M
    side = up / math.cos(math.radians(max(abs(south), abs(north))))
    return west - side, south - up, east + side, north + up
