"""The routes of buildings: /v1/buildings."""

from __future__ import annotations

from fastapi import APIRouter

from service.core.feature_router import feature_router
from spatial.fields import BUILDINGS


def build_router() -> APIRouter:
    """Return the routes of buildings."""
    return feature_router(BUILDINGS, singular="building")
