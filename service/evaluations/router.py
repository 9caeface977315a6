"""Evaluations: ask for one, read it and its parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from geopandas import GeoDataFrame
from starlette.responses import Response

from service.core.errors.state import NotFoundError
from service.core.geojson import encode_json, feature_collection, geojson_response
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.language import Language, LanguageDependency, language_headers
from service.core.negotiation import CSV, FormatDependency
from service.core.openapi import GEOJSON, content, problems, request_body
from service.core.paging import PageParameter, page_members
from service.core.parameters import BBoxParameter, known_id
from service.core.resources import ResourcesDependency
from service.core.security import EditorDependency
from service.core.text_formats import RULE, of_format
from service.evaluations import service as evaluations
from service.evaluations.dependencies import (
    AreaLevel,
    PartFilterDependency,
    RunDependency,
    Verdict,
    check_area,
    check_rule,
    number_after,
    packs_of,
    visible,
)
from service.evaluations.explanation import explain_area, explain_one
from service.evaluations.presentation import (
    run_members,
    run_notices,
    shown_districts,
    shown_findings,
)
from service.evaluations.process import EVALUATE, check_request
from service.evaluations.schemas import evaluation_document, read_request
from service.exports.areas import output_areas
from service.exports.csv_table import area_table
from service.jobs import records
from service.jobs.document import JOBS_PATH, base_address, job_document
from service.jobs.limits import refuse_too_many_districts
from service.jobs.preferring import APPLIED, PreferAsync
from spatial.errors import InputError

RUN = "/{evaluation_id}"


def build_router() -> APIRouter:
    """Return the routes of evaluations: /v1/evaluations."""
    router = APIRouter(prefix="/evaluations", tags=["evaluations"])
    _add_creating(router)
    _add_reading(router)
    _add_parts(router)
    _add_areas(router)
    _add_explanations(router)
    return router


def _add_creating(router: APIRouter) -> None:
    @router.post(
        "",
        status_code=201,
        operation_id="create_evaluation",
        summary="Evaluate the stored districts by the rules of packs",
        description=(
            "The same request on the same data answers 200 with the run there is. More districts "
            "than one request may take, or `Prefer: respond-async`, make it a job: 202, and "
            "Location says where it can be followed."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("EvaluationBody",)),
        responses={
            200: content("application/json", "Evaluation", "The run there was already"),
            201: content("application/json", "Evaluation", "The new run"),
            202: content("application/json", "Job", "The job that will evaluate"),
            **problems(400, 401, 403, 409, 413, 415, 422, 429),
        },
    )
    def create_evaluation(
        request: Request,
        resources: ResourcesDependency,
        principal: EditorDependency,
        body: Body,
        language: LanguageDependency,
        prefer_async: PreferAsync,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        today = date.today()  # noqa: DTZ011  the day where the service stands
        document = parse_json(body)
        wanted = read_request(document, today=today)
        districts = check_request(resources, principal, wanted)
        if prefer_async or districts > resources.settings.evaluation.max_districts:
            refuse_too_many_districts(
                districts, settings=resources.settings, as_job=True, instead=""
            )
            with resources.writing() as connection:
                job = records.submit(
                    connection,
                    EVALUATE,
                    document,
                    principal=principal,
                    language=language,
                    asked_on=today,
                    most_per_key=resources.settings.jobs.max_per_key,
                )
            return Response(
                encode_json(job_document(job, base=base_address(request))),
                status_code=202,
                media_type="application/json",
                headers={
                    "Location": f"{JOBS_PATH}/{job.id}",
                    **(APPLIED if prefer_async else {}),
                    **language_headers(language),
                },
            )
        run = evaluations.run(
            resources.engine,
            wanted,
            network_cache=resources.network_cache,
            actor=principal.id,
        )
        with resources.reading() as connection:
            stored = visible(connection, principal, run.id)
            notices = run_notices(connection, stored, language)
        location = f"{request.url.path}/{run.id}"
        href = str(request.url.replace(path=location, query=""))
        return Response(
            encode_json({**evaluation_document(stored, href=href), **notices}),
            status_code=201 if run.created else 200,
            media_type="application/json",
            headers={"Location": location, **language_headers(language)},
        )


def _add_reading(router: APIRouter) -> None:
    @router.get(
        RUN,
        operation_id="get_evaluation",
        summary="Read what a run rests on",
        response_class=Response,
        responses={
            200: content("application/json", "Evaluation", "The run"),
            **problems(400, 401, 404),
        },
    )
    def get_evaluation(
        request: Request,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            notices = run_notices(connection, stored, language)
        href = str(request.url.replace(query=""))
        return _json({**evaluation_document(stored, href=href), **notices}, language)

    @router.get(
        f"{RUN}/summary",
        operation_id="get_evaluation_summary",
        summary="Read the counts of a run: the object `yike evaluate --json` prints",
        response_class=Response,
        responses={
            200: content("application/json", "Summary", "The counts"),
            **problems(400, 401, 404),
        },
    )
    def get_summary(
        stored: RunDependency, resources: ResourcesDependency, language: LanguageDependency
    ) -> Response:
        with resources.reading() as connection:
            document = evaluations.summary(connection, stored.id)
            notices = run_notices(connection, stored, language)
        return _json({**document, **notices}, language)


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
        verdict: Annotated[
            Verdict | None, Query(description="Only findings of this verdict")
        ] = None,
        rule: Annotated[
            str | None,
            Query(description="Only findings of this rule", json_schema_extra=of_format(RULE)),
        ] = None,
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
        rule: Annotated[
            str | None,
            Query(description="Only rows of this rule", json_schema_extra=of_format(RULE)),
        ] = None,
        verdict: Annotated[Verdict | None, Query(description="Only rows of this verdict")] = None,
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
        return _json({**notices, **explained.as_json(language)}, language)

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
        return _json({**notices, "rows": rows}, language)


@contextmanager
def _found() -> Iterator[None]:
    """Answer 404 for an address that names nothing."""
    try:
        yield
    except InputError as error:
        raise NotFoundError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def _area_answers() -> dict[int | str, dict[str, object]]:
    described = content(GEOJSON, "FeatureCollection", "All rows")
    described["content"][CSV] = {"schema": {"type": "string"}}
    return {200: described, **problems(400, 401, 404)}


def _collection() -> dict[int | str, dict[str, object]]:
    described = content(GEOJSON, "FeatureCollection", "A page")
    return {200: described, **problems(400, 401, 404)}


def _json(document: dict[str, object], language: Language) -> Response:
    return Response(
        encode_json(document),
        media_type="application/json",
        headers=dict(language_headers(language)),
    )


def _geojson(
    frame: GeoDataFrame, members: dict[str, object], language: Language, *, key: str | None
) -> Response:
    text = feature_collection(frame, key=key, members=members)
    return geojson_response(text, headers=language_headers(language))
