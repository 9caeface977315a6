"""Figures and lines of a run, for charts and for the map."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from shapely.geometry import mapping
from starlette.responses import Response

from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NotFoundError
from service.core.geojson import encode_json, geojson_response
from service.core.json_answer import json_answer
from service.core.language import LanguageDependency, language_headers
from service.core.openapi import GEOJSON, content, problems
from service.core.parameters import known_id
from service.core.resources import ResourcesDependency
from service.core.text_formats import REACH_RULE, RUN_AREA, of_format
from service.evaluations.dependencies import (
    RUN,
    AreaLevel,
    RunDependency,
    check_area,
    check_rule,
    packs_of,
)
from service.evaluations.district_table import district_table
from service.evaluations.figures import verdicts_by_area, walking_minutes
from service.evaluations.lines import district_lines
from service.evaluations.presentation import run_members
from service.evaluations.results import district_of
from spatial.policy.evidence_lines import EvidenceLine
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.profiles import PROFILES

_MAX_BINS: Final = 1000


# What no schema can say: it hangs on the other parameter.
BIN_WIDTH: Final = f"Width of a bin, minutes; at most {_MAX_BINS} of them"


def build_router() -> APIRouter:
    """Return the routes of figures and lines."""
    router = APIRouter(prefix="/evaluations", tags=["evaluations"])
    _add_figures(router)
    _add_lines(router)
    return router


def _add_figures(router: APIRouter) -> None:
    @router.get(
        f"{RUN}/verdicts",
        operation_id="list_evaluation_verdicts",
        summary="Count flags and the verdicts of each rule, area by area",
        response_class=Response,
        responses={
            200: content("application/json", "AreaVerdicts", "An object an area with districts"),
            **problems(400, 401, 404),
        },
    )
    def list_verdicts(
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
        level: Annotated[AreaLevel | None, Query(description="Only areas of this level")] = None,
    ) -> Response:
        with resources.reading() as connection:
            areas = verdicts_by_area(connection, stored.id, level=level)
            members = run_members(connection, stored, language)
        return json_answer({**members, "areas": areas}, language)

    @router.get(
        f"{RUN}/table",
        operation_id="get_evaluation_table",
        summary="Read all districts of a run as columns, without texts and geometries",
        response_class=Response,
        responses={
            200: content("application/json", "DistrictTable", "Lists of one length, by rank"),
            **problems(400, 401, 404),
        },
    )
    def get_table(
        stored: RunDependency, resources: ResourcesDependency, language: LanguageDependency
    ) -> Response:
        with resources.reading() as connection:
            table = district_table(connection, stored.id)
            members = run_members(connection, stored, language)
        return json_answer({**members, **table}, language)

    @router.get(
        f"{RUN}/walking-minutes",
        operation_id="get_walking_minutes",
        summary="Count households by the walking minutes of their district under a rule",
        description=(
            "The minutes are those of each finding: of the district's worst demand point. A bin "
            "holds what is above its lower end and up to its upper one. Districts without a known "
            "walk, and those beyond 5,000 m, stand apart."
        ),
        response_class=Response,
        responses={
            200: content("application/json", "WalkingMinutes", "The histogram"),
            **problems(400, 401, 404),
        },
    )
    def get_walking_minutes(
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
        rule: Annotated[
            str, Query(description="A rule about reach", json_schema_extra=of_format(REACH_RULE))
        ],
        area: Annotated[
            str | None,
            Query(description="Only districts in this area", json_schema_extra=of_format(RUN_AREA)),
        ] = None,
        bin_minutes: Annotated[
            Decimal, Query(gt=0, le=60, allow_inf_nan=False, description=BIN_WIDTH)
        ] = Decimal(5),
        until_minutes: Annotated[
            Decimal,
            Query(gt=0, le=600, allow_inf_nan=False, description="Where the bins end, minutes"),
        ] = Decimal(60),
    ) -> Response:
        if until_minutes / bin_minutes > _MAX_BINS:
            raise InvalidParameterError.of("bin_minutes", f"more than {_MAX_BINS} bins")
        with resources.reading() as connection:
            packs = packs_of(connection, stored, resources.pack_cache)
            known = _reach_rule(packs, rule)
            check_area(connection, stored, area)
            figures = walking_minutes(
                connection,
                stored.id,
                rule,
                area=area,
                bin_minutes=bin_minutes,
                until_minutes=until_minutes,
            )
            members = run_members(connection, stored, language)
        document = {**members, "rule": rule, **_walk(known), **figures}
        return json_answer(document, language)


def _add_lines(router: APIRouter) -> None:
    @router.get(
        f"{RUN}/districts/{{district_id:path}}/paths",
        operation_id="list_district_paths",
        summary="Draw the walk and the straight line each finding of a district about reach names",
        description=(
            "Two features a rule: from the district's worst demand point the walk to the facility "
            "nearest on foot, and the straight line to the one nearest in a straight line. "
            "`decides` marks the one the clause means; `metres` is null, and so is the geometry, "
            "where there is no facility within 5,000 m."
        ),
        response_class=Response,
        responses={
            200: content(GEOJSON, "FeatureCollection", "The lines"),
            **problems(400, 401, 404),
        },
    )
    def list_paths(
        district_id: str,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
    ) -> Response:
        key = known_id(district_id)
        with resources.reading() as connection:
            if len(district_of(connection, stored.id, key)) == 0:
                raise NotFoundError("The evaluation has no such district.")
            lines = district_lines(
                connection,
                stored,
                key,
                packs=packs_of(connection, stored, resources.pack_cache),
                network_cache=resources.network_cache,
            )
            members = run_members(connection, stored, language)
        document = {
            "type": "FeatureCollection",
            **members,
            "district": key,
            "features": [_feature(line) for line in lines],
        }
        return geojson_response(encode_json(document), headers=language_headers(language))


def _feature(line: EvidenceLine) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": None if line.geometry is None else mapping(line.geometry),
        "properties": {
            "pack": line.pack,
            "rule": line.rule,
            "line": "walking" if line.walking else "straight",
            "decides": line.decides,
            "facility": line.facility,
            "metres": line.metres,
            "minutes": line.minutes,
        },
    }


def _reach_rule(packs: tuple[Pack, ...], name: str) -> Rule:
    check_rule(packs, name)
    rule = next(rule for pack in packs for rule in pack.rules if rule.id == name)
    if rule.kind not in DISTRICT_KINDS or not DISTRICT_KINDS[rule.kind].reach:
        raise InvalidParameterError.of("rule", "the rule is not about reach")
    return rule


def _walk(rule: Rule) -> dict[str, Any]:
    """Say at whose pace the minutes are, and how many the clause allows, where it does."""
    # Rules about a radius report the walk of an adult with a child.
    profile = rule.parameters.get("profile", "adult_with_child")
    return {
        "profile": profile,
        "speed_m_per_s": float(PROFILES[profile].speed_m_per_s),
        "limit_minutes": rule.parameters.get("minutes"),
    }
