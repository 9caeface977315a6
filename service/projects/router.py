"""The routes of housing projects: /v1/projects."""

from __future__ import annotations

from fastapi import APIRouter

from service.core.feature_router import feature_router
from service.projects.document import FROM_DOCUMENT
from spatial.fields import PROJECTS


def build_router() -> APIRouter:
    """Return the routes of projects."""
    return feature_router(PROJECTS, singular="project", derivation=FROM_DOCUMENT)
