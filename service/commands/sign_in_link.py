"""``yike sign-in-link``: a link that signs one browser in, once."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Final

import typer
from sqlalchemy import Connection, Engine

from service.commands.actor import command_actor
from service.commands.keys import PersonOption, new_key
from service.commands.options import parse_language
from service.commands.serve import with_listener
from service.commands.shared_options import AreaLimits, OwnLanguage
from service.core import audit
from service.core.address import application_engine, with_database
from service.core.keys import ROLES, key_id_of, list_keys
from service.core.sessions import create_link
from service.core.settings import Settings, load_settings
from service.core.usage import UsageFault

OPEN: Final = MappingProxyType(
    {
        "zh": "在浏览器中打开（链接仅能使用一次）：{link}",
        "en": "Open in a browser (the link works once): {link}",
    }
)
# Listening on every address is not an address to go to.
_ANYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  compared, not bound


def sign_in_link(
    *,
    role: Annotated[
        str | None,
        typer.Option(
            help=f"Make a key of this role, which nobody sees, for the link: {', '.join(ROLES)}. "
            "Without it the link signs in by the newest key of role admin."
        ),
    ] = None,
    area: AreaLimits = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the key, as who will use the link.")
    ] = None,
    person: PersonOption = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Id of the key there is to sign in by.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port the service listens on.")
    ] = None,
    lang: OwnLanguage = None,
) -> None:
    """Print a link that signs one browser in, once, for as long as is set.

    Whoever revokes the key ends all its links and sessions.
    """
    settings = with_listener(load_settings(), host=None, port=port)
    language = settings.lang if lang is None else parse_language(lang)
    if role is None and (area or name or person):
        raise UsageFault("--area, --name and --person describe a new key; name its --role too")
    if role is not None and key is not None:
        raise UsageFault("--key names a key there is, --role makes a new one; give one of them")
    with (
        with_database(settings, report=_say) as ready,
        application_engine(ready) as engine,
    ):
        with engine.begin() as connection:
            key_id = (
                _existing_key(connection, key)
                if role is None
                # Nobody ever sees the key itself: it is there to be named, and to be revoked.
                else key_id_of(
                    new_key(
                        connection,
                        role=role,
                        areas=area or [],
                        name=name or person or f"sign-in link of role {role}",
                        person=person,
                    )
                )
            )
        typer.echo(OPEN[language].format(link=make_link(engine, ready, key_id=key_id)))


def make_link(engine: Engine, settings: Settings, *, key_id: str) -> str:
    """Make a one-time link for a key and return its address."""
    with engine.begin() as connection:
        token = create_link(connection, key_id=key_id, seconds=settings.session.link_seconds)
        audit.record(connection, actor=command_actor(), action="make_sign_in_link", target=key_id)
    host = settings.server.host
    if host in _ANYWHERE:
        host = "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{settings.server.port}/sign-in?token={token}"


def admin_key(connection: Connection) -> str | None:
    """Return the id of the newest key of role admin without limits; None where there is none."""
    keys = [
        one.principal
        for one in list_keys(connection)
        if one.revoked_at is None and one.principal.role == "admin" and not one.principal.areas
    ]
    return keys[-1].id if keys else None


def _existing_key(connection: Connection, key: str | None) -> str:
    if key is None:
        newest = admin_key(connection)
        if newest is None:
            raise UsageFault("there is no key of role admin yet; run: yike up, or give --role")
        return newest
    if all(one.principal.id != key or one.revoked_at is not None for one in list_keys(connection)):
        raise UsageFault(f"--key {key}: there is no such key, or it is revoked")
    return key


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
