"""What is stored around a project."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from geopandas import GeoDataFrame
from sqlalchemy import ColumnElement, Connection

from service.core import history
from service.core.history import Moment
from service.core.parameters import BBox
from service.networks.service import sources_of
from spatial.fields import DISTRICTS, FACILITIES
from spatial.network import Network
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.project import Project

# Distances end at 5,000 m (design, section 2); a tenth more, for what a box in degrees cuts off.
_HALO_M: Final = 5_500.0
_DEGREE_M: Final = 110_574.0


@dataclass(frozen=True, eq=False)
class StoredSurroundings:
    """What is around a project, and what its rows say of their origin."""

    found: Surroundings
    sources: tuple[object, ...]


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
    facilities = history.current(connection, FACILITIES, bbox=box, moment=moment)
    sources: list[object] = facilities["source"].tolist()
    districts: GeoDataFrame | None = None
    if neighbours is not None:
        districts = history.current(connection, DISTRICTS, *neighbours, bbox=box, moment=moment)
        sources += districts["source"].tolist()
    if network is not None:
        sources += sources_of(connection, network.version)
    return StoredSurroundings(Surroundings(facilities, network, districts), tuple(sources))


def _around(project: Project) -> BBox:
    """Return a box in degrees that holds everything within the halo of the site."""
    west, south, east, north = project.site.bounds
    up = _HALO_M / _DEGREE_M
    side = up / math.cos(math.radians(max(abs(south), abs(north))))
    return west - side, south - up, east + side, north + up
