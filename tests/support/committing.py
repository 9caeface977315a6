"""Stores an import in a process of its own, to be killed there."""

from __future__ import annotations

from multiprocessing.connection import Connection

from service.core import audit
from service.core.database import create_database_engine
from service.core.keys import Principal
from service.uploads import service as uploads

EDITOR = Principal(id="a test", name="a test", role="editor", areas=())


def commit_and_tell(url: str, import_id: str, pipe: Connection, *, hold: bool) -> None:
    """Say "ready", store, say "stored"; with `hold`, stop short of the commit for ever."""
    engine = create_database_engine(url)
    if hold:
        record = audit.record

        def record_and_wait(*given: object, **named: object) -> None:
            record(*given, **named)
            pipe.send("written")
            pipe.recv()

        audit.record = record_and_wait
    with engine.connect():
        pipe.send("ready")
    with engine.begin() as connection:
        uploads.commit(connection, import_id, principal=EDITOR)
    pipe.send("stored")
