"""What a finding about reach rests on, drawn: a walk and a straight line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.crs import millimetres, unproject
from spatial.doors import Doors
from spatial.policy.city import City
from spatial.policy.facts import Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.kinds.points import worst_point
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.profiles import Profile
from spatial.reach import SEARCH_LIMIT_M
from spatial.routes import nearest_sites

CIRCLE: Final = "service_circle_time"


@dataclass(frozen=True, eq=False)
class EvidenceLine:
    """One line of a finding.

    Parameters
    ----------
    pack, rule
        Whose finding.
    walking
        True for the walk, False for the straight line.
    decides
        True for the distance the clause means.
    facility
        Id of the facility it leads to; None where there is none within reach.
    metres
        Length, to the millimetre: as the finding has it.
    minutes
        Of the walk, at the pace of the rule's profile; None for a straight line.
    geometry
        LineString in EPSG:4326 from the demand point to the entrance; None without a facility.
    """

    pack: str
    rule: str
    walking: bool
    decides: bool
    facility: str | None
    metres: float | None
    minutes: float | None
    geometry: shapely.LineString | None


def evidence_lines(
    city: City, packs: Sequence[Pack], *, facts: Sequence[Facts]
) -> Iterator[EvidenceLine]:
    """Draw what the findings of one district about reach rest on.

    Each finding names the distance of its worst demand point, the one farthest from the facility
    nearest to it. From that point there are two lines, the walk to the facility nearest on foot
    and the straight line to the one nearest in a straight line.

    Parameters
    ----------
    city
        One district, and at least the facilities within 5,000 m of it.
    packs, facts
        What it was judged by; a `Facts` a pack.

    Yields
    ------
    Two lines for each rule about reach that applies to the stage of the district, in the order of
    the packs; one where there is no network.
    """
    for pack, known in zip(packs, facts, strict=True):
        for rule in pack.rules:
            if rule.kind not in DISTRICT_KINDS or not DISTRICT_KINDS[rule.kind].reach:
                continue
            if rule.parameters.get("role") == "relaxed" or known.stage[0] not in rule.applies_to:
                continue
            yield from _lines(pack, rule, city, known)


def _lines(pack: Pack, rule: Rule, city: City, facts: Facts) -> Iterator[EvidenceLine]:
    # Rules about a radius report the walk of an adult with a child.
    profile = city.profile(rule.parameters.get("profile", "adult_with_child"))
    reach = facts.reach(rule.counts, profile.impedance)
    circle = rule.kind == CIRCLE
    deciding = reach.walk_mm if circle else reach.straight_mm
    point = int(worst_point(city.demand, deciding)[0])
    ids = city.facilities["id"].to_numpy(dtype=object)

    def line(
        *, walking: bool, number: int, metres: float, geometry: shapely.LineString | None
    ) -> EvidenceLine:
        found = number >= 0
        seconds = metres / float(profile.speed_m_per_s)
        return EvidenceLine(
            pack=pack.id,
            rule=rule.id,
            walking=walking,
            decides=walking == circle,
            facility=str(ids[number]) if found else None,
            metres=metres if found else None,
            minutes=round(seconds / 60, 2) if found and walking else None,
            geometry=geometry,
        )

    if city.network is not None:
        number = int(reach.walk_facility[point])
        yield line(
            walking=True,
            number=number,
            metres=float(reach.walk_mm[point]) / 1000,
            geometry=None if number < 0 else _way(city, point, number, profile),
        )
    number = int(reach.straight_facility[point])
    yield line(
        walking=False,
        number=number,
        metres=float(reach.straight_mm[point]) / 1000,
        geometry=None if number < 0 else _straight(city, point, number),
    )


def _way(city: City, point: int, number: int, profile: Profile) -> shapely.LineString | None:
    """Draw the walk from a demand point, through the gate that is best, to a facility."""
    if city.network is None:
        return None
    gates = city.gates
    pair = np.flatnonzero(gates.point == point)
    doors, owner = city.doors
    mine = doors[owner == number]
    routes = nearest_sites(
        city.network,
        places=_each(gates.geometry[gates.gate[pair]]),
        sites=Doors(mine, np.zeros(len(mine), np.int64), 1, np.zeros(1, dtype=bool)),
        profile=profile,
        limit_m=SEARCH_LIMIT_M,
        snap_limit_m=city.snap_limit_m,
        paths=True,
    )
    if len(routes.place) == 0 or routes.geometry is None:
        return None
    inside_m = gates.inside_m[pair][routes.place]
    best = int(np.argmin(millimetres(inside_m + routes.cost_m)))
    way = shapely.get_coordinates(routes.geometry[best])
    start = city.demand.geometry[point]
    if inside_m[best] > 0:
        way = np.concatenate([shapely.get_coordinates(start)[:1], way])
    return shapely.LineString(way)


def _each(geometry: NDArray[Any]) -> Doors:
    count = len(geometry)
    return Doors(geometry, np.arange(count), count, np.zeros(count, dtype=bool))


def _straight(city: City, point: int, number: int) -> shapely.LineString:
    """Draw the straight line from a demand point to the nearest entrance of a facility."""
    _, owner = city.doors
    lines = shapely.shortest_line(city.demand_local[point], city.doors_local[owner == number])
    shortest = lines[int(np.argmin(shapely.length(lines)))]
    return shapely.LineString(unproject(shapely.get_coordinates(shortest), source=city.crs))
