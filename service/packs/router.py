"""The rule packs in use, with clause, quote and reading of every rule."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from service.core.json_answer import json_answer
from service.core.language import LanguageDependency
from service.core.openapi import content, problems
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.packs.dependencies import PackDependency
from service.packs.schemas import PackList, PackSummary, rule_document


def build_router() -> APIRouter:
    """Return the routes of packs: /v1/packs."""
    router = APIRouter(prefix="/packs", tags=["packs"])

    @router.get(
        "",
        operation_id="list_packs",
        summary="List the rule packs in use",
        responses=problems(400, 401),
    )
    def list_all(resources: ResourcesDependency, _principal: ViewerDependency) -> PackList:
        with resources.reading() as connection:
            packs = resources.pack_cache.in_use(connection)
        return PackList(packs=[PackSummary.of(pack) for pack in packs])

    @router.get(
        "/{pack_id}",  # noqa: FAST003  read by the dependency
        operation_id="get_pack",
        summary="Read one rule pack",
        responses=problems(400, 401, 404),
    )
    def get_pack(pack: PackDependency) -> PackSummary:
        return PackSummary.of(pack)

    @router.get(
        "/{pack_id}/rules",  # noqa: FAST003  read by the dependency
        operation_id="list_rules",
        summary="List the rules of a pack with clause, quote and reading",
        response_class=Response,
        responses={
            200: content("application/json", "Rules", "The rules, in the order of the pack"),
            **problems(400, 401, 404),
        },
    )
    def list_rules(pack: PackDependency, language: LanguageDependency) -> Response:
        document = {
            "pack": pack.id,
            "version": pack.version,
            "rules": [rule_document(rule, language) for rule in pack.rules],
        }
        return json_answer(document, language)

    return router
