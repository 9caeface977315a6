"""Whether the process lives and whether it can do its work; open to everyone, without data."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError

from service.core.errors.server import UnavailableError
from service.core.migration import is_current
from service.core.openapi import problems
from service.core.resources import ResourcesDependency
from service.health.schemas import Health


def build_router() -> APIRouter:
    """Return the two routes a supervisor asks."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/healthz",
        operation_id="get_health",
        summary="The process answers",
        responses=problems(400),
    )
    def get_health() -> Health:
        return Health(status="ok")

    @router.get(
        "/readyz",
        operation_id="get_readiness",
        summary="The database can be reached and has the schema this version needs",
        responses=problems(400),
    )
    def get_readiness(resources: ResourcesDependency) -> Health:
        try:
            with resources.reading() as connection:
                ready = is_current(connection)
        except SQLAlchemyError as error:
            resources.logger.warning("not ready", fault=type(error).__name__)
            raise UnavailableError("The database cannot be used.") from error
        if not ready:
            raise UnavailableError(
                "The database is not at the version this service needs; run: yike migrate"
            )
        return Health(status="ok")

    return router
