"""The layer of residential districts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from seed.wuhan.areas import AreaCodes
from seed.wuhan.blocks import SETBACK_M
from seed.wuhan.census import PERSONS_PER_HOUSEHOLD, SHARE_60_PLUS, SHARE_UNDER_3
from seed.wuhan.chance import generator, largest_remainder
from seed.wuhan.frames import BLOCK_SYNTHETIC, days, layer_frame, texts
from seed.wuhan.homes import Homes
from spatial.fields import DISTRICTS

# The day the city is made for; nothing that has happened in it is later.
MADE_FOR: Final = date(2026, 6, 30)

_NEW_SHARE: Final = 0.06
_PLANNED_SHARE: Final = 0.02
_DATED_SHARE: Final = 0.4  # of the existing ones
_NO_STAGE: Final = 30
_CONTRADICTIONS: Final = 6
_NO_COMMUNITY: Final = 30
_RELAXED: Final = 40
_DIFFICULT_SHARE: Final = 0.6  # the other relaxations are for low demand
_CONDITIONS_AVAILABLE: Final = 12
_POOLS: Final = 12

_GATED_SHARE: Final = 0.85
_GATE_SAMPLES: Final = 24
_MAX_GATES: Final = 4


@dataclass(frozen=True)
class Settlement:
    """Districts with what the facilities need to know of them, in one order.

    Parameters
    ----------
    frame
        The layer, EPSG:4326.
    homes
        Polygons in metres.
    community
        Number of the community each lies in, also where the frame leaves it out.
    """

    frame: gpd.GeoDataFrame
    homes: Homes
    community: NDArray[np.int64]


def settle(
    homes: Homes, community: NDArray[np.int64], codes: AreaCodes, blocks: NDArray[np.object_]
) -> Settlement:
    """Give the districts names, stages, people, gates and records.

    Parameters
    ----------
    homes
        Places and households.
    community
        Number of the community of each.
    codes
        Codes of the communities.
    blocks
        The street blocks, whose rims are the streets.

    Returns
    -------
    Ordered by community, then from south to north; ``WH-0001`` is the first.
    """
    y = shapely.get_y(shapely.centroid(homes.polygons))
    order = np.lexsort((y, community))
    homes = homes.taken(order)
    community = community[order]
    chance = generator(2)
    stage = _stages(homes, chance)
    existing = stage == "existing"
    columns: dict[str, list[object]] = {
        "id": [f"WH-{n + 1:04d}" for n in range(len(homes))],
        "name": [f"示范小区 {n + 1:04d}" for n in range(len(homes))],
        "community": list(
            texts(
                [codes.community[number] for number in community],
                ~_some(chance, np.ones(len(homes), dtype=bool), _NO_COMMUNITY),
            )
        ),
        "source": [BLOCK_SYNTHETIC] * len(homes),
    }
    columns |= _permits(stage, chance)
    columns |= _people(homes, stage, columns["permitted_on"], chance)
    columns |= _groups(homes, stage, community, chance)
    columns |= _records(homes, existing, chance)
    columns["entrances"] = list(_gates(homes, blocks, chance))
    return Settlement(layer_frame(DISTRICTS, columns, homes.polygons), homes, community)


def _some(chance: np.random.Generator, among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Choose `count` of the rows that are `among`."""
    chosen = np.zeros(len(among), dtype=bool)
    chosen[chance.choice(np.flatnonzero(among), count, replace=False)] = True
    return chosen


def _stages(homes: Homes, chance: np.random.Generator) -> NDArray[np.object_]:
    """Draw the stage of whole blocks, new ones likelier away from the centre."""
    blocks, of = np.unique(homes.block, return_inverse=True)
    distance = np.bincount(of, weights=homes.from_centre_m) / np.bincount(of)
    likely = 0.4 + distance / distance.mean()
    likely /= likely.mean()
    drawn = chance.random(len(blocks))
    stage = np.full(len(blocks), "existing", dtype=object)
    stage[drawn < (_NEW_SHARE + _PLANNED_SHARE) * likely] = "new"
    stage[drawn < _PLANNED_SHARE * likely] = "planned"
    stages = stage[of]
    stages[homes.off_network] = "existing"
    return np.asarray(stages)


def _permits(stage: NDArray[np.object_], chance: np.random.Generator) -> dict[str, list[object]]:
    """Dates of the permit; some stages left to it, a few in contradiction with it."""
    new, existing = stage == "new", stage == "existing"
    count = len(stage)
    recent = days(chance, date(2023, 1, 1), date(2026, 3, 31), new)
    old = days(
        chance,
        date(1984, 1, 1),
        date(2021, 6, 30),
        existing & (chance.random(count) < _DATED_SHARE),
    )
    contrary_rows = _some(chance, existing, _CONTRADICTIONS)
    contrary = days(chance, date(2023, 1, 1), date(2024, 12, 31), contrary_rows)
    permitted = [c or r or o for c, r, o in zip(contrary, recent, old, strict=True)]
    dated = np.array([day is not None for day in permitted]) & ~contrary_rows
    unsaid = _some(chance, dated, _NO_STAGE)
    return {"stage": list(texts(list(stage), ~unsaid)), "permitted_on": list(permitted)}


def _people(
    homes: Homes,
    stage: NDArray[np.object_],
    permitted_on: list[object],
    chance: np.random.Generator,
) -> dict[str, list[object]]:
    """Households and people.

    The older the quarter (the nearer the centre), the more people of 60 and over and the fewer
    small children. New districts permitted within two years of `MADE_FOR` stand empty (0
    people); the people of planned ones are unknown.
    """
    count = len(homes)
    empty = np.array(
        [
            s == "new" and isinstance(day, date) and day.year >= MADE_FOR.year - 1
            for s, day in zip(stage, permitted_on, strict=True)
        ]
    )
    lived_in = ~empty & (stage != "planned")
    size = PERSONS_PER_HOUSEHOLD * chance.normal(1.0, 0.06, count).clip(0.8, 1.2)
    weight = np.where(lived_in, homes.households * size, 0.0)
    total = round(PERSONS_PER_HOUSEHOLD * int(homes.households[lived_in].sum()))
    people = largest_remainder(weight, total)
    age = 1.35 - 0.5 * (homes.from_centre_m / homes.from_centre_m.max())
    age = np.where(stage == "new", 0.45, age)
    older = largest_remainder(
        people * age * chance.normal(1.0, 0.15, count).clip(0.5, 1.5), round(SHARE_60_PLUS * total)
    )
    small = largest_remainder(
        people / age * chance.normal(1.0, 0.15, count).clip(0.5, 1.5), round(SHARE_UNDER_3 * total)
    )
    planned = stage == "planned"

    def unless_planned(values: NDArray[np.int64]) -> list[object]:
        return [None if p else int(v) for v, p in zip(values, planned, strict=True)]

    return {
        "households": [
            int(value) if known else None
            for value, known in zip(homes.households, homes.recorded, strict=True)
        ],
        "population": unless_planned(people),
        "population_60_plus": unless_planned(older),
        "population_0_3": unless_planned(small),
    }


def _groups(
    homes: Homes,
    stage: NDArray[np.object_],
    community: NDArray[np.int64],
    chance: np.random.Generator,
) -> dict[str, list[object]]:
    """Land grants shared by the new districts of a block; pools of the new ones of a community."""
    land_grant: list[object] = [None] * len(homes)
    pool: list[object] = [None] * len(homes)
    new = np.flatnonzero(stage == "new")
    granted = 0
    for block in np.unique(homes.block[new]):
        members = new[homes.block[new] == block]
        if len(members) > 1:
            granted += 1
            for member in members:
                land_grant[int(member)] = f"示范地块 {granted:02d}"
    sharing = [
        members
        for number in np.unique(community[new])
        if len(members := new[community[new] == number]) > 1
    ]
    chosen = chance.choice(len(sharing), min(_POOLS, len(sharing)), replace=False)
    for number, place in enumerate(np.sort(chosen)):
        for member in sharing[int(place)]:
            pool[int(member)] = f"WH-P-{number + 1:02d}"
    return {"land_grant": land_grant, "pool": pool}


def _records(
    homes: Homes, existing: NDArray[np.bool_], chance: np.random.Generator
) -> dict[str, list[object]]:
    """Relaxations of the childcare radius in the old town, and conditions declared available.

    金政发〔2022〕29号 三(一)1(1)¶2: 设置确有困难的或托育需求较低的地区
    服务半径可适当扩大至500—800米.
    """
    count = len(homes)
    old_town = existing & (homes.from_centre_m < np.quantile(homes.from_centre_m, 0.4))
    relaxed = _some(chance, old_town, _RELAXED)
    conditions = _some(chance, existing & ~relaxed, _CONDITIONS_AVAILABLE)
    recorded = relaxed | conditions
    difficult = chance.random(count) < _DIFFICULT_SHARE
    radius = chance.choice([500, 600, 700, 800], count)
    return {
        "siting_difficult": [
            bool(d) if r else None for d, r in zip(difficult, relaxed, strict=True)
        ],
        "low_demand": [not d if r else None for d, r in zip(difficult, relaxed, strict=True)],
        "conditions_available": [True if c else None for c in conditions],
        "justified_by": list(texts(["示范经办人"] * count, recorded)),
        "justified_on": list(days(chance, date(2022, 9, 1), date(2025, 12, 31), recorded)),
        "justified_body": list(texts(["示范区规划主管部门"] * count, recorded)),
        "approved_radius_m": [
            Decimal(int(value)) if r else None for value, r in zip(radius, relaxed, strict=True)
        ],
    }


def _gates(
    homes: Homes, blocks: NDArray[np.object_], chance: np.random.Generator
) -> NDArray[np.object_]:
    """Put one to four gates on the fence where it runs along a street.

    Larger districts have more. About one district in seven has none, as in most lists; those off
    the network have none either.
    """
    count = len(homes)
    fences = shapely.get_exterior_ring(homes.polygons)
    at = (np.arange(_GATE_SAMPLES)[None, :] + chance.random((count, 1))) / _GATE_SAMPLES
    places = shapely.line_interpolate_point(fences[:, None], at, normalized=True)
    rims = shapely.boundary(blocks[homes.block])
    on_street = shapely.distance(places, rims[:, None]) <= SETBACK_M + 1.0
    wanted = np.clip(
        1 + shapely.length(fences) / 400 + chance.integers(-1, 1, count, endpoint=True),
        1,
        _MAX_GATES,
    ).astype(np.int64)
    gated = (chance.random(count) < _GATED_SHARE) & ~homes.off_network
    gates = np.full(count, None, dtype=object)
    for row in np.flatnonzero(gated):
        possible = np.flatnonzero(on_street[row])
        if len(possible):
            steps = np.arange(min(int(wanted[row]), len(possible)))
            chosen = possible[(steps * len(possible)) // len(steps)]
            gates[row] = shapely.MultiPoint(list(places[row, chosen]))
    return gates
