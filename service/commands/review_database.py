"""The database that commands of stored reviews work on, and as whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy import Connection, Engine

from service.commands.actor import command_actor
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.errors.problem import ProblemError
from service.core.keys import Principal
from service.core.network_cache import NetworkCache
from service.core.settings import load_settings
from spatial.errors import InputError


def here() -> Principal:
    """Return who uses this command line: nobody it serves is hidden from it."""
    actor = command_actor()
    return Principal(id=actor, name=actor, role="admin", areas=(), person=actor)


@contextmanager
def review_database() -> Iterator[tuple[Engine, NetworkCache]]:
    """Give an engine of the database, and the networks it holds; faults become lines."""
    with with_database(
        load_settings(), report=lambda message: typer.echo(f"yike: {message}", err=True)
    ) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            yield engine, NetworkCache(settings.cache_dir)
        except ProblemError as error:
            lines = [
                one.detail if not one.pointer else f"{one.pointer}: {one.detail}"
                for one in error.errors
            ] or [error.detail]
            raise InputError("\n".join(f"review: {line}" for line in lines)) from None
        finally:
            engine.dispose()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees the database as of one instant."""
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with reading.connect() as connection, connection.begin():
        yield connection
