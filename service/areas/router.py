"""The routes of areas: /v1/areas."""

from __future__ import annotations

from fastapi import APIRouter

from service.core.feature_router import feature_router
from spatial.fields import AREAS


def build_router() -> APIRouter:
    """Return the routes of areas."""
    return feature_router(AREAS, singular="area")
