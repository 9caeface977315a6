"""Where the facilities stand: inside districts, along streets, or on a block of their own.

All geometry in metres, `seed.wuhan.streets.LOCAL_CRS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from seed.wuhan.blocks import MAX_BLOCK_M2, SETBACK_M
from seed.wuhan.districts import Settlement
from seed.wuhan.profiles import PROFILES
from seed.wuhan.provision import NOBODY, Provision
from seed.wuhan.territory import Territory
from spatial.facility_kinds import FACILITY_KINDS, SERVICES

_TRIES: Final = 16
# Between the centre line and the fences of `SETBACK_M`, so outside every district.
_FRONT_M: Final = 4.0
_DOOR_STEP_M: Final = 6.0
_STOREYS: Final = 4
_SMALLEST_OPEN_BLOCK_M2: Final = 3_000.0
NOWHERE: Final = -1


@dataclass(frozen=True)
class Sites:
    """Places of the facilities, in the order of the provision.

    Parameters
    ----------
    geometry
        Points, and footprints (polygons) where a facility has a block of its own.
    door
        Entrance, one point each.
    home
        Number of the district it stands in, `NOWHERE` outside.
    """

    geometry: NDArray[np.object_]
    door: NDArray[np.object_]
    home: NDArray[np.int64]


def place(
    provision: Provision,
    floor_area_m2: NDArray[np.float64],
    settlement: Settlement,
    territory: Territory,
    blocks: NDArray[np.object_],
    chance: np.random.Generator,
) -> Sites:
    """Find a place in its community for each facility.

    Facilities of one service stand in or beside different districts as long as there are enough,
    those a district builds stand in it, and a kind that wants a block of its own takes one
    without homes where the community has one.
    """
    count = len(provision.kind)
    beside = _districts(provision, settlement, chance)
    wish = np.where(provision.district == NOBODY, chance.random(count), 0.0)
    in_district = np.array([PROFILES[kind].in_district for kind in provision.kind])
    in_open = np.array([PROFILES[kind].in_open_block for kind in provision.kind])
    own_block = _open_blocks(provision, settlement, territory, blocks, chance)
    open_rows = (wish >= in_district) & (wish < in_district + in_open) & (own_block != NOWHERE)
    # No street is near a district off the network.
    remote = settlement.homes.off_network[beside] & ~open_rows
    inside = (wish < in_district) | (provision.district != NOBODY) | remote
    street = ~inside & ~open_rows

    geometry = np.empty(count, dtype=object)
    fence = np.empty(count, dtype=object)
    homes = settlement.homes
    geometry[inside] = _points_inside(homes.polygons[beside[inside]], chance)
    fence[inside] = shapely.boundary(homes.polygons[beside[inside]])
    street_block = blocks[homes.block[beside[street]]]
    geometry[street] = _points_in_front(street_block, chance)
    fence[street] = shapely.boundary(street_block)
    open_block = blocks[own_block[open_rows]]
    geometry[open_rows] = _footprints(open_block, floor_area_m2[open_rows])
    fence[open_rows] = shapely.boundary(open_block)
    return Sites(
        geometry=geometry,
        door=_doors(geometry, fence),
        home=np.where(inside, beside, NOWHERE),
    )


def _districts(
    provision: Provision, settlement: Settlement, chance: np.random.Generator
) -> NDArray[np.int64]:
    """Choose a district of the community for each facility, by households."""
    count = int(settlement.community.max()) + 1
    members = np.split(
        np.argsort(settlement.community, kind="stable"),
        np.cumsum(np.bincount(settlement.community, minlength=count))[:-1].tolist(),
    )
    chosen = np.empty(len(provision.kind), dtype=np.int64)
    service = np.array([FACILITY_KINDS[kind].service for kind in provision.kind])
    for number, name in product(range(count), SERVICES):
        rows = np.flatnonzero((provision.community == number) & (service == name))
        homes = members[number]
        share = settlement.homes.households[homes] / settlement.homes.households[homes].sum()
        for start in range(0, len(rows), len(homes)):
            turn = rows[start : start + len(homes)]
            chosen[turn] = chance.choice(homes, len(turn), replace=False, p=share)
    return np.where(provision.district == NOBODY, chosen, provision.district)


def _open_blocks(
    provision: Provision,
    settlement: Settlement,
    territory: Territory,
    blocks: NDArray[np.object_],
    chance: np.random.Generator,
) -> NDArray[np.int64]:
    """Choose a block without homes for each facility that may want one; `NOWHERE` if none is."""
    area = shapely.area(blocks)
    free = (area >= _SMALLEST_OPEN_BLOCK_M2) & (area <= MAX_BLOCK_M2)
    free[settlement.homes.block] = False
    chosen = np.full(len(provision.kind), NOWHERE, dtype=np.int64)
    wants = np.array([PROFILES[kind].in_open_block > 0 for kind in provision.kind])
    for row in np.flatnonzero(wants):
        here = np.flatnonzero(free & (territory.block_community == provision.community[row]))
        if len(here):
            chosen[row] = here[np.argsort(-area[here], kind="stable")[: 1 + len(here) // 2]][
                int(chance.integers(0, 1 + len(here) // 2))
            ]
            free[chosen[row]] = False
    return chosen


def _points_inside(
    polygons: NDArray[np.object_], chance: np.random.Generator
) -> NDArray[np.object_]:
    """Draw a point of each polygon, a few metres inside its fence."""
    inner = shapely.buffer(polygons, -_DOOR_STEP_M)
    x0, y0, x1, y1 = shapely.bounds(inner)[:, :, None].transpose(1, 0, 2)
    tries = chance.random((2, len(polygons), _TRIES))
    points = shapely.points(x0 + tries[0] * (x1 - x0), y0 + tries[1] * (y1 - y0))
    shapely.prepare(inner)
    hit = shapely.contains_properly(inner[:, None], points)
    first = points[np.arange(len(polygons)), hit.argmax(axis=1)]
    return np.asarray(np.where(hit.any(axis=1), first, shapely.point_on_surface(inner)))


def _points_in_front(
    blocks: NDArray[np.object_], chance: np.random.Generator
) -> NDArray[np.object_]:
    """Draw a point of each block beside one of its streets."""
    front = shapely.get_geometry(shapely.buffer(blocks, -_FRONT_M, join_style="mitre"), 0)
    return np.asarray(
        shapely.line_interpolate_point(
            shapely.get_exterior_ring(front), chance.random(len(blocks)), normalized=True
        )
    )


def _footprints(
    blocks: NDArray[np.object_], floor_area_m2: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Draw a building of `_STOREYS` floors in the roomiest spot of each block.

    A rectangle of 3 : 2, a point where it does not fit in.
    """
    spots = shapely.get_point(shapely.maximum_inscribed_circle(blocks, tolerance=2.0), 0)
    x, y = shapely.get_coordinates(spots).T
    depth = np.sqrt(floor_area_m2 / _STOREYS / 1.5)
    buildings = shapely.box(x - 0.75 * depth, y - depth / 2, x + 0.75 * depth, y + depth / 2)
    fits = shapely.contains_properly(blocks, shapely.buffer(buildings, SETBACK_M))
    return np.asarray(np.where(fits, buildings, spots))


def _doors(geometry: NDArray[np.object_], fence: NDArray[np.object_]) -> NDArray[np.object_]:
    """Put the door a few metres towards the nearest fence or street, still on the near side.

    The door of a footprint is on its wall.
    """
    is_point = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    way = shapely.shortest_line(geometry, fence)
    step = np.where(is_point, np.minimum(_DOOR_STEP_M, shapely.length(way) / 2), 0.0)
    return np.asarray(shapely.line_interpolate_point(way, step))
