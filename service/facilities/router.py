"""The routes of facilities: /v1/facilities."""

from __future__ import annotations

from fastapi import APIRouter

from service.core.feature_router import feature_router
from spatial.fields import FACILITIES


def build_router() -> APIRouter:
    """Return the routes of facilities."""
    return feature_router(FACILITIES, singular="facility")
