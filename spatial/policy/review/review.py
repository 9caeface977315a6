"""The review: a project, a stage and packs in; findings, verdict and what would change it out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from spatial.errors import InputError
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.pack import Pack
from spatial.policy.regions import REGION_INSIDE, REGION_OUTSIDE
from spatial.policy.review.capacity import CapacityChange, capacity_changes
from spatial.policy.review.consistency import skipped_stage
from spatial.policy.review.finding import ReviewFinding
from spatial.policy.review.gated import (
    PROJECT,
    condition_findings,
    gate_findings,
    low_conditions,
)
from spatial.policy.review.general import general_findings
from spatial.policy.review.neighbours import (
    NeighbourChange,
    neighbour_changes,
    neighbour_cities,
)
from spatial.policy.review.placing import Placed, Surroundings, place
from spatial.policy.review.project import SUSPENDED, Project
from spatial.policy.review.reach_known import CIRCLE
from spatial.policy.review.stages import STAGES, Stage
from spatial.policy.review.trials import reach_remedies
from spatial.policy.review.verdict import strictest, verdict_of, worst_of

BINDING: Final = "binding"
ILLUSTRATION: Final = "illustration"
BACKGROUND: Final = "background"
REGION_NOT_STATED: Final = "unknown (the project names no area)"


@dataclass(frozen=True)
class ReviewParameters:
    """What the user may set.

    Parameters
    ----------
    shrink_tolerance
        Share by which what is built may fall short of what was approved, in [0, 1); None for that
        of the pack, which is 0 where it names none.
    evaluation
        Of the general rules.
    """

    shrink_tolerance: Decimal | None = None
    evaluation: EvaluationParameters = field(default_factory=EvaluationParameters)

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        InputError
            Naming the parameter.
        """
        tolerance = self.shrink_tolerance
        if tolerance is not None and not 0 <= tolerance < 1:
            msg = f"parameter shrink_tolerance: {tolerance} is not a share in [0, 1)"
            raise InputError(msg)


@dataclass(frozen=True)
class PackVerdict:
    """What one pack says of the project.

    Parameters
    ----------
    id, version
        Of the pack; ``project`` for the project's own 规划条件.
    region
        Whether the project lies in its region.
    basis
        ``binding``, ``illustration`` outside the region, ``background`` for a national standard.
    verdict
        See `spatial.policy.review.verdict`.
    """

    id: str
    version: str
    region: str
    basis: str
    verdict: str


@dataclass(frozen=True, eq=False)
class Review:
    """What a review found.

    Parameters
    ----------
    verdict
        The worst over the packs that bind; over all of them where none does.
    illustration
        True where no pack binds: the verdict then only shows what the rules would say.
    packs
        In the order given; the project's own 规划条件 last, where they were compared.
    findings
        By pack, gates first.
    strictest
        Id of the strictest rule by subject, kind and unit, among packs that bind.
    assumptions
        Codes and figures of what was assumed, fit for JSON.
    neighbours
        Districts around that gain or lose coverage; None where they were not asked about.
    capacity
        Those whose floor area, number of facilities, places or beds change; None likewise.
    """

    project: Project
    stage: Stage
    as_of: dt.date
    verdict: str
    illustration: bool
    packs: tuple[PackVerdict, ...]
    findings: tuple[ReviewFinding, ...]
    strictest: Mapping[tuple[str, str, str], str]
    assumptions: tuple[Mapping[str, str], ...]
    neighbours: tuple[NeighbourChange, ...] | None = None
    capacity: tuple[CapacityChange, ...] | None = None


def review(
    project: Project,
    *,
    packs: Sequence[Pack],
    stage: str | None = None,
    as_of: dt.date,
    surroundings: Surroundings | None = None,
    parameters: ReviewParameters | None = None,
) -> Review:
    """Review a project at a stage under some packs; a pure function of its arguments.

    Parameters
    ----------
    project
        As parsed.
    packs
        At least one.
    stage
        One of `STAGES`; None for the project's own.
    as_of
        Dates up to it have come.
    surroundings
        None for nothing known: what only they could decide is then `undetermined`.
    parameters
        None for the defaults.

    Raises
    ------
    InputError
        Without packs or a stage, for a stage that skips one of the project's history, and when a
        facility would count twice.
    """
    parameters = parameters or ReviewParameters()
    surroundings = (surroundings or Surroundings()).known(as_of=as_of)
    if not packs:
        raise InputError("no rule pack is named")
    at = _stage(project, stage)
    placed = place(project, stage=at, around=surroundings.around(as_of=as_of), as_of=as_of)
    general = general_findings(
        project,
        placed,
        packs=packs,
        stage=at,
        surroundings=surroundings,
        as_of=as_of,
        parameters=parameters.evaluation,
    )
    tolerance = parameters.shrink_tolerance
    by_id = {pack.id: pack for pack in packs}
    findings: list[ReviewFinding] = []
    for pack in packs:
        findings += gate_findings(project, pack, stage=at, as_of=as_of, tolerance=tolerance)
        for finding in (one for one in general if one.pack == pack.id):
            found = reach_remedies(
                finding,
                project,
                pack=by_id[finding.pack],
                stage=at,
                surroundings=surroundings,
                as_of=as_of,
                parameters=parameters.evaluation,
            )
            findings.append(replace(finding, remedies=found) if found else finding)
    findings += low_conditions(project, general, stage=at)
    bind = [pack for pack in packs if _standing(project, pack)[1] == BINDING]
    own = condition_findings(project, bind, stage=at, as_of=as_of, tolerance=tolerance)
    verdicts = [_pack_verdict(project, pack, findings) for pack in packs]
    if own:
        verdicts.append(PackVerdict(PROJECT, "", REGION_INSIDE, BINDING, verdict_of(own)))
    # The project's own conditions alone are no policy to judge it by.
    illustration = not any(one.basis == BINDING and one.id != PROJECT for one in verdicts)
    deciding = [one for one in verdicts if illustration or one.basis == BINDING]
    findings += own
    neighbours, capacity = _neighbours(project, placed, surroundings, packs, as_of, parameters)
    return Review(
        project=project,
        stage=at,
        as_of=as_of,
        verdict=worst_of([one.verdict for one in deciding]),
        illustration=illustration,
        packs=tuple(verdicts),
        findings=tuple(findings),
        strictest=strictest(
            [one for one in findings if one.pack in {pack.id for pack in deciding}]
        ),
        assumptions=_assumptions(project, placed.provided_by, at, findings),
        neighbours=neighbours,
        capacity=capacity,
    )


def _neighbours(
    project: Project,
    placed: Placed,
    surroundings: Surroundings,
    packs: Sequence[Pack],
    as_of: dt.date,
    parameters: ReviewParameters,
) -> tuple[tuple[NeighbourChange, ...] | None, tuple[CapacityChange, ...] | None]:
    """Return what changes for the neighbours in reach and in stock; None where not asked."""
    if surroundings.districts is None or surroundings.facilities is None:
        return None, None
    cities = neighbour_cities(
        project,
        districts=surroundings.districts,
        baseline=placed.around.frame,
        before=placed.before,
        after=placed.after,
        network=surroundings.network,
        as_of=as_of,
        parameters=parameters.evaluation,
    )
    if cities is None:
        return (), ()
    return (
        neighbour_changes(cities=cities, packs=packs),
        capacity_changes(cities=cities, packs=packs),
    )


def _stage(project: Project, stage: str | None) -> Stage:
    name = stage or project.stage
    if name is None:
        known = ", ".join(STAGES)
        msg = f"the stage is missing: neither the project nor the caller names one of {known}"
        raise InputError(msg)
    if name not in STAGES:
        msg = f"stage: there is no {name!r}; known are {', '.join(STAGES)}"
        raise InputError(msg)
    skipped = skipped_stage(project, name)
    if skipped is not None:
        msg = f"stage: {skipped}"
        raise InputError(msg)
    return STAGES[name]


def _pack_verdict(project: Project, pack: Pack, findings: Sequence[ReviewFinding]) -> PackVerdict:
    region, basis = _standing(project, pack)
    own = [finding for finding in findings if finding.pack == pack.id]
    return PackVerdict(pack.id, pack.version, region, basis, verdict_of(own))


def _standing(project: Project, pack: Pack) -> tuple[str, str]:
    """Tell whether the project lies in a pack's region, and whether the pack binds it."""
    if project.area is None:
        region = REGION_NOT_STATED
    else:
        inside = project.area.startswith(pack.region_codes)
        region = REGION_INSIDE if inside else REGION_OUTSIDE
    if pack.background:
        return region, BACKGROUND
    return region, ILLUSTRATION if region == REGION_OUTSIDE else BINDING


def _assumptions(
    project: Project,
    provided_by: Mapping[str, str],
    stage: Stage,
    findings: Sequence[ReviewFinding],
) -> tuple[Mapping[str, str], ...]:
    """Name what the review rests on that nobody measured."""
    found: list[Mapping[str, str]] = []
    population = project.population
    if population is not None and population.assumption is not None:
        found.append(
            {
                "assumption": "household_size",
                "units": str(project.units),
                "persons_per_unit": str(population.assumption.persons),
                "source": population.assumption.source,
                "population": str(population.persons),
            }
        )
    if project.massing:
        found.append({"assumption": "massing", "blocks": str(len(project.massing))})
    if any(one.kind == CIRCLE for one in findings):
        # A circle is asked of urban places; a project names no community that could be rural.
        found.append({"assumption": "urban"})
    if stage.before_building:
        found += [
            {"assumption": "suspended_counts", "facility": facility.id}
            for facility in project.facilities
            if facility.status == SUSPENDED
        ]
    found += [
        {"assumption": "provided_by", "service": service, "document": provider}
        for service, provider in provided_by.items()
        if provider != "project"
    ]
    return tuple(found)
