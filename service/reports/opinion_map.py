"""What the map of a review shows: the project, what stands around it, and how far each reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.reports.map_words import SERVICE_STYLES
from service.reports.opinion_words import Say
from service.reports.reach_shapes import attribution, existing, radii, streets_around, walks
from service.reports.site_map_data import Place, SiteMap
from spatial.policy.numerals import phase_word
from spatial.policy.pack import Pack
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.project import Project


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
    where = {one.id: one.geometry for one in project.facilities if one.geometry is not None}
    if surroundings.frame is not None:
        frame = surroundings.frame
        where = {**dict(zip(frame["id"], frame.geometry, strict=True)), **where}
    return SiteMap(
        site=project.site,
        names=(say("site"), say("planned"), say("existing")),
        phases=tuple(
            (say("phase_label", id=phase_word(phase.id, lang=say.lang)), phase.geometry)
            for phase in project.phases
            if phase.geometry is not None
        ),
        entrances=project.entrances,
        planned=tuple(
            Place(one.service, one.geometry, one.id)
            for one in project.facilities
            if one.geometry is not None and not one.cancelled
        ),
        existing=()
        if surroundings.frame is None
        else existing(
            surroundings.frame,
            but={one.id for one in project.facilities} | set(project.removes),
        ),
        radii=radii(
            review["findings"],
            where=where,
            instead={one: planned_of(project, one) for one in SERVICE_STYLES},
            say=say,
        ),
        walks=()
        if network is None
        else walks(
            review["findings"],
            origin=project.entrances if project.entrances is not None else project.site,
            rules={(pack.id, rule.id): rule for pack in packs for rule in pack.rules},
            network=network,
            say=say,
        ),
        streets=streets,
        highway=highway,
        attribution=None if streets is None else attribution(sources, say),
    )


def planned_of(project: Project, service: str) -> tuple[Any, ...]:
    """Return the places of the facilities of a service that the project plans."""
    return tuple(
        one.geometry for one in project.of_services((service,)) if one.geometry is not None
    )
