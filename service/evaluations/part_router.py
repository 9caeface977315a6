"""The parts of a run: districts, findings and the area table."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from geopandas import GeoDataFrame
from starlette.responses import Response

from service.core.geojson import feature_collection, geojson_response
from service.core.language import Language, LanguageDependency, language_headers
from service.core.negotiation import CSV, FormatDependency
from service.core.openapi import GEOJSON, content, problems
from service.core.paging import PageParameter, page_members
from service.core.parameters import BBoxParameter
from service.core.resources import ResourcesDependency
from service.core.text_formats import RULE, of_format
from service.evaluations import service as evaluations
from service.evaluations.dependencies import (
    RUN,
    AreaLevel,
    PartFilterDependency,
    RunDependency,
    Verdict,
    check_area,
    check_rule,
    number_after,
    packs_of,
)
from service.evaluations.presentation import run_members, shown_districts, shown_findings
from service.exports.areas import output_areas
from service.exports.csv_table import area_table

_VerdictFilter = Annotated[Verdict | None, Query(description="Only what has this verdict")]
_RuleFilter = Annotated[
    str | None, Query(description="Only what this rule found", json_schema_extra=of_format(RULE))
]


def build_router() -> APIRouter:
    """Return the routes of the parts of a run."""
    router = APIRouter(prefix="/evaluations", tags=["evaluations"])
    _add_parts(router)
    _add_areas(router)
    return router


def _add_parts(router: APIRouter) -> None:
    @router.get(
        f"{RUN}/districts",
        operation_id="list_evaluation_districts",
        summary="List the districts of a run in rank order, with reasons and findings",
        response_class=Response,
        responses=_collection(),
    )
    def list_districts(  # the parts of the request, one each
        request: Request,
        stored: RunDependency,
        resources: ResourcesDependency,
        page: PageParameter,
        wanted: PartFilterDependency,
        bbox: BBoxParameter,
        language: LanguageDependency,
        district: Annotated[
            str | None, Query(alias="id", description="Only the district of this id")
        ] = None,
    ) -> Response:
        after = number_after(page)
        with resources.reading() as connection:
            check_area(connection, stored, wanted.area)
            found = evaluations.districts(
                connection,
                stored.id,
                district=district,
                flag=wanted.flag,
                area=wanted.area,
                bbox=bbox,
                after=after,
                limit=page.limit + 1,
            )
            part = found.iloc[: page.limit]
            packs = packs_of(connection, stored, resources.pack_cache)
            shown = shown_districts(connection, stored, part, packs=packs, language=language)
            members = run_members(connection, stored, language)
        more = len(found) > len(part)
        members |= page_members(
            request,
            next_key=str(part["rank"].iloc[-1]) if more else None,
            returned=len(part),
            matched=None,
        )
        return _geojson(shown, members, language, key="id")

    @router.get(
        f"{RUN}/findings",
        operation_id="list_evaluation_findings",
        summary="List the findings of a run with the geometries of their districts",
        response_class=Response,
        responses=_collection(),
    )
    def list_findings(
        request: Request,
        stored: RunDependency,
        resources: ResourcesDependency,
        page: PageParameter,
        wanted: PartFilterDependency,
        language: LanguageDependency,
        verdict: _VerdictFilter = None,
        rule: _RuleFilter = None,
    ) -> Response:
        after = number_after(page)
        with resources.reading() as connection:
            packs = packs_of(connection, stored, resources.pack_cache)
            check_rule(packs, rule)
            check_area(connection, stored, wanted.area)
            found = evaluations.findings(
                connection,
                stored.id,
                verdict=verdict,
                rule=rule,
                flag=wanted.flag,
                area=wanted.area,
                after=after,
                limit=page.limit + 1,
            )
            part = found.iloc[: page.limit]
            shown = shown_findings(connection, stored, part, packs=packs, language=language)
            members = run_members(connection, stored, language)
        more = len(found) > len(part)
        members |= page_members(
            request,
            next_key=str(part["number"].iloc[-1]) if more else None,
            returned=len(part),
            matched=None,
        )
        return _geojson(shown, members, language, key=None)


def _add_areas(router: APIRouter) -> None:
    @router.get(
        f"{RUN}/areas",
        operation_id="list_evaluation_areas",
        summary="List the area table of a run: a feature, or a line, an area, rule and part",
        description=(
            "What each rule found for each area: numerator, denominator, value, target and gap. "
            "Rules about areas have one row (`part` = `all`); those about districts are rolled up, "
            "occupied, rural and planned districts apart. `format=csv`, or `Accept: text/csv`, "
            "gives a table without geometries."
        ),
        response_class=Response,
        responses=_area_answers(),
    )
    def list_areas(  # the parts of the request, one each
        request: Request,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
        form: FormatDependency,
        level: Annotated[
            AreaLevel | None, Query(description="Only areas of this level, or industrial parks")
        ] = None,
        rule: _RuleFilter = None,
        verdict: _VerdictFilter = None,
    ) -> Response:
        with resources.reading() as connection:
            packs = packs_of(connection, stored, resources.pack_cache)
            check_rule(packs, rule)
            found = evaluations.areas(
                connection, stored.id, level=level, rule=rule, verdict=verdict
            )
            members = run_members(connection, stored, language)
        frame = output_areas(found, packs=packs, lang=language)
        headers = {**language_headers(language), "Vary": "Accept, Accept-Language"}
        if form == "csv":
            return Response(area_table(frame), media_type=CSV, headers=headers)
        count = len(frame)
        members |= page_members(request, next_key=None, returned=count, matched=count)
        return geojson_response(
            feature_collection(frame, key=None, members=members), headers=headers
        )


def _area_answers() -> dict[int | str, dict[str, object]]:
    described = content(GEOJSON, "FeatureCollection", "All rows")
    described["content"][CSV] = {"schema": {"type": "string"}}
    return {200: described, **problems(400, 401, 404)}


def _collection() -> dict[int | str, dict[str, object]]:
    described = content(GEOJSON, "FeatureCollection", "A page")
    return {200: described, **problems(400, 401, 404)}


def _geojson(
    frame: GeoDataFrame, members: dict[str, object], language: Language, *, key: str | None
) -> Response:
    text = feature_collection(frame, key=key, members=members)
    return geojson_response(text, headers=language_headers(language))
