"""Scenarios as they are kept: a version for each change, the last one holds."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from service.core import audit
from service.core.geojson import encode_json
from service.core.json_input import Json, parse_json
from service.scenarios.tables import SCENARIO

# A class of locks of its own, so that no other lock of the database is meant.
_LOCK: Final = 0x5343454E
_ID_BYTES: Final = 8


@dataclass(frozen=True)
class StoredScenario:
    """A scenario as it is now.

    Parameters
    ----------
    version
        From 1; the next one replaces it.
    changes
        As they were asked for, with exact numbers.
    """

    id: str
    version: int
    name: str
    base_evaluation: str
    changes: Json
    closed: bool
    recorded_at: datetime
    recorded_by: str


def create(
    connection: Connection, *, name: str, base_evaluation: str, changes: Json, actor: str
) -> StoredScenario:
    """Keep a scenario, in the caller's transaction."""
    return _record(
        connection,
        _values(secrets.token_hex(_ID_BYTES), 1, name, base_evaluation, changes),
        actor=actor,
        action="create",
    )


def lock(connection: Connection, scenario_id: str) -> None:
    """Keep others from changing the scenario until the transaction ends."""
    number = int(scenario_id[:7], 16)
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK, number)))


def replace(
    connection: Connection,
    scenario: StoredScenario,
    *,
    name: str,
    base_evaluation: str,
    changes: Json,
    actor: str,
) -> StoredScenario:
    """Keep the next version; the caller holds the lock."""
    values = _values(scenario.id, scenario.version + 1, name, base_evaluation, changes)
    return _record(connection, values, actor=actor, action="replace")


def close(connection: Connection, scenario: StoredScenario, *, actor: str) -> None:
    """End a scenario; its versions stay. The caller holds the lock."""
    values = _values(
        scenario.id,
        scenario.version + 1,
        scenario.name,
        scenario.base_evaluation,
        scenario.changes,
    )
    _record(connection, {**values, "closed": True}, actor=actor, action="close")


def get(connection: Connection, scenario_id: str) -> StoredScenario | None:
    """Return a scenario as it is now; None where there is none, or it is closed."""
    query = _current().where(SCENARIO.c.id == scenario_id)
    row = connection.execute(query).one_or_none()
    return None if row is None or row.closed else _stored(row)


def listed(connection: Connection, *, base_evaluation: str | None = None) -> list[StoredScenario]:
    """Return all scenarios that are not closed, the latest change first."""
    current = _current().subquery()
    query = select(current).where(~current.c.closed)
    if base_evaluation is not None:
        query = query.where(current.c.base_evaluation == base_evaluation)
    query = query.order_by(current.c.recorded_at.desc(), current.c.id)
    return [_stored(row) for row in connection.execute(query)]


def _current() -> Select[Any]:
    table = SCENARIO.c
    return select(SCENARIO).ext(distinct_on(table.id)).order_by(table.id, table.version.desc())


def _values(
    scenario_id: str, version: int, name: str, base_evaluation: str, changes: Json
) -> dict[str, Any]:
    return {
        "id": scenario_id,
        "version": version,
        "name": name,
        "base_evaluation": base_evaluation,
        # Numbers were read exactly; the shortest text that reads back the same is kept.
        "changes": json.loads(encode_json(changes)),
        "closed": False,
    }


def _record(
    connection: Connection, values: dict[str, Any], *, actor: str, action: str
) -> StoredScenario:
    row = connection.execute(
        insert(SCENARIO).values(**values, recorded_by=actor).returning(*SCENARIO.c)
    ).one()
    changes: Sequence[Any] = values["changes"]
    audit.record(
        connection,
        actor=actor,
        action=action,
        target=f"scenario/{values['id']}",
        detail={
            "version": values["version"],
            "name": values["name"],
            "base_evaluation": values["base_evaluation"],
            "changes": len(changes),
        },
    )
    return _stored(row)


def _stored(row: Row[Any]) -> StoredScenario:
    return StoredScenario(
        id=row.id,
        version=row.version,
        name=row.name,
        base_evaluation=row.base_evaluation,
        changes=parse_json(json.dumps(row.changes).encode()),
        closed=row.closed,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )
