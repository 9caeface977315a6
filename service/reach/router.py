"""Routes of questions about reach."""

from __future__ import annotations

from fastapi import APIRouter

from service.reach.catchment_router import add_catchments
from service.reach.isochrone_router import add_isochrones


def build_router() -> APIRouter:
    """Return the routes of reach."""
    router = APIRouter(tags=["reach"])
    add_isochrones(router)
    add_catchments(router)
    return router
