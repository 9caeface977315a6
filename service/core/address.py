"""Which database a command works in: the user's own, or the private one of the clone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from service.core.cluster import Report, running_cluster, silent
from service.core.database import create_database_engine
from service.core.migration import head_revision, is_current, upgrade
from service.core.settings import Settings
from service.core.usage import UsageFault


@contextmanager
def with_database(
    settings: Settings, *, report: Report = silent, migrated: bool = True
) -> Iterator[Settings]:
    """Have the database of the settings at hand within the block.

    Parameters
    ----------
    settings
        Where ``database.url`` is set, that database is used and stays as it is; else the private
        cluster runs within the block, and its database is migrated first.
    report
        Told what is being done, one line each.
    migrated
        Whether the block needs the current schema; False for the command that makes it.

    Yields
    ------
    The settings with ``database.url`` and ``database.owner_url`` filled in.

    Raises
    ------
    UsageFault
        If the database cannot be reached, or is one of the user's own and not migrated.
    """
    if settings.database.url is None:
        with running_cluster(settings.state_dir, report=report) as address:
            filled = settings.with_urls(url=address.app_url, owner_url=address.owner_url)
            if migrated:
                upgrade(address.owner_url)
            yield filled
        return
    url = settings.database.url.get_secret_value()
    owner = settings.database.owner_url
    owner_url = url if owner is None else owner.get_secret_value()
    _refuse_unusable(owner_url if not migrated else url, migrated=migrated)
    yield settings.with_urls(url=url, owner_url=owner_url)


def _refuse_unusable(url: str, *, migrated: bool) -> None:
    engine = create_database_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            if migrated and not is_current(connection):
                raise UsageFault(
                    f"the database is not at revision {head_revision()} of the schema; "
                    "run: yike migrate"
                )
    except OperationalError as fault:
        reason = str(fault.orig).strip().splitlines()[0]
        raise UsageFault(
            f"cannot reach the database {engine.url.render_as_string()}: {reason}"
        ) from None
    finally:
        engine.dispose()


@contextmanager
def application_engine(settings: Settings) -> Iterator[Engine]:
    """Have an engine of the role that serves within the block.

    Parameters
    ----------
    settings
        As `with_database` yields them.
    """
    if settings.database.url is None:
        raise UsageFault("no database is given")
    engine = create_database_engine(settings.database.url.get_secret_value())
    try:
        yield engine
    finally:
        engine.dispose()
