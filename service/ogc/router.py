"""The building blocks put together; what each claims stands in its own module."""

from __future__ import annotations

from fastapi import APIRouter

from service.ogc import (
    api,
    crs,
    editing,
    execution,
    features,
    filtering,
    jobs,
    landing,
    listing,
    processes,
    rights,
    schemas,
    sorting,
)
from service.ogc.address import PREFIX
from service.ogc.extents import Extents
from service.ogc.qgis import router as qgis
from service.ogc.tiles import router as tiles


def build_router() -> APIRouter:
    """Return every route of the OGC face, under `service.ogc.address.PREFIX`."""
    systems = crs.reference_systems()
    extents = Extents()
    conformance = (
        *landing.CONFORMANCE,
        *listing.CONFORMANCE,
        *features.CONFORMANCE,
        *crs.CONFORMANCE,
        *filtering.CONFORMANCE,
        *schemas.CONFORMANCE,
        *processes.CONFORMANCE,
        *jobs.CONFORMANCE,
        *sorting.CONFORMANCE,
        *editing.CONFORMANCE,
        *tiles.CONFORMANCE,
    )
    router = APIRouter()
    for block in (
        landing.build_router(conformance),
        api.build_router(tuple(systems)),
        listing.build_router(systems, extents),
        schemas.build_router(),
        features.build_router(systems),
        processes.build_router(),
        execution.build_router(),
        jobs.build_router(),
        rights.build_router(),
        editing.build_router(systems),
        tiles.build_router(systems, extents),
        qgis.build_router(extents),
    ):
        router.include_router(block, prefix=PREFIX)
    return router
