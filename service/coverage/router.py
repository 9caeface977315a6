"""What serves one place: GET /v1/coverage."""

from __future__ import annotations

import math
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from service.core import history, scope
from service.core.geojson import encode_json, geojson_response
from service.core.history import Moment
from service.core.language import LanguageDependency, language_headers
from service.core.notices import notice_member
from service.core.openapi import GEOJSON, content, problems
from service.core.parameters import BBox
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.coverage.dependencies import PlaceDependency, chosen_packs
from service.coverage.schemas import place_document
from spatial.coverage import place_coverage
from spatial.fields import FACILITIES

# Distances end there (design, section 2); a tenth more, for what a box in degrees cuts off.
_HALO_M: Final = 5_500.0
_DEGREE_M: Final = 110_574.0


def build_router() -> APIRouter:
    """Return the route that says what serves a place."""
    router = APIRouter(tags=["coverage"])

    @router.get(
        "/coverage",
        operation_id="get_coverage",
        summary="What serves a place: nearest facilities, straight and walking, rule by rule",
        description=(
            "With `k` each rule lists in `nearest` the k nearest facilities that count, on foot; "
            "with `path=true` each with its way as a LineString, as long as its `metres`."
        ),
        response_class=Response,
        responses={
            200: content(GEOJSON, "Feature", "The place, with the answer of each rule"),
            **problems(400, 401, 403),
        },
    )
    def get_coverage(
        place: PlaceDependency,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection:
            scope.require_place(connection, principal, lon=place.lon, lat=place.lat)
            packs = chosen_packs(connection, place.pack_ids, cache=resources.pack_cache)
            facilities = history.current(
                connection,
                FACILITIES,
                bbox=_around(place.lon, place.lat),
                moment=Moment(valid_on=place.as_of),
            )
            network = resources.network_cache.latest(connection)
        findings = place_coverage(
            place.lon,
            place.lat,
            service=place.service.value,
            packs=packs,
            facilities=facilities,
            network=network,
            as_of=place.as_of,
            k=place.k,
            paths=place.path,
        )
        document = {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
            **notice_member(facilities["source"], language),
            "properties": {
                "service": place.service.value,
                "as_of": place.as_of,
                "packs": [pack.id for pack in packs],
                "network": None if network is None else network.version,
                "rules": place_document(
                    findings, packs=packs, facilities=facilities, language=language
                ),
            },
        }
        return geojson_response(encode_json(document), headers=language_headers(language))

    return router


def _around(lon: float, lat: float) -> BBox:
    """Return a box in degrees that holds everything within `_HALO_M` of a place."""
    up = _HALO_M / _DEGREE_M
    side = up / math.cos(math.radians(lat))
    return lon - side, lat - up, lon + side, lat + up
