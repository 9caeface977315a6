"""What rules find for a place: its verdicts, and the facilities that count."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import millimetres, project
from spatial.doors import Doors, doors_of, doors_of_rows
from spatial.policy.facts import Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.profiles import Profile
from spatial.routes import nearest_sites
from spatial.straight import pair_distances_m


@dataclass(frozen=True)
class NearSite:
    """One of the nearest facilities on foot.

    Parameters
    ----------
    facility
        Its id.
    metres
        Length of the way along connector, streets and connector.
    seconds
        At the pace of the rule's profile, with what it pays for.
    straight_m
        Straight line to its nearest entrance.
    path
        LineString in EPSG:4326 from the place to the facility; None unless asked for.
    """

    facility: str
    metres: float
    seconds: float
    straight_m: float
    path: shapely.LineString | None


@dataclass(frozen=True)
class PlaceFinding:
    """One rule's answer for one place.

    Parameters
    ----------
    pack, rule
        The rule judged by.
    verdict
        Of the place, taken as the only demand point of an urban existing district.
    reason_code
        Code of `spatial.policy.wording`.
    threshold_m
        Distance the clause allows.
    straight_m, straight_facility
        Nearest facility that counts in a straight line; None beyond 5,000 m.
    walking_m, walking_facility
        Nearest on foot; None beyond 5,000 m, off the network, or without one.
    walking_minutes
        At the pace of the rule's profile.
    snap_m
        Length of the connector to the nearest street; None off the network.
    nearest
        The nearest facilities that count on foot, nearest first; None unless asked for.
    """

    pack: str
    rule: str
    verdict: str
    reason_code: str | None
    threshold_m: float
    straight_m: float | None
    straight_facility: str | None
    walking_m: float | None
    walking_facility: str | None
    walking_minutes: float | None
    snap_m: float | None
    nearest: tuple[NearSite, ...] | None = None


@dataclass(frozen=True)
class WantedNearest:
    """What is asked of the nearest facilities."""

    k: int
    paths: bool


def place_findings(
    pack: Pack, rule: Rule, facts: Facts, wanted: WantedNearest | None
) -> list[PlaceFinding]:
    """Judge places by a rule, and name the facilities nearest to each where that is asked."""
    columns = DISTRICT_KINDS[rule.kind].judge(rule, facts)
    # Rules about a radius report the walk of an adult with a child.
    profile = facts.city.profile(rule.parameters.get("profile", "adult_with_child"))
    # A place is its own only demand point.
    reach = facts.reach(rule.counts, profile.impedance)
    ids = facts.city.facilities["id"].to_numpy(dtype=object)
    nearest = None if wanted is None else _nearest(rule, facts, profile, wanted)

    def numbers(name: str) -> list[float | None]:
        return [None if math.isnan(value) else value for value in columns[name].tolist()]

    def names(sites: NDArray[np.int64]) -> list[str | None]:
        return [str(ids[site]) if site >= 0 else None for site in sites.tolist()]

    cells = zip(
        columns["verdict"].tolist(),
        columns["reason_code"].tolist(),
        columns["threshold"].tolist(),
        numbers("straight_m"),
        names(reach.straight_facility),
        numbers("walking_m"),
        names(reach.walk_facility),
        numbers("walking_minutes"),
        numbers("snap_m"),
        [None] * len(reach.snap_m) if nearest is None else nearest,
        strict=True,
    )
    return [PlaceFinding(pack.id, rule.id, *row) for row in cells]


def _nearest(
    rule: Rule, facts: Facts, profile: Profile, wanted: WantedNearest
) -> list[tuple[NearSite, ...]]:
    city = facts.city
    found: list[list[NearSite]] = [[] for _ in range(len(city.districts))]
    if city.network is None:
        return [() for _ in found]
    counting = city.facilities[facts.counted(rule.counts).operating].reset_index(drop=True)
    places = np.asarray(city.districts.geometry.array, dtype=object)
    doors = doors_of_rows(counting)
    routes = nearest_sites(
        city.network,
        places=doors_of(places),
        sites=doors,
        profile=profile,
        k=wanted.k,
        snap_limit_m=city.snap_limit_m,
        paths=wanted.paths,
    )
    lines_m = _straight_m(places[routes.place], doors, routes.site, crs=city.crs)
    ids = counting["id"].to_numpy(dtype=object)
    ways = [None] * len(routes.site) if routes.geometry is None else routes.geometry.tolist()
    for place, site, metres, seconds, line_m, way in zip(
        routes.place.tolist(),
        routes.site.tolist(),
        (millimetres(routes.metres) / 1000).tolist(),
        routes.seconds.tolist(),
        (millimetres(lines_m) / 1000).tolist(),
        ways,
        strict=True,
    ):
        found[place].append(NearSite(str(ids[site]), metres, seconds, line_m, way))
    return [tuple(each) for each in found]


def _straight_m(
    places: NDArray[Any], doors: Doors, sites: NDArray[np.int64], *, crs: CRS
) -> NDArray[np.float64]:
    """Measure from each place to the nearest door of its site."""
    first = np.searchsorted(doors.owner, sites, side="left")
    count = np.searchsorted(doors.owner, sites, side="right") - first
    pair = np.repeat(np.arange(len(sites)), count)
    door = first[pair] + np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    gap_m = pair_distances_m(
        project(places, target=crs)[pair],
        project(doors.geometry, target=crs)[door],
        crs=crs,
    )
    least = np.full(len(sites), np.inf)
    np.minimum.at(least, pair, gap_m)
    return least
