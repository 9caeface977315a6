"""What an application holds while it runs: one frozen value, built once, never global."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, func, select
from structlog.typing import FilteringBoundLogger

from service.core.database import create_database_engine
from service.core.logging import build_logger
from service.core.network_cache import NetworkCache
from service.core.settings import Settings
from service.ogc.tiles.cache import TileCache
from service.packs.cache import PackCache
from service.reviews.around_cache import AroundCache
from service.scenarios.baselines import BaselineCache
from service.uploads.running import ImportRunner


@dataclass(frozen=True)
class Resources:
    """The engine, the settings, what is kept in memory, the logger, the reader of uploads."""

    engine: Engine
    settings: Settings
    network_cache: NetworkCache
    logger: FilteringBoundLogger
    imports: ImportRunner
    baselines: BaselineCache
    pack_cache: PackCache = field(default_factory=PackCache)
    around_cache: AroundCache = field(default_factory=AroundCache)
    tile_cache: TileCache = field(default_factory=TileCache)

    @contextmanager
    def reading(self, *, limited: bool = False) -> Iterator[Connection]:
        """Open one read-only snapshot: a page and its count see the same data.

        Parameters
        ----------
        limited
            True where callers write conditions of their own: a statement may then take no longer
            than the setting ``ogc.statement_seconds``.
        """
        with self._reading.connect() as connection, connection.begin():
            if limited:
                most = f"{round(self.settings.ogc.statement_seconds * 1000)}ms"
                connection.execute(select(func.set_config("statement_timeout", most, True)))  # noqa: FBT003  is_local
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Open a connection for single questions: each sees the data as it is then.

        Without a snapshot around it a question is one exchange with the database and not three.
        """
        with self._asking.connect() as connection:
            yield connection

    @cached_property
    def _reading(self) -> Engine:
        return self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @cached_property
    def _asking(self) -> Engine:
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction; it is committed when the block ends well, before any answer."""
        with self.engine.begin() as connection:
            yield connection


def build_resources(settings: Settings) -> Resources:
    """Build what an application or a worker holds; nothing is connected yet.

    Raises
    ------
    ValueError
        If the settings name no database.
    """
    if settings.database.url is None:
        raise ValueError("the settings name no database")
    logger = build_logger(level=settings.log.level, form=settings.log.format)
    engine = create_database_engine(
        settings.database.url.get_secret_value(),
        pool_size=settings.database.pool_size,
        pool_timeout=settings.database.wait_seconds,
    )
    return Resources(
        engine=engine,
        settings=settings,
        network_cache=NetworkCache(settings.cache_dir),
        logger=logger,
        imports=ImportRunner(
            engine,
            settings.uploads,
            logger,
            reading=settings.imports.limits(),
            cache_dir=settings.cache_dir,
        ),
        baselines=BaselineCache(most=settings.scenario.max_baselines),
    )


async def get_resources(request: Request) -> Resources:
    """Return the resources of the application that serves the request."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDependency = Annotated[Resources, Depends(get_resources)]
