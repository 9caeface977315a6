"""The register of imported figures: /v1/indicators."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from service.core import audit, scope
from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidParameterError
from service.core.errors.rights import ForbiddenError
from service.core.history import Origin
from service.core.json_answer import json_answer
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.keys import Principal
from service.core.language import LanguageDependency
from service.core.notices import notice_member
from service.core.openapi import content, problems, request_body
from service.core.paging import Page, PageParameter, page_members
from service.core.resources import ResourcesDependency
from service.core.security import EditorDependency, ViewerDependency
from service.core.text_formats import AREA, FIGURE, of_format
from service.imports.indicators import unanswered_figures
from service.indicators import service as indicators
from service.indicators.asked import asked_indicators
from service.indicators.fields import FIRST_YEAR, LAST_YEAR
from service.indicators.schemas import figure_document, read_figures
from service.indicators.service import Key
from service.packs.service import list_packs


def build_router() -> APIRouter:
    """Return the routes of the register."""
    router = APIRouter(prefix="/indicators", tags=["indicators"])
    _add_reading(router)
    _add_storing(router)
    return router


def _add_reading(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="list_indicators",
        summary="List imported figures, ordered by area, indicator and year",
        response_class=Response,
        responses={
            200: content("application/json", "Indicators", "A page"),
            **problems(400, 401, 403),
        },
    )
    def list_figures(  # the parts of the request, one each
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        page: PageParameter,
        language: LanguageDependency,
        area: Annotated[
            str | None,
            Query(description="Only of the area of this code", json_schema_extra=of_format(AREA)),
        ] = None,
        indicator: Annotated[
            str | None,
            Query(description="Only figures of this name", json_schema_extra=of_format(FIGURE)),
        ] = None,
        year: Annotated[
            int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="Only of this year")
        ] = None,
    ) -> Response:
        after = _after(page)
        with resources.reading() as connection:
            areas = _visible(connection, principal, area)
            _check_indicator(connection, indicator)
            found = indicators.current(
                connection,
                areas=areas,
                indicator=indicator,
                year=year,
                after=after,
                limit=page.limit + 1,
            )
            matched = indicators.count(connection, areas=areas, indicator=indicator, year=year)
        shown = found.iloc[: page.limit].to_dict("records")
        rows = [{str(name): value for name, value in row.items()} for row in shown]
        last = rows[-1] if len(found) > len(rows) else None
        document = {
            **page_members(
                request,
                next_key=None
                if last is None
                else json.dumps([last["area"], last["indicator"], last["year"]]),
                returned=len(rows),
                matched=matched,
            ),
            **notice_member([row["source"] for row in rows], language),
            "indicators": [figure_document(row) for row in rows],
        }
        return json_answer(document, language)


def _add_storing(router: APIRouter) -> None:
    @router.post(
        "",
        operation_id="store_indicators",
        summary="Add or change imported figures, all of them or none",
        description=(
            "A list of figures. One whose area, indicator and year are stored already gets a new "
            "version; one that is the same is left alone; a value of null withdraws it. Areas "
            "nobody knows and indicators no rule asks for are stored, with a warning."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("IndicatorBody",)),
        responses={
            200: content("application/json", "StoredIndicators", "What became of the figures"),
            **problems(400, 401, 403, 409, 413, 415),
        },
    )
    def store_figures(
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        body: Body,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        figures = read_figures(parse_json(body))
        named = f"{request.method} {request.url.path} {request.state.request_id}"
        with resources.writing() as connection:
            _require_scope(connection, principal, figures["area"].tolist())
            origin = Origin(file=named, crs="", transformation=None, actor=principal.id)
            stored = indicators.store(connection, figures, origin=origin)
            codes = set(figures["area"])
            warnings = unanswered_figures(
                figures,
                source="indicators",
                areas=codes - set(indicators.unknown_areas(connection, codes)),
                asked=asked_indicators(list_packs(connection)),
            )
            outcome = {
                "added": stored.added,
                "changed": stored.changed,
                "unchanged": stored.unchanged,
            }
            audit.record(
                connection,
                actor=principal.id,
                action="store",
                target="indicators",
                detail={"rows": len(figures), **outcome, "request": named},
            )
        return json_answer({**outcome, "warnings": warnings})


def _after(page: Page) -> Key | None:
    """Return the key the page starts behind."""
    if page.after is None:
        return None
    try:
        area, indicator, year = json.loads(page.after)
    except (ValueError, TypeError):
        area, indicator, year = None, None, None
    if (
        isinstance(area, str)
        and isinstance(indicator, str)
        and type(year) is int
        and FIRST_YEAR <= year <= LAST_YEAR
    ):
        return Key(area, indicator, year)
    raise InvalidParameterError.of("after", "a cursor of another list")


def _visible(
    connection: Connection, principal: Principal, area: str | None
) -> Collection[str] | None:
    """Return the codes to look at; None for all.

    Raises
    ------
    InvalidParameterError
        If nothing is known of the area asked for: none found would mislead.
    """
    codes = scope.area_codes(connection, principal)
    if area is None:
        return codes
    hidden = codes is not None and area not in codes
    unknown = bool(indicators.unknown_areas(connection, [area]))
    if hidden or (unknown and not indicators.count(connection, areas=[area])):
        raise InvalidParameterError.of("area", "there is no such area")
    return [area]


def _check_indicator(connection: Connection, name: str | None) -> None:
    """Refuse a name no figure has and no rule asks for.

    Raises
    ------
    InvalidParameterError
        If it is one.
    """
    if name is None or name in indicators.indicator_names(connection):
        return
    if name not in asked_indicators(list_packs(connection)):
        raise InvalidParameterError.of(
            "indicator", "no figure has this name, and no rule asks for it"
        )


def _require_scope(connection: Connection, principal: Principal, areas: list[str]) -> None:
    codes = scope.area_codes(connection, principal)
    if codes is None:
        return
    outside = [at for at, area in enumerate(areas) if area not in codes]
    if outside:
        raise ForbiddenError(
            f"{len(outside)} of the figures are of areas the key is not scoped to; "
            "nothing was stored.",
            errors=[Detail("not in the key's areas", pointer=pointer(at)) for at in outside],
        )
