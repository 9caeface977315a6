"""``yike serve``: the HTTP interface until it is stopped."""

from __future__ import annotations

import socket
from typing import Annotated, Final

import typer
import uvicorn

from service.app import create_app
from service.core.address import with_database
from service.core.settings import Settings, load_settings
from service.core.usage import UsageFault

# Longer heads of requests are refused by the server itself, in a form of its own; a filter too
# long for the service still reaches it and gets its proper answer.
MAX_HEAD_BYTES: Final = 256 * 1024


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port.")] = None,
) -> None:
    """Serve the HTTP interface on 127.0.0.1:8000 or as set.

    The database is the one of YIKE_DATABASE__URL, else the private one of this clone.
    """
    settings = with_listener(load_settings(), host=host, port=port)
    refuse_taken_port(settings)
    with with_database(settings, report=_say) as ready:
        listen(ready)


def with_listener(settings: Settings, *, host: str | None, port: int | None) -> Settings:
    """Return the settings with the address to listen on replaced where one is given."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return settings.model_copy(update={"server": settings.server.model_copy(update=given)})


def refuse_taken_port(settings: Settings) -> None:
    """Say at once, before any work, that the port cannot be had.

    Raises
    ------
    UsageFault
        If another program listens on it, or the address is none of this machine.
    """
    host, port = settings.server.host, settings.server.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        raise UsageFault(
            f"cannot listen on {host}:{port}: {fault.strerror}; choose another with --port"
        ) from None


def listen(settings: Settings) -> None:
    """Serve until the process is told to stop."""
    server = settings.server
    _say(f"serving on http://{server.host}:{server.port} (Ctrl-C stops)")
    config = uvicorn.Config(
        create_app(settings, warm=True),
        host=server.host,
        port=server.port,
        # The application writes its own access log, without keys.
        access_log=False,
        log_level=settings.log.level.lower(),
        log_config=None,
        server_header=False,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
    )
    try:
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        _say("stopped")


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
