"""Where demand points leave their districts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import project
from spatial.demand import Demand
from spatial.geometry import declared
from spatial.straight import pair_distances_m
from spatial.table import Table


@dataclass(frozen=True, eq=False)
class Gates:
    """Ways out of districts: pairs of a demand point and a gate it can use.

    Parameters
    ----------
    geometry
        Gates in EPSG:4326, shape (g,): declared entrances, or the demand points themselves in
        districts that declare none.
    point, gate
        The pairs, shape (q,), ordered by point.
    inside_m
        Geodesic metres from the point to the gate, inside the district; 0 where the point is its
        own gate.
    """

    geometry: NDArray[Any]
    point: NDArray[np.int64]
    gate: NDArray[np.int64]
    inside_m: NDArray[np.float64]

    def ways_out(self, points: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List the pairs that belong to demand points, and each pair's position in `points`."""
        start = np.searchsorted(self.point, points, side="left")
        count = np.searchsorted(self.point, points, side="right") - start
        place = np.repeat(np.arange(len(points)), count)
        within = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
        return start[place] + within, place


def gates_of(districts: Table, demand: Demand, points_m: NDArray[Any], *, crs: CRS) -> Gates:
    """List the ways out of districts.

    Parameters
    ----------
    districts
        A column ``entrances`` (MultiPoint or None), EPSG:4326.
    demand, points_m
        The demand points, and the same in `crs`.
    crs
        Projected system, metres.
    """
    entrances, gated = declared(districts["entrances"])
    if not gated.any():
        every = np.arange(len(demand.district))
        return Gates(demand.geometry, every, every, np.zeros(len(every)))
    doors, owner = shapely.get_parts(entrances[gated], return_index=True)
    door_district = np.flatnonzero(gated)[owner]
    count = np.bincount(door_district, minlength=len(districts))
    first = np.cumsum(count) - count

    own = np.flatnonzero(~gated[demand.district])
    through = np.flatnonzero(gated[demand.district])
    choices = count[demand.district[through]]
    point = np.repeat(through, choices)
    within = np.arange(len(point)) - np.repeat(np.cumsum(choices) - choices, choices)
    gate = first[demand.district[point]] + within
    doors_m = project(doors, target=crs)
    inside_m = pair_distances_m(points_m[point], doors_m[gate], crs=crs)

    order = np.argsort(np.concatenate([point, own]), kind="stable")
    return Gates(
        geometry=np.concatenate([doors, demand.geometry[own]]),
        point=np.concatenate([point, own])[order],
        gate=np.concatenate([gate, len(doors) + np.arange(len(own))])[order],
        inside_m=np.concatenate([inside_m, np.zeros(len(own))])[order],
    )
