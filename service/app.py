"""The HTTP application, built from its settings; importing this module builds nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from service.areas.router import build_router as areas_router
from service.buildings.router import build_router as buildings_router
from service.core.fault_table import HANDLED, handle_error
from service.core.head_requests import HeadMiddleware
from service.core.middleware import BodyLimitMiddleware, HostMiddleware, RequestContextMiddleware
from service.core.openapi import build_openapi
from service.core.parameters import reject_unknown
from service.core.problem_router import build_router as problem_router
from service.core.resources import build_resources
from service.core.schemas import named_schemas
from service.core.security import read_principal
from service.core.settings import Settings
from service.coverage.router import build_router as coverage_router
from service.districts.router import build_router as districts_router
from service.evaluations.explanation_router import build_router as explanation_router
from service.evaluations.figures_router import build_router as figures_router
from service.evaluations.part_router import build_router as parts_router
from service.evaluations.router import build_router as evaluations_router
from service.exports.router import build_router as exports_router
from service.facilities.router import build_router as facilities_router
from service.health.router import build_router as health_router
from service.indicators.router import build_router as indicators_router
from service.jobs.router import build_router as jobs_router
from service.jobs.worker import Worker
from service.networks.router import build_router as networks_router
from service.ogc.router import build_router as ogc_router
from service.packs.router import build_router as packs_router
from service.page.built import built_page
from service.page.document_router import build_router as page_document_router
from service.page.router import build_router as page_router
from service.page.warming import start_warming
from service.projects.router import build_router as projects_router
from service.reach.router import build_router as reach_router
from service.reports.review_router import build_router as review_documents_router
from service.reports.router import build_router as reports_router
from service.reviews.desk import ReviewDesk
from service.reviews.officers import build_router as officers_router
from service.reviews.router import build_router as reviews_router
from service.reviews.site_router import build_router as site_router
from service.scenarios.router import build_router as scenarios_router
from service.sessions.router import build_link_router as link_router
from service.sessions.router import build_router as session_router
from service.uploads.router import IMPORTS_PATH
from service.uploads.router import build_router as uploads_router

DESCRIPTION = """\
Which neighbourhoods lack childcare (托育) and elderly care (养老) within a quarter-hour's walk
(一刻钟), under which clause, and by how much.

GIS programs read the same data under `/ogc` (OGC API Features, Tiles and Processes), which has a
document of its own at `/ogc/api`. What takes longer than a request may becomes a job, followed at
`/v1/jobs`.

Every route under `/v1` and `/ogc` needs an API key: `X-API-Key`, `Authorization: Bearer`, the
password of HTTP Basic, or, for keys of role viewer, `?api_key=`. A browser that is signed in
(`/v1/session`) sends its cookie instead, and `X-CSRF-Token` with every change. Faults are
`application/problem+json` (RFC 9457). An unknown query parameter is a fault. GeoJSON follows
RFC 7946.
"""


def create_app(
    settings: Settings, *, page_folder: Path | None = None, warm: bool = False
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    settings
        With ``database.url`` filled in (`service.core.address.with_database`).
    page_folder
        Where the files of the built page are; None for where building it puts them.
    warm
        Whether to read, as it starts, what the page asks first.

    Raises
    ------
    ValueError
        If the settings name no database.
    """
    resources = build_resources(settings)
    worker = Worker(resources) if settings.jobs.worker else None
    reviews = ReviewDesk(resources)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(resources.imports.expire)
        if worker is not None:
            worker.start()
        if warm:
            start_warming(resources)
        reviews.start()
        yield
        await reviews.stop()
        if worker is not None:
            await run_in_threadpool(worker.stop)
        resources.imports.stop()
        resources.engine.dispose()

    app = FastAPI(
        title="Yike 一刻",
        version=version("yike"),
        summary="Childcare and elderly care within a quarter-hour's walk, clause by clause",
        description=DESCRIPTION,
        lifespan=lifespan,
        # A redirect would send keys and bodies to another address than the one asked for.
        redirect_slashes=False,
        # Served with the page, from files of this server (`service.page.router`).
        docs_url=None,
        redoc_url=None,
    )
    app.state.resources = resources
    app.state.reviews = reviews
    for kind in HANDLED:
        app.add_exception_handler(kind, handle_error)
    # The last one added is the outermost.
    app.add_middleware(HeadMiddleware)
    app.add_middleware(
        BodyLimitMiddleware,
        max_bytes=settings.server.max_body_bytes,
        max_bytes_at={IMPORTS_PATH: settings.uploads.max_bytes},
    )
    app.add_middleware(HostMiddleware, allowed_hosts=settings.server.allowed_hosts)
    app.add_middleware(RequestContextMiddleware, logger=resources.logger)
    _add_routes(app)
    app.include_router(page_router(page_folder or built_page(), settings.page_map))
    # FastAPI documents replacing this method as the way to extend the document.
    app.openapi = build_openapi(app, named_schemas())  # type: ignore[method-assign]
    return app


def _add_routes(app: FastAPI) -> None:
    open_routes = APIRouter(dependencies=[Depends(reject_unknown)])
    open_routes.include_router(health_router())
    open_routes.include_router(problem_router())
    open_routes.include_router(link_router())
    # Signing in is what nobody has a key or a cookie for yet.
    open_routes.include_router(session_router(), prefix="/v1")
    app.include_router(open_routes)
    # Who asks is settled before what is asked: without a key nothing is told, not even a typo.
    domain = APIRouter(
        prefix="/v1", dependencies=[Depends(read_principal), Depends(reject_unknown)]
    )
    for build in (
        # Before the others: an identifier in a path may have a dot in it too.
        exports_router,
        reports_router,
        review_documents_router,
        areas_router,
        districts_router,
        buildings_router,
        facilities_router,
        indicators_router,
        evaluations_router,
        parts_router,
        explanation_router,
        jobs_router,
        figures_router,
        coverage_router,
        reach_router,
        projects_router,
        site_router,
        officers_router,
        reviews_router,
        scenarios_router,
        networks_router,
        packs_router,
        uploads_router,
        page_document_router,
    ):
        domain.include_router(build())
    app.include_router(domain)
    # Reads its parameters itself, because they differ from collection to collection.
    ogc = APIRouter(dependencies=[Depends(read_principal)], include_in_schema=False)
    ogc.include_router(ogc_router())
    app.include_router(ogc)
