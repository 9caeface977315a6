"""Counting who is within reach of facilities among the stored districts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import ARRAY, ColumnElement, Connection, Text, any_, literal

from service.core import history
from service.core.history import Moment
from service.core.schema import VERSIONED
from service.imports.validation import validate
from service.reach.walking import Walking
from spatial.catchment import Catchments, catchments, near_districts
from spatial.doors import Doors
from spatial.errors import InputError
from spatial.fields import BUILDINGS, DISTRICTS, FACILITIES, Layer
from spatial.limits import Limit
from spatial.network import Network
from spatial.policy.city import City

SNAP_LIMIT_M: Final = 200.0
GRID_SPACING_M: Final = 50.0


@dataclass(frozen=True)
class CatchmentQuestion:
    """How far people are counted, and among whom.

    Parameters
    ----------
    walking
        Who walks, and which way.
    straight, on_foot
        Limits of the two ways of measuring.
    as_of
        Day the data are seen on.
    """

    walking: Walking
    straight: tuple[Limit, ...]
    on_foot: tuple[Limit, ...]
    as_of: date


def stored_catchments(
    connection: Connection,
    question: CatchmentQuestion,
    *,
    facilities: Doors,
    network: Network | None,
    conditions: Sequence[ColumnElement[bool]] = (),
    report: Callable[[int, int], None] | None = None,
) -> Catchments:
    """Count among the stored districts.

    Parameters
    ----------
    facilities
        Doors of the facilities asked about.
    network
        Streets, or None: then only straight lines are known.
    conditions
        Which districts are counted.
    report
        Told how many facilities are done, and of how many.

    Raises
    ------
    InputError
        When there is no district to count.
    """
    moment = Moment(valid_on=question.as_of)
    districts = history.read(connection, DISTRICTS, *conditions, moment=moment)
    near = districts
    if network is not None and len(districts):
        limits = (*question.straight, *question.on_foot)
        mask = near_districts(districts, facilities, limits)
        near = districts[mask].reset_index(drop=True)
    table = VERSIONED[BUILDINGS.name]
    mine = table.c.district_id == any_(literal(near["id"].tolist(), ARRAY(Text)))
    buildings = history.read(connection, BUILDINGS, mine, moment=moment)
    return count_among(
        question,
        facilities=facilities,
        districts=near,
        buildings=buildings,
        network=network,
        everyone=districts,
        report=report,
    )


def count_among(
    question: CatchmentQuestion,
    *,
    facilities: Doors,
    districts: GeoDataFrame,
    buildings: GeoDataFrame | None,
    network: Network | None,
    everyone: GeoDataFrame | None = None,
    report: Callable[[int, int], None] | None = None,
) -> Catchments:
    """Count among given districts; see `spatial.catchment.catchments`.

    Raises
    ------
    InputError
        When there is no district to count.
    """
    if len(districts if everyone is None else everyone) == 0:
        raise InputError("there are no districts to count")
    city = City(
        districts=districts,
        facilities=no_rows(FACILITIES),
        areas=None,
        buildings=buildings if buildings is not None and len(buildings) else None,
        network=network,
        as_of=question.as_of,
        snap_limit_m=SNAP_LIMIT_M,
        grid_spacing_m=GRID_SPACING_M,
    )
    return catchments(
        city,
        facilities=facilities,
        profile=question.walking.profile,
        straight=question.straight,
        walking=question.on_foot,
        direction=question.walking.direction,
        everyone=everyone,
        report=report,
    )


def no_rows(layer: Layer) -> GeoDataFrame:
    """Return a layer without rows."""
    return validate(pd.DataFrame(columns=list(layer.names)), layer, source=layer.name)
