"""``yike worker``: works on jobs beside the service, on this machine or another."""

from __future__ import annotations

import contextlib

import typer

from service.core.address import with_database
from service.core.resources import build_resources
from service.core.settings import load_settings
from service.jobs.worker import Worker


def worker() -> None:
    """Work on jobs until stopped; as many workers as wanted share one queue.

    The database is the one of YIKE_DATABASE__URL, else the private one of this clone.
    """
    with with_database(load_settings(), report=_say) as settings:
        resources = build_resources(settings)
        working = Worker(resources)
        working.start()
        _say("working on jobs (Ctrl-C stops)")
        try:
            with contextlib.suppress(KeyboardInterrupt):
                working.wait()
        finally:
            working.stop()
            resources.engine.dispose()
        _say("stopped")


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
