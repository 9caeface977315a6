"""Stored reviews as they are listed: which of them, in which order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from service.core.keys import Principal
from service.reviews.storage import SIGNED, ReviewRecord, comes_to, records, signed, to_record
from service.reviews.tables import REVIEW


@dataclass(frozen=True)
class Wanted:
    """Which reviews are listed; None asks nothing.

    Parameters
    ----------
    search
        A part of the project's name or identifier, whatever its case.
    """

    project: str | None = None
    stage: str | None = None
    verdict: str | None = None
    state: str | None = None
    search: str | None = None


def list_reviews(
    connection: Connection,
    principal: Principal | None,
    wanted: Wanted,
    *,
    after: str | None,
    limit: int,
) -> list[ReviewRecord]:
    """Return reviews, the newest first; `after` is the last id of the page before."""
    statement = records(principal).where(*_conditions(wanted))
    if after is not None:
        statement = statement.where(REVIEW.c.id < after)
    statement = statement.order_by(REVIEW.c.id.desc()).limit(limit)
    return [to_record(row) for row in connection.execute(statement)]


def count_reviews(connection: Connection, principal: Principal | None, wanted: Wanted) -> int:
    """Count the reviews `list_reviews` would return without paging."""
    inner = records(principal).where(*_conditions(wanted)).subquery()
    return connection.execute(select(func.count()).select_from(inner)).scalar_one()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.project is not None:
        found.append(REVIEW.c.project_id == wanted.project)
    if wanted.search is not None:
        found.append(
            or_(
                REVIEW.c.project_id.icontains(wanted.search, autoescape=True),
                REVIEW.c.project_name.icontains(wanted.search, autoescape=True),
            )
        )
    if wanted.stage is not None:
        found.append(REVIEW.c.stage == wanted.stage)
    if wanted.verdict is not None:
        found.append(comes_to() == wanted.verdict)
    if wanted.state is not None:
        found.append(signed() if wanted.state == SIGNED else ~signed())
    return found
