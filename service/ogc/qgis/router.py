"""The route of the QGIS project."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from fastapi import APIRouter, Request, Response

from service.core.errors.request import InvalidParameterError
from service.core.language import LanguageDependency, language_headers
from service.core.parameters import check_parameters
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.evaluations.dependencies import packs_of
from service.ogc.address import QGIS, QGIS_PACKED, base
from service.ogc.catalogue import list_collections
from service.ogc.extents import Extents
from service.ogc.landing import TITLE
from service.ogc.qgis.layers import DRAWN, SEEN_FIRST, project_layers
from service.ogc.qgis.project import project

_NAME: Final = "yike"
# The same project is the same bytes: an entry of a ZIP archive has a time of its own otherwise.
_ENTRY_TIME: Final = (1980, 1, 1, 0, 0, 0)


def build_router(extents: Extents) -> APIRouter:
    """Return the route ``/qgis-project``.

    Parameters
    ----------
    extents
        Of collections, as they were read last.
    """
    router = APIRouter()

    @router.get("/qgis-project")
    def qgis_project(
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        check_parameters(request, {"f"})
        form = request.query_params.get("f", "qgs")
        if form not in {"qgs", "qgz"}:
            raise InvalidParameterError.of("f", "expected qgs or qgz")
        with resources.reading() as connection:
            drawn = [one for one in list_collections(connection, principal) if one.id in DRAWN]
            boxes = {one.id: extents.of(connection, one) for one in drawn}
            run = next((one.run for one in drawn if one.run is not None), None)
            packs = () if run is None else packs_of(connection, run, resources.pack_cache)
        # QGIS cannot tell what an empty layer holds, and would open it without places.
        filled = [one for one in drawn if boxes[one.id] is not None]
        layers = project_layers(filled, packs, address=base(request), lang=language)
        extent = next((box for box in map(boxes.get, SEEN_FIRST) if box is not None), None)
        content = project(layers, title=TITLE, extent=extent).encode()
        if form == "qgz":
            content = _packed(content)
        return Response(
            content,
            headers={
                **language_headers(language),
                "Content-Type": QGIS if form == "qgs" else QGIS_PACKED,
                "Content-Disposition": f'attachment; filename="{_NAME}.{form}"',
            },
        )

    return router


def _packed(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(f"{_NAME}.qgs", date_time=_ENTRY_TIME)
        archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
