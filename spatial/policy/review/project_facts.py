"""What rules judge a project by: the facts of a city of one district."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.network import Network
from spatial.policy.city import City
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facility_edits import carry
from spatial.policy.facts import Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.review.around import ALLOTTED_BY, STOCK_COLUMNS
from spatial.policy.review.laying import Laid
from spatial.policy.review.placing import Placed
from spatial.policy.units import Allotment
from spatial.table import PlainRows, objects, shapes

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_COUNT: Final = "facility_count_by_households"


@dataclass(frozen=True, eq=False)
class ProjectFacts:
    """What rules judge a project by, among what is around it.

    Parameters
    ----------
    reach
        Of rules about distances: all facilities around.
    stock, number
        Of rules about area, and about number: those alone that may belong to the project or its
        pool. The same object where `Placed` has the same facilities.
    """

    reach: Facts
    stock: Facts
    number: Facts

    def for_kind(self, kind: str) -> Facts:
        """Return the facts a kind of rule is asked of."""
        if DISTRICT_KINDS[kind].reach:
            return self.reach
        return self.number if kind == _COUNT else self.stock


@dataclass(frozen=True, eq=False)
class _Ground:
    """The districts of one project: itself and the other members of its pool."""

    placed: Placed
    as_of: dt.date
    parameters: EvaluationParameters

    def facts(self, laid: Laid, columns: Sequence[str], network: Network | None) -> Facts:
        """Return the facts of facilities, of which rules read these columns and nothing else."""
        known, districts = laid.known.columns, self.placed.districts
        rows = {name: laid.together(known[name], laid.own[name]) for name in columns}
        city = City(
            districts=cast("GeoDataFrame", districts),
            facilities=cast("GeoDataFrame", PlainRows(rows, size=laid.size)),
            areas=None,
            buildings=cast("GeoDataFrame | None", self.placed.buildings),
            network=network,
            as_of=self.as_of,
            snap_limit_m=self.parameters.snap_limit_m,
            grid_spacing_m=self.parameters.grid_spacing_m,
            penalties=self.parameters.penalties,
            known=laid,
        )
        # Every stage is given, so it is the same under every pack, whatever its date.
        return Facts(
            city=city, stage=districts["stage"], rural=np.zeros(len(districts), dtype=bool)
        )

    def beside(self, laid: Laid) -> Laid:
        """Keep the facilities that may belong to the project or its pool; no other does."""
        districts = self.placed.districts
        bounds = shapely.total_bounds(shapes(districts["geometry"]))
        pool = next((one for one in objects(districts["pool"]) if one is not None), None)
        near = laid.known.near(bounds, districts=objects(districts["id"]).tolist(), pool=pool)
        if laid.around.inside is not None:
            near = near[laid.around.inside[near]]
        return laid.beside(near[~np.isin(near, laid.gone)] if len(laid.gone) else near)


def project_facts(
    placed: Placed, *, network: Network | None, as_of: dt.date, parameters: EvaluationParameters
) -> ProjectFacts:
    """Return the facts of a project among what is around it.

    Parameters
    ----------
    placed
        The project laid out.
    network
        Streets, or None.
    as_of, parameters
        Of the review.
    """
    ground = _Ground(placed, as_of, parameters)
    # Area and number need no streets.
    few = ground.beside(placed.stock)
    stock = ground.facts(few, STOCK_COLUMNS, None)

    def other(laid: Laid, columns: Sequence[str]) -> tuple[Laid, Facts]:
        if laid is placed.stock:
            return few, stock
        narrow = ground.beside(laid)
        facts = ground.facts(narrow, columns, None)
        carry(facts, units=stock.units, ground=stock.ground)
        return narrow, facts

    _, number = other(placed.number, STOCK_COLUMNS)
    beside, allotted = other(placed.reach, ALLOTTED_BY)
    reach = ground.facts(placed.reach, ("id",), network)
    carry(
        reach,
        units=stock.units,
        ground=stock.ground,
        allotment=_spread(allotted.allotment, beside, placed.reach),
    )
    return ProjectFacts(reach, stock, number)


def _spread(found: Allotment, beside: Laid, laid: Laid) -> Allotment:
    """Say of all facilities what is known of those that may belong to the project."""
    numbers: NDArray[np.int64] = beside.together(laid.number[:-1], laid.came)
    unit = np.full(laid.size, -1, dtype=np.int64)
    district = np.full(laid.size, -1, dtype=np.int64)
    unit[numbers], district[numbers] = found.unit, found.district
    return Allotment(unit, district)
