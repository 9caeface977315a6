"""How far things reach on a map: service radii, walks, and the streets walked on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from service.reports.map_words import SERVICE_STYLES
from service.reports.opinion_words import Say
from service.reports.site_map_data import Place, Radius, Walk
from spatial.isochrone import isochrones
from spatial.network import Network
from spatial.policy.numerals import exact, grouped
from spatial.policy.rule import Rule
from spatial.profiles import profile_at
from spatial.ragged_lines import chosen_lines

_RADIUS: Final = "service_radius"
_CIRCLE: Final = "service_circle_time"
# Streets beyond the map are not drawn; this is more than any map of a site shows.
_STREETS_M: Final = 4_000.0
_DEGREE_M: Final = 110_574.0
_MOST_WALKS: Final = 2


def streets_around(
    network: Network,
    site: Any,  # noqa: ANN401  # any shape
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the street lines near a place, EPSG:4326, and the class of each."""
    west, south, east, north = site.bounds
    up = _STREETS_M / _DEGREE_M
    side = up / max(float(np.cos(np.radians(max(abs(south), abs(north))))), 1e-6)
    low = np.minimum.reduceat(network.coordinates, network.offsets[:-1], axis=0)
    high = np.maximum.reduceat(network.coordinates, network.offsets[:-1], axis=0)
    near = np.flatnonzero(
        (high[:, 0] >= west - side)
        & (low[:, 0] <= east + side)
        & (high[:, 1] >= south - up)
        & (low[:, 1] <= north + up)
    )
    coordinates, offsets = chosen_lines(network.coordinates, network.offsets, near)
    lines = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, np.asarray(coordinates), (offsets,)
    )
    return np.asarray(lines, dtype=object), np.asarray(network.highway, dtype=object)[near]


def attribution(sources: Iterable[object], say: Say) -> str | None:
    """Return whose the streets are, where they are of OpenStreetMap."""
    from_osm = any("openstreetmap" in str(one).lower() for one in sources)
    return say("attribution") if from_osm else None


def existing(facilities: GeoDataFrame, *, but: Collection[str] = ()) -> tuple[Place, ...]:
    """Return the places of facilities that stand, those named left out."""
    return tuple(
        Place(service, geometry)
        for key, service, geometry in zip(
            facilities["id"], facilities["service"], facilities.geometry, strict=True
        )
        if key not in but and service in SERVICE_STYLES
    )


def radii(
    findings: Sequence[Mapping[str, Any]],
    *,
    where: Mapping[str, Any],
    instead: Mapping[str, tuple[Any, ...]],
    say: Say,
) -> tuple[Radius, ...]:
    """Return the radius of each clause around the facilities it was decided by.

    The same radius of one service is drawn once.

    Parameters
    ----------
    findings
        ``kind, subject, threshold`` and ``facilities``, a list of ids or None.
    where
        Place of each facility by id.
    instead
        By service, the places drawn around where none decided.
    """
    found: dict[tuple[str, str], Radius] = {}
    for finding in findings:
        limit = exact(finding["threshold"])
        service = finding["subject"]
        if finding["kind"] != _RADIUS or limit is None or service not in SERVICE_STYLES:
            continue
        named = [where[key] for key in finding["facilities"] or () if where.get(key) is not None]
        style = SERVICE_STYLES[service]
        label = say(
            "radius_label",
            service=style.zh.removesuffix("设施") if say.lang == "zh" else style.en,
            radius=grouped(limit),
        )
        found.setdefault(
            (service, grouped(limit)),
            Radius(service, float(limit), tuple(named) or instead.get(service, ()), label),
        )
    return tuple(one for one in found.values() if one.places)


def walks(
    findings: Sequence[Mapping[str, Any]],
    *,
    origin: Any,  # noqa: ANN401  # any shape
    rules: Mapping[tuple[str, str], Rule],
    network: Network,
    say: Say,
) -> tuple[Walk, ...]:
    """Find the ground within the walk each clause about a circle means.

    Parameters
    ----------
    findings
        ``pack, rule, kind`` and ``threshold``.
    origin
        Where people walk from, EPSG:4326.
    rules
        By pack and id.
    """
    found: dict[tuple[str, str], Walk] = {}
    for finding in findings:
        rule = rules.get((finding["pack"], finding["rule"]))
        limit = exact(finding["threshold"])
        if finding["kind"] != _CIRCLE or rule is None or limit is None:
            continue
        name = str(rule.parameters["profile"])
        key = (name, grouped(limit))
        if key in found or len(found) == _MOST_WALKS:
            continue
        (walked,) = isochrones(
            network,
            np.array([origin], dtype=object),
            profile=profile_at(name),
            limits_m=[float(limit)],
        )
        if not walked.extents or walked.extents[0].polygon.is_empty:
            continue
        label = say("walk_label", metres=grouped(limit), minutes=str(rule.parameters["minutes"]))
        found[key] = Walk(walked.extents[0].polygon, label)
    return tuple(found.values())
