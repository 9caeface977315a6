"""Runs as stored: what each rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from service.core.history import Moment
from service.evaluations.identity import Basis, EvaluationRequest, code_version
from service.evaluations.tables import EVALUATION
from spatial.policy.evaluation import Evaluation


@dataclass(frozen=True)
class StoredEvaluation:
    """A run as it is listed: what it rests on, without its findings.

    Parameters
    ----------
    pack_versions
        Version of each pack by its id, in the order evaluated.
    data_instant
        The data as they were at this instant were judged.
    """

    id: str
    pack_versions: Mapping[str, str]
    network_version: str | None
    as_of: date
    area: str | None
    parameters: Mapping[str, Any]
    data_instant: datetime
    code_version: str
    region: Mapping[str, str]
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]
    created_at: datetime
    created_by: str

    @property
    def moment(self) -> Moment:
        """The versions of the data that were judged."""
        return Moment(known_at=self.data_instant, valid_on=self.as_of)


def insert_evaluation(
    connection: Connection,
    evaluation_id: str,
    evaluation: Evaluation,
    *,
    request: EvaluationRequest,
    basis: Basis,
    seconds: Mapping[str, float],
    actor: str,
) -> None:
    """Write the row of a run: from here on it exists."""
    connection.execute(
        insert(EVALUATION).values(
            id=evaluation_id,
            packs=dict(basis.pack_versions),
            network_version=basis.network_version,
            as_of=request.as_of,
            area=request.area,
            parameters=request.parameters.as_json(),
            data_instant=basis.data_instant,
            code_version=code_version(),
            region=dict(evaluation.region),
            warnings=list(evaluation.warnings),
            seconds=dict(seconds),
            created_by=actor,
        )
    )


def get(connection: Connection, evaluation_id: str) -> StoredEvaluation | None:
    """Return a run by id, or None."""
    found = _stored(connection, select(EVALUATION).where(EVALUATION.c.id == evaluation_id))
    return found[0] if found else None


def list_evaluations(
    connection: Connection, *, before: datetime | None = None, limit: int | None = None
) -> tuple[StoredEvaluation, ...]:
    """Return runs, the newest first; only those created before an instant where one is given."""
    statement = select(EVALUATION).order_by(EVALUATION.c.created_at.desc(), EVALUATION.c.id)
    if before is not None:
        statement = statement.where(EVALUATION.c.created_at < before)
    return _stored(connection, statement.limit(limit))


def _stored(connection: Connection, query: Select[Any]) -> tuple[StoredEvaluation, ...]:
    return tuple(
        StoredEvaluation(
            id=row.id,
            pack_versions=MappingProxyType(row.packs),
            network_version=row.network_version,
            as_of=row.as_of,
            area=row.area,
            parameters=MappingProxyType(row.parameters),
            data_instant=row.data_instant,
            code_version=row.code_version,
            region=MappingProxyType(row.region),
            warnings=tuple(row.warnings),
            seconds=MappingProxyType(row.seconds),
            created_at=row.created_at,
            created_by=row.created_by,
        )
        for row in connection.execute(query)
    )
