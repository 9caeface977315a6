"""``yike migrate``: bring the database to the schema this version needs."""

from __future__ import annotations

import typer

from service.core.address import with_database
from service.core.migration import head_revision, upgrade
from service.core.settings import load_settings


def migrate() -> None:
    """Bring the database up to date, as the role that owns it.

    The database is the one of YIKE_DATABASE__OWNER_URL (or YIKE_DATABASE__URL), else the
    private one of this clone.
    """
    with with_database(load_settings(), report=_say, migrated=False) as settings:
        owner = settings.database.owner_url
        if owner is not None:
            upgrade(owner.get_secret_value())
    typer.echo(f"the database is at revision {head_revision()}")


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
