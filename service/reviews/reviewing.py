"""Reviewing the projects of one request with what is stored around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from service.core import history, scope
from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.json_input import Json
from service.core.keys import Principal
from service.core.named_areas import outlines, why_elsewhere
from service.core.resources import Resources
from service.coverage.dependencies import named_packs
from service.reviews.around_cache import AroundCache
from service.reviews.choosing import packs_of_area
from service.reviews.freezing import Case
from service.reviews.in_use import InUse, read_in_use
from service.reviews.question import Question
from service.reviews.surroundings import stored_surroundings
from spatial.errors import InputError, InputFaults
from spatial.fields import DISTRICTS, PROJECTS
from spatial.network import Network
from spatial.policy.pack import Pack
from spatial.policy.review.consistency import skipped_stage
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.project import Project
from spatial.policy.review.review import ILLUSTRATION, Review, ReviewParameters

PROJECT: Final = "project"


@dataclass(frozen=True, eq=False)
class Reviewed:
    """A project reviewed, and what the review rests on.

    Parameters
    ----------
    project_version
        Of the stored project; None where it came with the question.
    prefix
        JSON pointer of the project in the body.
    """

    case: Case
    found: Review
    project_version: int | None
    prefix: str


@dataclass(frozen=True, eq=False)
class Reviewer:
    """Everything the projects of one request are reviewed with.

    Parameters
    ----------
    packs
        Those asked for, or all in use to choose from by the area.
    in_use
        What the snapshot holds.
    cache
        Of the facilities around; None to read them.
    """

    connection: Connection
    principal: Principal
    question: Question
    packs: Sequence[Pack]
    network: Network | None
    in_use: InUse
    cache: AroundCache | None

    @classmethod
    def of(
        cls,
        connection: Connection,
        *,
        resources: Resources,
        principal: Principal,
        question: Question,
    ) -> Reviewer:
        """Return the reviewer of a request, with what the application keeps in memory.

        Raises
        ------
        InvalidParameterError
            When a pack of the question is not known.
        """
        in_use = read_in_use(connection)
        packs = resources.pack_cache.of(connection, in_use.packs)
        return cls(
            connection=connection,
            principal=principal,
            question=question,
            packs=named_packs(packs, question.pack_ids) if question.pack_ids else packs,
            network=None
            if in_use.network is None
            else resources.network_cache.load(connection, in_use.network),
            in_use=in_use,
            cache=resources.around_cache,
        )

    def review(self, body: Json, *, prefix: str) -> Reviewed:
        """Review one project: as given, or ``{"project": …}`` with it or the id of a stored one.

        Raises
        ------
        InvalidBodyError
            With every fault and its JSON pointer, which begins with `prefix`.
        ForbiddenError
            When the key's scope does not cover the site.
        """
        document, project, version, prefix = self.read(body, prefix=prefix)
        stage = self.question.stage or project.stage
        skipped = None if stage is None else skipped_stage(project, stage)
        if skipped is not None:
            raise InvalidBodyError.of(f"{prefix}/stage", skipped)
        seen = scope.conditions(self.connection, self.principal, DISTRICTS)
        try:
            case = Case(
                document=document,
                project=project,
                packs=self._packs_for(project, prefix),
                stage=self.question.stage,
                as_of=self.question.as_of,
                parameters=ReviewParameters(shrink_tolerance=self.question.shrink_tolerance),
                around=stored_surroundings(
                    self.connection,
                    project,
                    as_of=self.question.as_of,
                    network=self.network,
                    neighbours=seen if self.question.neighbours else None,
                    in_use=self.in_use,
                    cache=self.cache,
                ),
                scope=self.principal.areas,
            )
            return Reviewed(case, case.review(), version, prefix)
        except InputError as error:
            raise InvalidBodyError.of(prefix, str(error)) from None

    def read(self, body: Json, *, prefix: str) -> tuple[Json, Project, int | None, str]:
        """Read one project without reviewing it, and refuse what could not be.

        Returns
        -------
        The project as written, as read, its version where it is a stored one, and its place.

        Raises
        ------
        InvalidBodyError, ForbiddenError
            As `review`.
        """
        document, version, prefix = self._document(body, prefix)
        project = _parsed(document, prefix)
        inside = project.site.representative_point()
        scope.require_place(self.connection, self.principal, lon=inside.x, lat=inside.y)
        if project.area is not None:
            why = why_elsewhere(project.site, project.area, self._outline(project.area))
            if why is not None:
                raise InvalidBodyError.of(f"{prefix}/area", why)
        self._packs_for(project, prefix)
        return document, project, version, prefix

    def _outline(self, code: str) -> BaseGeometry | None:
        if self.cache is None:
            return outlines(self.connection, [code]).get(code)
        return self.cache.outline(self.connection, instant=self.in_use.instant, code=code)

    def _document(self, body: Json, prefix: str) -> tuple[Json, int | None, str]:
        if not isinstance(body, dict) or set(body) != {PROJECT}:
            return body, None, prefix
        named, prefix = body[PROJECT], f"{prefix}{pointer(PROJECT)}"
        if not isinstance(named, dict) or set(named) != {"id"}:
            return named, None, prefix
        key = named["id"]
        place = f"{prefix}/id"
        if not isinstance(key, str):
            raise InvalidBodyError.of(place, "expected a text")
        wanted = scope.conditions(self.connection, self.principal, PROJECTS)
        frame = history.current(self.connection, PROJECTS, *wanted, keys=[key])
        if frame.empty:
            raise InvalidBodyError.of(place, f"there is no stored project {key[:60]!r}")
        return frame["document"].iloc[0], int(frame["version"].iloc[0]), prefix

    def _packs_for(self, project: Project, prefix: str) -> Sequence[Pack]:
        if self.question.pack_ids:
            return self.packs
        chosen = packs_of_area(self.packs, project.area)
        if not chosen:
            raise InvalidBodyError.of(
                f"{prefix}/area",
                "is in no stored pack's region; name packs with the parameter pack",
            )
        return chosen


def require_storable(reviewed: Reviewed, question: Question) -> None:
    """Refuse to store what is no opinion: a review under packs of another region.

    Raises
    ------
    InvalidBodyError
        Unless the question says that the review is an illustration.
    """
    if question.illustration:
        return
    outside = [pack.id for pack in reviewed.found.packs if pack.basis == ILLUSTRATION]
    place = f"{reviewed.prefix}/area"
    if reviewed.case.project.area is None:
        raise InvalidBodyError.of(
            place,
            "is missing: a stored review says in which area the project lies, unless it is "
            "marked as an illustration",
        )
    if outside:
        raise InvalidBodyError.of(
            place,
            f"{reviewed.case.project.area} is outside the region of {', '.join(outside)}: stored "
            "only where it is marked as an illustration",
        )


def _parsed(document: Json, prefix: str) -> Project:
    try:
        return parse_project(document, source="request")
    except InputFaults as error:
        raise InvalidBodyError.listing(
            [
                Detail(fault.message, pointer=f"{prefix}{fault.field or ''}")
                for fault in error.faults
            ]
        ) from None
