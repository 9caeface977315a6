"""The command line with a database, and a look into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy.engine import make_url
from town import Run


class Database(Protocol):
    owner_url: str
    app_url: str


class Stored:
    """The command line with a database, and a look into it."""

    def __init__(self, run: Run, database: Database) -> None:
        self._run = run
        self._database = database

    def yike(self, *arguments: object) -> Any:
        return self._run(
            *arguments,
            YIKE_DATABASE__URL=self._database.app_url,
            YIKE_CACHE_DIR=str(Path("cache").absolute() / "test-files"),
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        url = make_url(self._database.owner_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as session:
            return session.execute(query.encode()).fetchall()
