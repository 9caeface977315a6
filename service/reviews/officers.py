"""What officers do with a stored review: make it again, override a finding, sign it off."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.core.json_answer import json_answer
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.language import LanguageDependency
from service.core.model_input import read_asked
from service.core.openapi import problems, request_body
from service.core.parameters import known_id
from service.core.resources import ResourcesDependency
from service.core.security import ReviewerDependency, ReviewingDependency
from service.reviews import adding, storage
from service.reviews.bodies import OverrideBody, SignatureBody
from service.reviews.presentation import review_answer
from service.reviews.replay import replay, replay_document
from service.reviews.router import REVIEW
from service.reviews.schemas import json_content

_CHANGING: Final = problems(400, 401, 403, 404, 409, 413, 415)


def build_router() -> APIRouter:
    """Return the routes of what officers do: /v1/reviews/{review_id}/…."""
    router = APIRouter(prefix="/reviews", tags=["reviews"])

    @router.post(
        f"{REVIEW}/replay",
        operation_id="replay_review",
        summary="Make a stored review again from what it rests on, and compare",
        description=(
            "`same` tells whether the hash is the same, `findings` which came out otherwise; "
            "`since` what of the data under it has changed since, and `today` what the project "
            "comes to with the data of today. The stored review stays as it is."
        ),
        response_class=Response,
        responses={
            200: json_content("The comparison", "ReviewReplay"),
            **problems(400, 401, 403, 404, 409),
        },
    )
    def replay_review(
        review_id: str,
        resources: ResourcesDependency,
        principal: ReviewingDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            stored = storage.find(connection, known_id(review_id), principal)
            found = replay(connection, stored, cache=resources.network_cache)
        return json_answer({"id": review_id, **replay_document(found)}, language)

    @router.post(
        f"{REVIEW}/overrides",
        status_code=201,
        operation_id="override_finding",
        summary="Put an officer's verdict beside a computed one, with reason and name",
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("OverrideBody",)),
        responses={201: json_content("The review with it", "StoredReview"), **_CHANGING},
    )
    def override_finding(
        review_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ReviewingDependency,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        asked = read_asked(parse_json(body), OverrideBody)
        with resources.writing() as connection:
            stored = adding.override(
                connection,
                known_id(review_id),
                finding=asked.finding,
                verdict=asked.verdict.value,
                reason=asked.reason,
                name=asked.name,
                actor=principal,
            )
        return json_answer(review_answer(stored, lang=language), language, status=201)

    @router.post(
        f"{REVIEW}/signature",
        status_code=201,
        operation_id="sign_review",
        summary="Sign a review off, as a second person; nothing is added to it after that",
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("SignatureBody",)),
        responses={201: json_content("The review, signed", "StoredReview"), **_CHANGING},
    )
    def sign_review(
        review_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ReviewerDependency,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        asked = read_asked(parse_json(body), SignatureBody)
        with resources.writing() as connection:
            stored = adding.sign(
                connection,
                known_id(review_id),
                name=asked.name,
                overrides=asked.overrides,
                actor=principal,
            )
        return json_answer(review_answer(stored, lang=language), language, status=201)

    return router
