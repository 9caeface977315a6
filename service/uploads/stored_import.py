"""What is recorded of an import that is stored: what it changed, between which instants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, update

from service.core import audit
from service.core.geojson import encode_json
from service.core.history import Origin, Stored
from service.uploads.records import advance, begin, new_id
from service.uploads.request import ImportRequest
from service.uploads.tables import COMMITTED, DATA_IMPORT


@dataclass(frozen=True)
class Done:
    """What storing an import changed.

    Parameters
    ----------
    stored
        Rows added, changed and left as they were.
    closed
        Rows that were gone, and are closed.
    """

    stored: Stored
    closed: int

    @property
    def rows(self) -> int:
        """How many rows the file has that were not set aside."""
        return self.stored.added + self.stored.changed + self.stored.unchanged

    def as_json(self) -> dict[str, int]:
        """Return it fit for JSON."""
        return {
            "added": self.stored.added,
            "changed": self.stored.changed,
            "unchanged": self.stored.unchanged,
            "closed": self.closed,
        }


def finish(
    connection: Connection,
    import_id: str,
    done: Done,
    report: Mapping[str, Any],
    instants: tuple[datetime, datetime],
    *,
    actor: str,
) -> None:
    """Record that an import is stored, between two instants; its rows are forgotten."""
    connection.execute(
        update(DATA_IMPORT)
        .where(DATA_IMPORT.c.id == import_id)
        .values(
            state=COMMITTED,
            accepted=None,
            report=encode_json({**report, "stored": done.as_json()}),
            committed_at=func.clock_timestamp(),
            committed_by=actor,
            after_instant=instants[0],
            until_instant=instants[1],
        )
    )


def record_stored(
    connection: Connection,
    request: ImportRequest,
    done: Done,
    report: Mapping[str, Any],
    instants: tuple[datetime, datetime],
    *,
    origin: Origin,
) -> str:
    """Record an import that was stored without being looked at first; return its identifier."""
    import_id = new_id()
    begin(connection, import_id, request, file=origin.file, actor=origin.actor)
    advance(
        connection,
        import_id,
        stage="done",
        origin_crs=origin.crs,
        transformation=origin.transformation,
    )
    finish(connection, import_id, done, report, instants, actor=origin.actor)
    return import_id


def record_audit(
    connection: Connection,
    import_id: str,
    request: ImportRequest,
    done: Done,
    *,
    file: str,
    actor: str,
) -> None:
    """Put an import into the audit: the last thing of its transaction."""
    audit.record(
        connection,
        actor=actor,
        action="import",
        target=request.kind,
        detail={"import": import_id, "file": file, "rows": done.rows, **done.as_json()},
    )
