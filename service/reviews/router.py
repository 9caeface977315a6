"""Reviewing projects that come with the question: POST /v1/reviews?dry_run=true."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from service.core import scope
from service.core.errors import (
    Detail,
    ForbiddenError,
    InvalidBodyError,
    InvalidParameterError,
    pointer,
)
from service.core.geojson import encode_json
from service.core.json_input import JSON_TYPES, Body, Json, parse_json, require_media_type
from service.core.keys import Principal
from service.core.language import Language, LanguageDependency, language_headers
from service.core.notices import notice_member
from service.core.openapi import problems, request_body
from service.core.parameters import AsOfDate
from service.core.resources import ResourcesDependency
from service.core.security import ReviewingDependency, ViewerDependency
from service.coverage.dependencies import chosen_packs
from service.packs.service import list_packs
from service.reviews.choosing import packs_of_area
from service.reviews.surroundings import stored_surroundings
from spatial.errors import InputError, InputFaults
from spatial.fields import DISTRICTS
from spatial.network import Network
from spatial.policy.pack import Pack
from spatial.policy.review.document import review_document
from spatial.policy.review.parsing import parse_project, project_schema
from spatial.policy.review.project import Project
from spatial.policy.review.review import ReviewParameters, review
from spatial.policy.review.stages import STAGES

MAX_PROJECTS: Final = 100
SCHEMA_TYPE: Final = "application/schema+json"

StageName = StrEnum("StageName", {name.upper(): name for name in STAGES})  # type: ignore[misc]  # the table says which there are


@dataclass(frozen=True)
class Question:
    """How projects are reviewed.

    Parameters
    ----------
    stage
        None for each project's own.
    pack_ids
        None named: those whose region holds a project's area.
    neighbours
        True to ask which of the stored districts gain or lose coverage.
    """

    stage: str | None
    pack_ids: tuple[str, ...]
    as_of: date
    shrink_tolerance: Decimal | None
    neighbours: bool


def read_question(
    dry_run: Annotated[  # noqa: FBT002  # a query parameter
        bool, Query(description="Must be true: the review is answered and not stored")
    ] = False,
    stage: Annotated[StageName | None, Query(description="Default each project's own")] = None,
    pack: Annotated[
        str | None,
        Query(
            description="Pack ids, separated by commas; default those whose region holds the "
            "project's area"
        ),
    ] = None,
    as_of: Annotated[
        AsOfDate | None, Query(description="Day the projects are seen on; default today")
    ] = None,
    shrink_tolerance: Annotated[
        Decimal | None,
        Query(
            ge=0,
            lt=1,
            allow_inf_nan=False,
            description="Share by which what is built may fall short of what was approved",
        ),
    ] = None,
    neighbours: Annotated[  # noqa: FBT002  # a query parameter
        bool, Query(description="Tell which stored districts around gain or lose coverage")
    ] = False,
) -> Question:
    """Return how projects are reviewed."""
    if not dry_run:
        raise InvalidParameterError.of(
            "dry_run", "must be true: reviews are answered here and not stored"
        )
    return Question(
        stage=None if stage is None else stage.value,
        pack_ids=() if pack is None else tuple(dict.fromkeys(pack.split(","))),
        as_of=as_of or date.today(),  # noqa: DTZ011  the day where the service stands
        shrink_tolerance=shrink_tolerance,
        neighbours=neighbours,
    )


QuestionDependency = Annotated[Question, Depends(read_question)]


def build_router() -> APIRouter:
    """Return the routes of reviews: /v1/reviews."""
    router = APIRouter(prefix="/reviews", tags=["reviews"])

    @router.post(
        "",
        operation_id="review_projects",
        summary="Review a housing project at a stage, clause by clause; nothing is stored",
        description=(
            "The body is one project, or `projects` with several: then each has a status of its "
            "own, and one that cannot be used spoils no other. The facilities and streets around "
            "are those stored."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("Project", "Projects")),
        responses={
            200: {
                "description": "The review, or what became of each project",
                "content": {
                    "application/json": {
                        "schema": {
                            "oneOf": [
                                {"$ref": "#/components/schemas/Review"},
                                {"$ref": "#/components/schemas/ReviewBatch"},
                            ]
                        }
                    }
                },
            },
            **problems(400, 401, 403, 413, 415),
        },
    )
    def review_projects(
        request: Request,
        resources: ResourcesDependency,
        principal: ReviewingDependency,
        question: QuestionDependency,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        document = parse_json(body)
        with resources.reading() as connection:
            reviewer = Reviewer(
                connection=connection,
                principal=principal,
                question=question,
                packs=chosen_packs(connection, question.pack_ids)
                if question.pack_ids
                else list_packs(connection),
                network=resources.network_cache.latest(connection),
                language=language,
            )
            if isinstance(document, dict) and "projects" in document:
                answer = reviewer.batch(document)
            else:
                answer = reviewer.one(document, prefix="")
        return Response(
            encode_json(answer), media_type="application/json", headers=language_headers(language)
        )

    @router.get(
        "/schema",
        operation_id="get_project_schema",
        summary="The JSON Schema of a project",
        response_class=Response,
        responses={
            200: {
                "description": "JSON Schema, draft 2020-12",
                "content": {SCHEMA_TYPE: {"schema": {"type": "object"}}},
            },
            **problems(400, 401),
        },
    )
    def get_project_schema(_principal: ViewerDependency) -> Response:
        return Response(json.dumps(project_schema()), media_type=SCHEMA_TYPE)

    return router


@dataclass(frozen=True, eq=False)
class Reviewer:
    """Everything the projects of one request are reviewed with."""

    connection: Connection
    principal: Principal
    question: Question
    packs: Sequence[Pack]
    network: Network | None
    language: Language

    def batch(self, document: dict[str, Json]) -> dict[str, Any]:
        """Review several projects, each with a status of its own."""
        others = [name for name in document if name != "projects"]
        if others:
            raise InvalidBodyError.of(
                pointer(others[0]), "a batch has the member projects and no other"
            )
        projects = document["projects"]
        if not isinstance(projects, list) or not projects:
            raise InvalidBodyError.of("/projects", "expected a list of at least one project")
        if len(projects) > MAX_PROJECTS:
            raise InvalidBodyError.of(
                "/projects", f"{len(projects)} projects; at most {MAX_PROJECTS} in one request"
            )
        items = [self._item(index, project) for index, project in enumerate(projects)]
        refused = sum(1 for item in items if item["status"] != HTTPStatus.OK)
        return {"reviewed": len(items) - refused, "refused": refused, "items": items}

    def _item(self, index: int, document: Json) -> dict[str, Any]:
        name = document.get("id") if isinstance(document, dict) else None
        item = {"index": index, "id": name if isinstance(name, str) else None}
        try:
            found = self.one(document, prefix=pointer("projects", index))
        except (InvalidBodyError, ForbiddenError) as error:
            errors = [detail.as_json() for detail in error.errors] or [{"detail": error.detail}]
            return {**item, "status": int(error.status), "errors": errors}
        return {**item, "status": int(HTTPStatus.OK), "review": found}

    def one(self, document: Json, *, prefix: str) -> dict[str, Any]:
        """Review one project.

        Raises
        ------
        InvalidBodyError
            With every fault and its JSON pointer, which begins with `prefix`.
        ForbiddenError
            When the key's scope does not cover the site.
        """
        project = parsed(document, prefix)
        inside = project.site.representative_point()
        scope.require_place(self.connection, self.principal, lon=inside.x, lat=inside.y)
        seen = scope.conditions(self.connection, self.principal, DISTRICTS)
        around = stored_surroundings(
            self.connection,
            project,
            as_of=self.question.as_of,
            network=self.network,
            neighbours=seen if self.question.neighbours else None,
        )
        try:
            found = review(
                project,
                packs=self._packs_for(project, prefix),
                stage=self.question.stage,
                as_of=self.question.as_of,
                surroundings=around.found,
                parameters=ReviewParameters(shrink_tolerance=self.question.shrink_tolerance),
            )
        except InputError as error:
            raise InvalidBodyError.of(prefix, str(error)) from None
        return {
            **review_document(found, lang=self.language),
            "network": None if self.network is None else self.network.version,
            **notice_member(around.sources, self.language),
        }

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


def parsed(document: Json, prefix: str) -> Project:
    """Read a project.

    Raises
    ------
    InvalidBodyError
        With every fault and its JSON pointer, which begins with `prefix`.
    """
    try:
        return parse_project(document, source="request")
    except InputFaults as error:
        raise InvalidBodyError.listing(
            [
                Detail(fault.message, pointer=f"{prefix}{fault.field or ''}")
                for fault in error.faults
            ]
        ) from None
