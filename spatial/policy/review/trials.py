"""Trying changes of siting: a gate on one side, or a facility in the middle of the site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.findings import ADVISE, MET, MET_RELAXED, NOT_MET
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.review.finding import ReviewFinding
from spatial.policy.review.general import general_findings
from spatial.policy.review.placing import Surroundings, place
from spatial.policy.review.project import PlannedFacility, Project
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.stages import Stage
from spatial.policy.rule import Rule

TRIAL: Final = "trial"


def reach_remedies(
    finding: ReviewFinding,
    project: Project,
    *,
    pack: Pack,
    stage: Stage,
    surroundings: Surroundings,
    as_of: dt.date,
    parameters: EvaluationParameters,
) -> tuple[Remedy, ...]:
    """Try the smallest changes of siting that would make a rule of reach hold.

    A further gate in the middle of each side, where the project has gates and the rule is about
    walking; then a facility in the middle of the site. Only what was tried and found to hold is
    named. Nothing before a finding that holds, is not known, or comes after building.
    """
    kind = DISTRICT_KINDS.get(finding.kind)
    if kind is None or not kind.reach or finding.verdict not in (ADVISE, NOT_MET):
        return ()
    if not stage.before_building:
        return ()
    rule = pack.rule(finding.rule)
    alone = replace(pack, rules=(rule,))
    for remedy, changed in _changes(project, rule):
        (tried,) = general_findings(
            changed,
            place(changed, stage=stage, around=surroundings.around(as_of=as_of), as_of=as_of),
            packs=[alone],
            stage=stage,
            surroundings=surroundings,
            as_of=as_of,
            parameters=parameters,
        )
        if tried.verdict in (MET, MET_RELAXED):
            return (remedy,)
    return ()


def _changes(project: Project, rule: Rule) -> Iterator[tuple[Remedy, Project]]:
    if rule.kind == "service_circle_time" and project.entrances is not None:
        for side, gate in _sides(project.site):
            gates = shapely.MultiPoint([*project.entrances.geoms, gate])
            yield Remedy("open_gate", where=side), replace(project, entrances=gates)
    needs = dict(rule.counts.require)
    kind = next((kind for kind in rule.counts.kinds if kind not in needs), rule.counts.kinds[0])
    facility = PlannedFacility(
        id=TRIAL,
        kind=kind,
        phase=project.phases[0].id,
        geometry=project.site.representative_point(),
    )
    yield (
        Remedy("place_facility", item=kind, phase=project.phases[0].id),
        replace(project, facilities=(*project.facilities, facility)),
    )


def _sides(site: BaseGeometry) -> Iterator[tuple[str, shapely.Point]]:
    """Yield the point of the site's outline nearest to the middle of each side of its box."""
    if shapely.get_dimensions(site) < 2:  # noqa: PLR2004 - a point has no sides
        return
    west, south, east, north = site.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    for side, place_of_side in (
        ("north", (middle[0], north)),
        ("east", (east, middle[1])),
        ("south", (middle[0], south)),
        ("west", (west, middle[1])),
    ):
        gate, _ = nearest_points(site.boundary, shapely.Point(place_of_side))
        yield side, gate
