"""Imports in the database: looked at, stored in one transaction, or thrown away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from geopandas import GeoDataFrame
from sqlalchemy import Connection, func, select, update

from service.core import audit, history, reversal, scope
from service.core.errors.rights import ForbiddenError
from service.core.errors.state import ConflictError
from service.core.geojson import encode_json
from service.core.history import Origin, Stored
from service.core.keys import Principal
from service.uploads.comparing import Compared, compare_rows
from service.uploads.frames import from_stream
from service.uploads.records import advance, begin, find, is_read, new_id
from service.uploads.report import parse_report
from service.uploads.request import ImportRequest
from service.uploads.tables import (
    COMMITTED,
    DATA_IMPORT,
    DISCARDED,
    PREVIEWED,
    READING,
    UNDONE,
)
from spatial.fields import Layer

_LISTED: Final = 100
_OUTSIDE: Final = "outside the areas the key is scoped to"


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


class StaleImportError(ConflictError):
    """The stored data changed since the import was looked at, so that it would do other things.

    Parameters
    ----------
    compared
        What it would do now.
    """

    def __init__(self, compared: Compared) -> None:
        told = compared.told["diff"]
        counts = ", ".join(
            f"{told[name]} {name}" for name in ("added", "changed", "reopened", "gone")
        )
        super().__init__(
            f"The stored data changed since this import was looked at; now it would be: {counts}. "
            "The import shows the new comparison; commit it again if that is meant."
        )
        self.compared = compared
        # Through JSON: an answer has no decimals.
        self.members = {"diff": json.loads(encode_json(told))}


def preview(
    connection: Connection,
    request: ImportRequest,
    frame: GeoDataFrame,
    told: Mapping[str, Any],
    *,
    principal: Principal | None = None,
) -> tuple[Compared, dict[str, Any]]:
    """Compare the rows of a file with what is stored; return that, and the whole report.

    Parameters
    ----------
    principal
        Whose areas the rows must be in; None means that of nobody in particular.
    """
    compared = _compare(connection, request, frame, told, principal)
    report = {**told, **compared.told}
    if principal is not None and principal.areas:
        outside = _outside(connection, request.layer, compared.frame, principal)
        report["outside_scope"] = {"count": len(outside), "ids": outside[:_LISTED]}
    return compared, report


def _compare(
    connection: Connection,
    request: ImportRequest,
    frame: GeoDataFrame,
    told: Mapping[str, Any],
    principal: Principal | None,
) -> Compared:
    conditions = [] if principal is None else scope.conditions(connection, principal, request.layer)
    return compare_rows(
        connection, frame, request, set_aside=told["set_aside"], conditions=conditions
    )


def _outside(
    connection: Connection, layer: Layer, frame: GeoDataFrame, principal: Principal
) -> list[str]:
    """Return the rows a key may not store: by where they are now, or where they would be."""
    keys = [str(key) for key in frame[layer.key]]
    known = scope.existing(connection, layer, keys)
    before = known & scope.keys_outside(connection, principal, layer, keys)
    # A row is in the scope or not by what is stored, so it is stored to be asked about.
    with connection.begin_nested() as savepoint:
        origin = Origin(file="", crs="", transformation=None, actor=principal.id)
        history.store(connection, layer, frame, origin=origin)
        after = scope.keys_outside(connection, principal, layer, keys)
        savepoint.rollback()
    return sorted(before | after)


def store_rows(
    connection: Connection,
    compared: Compared,
    request: ImportRequest,
    *,
    origin: Origin,
    principal: Principal | None = None,
) -> tuple[Done, datetime, datetime]:
    """Store rows and close what is gone, in the caller's transaction.

    Returns
    -------
    What changed, and the two instants between which it was written.

    Raises
    ------
    ForbiddenError
        When a row lies outside the areas of the key, before or afterwards.
    """
    layer = request.layer
    history.lock(connection)
    after = history.data_instant(connection)
    keys = [str(key) for key in compared.frame[layer.key]]
    outside: set[str] = set()
    if principal is not None:
        scope.require_writable(principal, layer)
        known = scope.existing(connection, layer, keys)
        outside = known & scope.keys_outside(connection, principal, layer, keys)
    stored = history.store(connection, layer, compared.frame, origin=origin)
    if principal is not None:
        outside |= scope.keys_outside(connection, principal, layer, keys)
    if outside:
        raise ForbiddenError(f"{len(outside)} of the rows are {_OUTSIDE}; nothing was stored.")
    day = request.closed_on or _today(connection)
    closed = reversal.close_all(connection, layer, compared.difference.gone, on=day, origin=origin)
    return Done(stored, closed), after, history.data_instant(connection)


def _today(connection: Connection) -> date:
    today: date = connection.execute(select(func.current_date())).scalar_one()
    return today


def commit(connection: Connection, import_id: str, *, principal: Principal) -> None:
    """Store an import that was looked at; one that is stored already is left as it is.

    Raises
    ------
    NotFoundError, ForbiddenError
        As their names say.
    ConflictError
        When it is in no state to be stored.
    StaleImportError
        When the stored data changed so that it would do other things than it showed.
    """
    row = find(connection, import_id, principal=principal, lock=True)
    if row.state == COMMITTED:
        return
    if row.state != PREVIEWED:
        raise ConflictError(f"This import is {row.state}; only one that is previewed is stored.")
    # Before anything is compared, so that nothing moves in between.
    history.lock(connection)
    request = ImportRequest.from_json(row.request)
    report = parse_report(row.report)
    frame = from_stream(row.accepted, request.layer)
    compared = _compare(connection, request, frame, report, principal)
    if compared.difference.digest != row.digest:
        raise StaleImportError(compared)
    origin = Origin(
        file=row.file,
        crs=row.origin_crs,
        transformation=row.transformation,
        actor=principal.id,
    )
    done, after, until = store_rows(
        connection, compared, request, origin=origin, principal=principal
    )
    finish(connection, import_id, done, report, (after, until), actor=principal.id)
    record_audit(connection, import_id, request, done, file=row.file, actor=principal.id)


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


def refresh(connection: Connection, import_id: str, compared: Compared) -> None:
    """Show what an import would do now."""
    row = connection.execute(
        select(DATA_IMPORT.c.report).where(DATA_IMPORT.c.id == import_id).with_for_update()
    ).one()
    report = {**parse_report(row.report), **compared.told}
    connection.execute(
        update(DATA_IMPORT)
        .where(DATA_IMPORT.c.id == import_id, DATA_IMPORT.c.state == PREVIEWED)
        .values(report=encode_json(report), digest=compared.difference.digest)
    )


def discard(connection: Connection, import_id: str, *, principal: Principal) -> None:
    """Throw an import away that is not stored; its rows are forgotten, that it was stays.

    Raises
    ------
    NotFoundError
        When there is none.
    ConflictError
        When it is stored, or still being read.
    """
    row = find(connection, import_id, principal=principal, lock=True)
    if row.state == DISCARDED:
        return
    reading = row.state == READING and is_read(connection, import_id)
    if row.state in {COMMITTED, UNDONE} or reading:
        raise ConflictError(f"This import is {row.state}; it cannot be discarded.")
    connection.execute(
        update(DATA_IMPORT)
        .where(DATA_IMPORT.c.id == import_id)
        .values(state=DISCARDED, accepted=None, quarantine=None, report=None, digest=None)
    )
