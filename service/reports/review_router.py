"""The documents of reviews: a draft of one that comes with the question, and of a stored one."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from service.core.errors.request import InvalidBodyError
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.language import Language, LanguageDependency
from service.core.openapi import request_body
from service.core.parameters import known_id
from service.core.resources import ResourcesDependency
from service.core.security import ReviewingDependency, ViewerDependency
from service.reports.answers import document_answer, document_responses
from service.reports.documents import XLSX, DocumentKind
from service.reports.opinion import Opinion
from service.reports.review_opinion import OPINION_KINDS, WRITERS, review_opinion
from service.reports.stored_opinion import stored_case, stored_opinion
from service.reviews import storage
from service.reviews.batch import is_batch
from service.reviews.question import QuestionDependency
from service.reviews.reviewing import Reviewer

_NAMES: Final = {True: ("review-worksheet", "审查工作表"), False: ("review-opinion", "审查意见书")}


def build_router() -> APIRouter:
    """Return the routes; they go before those of reviews."""
    router = APIRouter(prefix="/reviews", tags=["reviews"])
    for kind in OPINION_KINDS:
        _add_draft(router, kind)
        _add_stored(router, kind)
    return router


def _add_draft(router: APIRouter, kind: DocumentKind) -> None:
    @router.post(
        f"/report{kind.suffix}",
        operation_id=f"draft_review_{kind.name}",
        summary=f"Review a project and answer the draft of its opinion as {kind.name.upper()}",
        description=(
            "The body is one project, or `project` with the `id` of a stored one; the parameters "
            "are those of a review. Nothing is stored. The worksheet is XLSX."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("Project", "ProjectBody")),
        responses=document_responses(kind, 403, 413, 415),
    )
    def draft_review(  # the parts of the request, one each
        request: Request,
        resources: ResourcesDependency,
        principal: ReviewingDependency,
        question: QuestionDependency,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        document = parse_json(body)
        if is_batch(document):
            raise InvalidBodyError.of("/projects", "a document is of one project: hand in one")
        with resources.reading() as connection:
            reviewer = Reviewer.of(
                connection, resources=resources, principal=principal, question=question
            )
            reviewed = reviewer.review(document, prefix="")
        case = reviewed.case
        opinion = review_opinion(
            reviewed.found,
            project=case.project,
            packs=case.packs,
            surroundings=case.around.found,
            sources=case.around.sources,
            lang=language,
            drawn=kind != XLSX,
        )
        return _answer(opinion, kind, language)


def _add_stored(router: APIRouter, kind: DocumentKind) -> None:
    @router.get(
        f"/{{review_id}}/report{kind.suffix}",
        operation_id=f"get_review_report_{kind.name}",
        summary=f"The opinion of a stored review as {kind.name.upper()}; a draft until signed",
        response_class=Response,
        responses=document_responses(kind, 404, 409),
    )
    def get_report(
        review_id: str,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            stored = storage.find(connection, known_id(review_id), principal)
            case = stored_case(connection, stored, cache=resources.network_cache)
        # Drawing takes far longer than reading, and there are few connections.
        opinion = stored_opinion(stored, case, lang=language, drawn=kind != XLSX)
        return _answer(opinion, kind, language)


def _answer(opinion: Opinion, kind: DocumentKind, language: Language) -> Response:
    name, title = _NAMES[kind == XLSX]
    return document_answer(
        WRITERS[kind](opinion),
        kind,
        name=name,
        title=title,
        language=language,
        notices=opinion.notices,
    )
