"""Figures as imports: compared with the register, stored by area, indicator and year."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import Connection

from service.core import audit, history, scope
from service.core.differences import Difference
from service.core.errors.rights import ForbiddenError
from service.core.errors.state import ConflictError
from service.core.history import Origin
from service.core.keys import Principal
from service.imports.indicators import unanswered_figures
from service.indicators import service as indicators
from service.indicators.asked import asked_indicators
from service.indicators.fields import INDICATORS, KEY
from service.packs.service import list_packs
from service.uploads.comparing import FIRST_ROWS, SHOWN_CHANGES, Compared
from service.uploads.figure_reading import figures_from_stream
from service.uploads.reading import LISTED
from service.uploads.records import find
from service.uploads.report import parse_report
from service.uploads.service import Done, StaleImportError, finish
from service.uploads.tables import COMMITTED, PREVIEWED

_VALUES: Final = ("value", "source")


@dataclass(frozen=True)
class _Changes:
    """The keys of figures by what storing them would do; of changed ones the cells that differ."""

    added: list[str]
    changed: dict[str, dict[str, list[Any]]]
    unchanged: int


def preview_figures(
    connection: Connection,
    frame: pd.DataFrame,
    told: Mapping[str, Any],
    *,
    label: str,
    principal: Principal,
) -> tuple[Compared, dict[str, Any]]:
    """Compare figures with the register; return that, and the whole report."""
    compared = _compare(connection, frame)
    codes = set(frame["area"])
    known = codes - set(indicators.unknown_areas(connection, codes))
    warnings = unanswered_figures(
        frame, source=label, areas=known, asked=asked_indicators(list_packs(connection))
    )
    report = {**told, **compared.told, "warnings": [*told["warnings"], *warnings]}
    if principal.areas:
        outside = _outside(connection, frame, principal)
        report["outside_scope"] = {"count": len(outside), "ids": outside[:LISTED]}
    return compared, report


def _compare(connection: Connection, frame: pd.DataFrame) -> Compared:
    found = _changes(connection, frame)
    parts = [*found.added, *found.changed.items()]
    digest = hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()
    by_field: dict[str, int] = {}
    for cells in found.changed.values():
        for name in cells:
            by_field[name] = by_field.get(name, 0) + 1
    first = frame.head(FIRST_ROWS).astype(object).where(frame.head(FIRST_ROWS).notna(), None)
    told = {
        "diff": {
            "added": len(found.added),
            "changed": len(found.changed),
            "reopened": 0,
            "unchanged": found.unchanged,
            "gone": 0,
            "complete": False,
            "changed_fields": by_field,
            "added_ids": found.added[:LISTED],
            "changes": [
                {"id": key, "fields": list(cells), "values": cells}
                for key, cells in list(found.changed.items())[:SHOWN_CHANGES]
            ],
            "reopened_ids": [],
            "gone_ids": [],
        },
        "first_rows": [
            {
                "row": at + 1,
                **{str(name): value for name, value in row.items() if value is not None},
            }
            for at, row in enumerate(first.to_dict("records"))
        ],
        "map": None,
    }
    # Only the digest of it is asked for: figures are rows of no layer.
    return Compared(GeoDataFrame(), Difference((), (), {}, 0, (), digest), told)


def _changes(connection: Connection, frame: pd.DataFrame) -> _Changes:
    stored = indicators.current(connection, areas=sorted(set(frame["area"])))
    before = {
        tuple(row[name] for name in KEY): row for row in stored[[*KEY, *_VALUES]].to_dict("records")
    }
    result = _Changes([], {}, 0)
    unchanged = 0
    for row in frame[[*KEY, *_VALUES]].to_dict("records"):
        named = ", ".join(str(row[name]) for name in KEY)
        old = before.get(tuple(row[name] for name in KEY))
        if old is None:
            if _plain(row["value"]) is None:
                unchanged += 1
            else:
                result.added.append(named)
            continue
        cells = {
            name: [_plain(old[name]), _plain(row[name])]
            for name in _VALUES
            if _plain(old[name]) != _plain(row[name])
        }
        if cells:
            result.changed[named] = cells
        else:
            unchanged += 1
    return _Changes(result.added, result.changed, unchanged)


def _plain(value: Any) -> Any:  # noqa: ANN401  # a number, a text or nothing
    return None if value is None or pd.isna(value) else value


def _outside(connection: Connection, frame: pd.DataFrame, principal: Principal) -> list[str]:
    codes = scope.area_codes(connection, principal)
    return [] if codes is None else sorted(set(frame["area"]) - set(codes))


def commit_figures(connection: Connection, import_id: str, *, principal: Principal) -> None:
    """Store figures that were looked at; ones that are stored already are left as they are.

    Raises
    ------
    NotFoundError, ForbiddenError
        As their names say.
    ConflictError
        When the import is in no state to be stored.
    StaleImportError
        When the register changed so that it would do other things than it showed.
    """
    row = find(connection, import_id, principal=principal, lock=True)
    if row.state == COMMITTED:
        return
    if row.state != PREVIEWED:
        raise ConflictError(f"This import is {row.state}; only one that is previewed is stored.")
    history.lock(connection)
    frame = figures_from_stream(row.accepted)
    compared = _compare(connection, frame)
    if compared.difference.digest != row.digest:
        raise StaleImportError(compared)
    outside = _outside(connection, frame, principal)
    if outside:
        raise ForbiddenError(
            f"Figures of {len(outside)} areas the key is not scoped to; nothing was stored."
        )
    after = history.data_instant(connection)
    origin = Origin(file=row.file, crs="", transformation=None, actor=principal.id)
    done = Done(indicators.store(connection, frame, origin=origin), closed=0)
    instants = (after, history.data_instant(connection))
    finish(connection, import_id, done, parse_report(row.report), instants, actor=principal.id)
    audit.record(
        connection,
        actor=principal.id,
        action="import",
        target=INDICATORS.name,
        detail={"import": import_id, "file": row.file, "rows": done.rows, **done.as_json()},
    )
