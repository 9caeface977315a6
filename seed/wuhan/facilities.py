"""The layer of synthetic facilities."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from seed.wuhan.areas import AreaCodes
from seed.wuhan.chance import generator
from seed.wuhan.districts import Settlement
from seed.wuhan.frames import SYNTHETIC, decimals, integers, layer_frame, texts
from seed.wuhan.history import draw_history
from seed.wuhan.profiles import PROFILES
from seed.wuhan.provision import NOBODY, Provision
from seed.wuhan.sites import NOWHERE, Sites, place
from seed.wuhan.territory import Territory
from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import FACILITIES

_NO_FLOOR_AREA: Final = 0.025
_NO_DOOR: Final = 0.12
_ALLOTTED: Final = 0.85  # of those inside a district
_INCLUSIVE_SHARE: Final = 0.4  # of the private ones
_CLASS_PLACES: Final = 20
_CLASS_M2: Final = 120.0


def build_facilities(
    provision: Provision,
    settlement: Settlement,
    territory: Territory,
    codes: AreaCodes,
    blocks: NDArray[np.object_],
) -> gpd.GeoDataFrame:
    """Give the facilities places, sizes, operators and histories.

    Parameters
    ----------
    provision
        What is wanted where.
    settlement, territory, codes
        The districts and areas.
    blocks
        The street blocks.

    Returns
    -------
    The layer, in the order of the provision; ``WH-F-0001`` is the first. A few floor areas,
    doors and answers are missing and a few histories contradict themselves, on purpose.
    """
    chance = generator(4)
    floor = _floor_areas(provision, settlement, chance)
    sites = place(provision, floor, settlement, territory, blocks, chance)
    count = len(provision.kind)
    stem = {kind: profile.name for kind, profile in PROFILES.items()}
    public = chance.random(count) < np.array([PROFILES[k].public for k in provision.kind])
    door_known = chance.random(count) >= _NO_DOOR
    columns: dict[str, list[object]] = {
        "id": [f"WH-F-{n + 1:04d}" for n in range(count)],
        "name": [f"示范{stem[kind]} {n + 1:04d}" for n, kind in enumerate(provision.kind)],
        "service": [FACILITY_KINDS[kind].service for kind in provision.kind],
        "kind": list(provision.kind),
        "operator": _operators(public, chance),
        "source": [SYNTHETIC] * count,
        "entrances": [
            shapely.MultiPoint([door]) if known else None
            for door, known in zip(sites.door, door_known, strict=True)
        ],
    }
    columns |= _sizes(provision, floor, public, chance)
    columns |= _answers(provision, chance)
    columns |= _service_areas(provision, territory, codes)
    columns |= _belonging(provision, settlement, sites, chance)
    columns |= draw_history(provision, settlement, chance)
    return layer_frame(FACILITIES, columns, sites.geometry)


def _floor_areas(
    provision: Provision, settlement: Settlement, chance: np.random.Generator
) -> NDArray[np.float64]:
    """Floor area of every facility in m², whole numbers.

    What a new district builds is sized by its households, some a little too small.
    """
    profiles = [PROFILES[kind] for kind in provision.kind]
    usual = np.array([p.median_m2 for p in profiles], dtype=np.float64)
    usual *= np.exp(np.array([p.spread for p in profiles]) * chance.normal(size=len(profiles)))
    usual = usual.clip([p.smallest_m2 for p in profiles], [p.largest_m2 for p in profiles])
    own = provision.district != NOBODY
    households = settlement.homes.households[provision.district]
    by_size = np.maximum(200.0, 0.15 * households) * chance.uniform(0.8, 1.5, len(profiles))
    childcare = provision.kind == "community_childcare"
    return np.asarray(np.rint(np.where(own & childcare, by_size, usual)))


def _operators(public: NDArray[np.bool_], chance: np.random.Generator) -> list[object]:
    mixed = chance.random(len(public)) < np.where(public, 0.35, 0.1)
    return [
        "public_built_private_run" if m else "public" if p else "private"
        for p, m in zip(public, mixed, strict=True)
    ]


def _sizes(
    provision: Provision,
    floor: NDArray[np.float64],
    public: NDArray[np.bool_],
    chance: np.random.Generator,
) -> dict[str, list[object]]:
    """Areas, places and beds; NaN is "none of that sort" or not known."""
    kind = provision.kind
    count = len(kind)
    nan = np.full(count, np.nan)
    per_place = np.array([PROFILES[k].m2_per_place or np.nan for k in kind])
    per_bed = np.array([PROFILES[k].m2_per_bed or np.nan for k in kind])
    kindergarten = kind == "kindergarten_class"
    classes = chance.integers(1, 3, count, endpoint=True)
    places = np.floor(floor / per_place)
    places = np.where(kindergarten, classes * _CLASS_PLACES, places)
    places = np.where(kind == "home_childcare", np.minimum(places, 5), places)
    childcare = np.array([FACILITY_KINDS[k].service == "childcare" for k in kind])
    inclusive = public | (chance.random(count) < _INCLUSIVE_SHARE)
    beds = np.floor(floor / per_bed)
    nursing = np.floor(beds * chance.uniform(0.3, 0.7, count))
    dementia = np.where(kind == "care_home", np.floor(beds * chance.uniform(0, 0.12, count)), nan)
    plot = np.isin(kind, ["care_home", "regional_centre", "kindergarten_class"])
    childcare_rooms = np.rint(classes * _CLASS_M2 * chance.uniform(0.9, 1.3, count))
    unknown = chance.random(count) < _NO_FLOOR_AREA
    return {
        "floor_area_m2": list(decimals(np.where(unknown, nan, floor), places=0)),
        "childcare_floor_area_m2": list(
            decimals(np.where(kindergarten & ~unknown, childcare_rooms, nan), places=0)
        ),
        "site_area_m2": list(
            decimals(np.where(plot, floor * chance.uniform(0.6, 1.4, count), nan), places=1)
        ),
        "places": list(integers(places)),
        "inclusive_places": list(
            integers(np.where(childcare, np.where(inclusive, places, 0.0), nan))
        ),
        "beds": list(integers(beds)),
        "nursing_beds": list(integers(np.where(kind == "day_care", nan, nursing))),
        "dementia_beds": list(integers(dementia)),
    }


def _answers(provision: Provision, chance: np.random.Generator) -> dict[str, list[object]]:
    """Yes, no and unknown, asked only of the kinds a rule asks; rooms of the smaller kinds."""
    kind = provision.kind
    count = len(kind)

    def answer(asked: NDArray[np.bool_], yes: float, unknown: float) -> list[object]:
        drawn = chance.random(count)
        return [
            bool(value < yes) if ask and value < 1 - unknown else None
            for value, ask in zip(drawn, asked, strict=True)
        ]

    everyone = np.ones(count, dtype=bool)
    childcare = np.array([FACILITY_KINDS[k].service == "childcare" for k in kind])
    shop = ~np.isin(kind, ["care_home", "regional_centre", "elderly_university", "home_childcare"])
    floors = chance.choice([1, 1, 1, 1, 2, 2, 3], count)
    return {
        "open_to_residents": answer(kind == "workplace_childcare", 0.5, 0.2),
        "takes_outside_children": answer(kind == "kindergarten_class", 0.6, 0.15),
        "registered": answer(childcare, 0.7, 0.1),
        "floor_level": [int(f) if s else None for f, s in zip(floors, shop, strict=True)],
        "own_entrance": answer(shop, 0.7, 0.1),
        "lift": answer(everyone & ~childcare, 0.6, 0.15),
    }


def _service_areas(
    provision: Provision, territory: Territory, codes: AreaCodes
) -> dict[str, list[object]]:
    """Communities named in the registration: those of its township for the larger centres."""
    township = territory.community_township
    names: list[object] = []
    for kind, community in zip(provision.kind, provision.community, strict=True):
        if kind in {"complex", "regional_centre"}:
            served = np.flatnonzero(township == township[community])
            names.append(tuple(codes.community[number] for number in served))
        elif kind in {"day_care", "home_service_station"}:
            names.append((codes.community[community],))
        else:
            names.append(None)
    return {"service_area": names}


def _belonging(
    provision: Provision, settlement: Settlement, sites: Sites, chance: np.random.Generator
) -> dict[str, list[object]]:
    """Whose facility it is: the district's or the pool's that builds it, or the one it stands in.

    The rest is left to the place of its door.
    """
    inside = sites.home != NOWHERE
    pool = settlement.frame["pool"].to_numpy()[sites.home]
    own = provision.district != NOBODY
    pooled = inside & own & np.array([name is not None for name in pool])
    stated = inside & ~pooled & (own | (chance.random(len(inside)) < _ALLOTTED))
    ids = settlement.frame["id"].to_numpy()[sites.home]
    return {
        "district_id": list(texts(list(ids), stated)),
        "pool": list(texts(list(pool), pooled)),
    }
