"""The ground within a walk of places: GET /v1/isochrone, POST /v1/isochrones."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from fastapi import APIRouter, Request
from starlette.responses import Response

from service.core import scope
from service.core.geojson import encode_json, geojson_response
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.language import LanguageDependency, language_headers
from service.core.model_input import read_asked
from service.core.notices import notice_member
from service.core.openapi import GEOJSON, content, problems, request_body
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.networks.service import sources_of
from service.reach.dependencies import OriginDependency, network_in_use
from service.reach.isochrone_answer import answer_isochrones
from service.reach.isochrone_document import isochrone_features
from service.reach.schemas import IsochronesBody
from spatial.isochrone import isochrones


def add_isochrones(router: APIRouter) -> None:
    """Add the routes of isochrones."""
    _add_one(router)
    _add_batch(router)


def _add_one(router: APIRouter) -> None:
    answer = content(GEOJSON, "Feature", "The ground; a FeatureCollection for several limits")
    answer["content"][GEOJSON]["schema"] = {
        "oneOf": [
            {"$ref": "#/components/schemas/Feature"},
            {"$ref": "#/components/schemas/FeatureCollection"},
        ]
    }

    @router.get(
        "/isochrone",
        operation_id="get_isochrone",
        summary="Draw the ground within a walk of a place",
        description=(
            "Give `minutes` or `metres`. One limit answers with a Feature; several, or "
            "`streets=true`, with a FeatureCollection. A place that joins no street answers with "
            "null geometry and says why in `status` and `detail`."
        ),
        response_class=Response,
        responses={200: answer, **problems(400, 401, 403, 409)},
    )
    def get_isochrone(
        origin: OriginDependency,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            scope.require_place(connection, principal, lon=origin.lon, lat=origin.lat)
            network = network_in_use(resources, connection)
            sources = sources_of(connection, network.version)
        places = np.array([shapely.Point(origin.lon, origin.lat)], dtype=object)
        (found,) = isochrones(
            network,
            places,
            profile=origin.walking.profile,
            limits_m=[float(limit.metres) for limit in origin.limits],
            direction=origin.walking.direction,
        )
        about = {
            "lon": origin.lon,
            "lat": origin.lat,
            **origin.walking.as_json(),
            "network": network.version,
        }
        features = isochrone_features(
            found, limits=origin.limits, streets=origin.streets, about=about
        )
        notices = notice_member(sources, language)
        single = len(origin.limits) == 1 and not origin.streets
        document: dict[str, Any] = (
            {**features[0], **notices}
            if single
            else {"type": "FeatureCollection", **notices, "features": features}
        )
        return geojson_response(encode_json(document), headers=language_headers(language))


def _add_batch(router: APIRouter) -> None:
    @router.post(
        "/isochrones",
        operation_id="draw_isochrones",
        summary="Draw the ground within a walk of each of many places",
        description=(
            "`items` says what became of each origin; one that cannot be used spoils no other. "
            "The features name their origin by `index` and `id`."
        ),
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("IsochronesBody",)),
        responses={
            200: content(GEOJSON, "FeatureCollection", "The ground by origin and limit"),
            **problems(400, 401, 403, 409, 413, 415),
        },
    )
    def draw_isochrones(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        body: Body,
        language: LanguageDependency,
    ) -> Response:
        require_media_type(request, JSON_TYPES)
        document = answer_isochrones(
            resources, principal, read_asked(parse_json(body), IsochronesBody), language=language
        )
        return geojson_response(encode_json(document), headers=language_headers(language))
