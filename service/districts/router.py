"""The routes of districts: /v1/districts."""

from __future__ import annotations

from fastapi import APIRouter

from service.core.feature_router import feature_router
from spatial.fields import DISTRICTS


def build_router() -> APIRouter:
    """Return the routes of districts."""
    return feature_router(DISTRICTS, singular="district")
