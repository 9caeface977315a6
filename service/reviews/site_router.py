"""Reading the site of a project from a file: /v1/reviews/site."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import shapely
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from service.core.errors.problem import Detail
from service.core.errors.request import InvalidBodyError, InvalidParameterError
from service.core.geojson import encode_json, shown_geometries
from service.core.json_input import Body, require_media_type
from service.core.openapi import problems, request_body
from service.core.resources import Resources, ResourcesDependency
from service.core.security import ReviewingDependency
from service.imports.crs_check import CrsSubject, UndeclaredCRSError
from service.reviews.schemas import json_content
from service.reviews.site_file import SITE_SUFFIXES, SiteFile, read_site
from service.uploads.systems import check_uploaded
from spatial.errors import InputError, UnknownCRSError

_FILE_TYPE: Final = "application/octet-stream"
_GEOJSON: Final = (".geojson", ".json")


class _SystemError(Exception):
    """The system that is said does not fit the places of the file."""


def build_router() -> APIRouter:
    """Return the route; it goes before those of reviews."""
    router = APIRouter(prefix="/reviews", tags=["reviews"])

    @router.post(
        "/site",
        operation_id="read_site",
        summary="Read the outlines of a file as the site of a project; nothing is stored",
        description=(
            "The body is the file; its name says the format: "
            f"{', '.join(SITE_SUFFIXES)}. A Shapefile comes as a zip archive. The outlines are "
            "answered in longitude and latitude. Where the file does not say its coordinate "
            "system, the fault is that of the parameter `crs`, with what its places fit."
        ),
        response_class=Response,
        openapi_extra=request_body(_FILE_TYPE, schemas=("ImportFile",)),
        responses={
            200: json_content("The outlines", "SiteOutlines"),
            **problems(400, 401, 403, 413, 415, 503),
        },
    )
    def read_file(
        request: Request,
        resources: ResourcesDependency,
        principal: ReviewingDependency,
        body: Body,
        file: Annotated[
            str, Query(min_length=1, max_length=200, description="What the file is called")
        ],
        crs: Annotated[
            str | None,
            Query(max_length=200, description="System of the coordinates, as EPSG:4549"),
        ] = None,
        *,
        crs_as_declared: Annotated[
            bool, Query(description="Believe the system that is said whatever the places fit")
        ] = False,
    ) -> Response:
        del principal
        require_media_type(request, (_FILE_TYPE,))
        suffix = Path(file).suffix.lower()
        if suffix not in SITE_SUFFIXES or not file.isprintable():
            raise InvalidParameterError.of(
                "file", f"its ending must say the format: {', '.join(SITE_SUFFIXES)}"
            )
        if not body:
            raise InvalidBodyError.of("", f"{file}: is empty")
        found = _read(
            resources, body, label=file, suffix=suffix, crs=crs or None, believed=crs_as_declared
        )
        return Response(encode_json(_document(found, file)), media_type="application/json")

    return router


def _read(
    resources: Resources,
    body: bytes,
    *,
    label: str,
    suffix: str,
    crs: str | None,
    believed: bool,
) -> SiteFile:
    def check(subject: CrsSubject) -> list[str]:
        try:
            with resources.reading() as connection:
                checked = check_uploaded(
                    connection,
                    subject,
                    as_declared=believed,
                    cache_dir=resources.settings.cache_dir,
                )
        except InputError as error:
            raise _SystemError(str(error)) from None
        warnings: list[str] = checked["warnings"]
        return warnings

    try:
        with (
            resources.imports.place(),
            tempfile.TemporaryDirectory(prefix="yike-site-") as folder,
        ):
            path = Path(folder) / f"site{suffix}"
            path.write_bytes(_as_collection(body) if suffix in _GEOJSON else body)
            return read_site(
                path,
                label=label,
                crs=crs,
                limits=resources.settings.imports.limits(),
                check=check,
            )
    except UndeclaredCRSError as error:
        try:
            check(error.subject)
        except _SystemError as proposed:
            raise _of_system(str(proposed)) from None
        raise _of_system(str(error)) from None
    except (UnknownCRSError, _SystemError) as error:
        raise _of_system(str(error)) from None
    except InputError as error:
        raise InvalidBodyError.of("", str(error)) from None


def _as_collection(body: bytes) -> bytes:
    """Return GeoJSON of one outline, which people draw, as the collection files have."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        # What is wrong with it the reader tells.
        return body
    kind = document.get("type") if isinstance(document, dict) else None
    if kind in ("Polygon", "MultiPolygon"):
        document = {"type": "Feature", "properties": {}, "geometry": document}
    elif kind != "Feature":
        return body
    # The system of a file that is older than RFC 7946 stands at its top.
    system = {"crs": document.pop("crs")} if "crs" in document else {}
    collection = {"type": "FeatureCollection", **system, "features": [document]}
    return json.dumps(collection).encode()


def _of_system(message: str) -> InvalidParameterError:
    # The words are those of the command line; here it is a parameter.
    said = message.replace("--crs-as-declared", "crs_as_declared").replace("--crs ", "")
    lines = said.splitlines()
    return InvalidParameterError(lines[0], errors=[Detail(lines[0], parameter="crs")])


def _document(found: SiteFile, label: str) -> dict[str, Any]:
    shapes = np.array([one.geometry for one in found.outlines], dtype=object)
    shown = shown_geometries(shapes)
    return {
        "file": label,
        "crs": found.origin_crs,
        "transformation": found.transformation,
        "warnings": list(found.warnings),
        "sites": [
            {
                "row": one.row,
                "name": one.name,
                "area_m2": one.area_m2,
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for one, shape in zip(found.outlines, shown, strict=True)
        ],
    }
