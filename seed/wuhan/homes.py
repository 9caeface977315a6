"""Which plots are lived in, and how many households each holds.

All geometry in metres, `seed.wuhan.streets.LOCAL_CRS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from seed.wuhan.blocks import HECTARE_M2, Plots
from seed.wuhan.census import TOTAL_HOUSEHOLDS
from seed.wuhan.chance import generator, largest_remainder

# Where the two rivers meet (114.285 E, 30.565 N): density falls from here outward.
CENTRE_M: Final = (239_593.0, 3_384_534.0)

_CENTRE_HOUSEHOLDS_PER_HA: Final = 270.0
_DENSITY_FALL_M: Final = 16_000.0
_CHOICE_FALL_M: Final = 12_000.0
_MIN_HOUSEHOLDS: Final = 150
_MAX_HOUSEHOLDS: Final = 3_200
_UNRECORDED: Final = 8

# Districts without any street near, so that "off the network" occurs: in the largest blocks
# (lakes, the river, fields), farther than this from every street.
OFF_NETWORK_M: Final = 260.0
_OFF_NETWORK_COUNT: Final = 6
_OFF_NETWORK_HOUSEHOLDS: Final = 160
_OFF_NETWORK_SIZE_M: Final = (130.0, 90.0)


@dataclass(frozen=True)
class Homes:
    """Residential districts as places, before anything else is known of them.

    Parameters
    ----------
    polygons
        Shape (n,); no two overlap.
    block
        Number of the street block each lies in.
    households
        Those of the districts `recorded` add up to `TOTAL_HOUSEHOLDS`.
    recorded
        False for the few whose number of households nobody has written down.
    from_centre_m
        Distance of the centroid from `CENTRE_M`.
    off_network
        True for the few that lie away from every street.
    """

    polygons: NDArray[np.object_]
    block: NDArray[np.int64]
    households: NDArray[np.int64]
    recorded: NDArray[np.bool_]
    from_centre_m: NDArray[np.float64]
    off_network: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.polygons)

    def taken(self, order: NDArray[np.int64]) -> Homes:
        """Return the districts at these positions, in this order."""
        return Homes(
            polygons=self.polygons[order],
            block=self.block[order],
            households=self.households[order],
            recorded=self.recorded[order],
            from_centre_m=self.from_centre_m[order],
            off_network=self.off_network[order],
        )


def from_centre(places: NDArray[np.object_]) -> NDArray[np.float64]:
    """Distance in metres of the centroids from `CENTRE_M`."""
    x, y = shapely.get_coordinates(shapely.centroid(places)).T
    return np.asarray(np.hypot(x - CENTRE_M[0], y - CENTRE_M[1]))


def choose_homes(plots: Plots, blocks: NDArray[np.object_], streets: NDArray[np.object_]) -> Homes:
    """Choose plots until their households reach the census total, then scale to it exactly.

    The nearer the centre, the likelier a plot is lived in and the denser; both with chance.

    Parameters
    ----------
    plots, blocks
        From `seed.wuhan.blocks`.
    streets
        Every line of the network, for the districts away from it.

    Returns
    -------
    In the order of the plots, the ones off the network last.
    """
    chance = generator(1)
    distance = from_centre(plots.polygons)
    density = (
        _CENTRE_HOUSEHOLDS_PER_HA
        * np.exp(-distance / _DENSITY_FALL_M)
        * chance.lognormal(0.0, 0.3, len(distance))
    )
    expected = shapely.area(plots.polygons) / HECTARE_M2 * density
    # Smallest exponential waiting times first: a draw without replacement, weighted.
    waiting = chance.exponential(np.exp(distance / _CHOICE_FALL_M))
    waiting[(expected < _MIN_HOUSEHOLDS) | (expected > _MAX_HOUSEHOLDS)] = np.inf
    order = np.argsort(waiting, kind="stable")
    remote, remote_block = _off_network(blocks, streets)
    wanted = TOTAL_HOUSEHOLDS - _OFF_NETWORK_HOUSEHOLDS * len(remote)
    enough = int(np.searchsorted(np.cumsum(expected[order]), wanted)) + 1
    chosen = np.sort(order[: min(enough, int(np.isfinite(waiting).sum()))])

    polygons = np.concatenate([plots.polygons[chosen], remote])
    weights = np.concatenate(
        [expected[chosen], np.full(len(remote), float(_OFF_NETWORK_HOUSEHOLDS))]
    )
    recorded = np.ones(len(polygons), dtype=bool)
    recorded[chance.choice(len(chosen), _UNRECORDED, replace=False)] = False
    households = np.rint(weights).astype(np.int64)
    households[recorded] = largest_remainder(weights[recorded], TOTAL_HOUSEHOLDS)
    return Homes(
        polygons=polygons,
        block=np.concatenate([plots.block[chosen], remote_block]),
        households=households,
        recorded=recorded,
        from_centre_m=from_centre(polygons),
        off_network=np.arange(len(polygons)) >= len(chosen),
    )


def _off_network(
    blocks: NDArray[np.object_], streets: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Put one rectangle into each of the blocks with most room, away from every street."""
    largest = np.argsort(-shapely.area(blocks), kind="stable")[: 8 * _OFF_NETWORK_COUNT]
    middle = shapely.get_coordinates(
        shapely.get_point(shapely.maximum_inscribed_circle(blocks[largest], tolerance=20.0), 0)
    )
    width, height = _OFF_NETWORK_SIZE_M
    places = shapely.box(
        middle[:, 0] - width / 2,
        middle[:, 1] - height / 2,
        middle[:, 0] + width / 2,
        middle[:, 1] + height / 2,
    )
    near, _ = shapely.STRtree(streets).query(places, predicate="dwithin", distance=OFF_NETWORK_M)
    alone = np.setdiff1d(np.arange(len(places)), near)
    nearest_first = alone[np.argsort(from_centre(places[alone]), kind="stable")]
    kept = nearest_first[:_OFF_NETWORK_COUNT]
    return places[kept], largest[kept].astype(np.int64)
