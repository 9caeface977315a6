"""Taking an import back: rows are again as they were before it, or the former network is in use.

A version of a network never changes, and evaluations name the one they walked on; so it stays,
and is only no longer the one in use.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, update

from service.core import audit, history, reversal, scope
from service.core.errors.problem import Detail
from service.core.errors.rights import ForbiddenError
from service.core.errors.state import ConflictError
from service.core.keys import Principal
from service.core.reversal import LaterEdit, Reverted, Versions, versions_of
from service.indicators import service as indicators
from service.indicators.fields import KEY
from service.indicators.tables import INDICATOR
from service.networks import service as networks
from service.uploads.records import find
from service.uploads.report import parse_report
from service.uploads.request import FIGURES, NETWORK, ImportRequest
from service.uploads.tables import COMMITTED, DATA_IMPORT, UNDONE

_LISTED: Final = 100
_OUTSIDE: Final = "outside the areas the key is scoped to"
_FIGURES: Final = Versions(INDICATOR, KEY, {})


@dataclass(frozen=True)
class TakenBack:
    """What taking an import back changed.

    Parameters
    ----------
    rows
        Of a layer or the register; none of a network.
    network
        Of a network: the version in use now, None where none is. None for anything else.
    """

    rows: Reverted
    network: str | None = None


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


class NetworkReplacedError(ConflictError):
    """Another network was put into use after the import, so there is nothing to take back."""

    def __init__(self, version: str | None) -> None:
        now = "no network is" if version is None else f"network {version} is"
        super().__init__(
            f"The network of this import is no longer in use, {now}; nothing was taken back."
        )


def undo(
    connection: Connection, import_id: str, *, actor: str, principal: Principal | None = None
) -> TakenBack | None:
    """Take an import back: every row is again as it was, or the network in use before is so again.

    Returns
    -------
    What was taken back; None when it was before.

    Raises
    ------
    NotFoundError, ForbiddenError
        As their names say.
    ConflictError
        When it was never stored, its rows were written again, or its network was replaced.
    """
    row = find(connection, import_id, principal=principal, lock=True)
    if row.state == UNDONE:
        return None
    if row.state != COMMITTED:
        raise ConflictError(f"This import is {row.state}; only one that is stored is taken back.")
    kind = ImportRequest.from_json(row.request).kind
    history.lock(connection)
    if kind == NETWORK:
        target, done = _take_back_network(connection, row, principal)
    elif kind == FIGURES:
        target, done = kind, _take_back_figures(connection, row, actor, principal)
    else:
        target, done = kind, _take_back_rows(connection, row, actor, principal)
    connection.execute(
        update(DATA_IMPORT)
        .where(DATA_IMPORT.c.id == import_id)
        .values(state=UNDONE, undone_at=func.clock_timestamp(), undone_by=actor)
    )
    told = {"restored": done.rows.restored, "withdrawn": done.rows.withdrawn}
    audit.record(
        connection,
        actor=actor,
        action="undo import",
        target=target,
        detail={
            "import": import_id,
            "file": row.file,
            **({"in_use": done.network} if kind == NETWORK else told),
        },
    )
    return done


def _take_back_rows(
    connection: Connection, row: Row[Any], actor: str, principal: Principal | None
) -> TakenBack:
    layer = ImportRequest.from_json(row.request).layer
    interval = _interval(row)
    versions = versions_of(layer)
    _refuse_later_edits(connection, versions, interval)
    keys = reversal.keys_written(connection, layer, **interval)
    if principal is not None:
        scope.require_writable(principal, layer)
        _refuse_outside(scope.keys_outside(connection, principal, layer, keys))
    reverted = reversal.revert(connection, versions, actor=actor, **interval)
    if principal is not None:
        left = sorted(scope.existing(connection, layer, keys))
        _refuse_outside(scope.keys_outside(connection, principal, layer, left))
    return TakenBack(reverted)


def _take_back_figures(
    connection: Connection, row: Row[Any], actor: str, principal: Principal | None
) -> TakenBack:
    interval = _interval(row)
    _refuse_later_edits(connection, _FIGURES, interval)
    codes = None if principal is None else scope.area_codes(connection, principal)
    if codes is not None:
        areas = indicators.areas_written(connection, **interval)
        _refuse_outside(areas - codes)
    return TakenBack(reversal.revert(connection, _FIGURES, actor=actor, **interval))


def _take_back_network(
    connection: Connection, row: Row[Any], principal: Principal | None
) -> tuple[str, TakenBack]:
    """Put the network that was in use before the import into use again; return what it was of."""
    if principal is not None and principal.areas:
        raise ForbiddenError("Street networks are written with keys that are not scoped to areas.")
    told = parse_report(row.report)["network"]
    version = str(told["version"])
    used = networks.latest(connection)
    # An import of the network that was in use already changed nothing.
    if not told["in_use"]:
        if used != version:
            raise NetworkReplacedError(used)
        before = told.get("used_before")
        networks.withdraw(
            connection,
            version,
            used_before=None if before is None else datetime.fromisoformat(before),
        )
        used = networks.latest(connection)
    return f"{NETWORK}/{version}", TakenBack(Reverted(restored=0, withdrawn=0), used)


def _interval(row: Row[Any]) -> dict[str, datetime]:
    return {"after": row.after_instant, "until": row.until_instant}


def _refuse_later_edits(
    connection: Connection, versions: Versions, interval: dict[str, datetime]
) -> None:
    edits = reversal.later_edits(
        connection, versions, after=interval["after"], until=interval["until"]
    )
    if edits:
        raise LaterEditsError(edits)


def _refuse_outside(outside: Collection[str]) -> None:
    if outside:
        raise ForbiddenError(f"{len(outside)} of the rows are {_OUTSIDE}; nothing was taken back.")
