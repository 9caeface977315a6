"""Taking an import back: every row is again as it was before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, update

from service.core import audit, history, reversal, scope
from service.core.errors import ConflictError, Detail, ForbiddenError
from service.core.keys import Principal
from service.core.reversal import LaterEdit, Reverted
from service.uploads.records import find
from service.uploads.request import ImportRequest
from service.uploads.tables import COMMITTED, DATA_IMPORT, UNDONE

_LISTED: Final = 100
_OUTSIDE: Final = "outside the areas the key is scoped to"


class LaterEditsError(ConflictError):
    """Rows of the import were written again after it, so it cannot be taken back."""

    def __init__(self, edits: Sequence[LaterEdit]) -> None:
        more = f" and {len(edits) - 1} more" if len(edits) > 1 else ""
        super().__init__(
            f"{len(edits)} of its rows were written again after this import "
            f"({edits[0].key}{more}); nothing was taken back.",
            errors=[
                Detail(
                    f"{edit.key}: version {edit.version} was written at "
                    f"{edit.recorded_at:%Y-%m-%d %H:%M:%S} UTC by {edit.recorded_by} "
                    f"({edit.source_file})",
                    parameter="import_id",
                )
                for edit in edits[:_LISTED]
            ],
        )
        self.edits = tuple(edits)


def undo(
    connection: Connection, import_id: str, *, actor: str, principal: Principal | None = None
) -> Reverted | None:
    """Take an import back: every row is again as it was before it.

    Returns
    -------
    What was taken back; None when it was before.

    Raises
    ------
    NotFoundError, ForbiddenError
        As their names say.
    ConflictError
        When it was never stored, or its rows were written again.
    """
    row = find(connection, import_id, principal=principal, lock=True)
    if row.state == UNDONE:
        return None
    if row.state != COMMITTED:
        raise ConflictError(f"This import is {row.state}; only one that is stored is taken back.")
    request = ImportRequest.from_json(row.request)
    if request.is_network or request.is_figures:
        raise ConflictError(
            f"An import of kind {request.kind} is not taken back; every version stays, and the "
            "former file imported again puts it back."
        )
    layer = request.layer
    interval = {"after": row.after_instant, "until": row.until_instant}
    history.lock(connection)
    edits = reversal.later_edits(connection, layer, **interval)
    if edits:
        raise LaterEditsError(edits)
    keys = reversal.keys_written(connection, layer, **interval)
    if principal is not None:
        scope.require_writable(principal, layer)
        _refuse_outside(scope.keys_outside(connection, principal, layer, keys))
    reverted = reversal.revert(connection, layer, actor=actor, **interval)
    if principal is not None:
        left = sorted(scope.existing(connection, layer, keys))
        _refuse_outside(scope.keys_outside(connection, principal, layer, left))
    connection.execute(
        update(DATA_IMPORT)
        .where(DATA_IMPORT.c.id == import_id)
        .values(state=UNDONE, undone_at=func.clock_timestamp(), undone_by=actor)
    )
    audit.record(
        connection,
        actor=actor,
        action="undo import",
        target=layer.name,
        detail={
            "import": import_id,
            "file": row.file,
            "restored": reverted.restored,
            "withdrawn": reverted.withdrawn,
        },
    )
    return reverted


def _refuse_outside(outside: set[str]) -> None:
    if outside:
        raise ForbiddenError(f"{len(outside)} of the rows are {_OUTSIDE}; nothing was taken back.")
