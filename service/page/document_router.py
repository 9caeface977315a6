"""What the page starts from: GET /v1/page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from service.core.json_answer import json_answer
from service.core.language import LanguageDependency
from service.core.openapi import content, problems
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.page.document import page_document


def build_router() -> APIRouter:
    """Return the route of what the page starts from."""
    router = APIRouter(tags=["page"])

    @router.get(
        "/page",
        operation_id="get_page",
        summary="Read what the page starts from: packs, evaluations, streets, extent, base map",
        response_class=Response,
        responses={
            200: content("application/json", "Page", "All of it"),
            **problems(400, 401),
        },
    )
    def get_page(
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            document = page_document(
                connection,
                principal,
                settings=resources.settings,
                packs=resources.pack_cache.in_use(connection),
                language=language,
            )
        return json_answer(document, language)

    return router
