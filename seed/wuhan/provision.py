"""How much of what each quarter has: the gaps of the demo city are made here.

Synthetic throughout. The numbers are chosen so that every flag occurs, not to describe Wuhan.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seed.wuhan.areas import AreaCodes
from seed.wuhan.chance import generator
from seed.wuhan.districts import Settlement
from seed.wuhan.homes import CENTRE_M
from seed.wuhan.territory import Territory

NOBODY: Final = -1

GOOD, FAIR, POOR = 0, 1, 2
_GOOD_SHARE: Final = 0.45
_FAIR_SHARE: Final = 0.33

# Whole sectors left behind outside this distance: degrees anticlockwise from east.
_POOR_SECTORS: Final = ((20.0, 75.0), (215.0, 270.0))
_POOR_BEYOND_M: Final = 7_500.0

# Facilities a community: expected number where provision is good, fair, poor.
_PER_COMMUNITY: Final = MappingProxyType(
    {
        "nursery": (1.35, 0.95, 0.12),
        "community_childcare": (1.00, 0.65, 0.08),
        "kindergarten_class": (0.85, 0.45, 0.10),
        "workplace_childcare": (0.12, 0.10, 0.05),
        "home_childcare": (0.15, 0.15, 0.10),
        "home_service_station": (0.95, 0.50, 0.10),
        "day_care": (0.75, 0.35, 0.06),
        "mutual_aid": (0.05, 0.05, 0.05),
    }
)
_MUTUAL_AID_RURAL: Final = 0.9
# Facilities a township.
_PER_TOWNSHIP: Final = MappingProxyType(
    {
        "care_home": (2.1, 1.5, 0.7),
        "complex": (0.8, 0.4, 0.1),
        "disabled_care": (0.5, 0.3, 0.1),
        "elderly_university": (0.3, 0.15, 0.05),
    }
)
# Share of the new and planned districts that build their own.
_PER_NEW_DISTRICT: Final = MappingProxyType(
    {"community_childcare": 0.62, "day_care": 0.25, "home_service_station": 0.35}
)
# One regional centre a county, in a township drawn by chance.
_PER_COUNTY: Final = 1


@dataclass(frozen=True)
class Provision:
    """Facilities wanted, one entry each.

    Parameters
    ----------
    kind
        Identifier of the kind.
    community
        Number of the community it is in.
    district
        Number of the new or planned district that is building it, `NOBODY` for the others.
    """

    kind: NDArray[np.object_]
    community: NDArray[np.int64]
    district: NDArray[np.int64]


def provide(
    territory: Territory,
    codes: AreaCodes,
    settlement: Settlement,
    township_middle: NDArray[np.float64],
) -> Provision:
    """Draw the facilities of every community, township, county and new district.

    Parameters
    ----------
    territory, codes
        The areas.
    settlement
        The districts.
    township_middle
        Centroids of the townships in metres, shape (n, 2).

    Returns
    -------
    Ordered by kind, then community; those of new districts last.
    """
    chance = generator(3)
    level = _levels(township_middle, chance)
    community_level = level[territory.community_township]
    kinds: list[str] = []
    communities: list[NDArray[np.int64]] = []
    district: list[NDArray[np.int64]] = []

    def add(kind: str, places: NDArray[np.int64]) -> None:
        kinds.extend([kind] * len(places))
        communities.append(np.sort(places))
        district.append(np.full(len(places), NOBODY))

    frame = settlement.frame
    is_new = frame["stage"].isin(["new", "planned"]).to_numpy()
    numbers = np.arange(len(community_level))
    for kind, expected in _PER_COMMUNITY.items():
        mean = np.array(expected)[community_level]
        if kind == "mutual_aid":
            mean = np.where(codes.is_rural, _MUTUAL_AID_RURAL, mean)
        add(kind, np.repeat(numbers, chance.poisson(mean)))
    for kind, expected in _PER_TOWNSHIP.items():
        townships = np.repeat(np.arange(len(level)), chance.poisson(np.array(expected)[level]))
        add(kind, _anywhere_in(townships, territory.community_township, chance))
    counties = np.repeat(np.arange(len(codes.county)), _PER_COUNTY)
    county_of = territory.township_county[territory.community_township]
    add("regional_centre", _anywhere_in(counties, county_of, chance))
    for kind, share in _PER_NEW_DISTRICT.items():
        building = np.flatnonzero(is_new & (chance.random(len(is_new)) < share))
        district.append(building)
        kinds.extend([kind] * len(building))
        communities.append(settlement.community[building])
    return Provision(
        np.array(kinds, dtype=object), np.concatenate(communities), np.concatenate(district)
    )


def _levels(middle: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.int64]:
    """Rank townships from well to poorly provided: by distance, sector and chance."""
    east, north = (middle - np.array(CENTRE_M)).T
    distance = np.hypot(east, north)
    bearing = np.degrees(np.arctan2(north, east)) % 360
    score = -distance / 14_000 + chance.normal(0.0, 0.35, len(middle))
    for first, last in _POOR_SECTORS:
        score[(bearing >= first) & (bearing < last) & (distance > _POOR_BEYOND_M)] -= 2.0
    rank = np.argsort(np.argsort(-score, kind="stable"), kind="stable") / len(middle)
    return np.asarray(
        np.where(rank < _GOOD_SHARE, GOOD, np.where(rank < _GOOD_SHARE + _FAIR_SHARE, FAIR, POOR))
    )


def _anywhere_in(
    areas: NDArray[np.int64], area_of: NDArray[np.int64], chance: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a community inside each of `areas`."""
    return np.array(
        [int(chance.choice(np.flatnonzero(area_of == area))) for area in areas], dtype=np.int64
    )
