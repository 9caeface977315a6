"""What serves one place: the nearest facilities that count, straight and walking, by rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crs import WGS84
from spatial.fields import DISTRICTS, FieldType
from spatial.network import Network
from spatial.place_findings import PlaceFinding, WantedNearest, place_findings
from spatial.policy.city import City
from spatial.policy.facts import Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack

# Pandas types of the field types that are not plain objects.
_DTYPES = {FieldType.INTEGER: "Int64", FieldType.BOOLEAN: "boolean"}


# More than anyone compares at a place.
MOST_NEAREST: Final = 50


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
    wanted = WantedNearest(k or 1, paths) if k is not None or paths else None
    by_rule = [
        place_findings(pack, rule, facts, wanted)
        for pack in packs
        for rule in pack.rules
        if rule.subject == service
        and rule.kind in DISTRICT_KINDS
        and DISTRICT_KINDS[rule.kind].reach
        and rule.parameters.get("role") != "relaxed"
    ]
    return [[findings[number] for findings in by_rule] for number in range(len(places))]


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
