"""What serves one place: the nearest facilities that count, straight and walking, by rule."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pyproj import CRS

from spatial.crs import WGS84, millimetres, project
from spatial.doors import Doors, doors_of, doors_of_rows
from spatial.fields import DISTRICTS, FieldType
from spatial.network import Network
from spatial.policy.city import City
from spatial.policy.facts import Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.profiles import Profile
from spatial.routes import nearest_sites
from spatial.straight import pair_distances_m

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
    """Judge one place by the circle and radius rules of a service; see `places_coverage`.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326.
    service, packs, facilities, network, as_of, snap_limit_m, k, paths
        As there.

    Returns
    -------
    One finding a rule; none where no pack has such a rule for the service.
    """
    (findings,) = places_coverage(
        np.array([shapely.Point(lon, lat)], dtype=object),
        service=service,
        packs=packs,
        facilities=facilities,
        network=network,
        as_of=as_of,
        snap_limit_m=snap_limit_m,
        k=k,
        paths=paths,
    )
    return findings


def places_coverage(  # noqa: PLR0913  # a question has this many sides, each by name
    places: NDArray[Any],
    *,
    service: str,
    packs: Sequence[Pack],
    facilities: GeoDataFrame,
    network: Network | None,
    as_of: dt.date,
    snap_limit_m: float = 200.0,
    k: int | None = None,
    paths: bool = False,
) -> list[list[PlaceFinding]]:
    """Judge places by the circle and radius rules of a service, all in one go.

    Parameters
    ----------
    places
        Points in EPSG:4326, none of them missing or empty, shape (n,).
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
    For each place one finding a rule; none where no pack has such a rule for the service.
    """
    if len(places) == 0:
        return []
    city = City(
        districts=_as_districts(places),
        facilities=facilities.sort_values("id", kind="stable").reset_index(drop=True),
        areas=None,
        buildings=None,
        network=network,
        as_of=as_of,
        snap_limit_m=snap_limit_m,
        grid_spacing_m=1.0,
    )
    facts = Facts(
        city=city,
        stage=np.full(len(places), "existing", dtype=object),
        rural=np.zeros(len(places), dtype=bool),
    )
    wanted = _Wanted(k or 1, paths) if k is not None or paths else None
    by_rule = [
        _findings(pack, rule, facts, wanted)
        for pack in packs
        for rule in pack.rules
        if rule.subject == service
        and rule.kind in DISTRICT_KINDS
        and DISTRICT_KINDS[rule.kind].reach
        and rule.parameters.get("role") != "relaxed"
    ]
    return [[findings[number] for findings in by_rule] for number in range(len(places))]


@dataclass(frozen=True)
class _Wanted:
    """What is asked of the nearest facilities."""

    k: int
    paths: bool


def _findings(pack: Pack, rule: Rule, facts: Facts, wanted: _Wanted | None) -> list[PlaceFinding]:
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
    rule: Rule, facts: Facts, profile: Profile, wanted: _Wanted
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


def _as_districts(places: NDArray[Any]) -> GeoDataFrame:
    """Make districts of single points, with nothing else known of them."""
    columns = {
        field.name: pd.Series([None] * len(places), dtype=_DTYPES.get(field.type, "object"))
        for field in DISTRICTS.fields
        if field.type is not FieldType.GEOMETRY
    }
    ids = pd.Series([f"place {number}" for number in range(len(places))], dtype=object)
    frame = pd.DataFrame(columns).assign(id=ids)
    return GeoDataFrame(frame, geometry=places, crs=WGS84)
