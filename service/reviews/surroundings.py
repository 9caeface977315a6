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
from service.networks.service import sources_of
from spatial.fields import DISTRICTS, FACILITIES, Layer
from spatial.network import Network
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
    frames
        By layer of `AROUND`, with the column ``version``; only those that were asked for.
    """

    frames: Mapping[str, GeoDataFrame]
    network: Network | None
    sources: tuple[object, ...]

    @property
    def found(self) -> Surroundings:
        """The same as a review takes it."""
        return Surroundings(
            self.frames[FACILITIES.name], self.network, self.frames.get(DISTRICTS.name)
        )


def stored_surroundings(
    connection: Connection,
    project: Project,
    *,
    as_of: date,
    network: Network | None,
    neighbours: Sequence[ColumnElement[bool]] | None = None,
) -> StoredSurroundings:
    """Read the stored facilities around a project, as they stand on a day.

    Parameters
    ----------
    network
        The network in use, or None.
    neighbours
        Conditions on the districts around that are read too; None for no districts at all.
    """
    box, moment = _around(project), Moment(valid_on=as_of)
    frames = {FACILITIES.name: history.current(connection, FACILITIES, bbox=box, moment=moment)}
    if neighbours is not None:
        frames[DISTRICTS.name] = history.current(
            connection, DISTRICTS, *neighbours, bbox=box, moment=moment
        )
    return with_sources(connection, frames, network)


def with_sources(
    connection: Connection, frames: Mapping[str, GeoDataFrame], network: Network | None
) -> StoredSurroundings:
    """Return what is around a project with what its rows say of their origin."""
    sources = [source for frame in frames.values() for source in frame["source"].tolist()]
    if network is not None:
        sources += sources_of(connection, network.version)
    return StoredSurroundings(frames, network, tuple(sources))


def _around(project: Project) -> BBox:
    """Return a box in degrees that holds everything within the halo of the site."""
    west, south, east, north = project.site.bounds
    up = _HALO_M / _DEGREE_M
    side = up / math.cos(math.radians(max(abs(south), abs(north))))
    return west - side, south - up, east + side, north + up
