"""Explanations of what a run found, paragraphs for a letter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter
from starlette.responses import Response

from service.core.errors.state import NotFoundError
from service.core.json_answer import json_answer
from service.core.language import LanguageDependency
from service.core.openapi import content, problems
from service.core.parameters import known_id
from service.core.resources import ResourcesDependency
from service.evaluations.dependencies import RUN, RunDependency
from service.evaluations.explanation import explain_area, explain_one
from service.evaluations.presentation import run_members
from spatial.errors import InputError


def build_router() -> APIRouter:
    """Return the routes of explanations."""
    router = APIRouter(prefix="/evaluations", tags=["evaluations"])
    _add_explanations(router)
    return router


def _add_explanations(router: APIRouter) -> None:
    answers = {
        200: content("application/json", "Explanation", "A paragraph in each language"),
        **problems(400, 401, 404),
    }

    @router.get(
        f"{RUN}/findings/{{finding:path}}/explain",
        operation_id="explain_finding",
        summary="Explain a finding in a paragraph for a letter",
        description=(
            "`finding` is `district~rule`, for example `D1~jinhua.childcare.radius`, or the number "
            "of the finding in the run."
        ),
        response_class=Response,
        responses=answers,
    )
    def get_finding_explanation(
        finding: str,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection, _found():
            explained = explain_one(connection, stored, known_id(finding))
            notices = run_members(connection, stored, language)
        return json_answer({**notices, **explained.as_json(language)}, language)

    @router.get(
        f"{RUN}/areas/{{code:path}}/{{rule}}/explain",
        operation_id="explain_area_row",
        summary="Explain what a rule found for an area, a paragraph for each part",
        response_class=Response,
        responses={
            200: content("application/json", "AreaExplanation", "Paragraphs in each language"),
            **problems(400, 401, 404),
        },
    )
    def get_area_explanation(
        code: str,
        rule: str,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection, _found():
            explained = explain_area(connection, stored, known_id(code), known_id(rule))
            notices = run_members(connection, stored, language)
        rows = [one.as_json(language) for one in explained]
        return json_answer({**notices, "rows": rows}, language)


@contextmanager
def _found() -> Iterator[None]:
    """Answer 404 for an address that names nothing."""
    try:
        yield
    except InputError as error:
        raise NotFoundError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
