"""What serves one place: the nearest facilities that count, straight and walking, by rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from spatial.crs import WGS84
from spatial.fields import DISTRICTS, FieldType
from spatial.network import Network
from spatial.policy.facts import City, Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule

# Pandas types of the field types that are not plain objects.
_DTYPES = {FieldType.INTEGER: "Int64", FieldType.BOOLEAN: "boolean"}


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


def place_coverage(
    lon: float,
    lat: float,
    *,
    service: str,
    packs: Sequence[Pack],
    facilities: GeoDataFrame,
    network: Network | None,
    as_of: dt.date,
    snap_limit_m: float = 200.0,
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
    return [
        _place_finding(pack, rule, facts)
        for pack in packs
        for rule in pack.rules
        if rule.subject == service
        and rule.kind in DISTRICT_KINDS
        and DISTRICT_KINDS[rule.kind].reach
        and rule.parameters.get("role") != "relaxed"
    ]


def _place_finding(pack: Pack, rule: Rule, facts: Facts) -> PlaceFinding:
    columns = DISTRICT_KINDS[rule.kind].judge(rule, facts)
    reach = facts.reach(rule.counts)
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
    )


def _single_place(lon: float, lat: float) -> GeoDataFrame:
    """Make a district of one point, with nothing else known of it."""
    columns = {
        field.name: pd.Series([None], dtype=_DTYPES.get(field.type, "object"))
        for field in DISTRICTS.fields
        if field.type is not FieldType.GEOMETRY
    }
    frame = pd.DataFrame(columns).assign(id="place")
    return GeoDataFrame(frame, geometry=[shapely.Point(lon, lat)], crs=WGS84)
