"""A stored evaluation, for the commands that write about one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from sqlalchemy import Connection

from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.network_cache import NetworkCache
from service.core.settings import load_settings
from service.evaluations import service as evaluations
from service.evaluations.service import StoredEvaluation
from spatial.errors import InputError

NEWEST: Final = "newest"


def find_evaluation(connection: Connection, named: str, *, option: str) -> StoredEvaluation:
    """Return the evaluation of an id, or the newest for `NEWEST`.

    Parameters
    ----------
    option
        Which named it, for the message.

    Raises
    ------
    InputError
        When there is none.
    """
    if named == NEWEST:
        newest = evaluations.list_evaluations(connection, limit=1)
        if not newest:
            raise InputError("there is no evaluation yet; run yike evaluate first")
        return newest[0]
    found = evaluations.get(connection, named)
    if found is None:
        raise InputError(f"{option}: there is no evaluation {named[:100]!r}")
    return found


@contextmanager
def stored_evaluation(
    named: str,
) -> Iterator[tuple[Connection, StoredEvaluation, NetworkCache]]:
    """Give one snapshot of the database, the evaluation named, and the streets.

    Raises
    ------
    InputError
        When there is no database or no such evaluation.
    """
    with with_database(load_settings(), report=_say) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value()).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        try:
            with engine.connect() as connection, connection.begin():
                stored = find_evaluation(connection, named, option="--evaluation")
                if named == NEWEST:
                    _say(f"of the newest evaluation, {stored.id}, as of {stored.as_of}")
                yield connection, stored, NetworkCache(settings.cache_dir)
        finally:
            engine.dispose()


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
