"""Making reviews and reading them: /v1/reviews."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from service.core.json_answer import json_answer
from service.core.json_input import JSON_TYPES, Body, require_media_type
from service.core.language import LanguageDependency
from service.core.openapi import problems, request_body
from service.core.paging import PageParameter, page_members
from service.core.parameters import known_id
from service.core.resources import ResourcesDependency
from service.core.security import ReviewingDependency, ViewerDependency
from service.reviews import listing, storage
from service.reviews.answering import ReviewRequest
from service.reviews.desk import DeskDependency
from service.reviews.presentation import record_document, review_answer
from service.reviews.question import QuestionDependency, StageName
from service.reviews.schemas import json_content
from service.reviews.storage import DRAFT, SIGNED
from spatial.policy.review.parsing import project_schema
from spatial.policy.review.verdict import REVIEW_VERDICTS

SCHEMA_TYPE: Final = "application/schema+json"
REVIEW: Final = "/{review_id}"

ReviewVerdict = StrEnum("ReviewVerdict", {name.upper(): name for name in REVIEW_VERDICTS})  # type: ignore[misc]  # the table says which there are


class ReviewState(StrEnum):
    """Whether a review is signed."""

    DRAFT = DRAFT
    SIGNED = SIGNED


def read_wanted(
    project: Annotated[str | None, Query(description="Only reviews of this project")] = None,
    stage: Annotated[StageName | None, Query(description="Only of this stage")] = None,
    verdict: Annotated[
        ReviewVerdict | None,
        Query(description="Only with this verdict, overrides counted in"),
    ] = None,
    state: Annotated[ReviewState | None, Query(description="Only in this state")] = None,
    search: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            description="Only of projects with this in their name or identifier",
        ),
    ] = None,
) -> listing.Wanted:
    """Return which reviews are listed."""
    return listing.Wanted(
        project=project,
        stage=None if stage is None else stage.value,
        verdict=None if verdict is None else verdict.value,
        state=None if state is None else state.value,
        search=search,
    )


def build_router() -> APIRouter:
    """Return the routes of making and reading reviews."""
    router = APIRouter(prefix="/reviews", tags=["reviews"])
    _add_making(router)
    _add_reading(router)
    return router


def _add_making(router: APIRouter) -> None:
    @router.post(
        "",
        status_code=201,
        operation_id="review_projects",
        summary="Review a housing project at a stage, clause by clause",
        description=(
            "The body is one project, `project` with it or with the `id` of a stored one, or "
            "`projects` with several of these: then each has a status of its own. The review is "
            "stored as a draft, with all it rests on under one hash; `dry_run=true` answers it and "
            "stores nothing. Of several with bad ones nothing is stored, unless `partial=true` "
            "asks for the good ones. The facilities and streets around are those stored."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("Project", "ProjectBody", "Projects")),
        responses={
            200: json_content("With `dry_run`: nothing is stored", "Review", "ReviewBatch"),
            201: json_content(
                "The review as stored, or what became of each", "StoredReview", "ReviewBatch"
            ),
            207: json_content("With `partial`: what became of each project", "ReviewBatch"),
            **problems(400, 401, 403, 413, 415),
        },
    )
    async def review_projects(
        request: Request,
        desk: DeskDependency,
        principal: ReviewingDependency,
        question: QuestionDependency,
        body: Body,
        language: LanguageDependency,
        *,
        dry_run: Annotated[bool, Query(description="Answer the review and store nothing")] = False,
        partial: Annotated[
            bool, Query(description="Store the good ones of several projects where others are bad")
        ] = False,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        asked = ReviewRequest(
            body=body,
            principal=principal,
            question=question,
            language=language,
            path=request.url.path,
            dry_run=dry_run,
            partial=partial,
        )
        return await desk.answer(asked)


def _add_reading(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="list_reviews",
        summary="List stored reviews, the newest first",
        response_class=Response,
        responses={200: json_content("A page", "Reviews"), **problems(400, 401, 403)},
    )
    def list_reviews(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        page: PageParameter,
        wanted: Annotated[listing.Wanted, Depends(read_wanted)],
    ) -> Response:
        with resources.reading() as connection:
            found = listing.list_reviews(
                connection, principal, wanted, after=page.after, limit=page.limit + 1
            )
            matched = listing.count_reviews(connection, principal, wanted)
        shown = found[: page.limit]
        members = page_members(
            request,
            next_key=shown[-1].id if len(found) > len(shown) else None,
            returned=len(shown),
            matched=matched,
        )
        document = {**members, "reviews": [record_document(one) for one in shown]}
        return json_answer(document)

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

    @router.get(
        REVIEW,
        operation_id="get_review",
        summary="Read a stored review, with overrides and signature",
        response_class=Response,
        responses={
            200: json_content("The review", "StoredReview"),
            **problems(400, 401, 404),
        },
    )
    def get_review(
        review_id: str,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            stored = storage.find(connection, known_id(review_id), principal)
        return json_answer(review_answer(stored, lang=language), language)

    @router.get(
        f"{REVIEW}/inputs",
        operation_id="get_review_inputs",
        summary="Read what a stored review rests on, as frozen under its hash",
        response_class=Response,
        responses={
            200: json_content("Project, parameters and versions", "ReviewInputs"),
            **problems(400, 401, 404),
        },
    )
    def get_review_inputs(
        review_id: str, resources: ResourcesDependency, principal: ViewerDependency
    ) -> Response:
        with resources.reading() as connection:
            stored = storage.find(connection, known_id(review_id), principal)
        return json_answer(stored.frozen.inputs)
