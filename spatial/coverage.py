"""What serves one place: the nearest facilities that count, straight and walking, by rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from spatial.crs import WGS84, millimetres
from spatial.doors import doors_of, doors_of_rows
from spatial.fields import DISTRICTS, FieldType
from spatial.network import Network
from spatial.policy.facts import City, Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.profiles import Profile
from spatial.routes import nearest_sites
from spatial.straight import nearest_straight

# Pandas types of the field types that are not plain objects.
_DTYPES = {FieldType.INTEGER: "Int64", FieldType.BOOLEAN: "boolean"}


# More than anyone compares at a place.
MOST_NEAREST: Final = 50


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


def place_coverage(  # noqa: PLR0913  # a question has this many sides, each by name
    lon: float,
    lat: float,
    *,
    service: str,
    packs: Sequence[Pack],
    facilities: GeoDataFrame,
    network: Network | None,
    as_of: dt.date,
    snap_limit_m: float = 200.0,
    k: int | None = None,
    paths: bool = False,
) -> list[PlaceFinding]:
    """Judge one place by the circle and radius rules of a service.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326.
    service
        ``childcare`` or ``elderly``.
    packs
        Whose rules are asked, in this order.
    facilities
        Validated frame (`spatial.fields`), EPSG:4326: at least those within 5,000 m.
    network
        Streets, or None: walking is then unknown.
    as_of
        The date facilities are seen on.
    snap_limit_m
        A place farther than this from every street is off the network, metres.
    k
        How many of the nearest facilities each rule names; None for none but the nearest, unless
        `paths` asks for its way.
    paths
        True to draw the ways to them.

    Returns
    -------
    One finding a rule; none where no pack has such a rule for the service.
    """
    city = City(
        districts=_single_place(lon, lat),
        facilities=facilities.sort_values("id", kind="stable").reset_index(drop=True),
        areas=None,
        buildings=None,
        network=network,
        as_of=as_of,
        snap_limit_m=snap_limit_m,
        grid_spacing_m=1.0,
    )
    facts = Facts(
        city=city, stage=np.array(["existing"], dtype=object), rural=np.zeros(1, dtype=bool)
    )
    wanted = _Wanted(k or 1, paths) if k is not None or paths else None
    return [
        _place_finding(pack, rule, facts, wanted)
        for pack in packs
        for rule in pack.rules
        if rule.subject == service
        and rule.kind in DISTRICT_KINDS
        and DISTRICT_KINDS[rule.kind].reach
        and rule.parameters.get("role") != "relaxed"
    ]


@dataclass(frozen=True)
class _Wanted:
    """What is asked of the nearest facilities."""

    k: int
    paths: bool


def _place_finding(pack: Pack, rule: Rule, facts: Facts, wanted: _Wanted | None) -> PlaceFinding:
    columns = DISTRICT_KINDS[rule.kind].judge(rule, facts)
    # Rules about a radius report the walk of an adult with a child.
    profile = facts.city.profile(rule.parameters.get("profile", "adult_with_child"))
    reach = facts.reach(rule.counts, profile.impedance)
    ids = facts.city.facilities["id"].to_numpy(dtype=object)
    straight, walk = int(reach.straight_facility[0]), int(reach.walk_facility[0])

    def number(name: str) -> float | None:
        value = float(columns[name][0])
        return None if np.isnan(value) else value

    return PlaceFinding(
        pack=pack.id,
        rule=rule.id,
        verdict=str(columns["verdict"][0]),
        reason_code=columns["reason_code"][0],
        threshold_m=float(columns["threshold"][0]),
        straight_m=number("straight_m"),
        straight_facility=str(ids[straight]) if straight >= 0 else None,
        walking_m=number("walking_m"),
        walking_facility=str(ids[walk]) if walk >= 0 else None,
        walking_minutes=number("walking_minutes"),
        snap_m=number("snap_m"),
        nearest=None if wanted is None else _nearest(rule, facts, profile, wanted),
    )


def _nearest(rule: Rule, facts: Facts, profile: Profile, wanted: _Wanted) -> tuple[NearSite, ...]:
    city = facts.city
    if city.network is None:
        return ()
    counting = city.facilities[facts.counted(rule.counts).operating].reset_index(drop=True)
    place, doors = doors_of(np.asarray(city.districts.geometry.array)), doors_of_rows(counting)
    routes = nearest_sites(
        city.network,
        places=place,
        sites=doors,
        profile=profile,
        k=wanted.k,
        snap_limit_m=city.snap_limit_m,
        paths=wanted.paths,
    )
    ids = counting["id"].to_numpy(dtype=object)
    found = []
    for number, site in enumerate(routes.site.tolist()):
        own = doors.geometry[doors.owner == site]
        line = nearest_straight(place.geometry, own, crs=city.crs)
        found.append(
            NearSite(
                facility=str(ids[site]),
                metres=float(millimetres(routes.metres)[number]) / 1000,
                seconds=float(routes.seconds[number]),
                straight_m=float(millimetres(line.metres)[0]) / 1000,
                path=None if routes.geometry is None else routes.geometry[number],
            )
        )
    return tuple(found)


def _single_place(lon: float, lat: float) -> GeoDataFrame:
    """Make a district of one point, with nothing else known of it."""
    columns = {
        field.name: pd.Series([None], dtype=_DTYPES.get(field.type, "object"))
        for field in DISTRICTS.fields
        if field.type is not FieldType.GEOMETRY
    }
    frame = pd.DataFrame(columns).assign(id="place")
    return GeoDataFrame(frame, geometry=[shapely.Point(lon, lat)], crs=WGS84)
