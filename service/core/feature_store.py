"""Writing the rows of a layer for a request: lock, check, store, audit, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from geopandas import GeoDataFrame
from sqlalchemy import Connection, func, select

from service.core import audit, history, scope
from service.core.errors.problem import Detail
from service.core.errors.request import InvalidBodyError
from service.core.errors.rights import ForbiddenError
from service.core.errors.state import ConflictError, NotFoundError
from service.core.feature_check import CheckedRows, check_rows
from service.core.feature_input import Row
from service.core.history import Origin
from service.core.keys import Principal
from service.core.named_areas import check_named_areas
from service.core.outcomes import Outcome, refuse
from service.core.shown_shapes import SameShape, is_shown_rounded, with_exact_shapes
from spatial.errors import InputError
from spatial.fields import Layer

# Refuses the change of a version the caller has not seen.
Precondition: TypeAlias = Callable[[int], None]


@dataclass(frozen=True)
class Writer:
    """Who writes, and how the rows remember it.

    Parameters
    ----------
    principal
        Whose key it is.
    request
        Method, path and request id, kept as the rows' source file.
    """

    principal: Principal
    request: str

    @property
    def origin(self) -> Origin:
        """Where the rows come from."""
        return Origin(
            file=self.request,
            crs="EPSG:4326",
            transformation=None,
            actor=self.principal.id,
        )


def create(
    connection: Connection,
    layer: Layer,
    rows: Sequence[Row],
    *,
    writer: Writer,
    partial: bool,
) -> list[Outcome]:
    """Store new rows.

    Parameters
    ----------
    partial
        True keeps the good rows where others are bad; False keeps all or none.

    Returns
    -------
    One outcome a row, in order: 201, or with `partial` also 400, 403 and 409.

    Raises
    ------
    InvalidBodyError, ConflictError, ForbiddenError
        Without `partial`, if a row is bad, exists already, or lies outside the key's scope.
    """
    scope.require_writable(writer.principal, layer)
    checked = check_rows(rows, layer)
    history.lock(connection)
    checked = check_named_areas(connection, checked, rows, layer)
    outcomes = {
        index: Outcome(index, _given_key(rows[index], layer), HTTPStatus.BAD_REQUEST, faults)
        for index, faults in checked.faults.items()
    }
    outcomes |= _conflicts(connection, layer, rows, checked, writer)
    if outcomes and not partial:
        refuse(outcomes)
    frame = checked.frame.loc[~checked.frame.index.isin(list(outcomes))]
    outside = _store_in_scope(connection, layer, frame, writer=writer, partial=partial)
    for index, key in zip(frame.index, frame[layer.key], strict=True):
        if key in outside:
            error = Detail(_OUTSIDE, pointer=rows[index].prefix)
            outcomes[index] = Outcome(index, key, HTTPStatus.FORBIDDEN, (error,))
        else:
            outcomes[index] = Outcome(index, key, HTTPStatus.CREATED)
    return [outcomes[index] for index in sorted(outcomes)]


def change(
    connection: Connection,
    layer: Layer,
    key: str,
    *,
    seen: Precondition,
    make_row: Callable[[GeoDataFrame], Row],
    writer: Writer,
    action: str,
    is_shown: SameShape = is_shown_rounded,
) -> GeoDataFrame:
    """Store another version of a row and return it.

    Parameters
    ----------
    seen
        Told of the current version; refuses a change of another one than the caller has seen.
    make_row
        From the one-row frame of the current version to the row wanted.
    action
        Name of the change in the audit: replace or patch.
    is_shown
        Tells whether a given shape is what callers are shown of a stored one, which then keeps
        its exact coordinates.

    Raises
    ------
    NotFoundError, PreconditionFailedError, InvalidBodyError, ForbiddenError
        As their names say; nothing is stored.
    """
    scope.require_writable(writer.principal, layer)
    history.lock(connection)
    before = load(connection, layer, key, writer.principal)
    version = int(before["version"].iloc[0])
    seen(version)
    row = with_exact_shapes(make_row(before), before, layer, is_shown)
    checked = check_named_areas(connection, check_rows([row], layer), [row], layer)
    if checked.faults:
        raise InvalidBodyError.listing(checked.faults[row.index])
    stored = history.store(connection, layer, checked.frame, origin=writer.origin)
    if scope.keys_outside(connection, writer.principal, layer, [key]):
        raise ForbiddenError(_OUTSIDE)
    if stored.changed:
        _audit(connection, writer, action, layer, key, {"from_version": version})
    return load(connection, layer, key, writer.principal)


def close(
    connection: Connection,
    layer: Layer,
    key: str,
    *,
    seen: Precondition,
    on: date | None,
    writer: Writer,
) -> None:
    """End a row on a day; None means today, as the database counts days.

    Parameters
    ----------
    seen
        As in `change`.

    Raises
    ------
    NotFoundError, PreconditionFailedError
        As their names say.
    ConflictError
        If the row began after that day, or ends already.
    """
    scope.require_writable(writer.principal, layer)
    history.lock(connection)
    before = load(connection, layer, key, writer.principal)
    version = int(before["version"].iloc[0])
    seen(version)
    day = on or connection.execute(select(func.current_date())).scalar_one()
    try:
        closed = history.close(connection, layer, key, on=day, origin=writer.origin)
    except InputError as error:
        raise ConflictError(f"{error}.") from None
    if not closed:
        raise ConflictError(f"{key} has been closed already, on a day to come.")
    detail = {"from_version": version, "on": day.isoformat()}
    _audit(connection, writer, "close", layer, key, detail)


def load(connection: Connection, layer: Layer, key: str, principal: Principal) -> GeoDataFrame:
    """Return the one-row frame of the current version.

    Raises
    ------
    NotFoundError
        If there is none, or the key's scope does not cover it.
    """
    wanted = scope.conditions(connection, principal, layer)
    frame = history.current(connection, layer, *wanted, keys=[key])
    if frame.empty:
        raise NotFoundError(f"There is no such row in {layer.name}.")
    return frame


_OUTSIDE: Final = "lies outside the areas the key is scoped to"


def _given_key(row: Row, layer: Layer) -> str | None:
    key = row.cells.get(layer.key)
    return key if isinstance(key, str) else None


def _conflicts(
    connection: Connection,
    layer: Layer,
    rows: Sequence[Row],
    checked: CheckedRows,
    writer: Writer,
) -> dict[int, Outcome]:
    keys = checked.frame[layer.key].tolist()
    known = set(history.current(connection, layer, keys=keys)[layer.key])
    # A row that was closed may be opened again, by whoever may see it.
    known |= scope.existing(connection, layer, keys) & scope.keys_outside(
        connection, writer.principal, layer, keys
    )
    return {
        index: Outcome(
            index,
            key,
            HTTPStatus.CONFLICT,
            (Detail(f"{key!r} exists already", pointer=rows[index].prefix),),
        )
        for index, key in zip(checked.frame.index.tolist(), keys, strict=True)
        if key in known
    }


def _store_in_scope(
    connection: Connection, layer: Layer, frame: GeoDataFrame, *, writer: Writer, partial: bool
) -> set[str]:
    """Store a frame but for the rows outside the scope; return the keys of those."""
    outside: set[str] = set()
    keys = frame[layer.key].tolist()
    while keys:
        # A row is in the scope or not by what is stored, so it is stored to be asked about.
        with connection.begin_nested() as savepoint:
            kept = frame[~frame[layer.key].isin(outside)]
            history.store(connection, layer, kept, origin=writer.origin)
            found = scope.keys_outside(connection, writer.principal, layer, keys)
            if not found:
                _audit(connection, writer, "create", layer, None, {"keys": keys})
                return outside
            savepoint.rollback()
        if not partial:
            raise ForbiddenError(f"{len(found)} of the rows {_OUTSIDE}; nothing was stored.")
        outside |= found
        keys = [key for key in keys if key not in found]
    return outside


def _audit(
    connection: Connection,
    writer: Writer,
    action: str,
    layer: Layer,
    key: str | None,
    detail: Mapping[str, Any],
) -> None:
    audit.record(
        connection,
        actor=writer.principal.id,
        action=action,
        target=layer.name if key is None else f"{layer.name}/{key}",
        detail={**detail, "request": writer.request},
    )
