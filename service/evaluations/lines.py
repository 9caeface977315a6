"""What a district's findings about reach rest on, read from the data as they were judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from geopandas import GeoDataFrame
from sqlalchemy import Connection

from service.core import history
from service.core.network_cache import NetworkCache
from service.core.parameters import BBox
from service.core.schema import VERSIONED
from service.evaluations.stored_evaluation import StoredEvaluation
from spatial.fields import BUILDINGS, DISTRICTS, FACILITIES
from spatial.policy.city import City
from spatial.policy.district_stage import stages
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.evidence_lines import EvidenceLine, evidence_lines
from spatial.policy.facts import Facts
from spatial.policy.pack import Pack

# Distances end at 5,000 m (design, section 2); a tenth more, for what a box in degrees cuts off.
_HALO_M: Final = 5_500.0
_DEGREE_M: Final = 110_574.0


def district_lines(
    connection: Connection,
    stored: StoredEvaluation,
    district_id: str,
    *,
    packs: Sequence[Pack],
    network_cache: NetworkCache,
) -> list[EvidenceLine]:
    """Draw the walks and straight lines a district was judged by; empty where there is none.

    Parameters
    ----------
    stored
        The run, which has this district.
    packs
        Of the run.
    """
    districts = history.current(connection, DISTRICTS, keys=[district_id], moment=stored.moment)
    if len(districts) == 0:
        return []
    buildings = history.read(
        connection,
        BUILDINGS,
        VERSIONED[BUILDINGS.name].c.district_id == district_id,
        moment=stored.moment,
    )
    facilities = history.current(
        connection, FACILITIES, bbox=_around(districts), moment=stored.moment
    )
    network = None
    if stored.network_version is not None:
        network = network_cache.load(connection, stored.network_version)
    parameters = EvaluationParameters.from_json(stored.parameters)
    city = City(
        districts=districts.reset_index(drop=True),
        facilities=facilities.sort_values("id", kind="stable").reset_index(drop=True),
        areas=None,
        buildings=buildings if len(buildings) else None,
        network=network,
        as_of=stored.as_of,
        snap_limit_m=parameters.snap_limit_m,
        grid_spacing_m=parameters.grid_spacing_m,
        penalties=parameters.penalties,
    )
    facts = [
        Facts(
            city=city,
            stage=stages(city.districts, document_date=pack.effective_from)[0],
            # Whether a circle is asked of a rural district is the verdict's business, not here.
            rural=np.zeros(1, dtype=bool),
        )
        for pack in packs
    ]
    return [_rounded(line) for line in evidence_lines(city, packs, facts=facts)]


def _rounded(line: EvidenceLine) -> EvidenceLine:
    return line if line.metres is None else replace(line, metres=round(line.metres, 3))


def _around(districts: GeoDataFrame) -> BBox:
    """Return a box in degrees that holds everything within `_HALO_M` of a district."""
    west, south, east, north = (float(value) for value in districts.total_bounds)
    up = _HALO_M / _DEGREE_M
    side = up / math.cos(math.radians(min(max(abs(south), abs(north)) + up, 89.0)))
    return max(west - side, -180), max(south - up, -90), min(east + side, 180), min(north + up, 90)
