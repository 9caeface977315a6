"""What the map of a review shows: the project, what stands around it, and how far each reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from service.reports.map_words import SERVICE_STYLES
from service.reports.opinion_words import Say
from service.reports.site_map import Place, Radius, SiteMap, Walk
from spatial.isochrone import isochrones
from spatial.network import Network
from spatial.policy.numerals import exact, grouped
from spatial.policy.pack import Pack
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.project import Project
from spatial.profiles import profile_at
from spatial.ragged_lines import chosen_lines

_RADIUS: Final = "service_radius"
_CIRCLE: Final = "service_circle_time"
# Streets beyond the map are not drawn; this is more than any map of a site shows.
_STREETS_M: Final = 4_000.0
_DEGREE_M: Final = 110_574.0
_MOST_WALKS: Final = 2


def project_map(
    project: Project,
    *,
    review: Mapping[str, Any],
    packs: Sequence[Pack],
    surroundings: Surroundings,
    sources: Iterable[object],
    lang: str,
) -> SiteMap:
    """Gather what the map of a reviewed project shows.

    Parameters
    ----------
    review
        `spatial.policy.review.document.review_document`.
    packs, surroundings
        As reviewed with.
    sources
        What the data say of their origin: streets of OpenStreetMap are named on the map.
    """
    say = Say(lang)
    network = surroundings.network
    streets, highway = (None, None) if network is None else streets_around(network, project.site)
    from_osm = any("openstreetmap" in str(one).lower() for one in sources)
    return SiteMap(
        site=project.site,
        names=(say("site"), say("planned"), say("existing")),
        phases=tuple(
            (say("phase_label", id=phase.id), phase.geometry)
            for phase in project.phases
            if phase.geometry is not None
        ),
        entrances=project.entrances,
        planned=tuple(
            Place(one.service, one.geometry, one.id)
            for one in project.facilities
            if one.geometry is not None and not one.cancelled
        ),
        existing=_existing(project, surroundings),
        radii=_radii(project, review, surroundings, say),
        walks=() if network is None else _walks(project, review, packs, network, say),
        streets=streets,
        highway=highway,
        attribution=say("attribution") if streets is not None and from_osm else None,
    )


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


def _existing(project: Project, surroundings: Surroundings) -> tuple[Place, ...]:
    frame = surroundings.facilities
    if frame is None:
        return ()
    own = {one.id for one in project.facilities} | set(project.removes)
    return tuple(
        Place(service, geometry)
        for key, service, geometry in zip(
            frame["id"], frame["service"], frame.geometry, strict=True
        )
        if key not in own and geometry is not None and service in SERVICE_STYLES
    )


def _radii(
    project: Project, review: Mapping[str, Any], surroundings: Surroundings, say: Say
) -> tuple[Radius, ...]:
    """Draw the radius of each clause around the facilities it was decided by.

    Around those planned where none decided. The same radius of one service is drawn once.
    """
    where = {one.id: one.geometry for one in project.facilities if one.geometry is not None}
    if surroundings.facilities is not None:
        frame = surroundings.facilities
        where = {**dict(zip(frame["id"], frame.geometry, strict=True)), **where}
    found: dict[tuple[str, str], Radius] = {}
    for finding in review["findings"]:
        limit = exact(finding["threshold"])
        service = finding["subject"]
        if finding["kind"] != _RADIUS or limit is None or service not in SERVICE_STYLES:
            continue
        named = [where[key] for key in finding["facilities"] if where.get(key) is not None]
        planned = [
            one.geometry for one in project.of_services((service,)) if one.geometry is not None
        ]
        style = SERVICE_STYLES[service]
        label = say(
            "radius_label",
            service=say(service) if service != "education" else style.en,
            radius=grouped(limit),
        )
        found.setdefault(
            (service, grouped(limit)),
            Radius(service, float(limit), tuple(named or planned), label),
        )
    return tuple(one for one in found.values() if one.places)


def _walks(
    project: Project,
    review: Mapping[str, Any],
    packs: Sequence[Pack],
    network: Network,
    say: Say,
) -> tuple[Walk, ...]:
    """Find the ground within the walk each clause about a circle means, from the site's gates."""
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    found: dict[tuple[str, str], Walk] = {}
    origin = project.entrances if project.entrances is not None else project.site
    for finding in review["findings"]:
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
