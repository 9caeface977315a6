"""Storing reviews; reading them back with their overrides and signatures."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.core import audit, scope
from service.core.errors.state import NotFoundError
from service.core.geojson import encode_json
from service.core.keys import Principal
from service.core.rows import exact_json
from service.reviews.freezing import Case, Frozen
from service.reviews.tables import REVIEW, REVIEW_OVERRIDE, REVIEW_SIGNATURE
from spatial.policy.review.effective import Effective, effective
from spatial.policy.review.review import Review

DRAFT = "draft"
SIGNED = "signed"


@dataclass(frozen=True)
class Override:
    """An officer's verdict in the place of a computed one."""

    number: int
    finding: int
    verdict: str
    reason: str
    name: str
    effective_verdict: str
    given_at: datetime
    given_by: str


@dataclass(frozen=True)
class Signature:
    """Who signed a review off, and when."""

    name: str
    overrides: int
    verdict: str
    signed_at: datetime
    signed_by: str


@dataclass(frozen=True)
class ReviewRecord:
    """A stored review as it is listed.

    Parameters
    ----------
    verdict, effective_verdict
        As computed, and with the overrides in force.
    packs
        Ids, in the order asked.
    """

    id: str
    project_id: str
    project_name: str | None
    project_version: int | None
    stage: str
    as_of: date
    verdict: str
    effective_verdict: str
    illustration: bool
    packs: tuple[str, ...]
    code_version: str
    hash: str
    data_instant: datetime
    made_at: datetime
    made_by: str
    made_by_name: str
    signed: bool

    @property
    def state(self) -> str:
        """``draft`` until it is signed, then ``signed``."""
        return SIGNED if self.signed else DRAFT


@dataclass(frozen=True)
class StoredReview:
    """A stored review with all that belongs to it; overrides in the order given."""

    record: ReviewRecord
    frozen: Frozen
    overrides: tuple[Override, ...]
    signature: Signature | None

    @property
    def overridden(self) -> dict[int, str]:
        """Verdict by number of the finding; the last one given counts."""
        return {one.finding: one.verdict for one in self.overrides}

    def effective(self, more: Mapping[int, str] | None = None) -> Effective:
        """Return what the review comes to with its overrides, and with `more` of them."""
        return effective(self.frozen.result["zh"], {**self.overridden, **(more or {})})


def store_review(
    connection: Connection,
    case: Case,
    found: Review,
    frozen: Frozen,
    *,
    data_instant: datetime,
    project_version: int | None,
    actor: Principal,
) -> str:
    """Store a review as a draft; return its id.

    Parameters
    ----------
    data_instant
        Of the data it was made from.
    project_version
        Of the stored project; None where it came with the question.
    actor
        Who made it.
    """
    review_id = f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"
    project = case.project
    connection.execute(
        insert(REVIEW).values(
            id=review_id,
            project_id=project.id,
            project_name=project.name,
            project_version=project_version,
            stage=found.stage.id,
            as_of=case.as_of,
            verdict=found.verdict,
            # Without an area nobody knows whether the packs are those of the place.
            illustration=found.illustration or project.area is None,
            # As text, for the driver would write exact numbers as floats.
            inputs=cast(encode_json(frozen.inputs), Text).cast(JSONB),
            result=cast(encode_json(frozen.result), Text).cast(JSONB),
            code_version=frozen.code_version,
            hash=frozen.hash,
            data_instant=data_instant,
            made_by=actor.id,
            made_by_name=actor.name,
            site=f"SRID=4326;{shapely.to_wkt(project.site, rounding_precision=-1)}",
        )
    )
    detail = {"hash": frozen.hash, "project": project.id, "stage": found.stage.id}
    record(connection, actor, "review", review_id, {**detail, "verdict": found.verdict})
    return review_id


def find(connection: Connection, review_id: str, principal: Principal | None) -> StoredReview:
    """Read a review whole.

    Parameters
    ----------
    principal
        Who asks; None for somebody without limits.

    Raises
    ------
    NotFoundError
        If there is none, or the key's scope does not cover its site.
    """
    statement = records(principal).add_columns(
        cast(REVIEW.c.inputs, Text).label("inputs"), cast(REVIEW.c.result, Text).label("result")
    )
    row = connection.execute(statement.where(REVIEW.c.id == review_id)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such review.")
    record = to_record(row)
    overrides = connection.execute(
        select(REVIEW_OVERRIDE)
        .where(REVIEW_OVERRIDE.c.review_id == review_id)
        .order_by(REVIEW_OVERRIDE.c.number)
    )
    signature = connection.execute(
        select(REVIEW_SIGNATURE).where(REVIEW_SIGNATURE.c.review_id == review_id)
    ).one_or_none()
    return StoredReview(
        record=record,
        frozen=Frozen(exact_json(row.inputs), exact_json(row.result), record.code_version),
        overrides=tuple(
            Override(**{name: getattr(one, name) for name in Override.__dataclass_fields__})
            for one in overrides
        ),
        signature=None
        if signature is None
        else Signature(
            **{name: getattr(signature, name) for name in Signature.__dataclass_fields__}
        ),
    )


def records(principal: Principal | None) -> Select[Any]:
    """Return the statement of the reviews somebody may see; None for somebody without limits."""
    columns = [
        REVIEW.c[name]
        for name in ReviewRecord.__dataclass_fields__
        if name not in ("effective_verdict", "packs", "signed")
    ]
    statement = select(
        *columns,
        comes_to().label("effective_verdict"),
        REVIEW.c.inputs["packs"].label("packs"),
        signed().label("signed"),
    )
    if principal is None or not principal.areas:
        return statement
    return statement.where(
        scope.place_inside(principal, REVIEW.c.site), _saw_no_more_than(principal.areas)
    )


def _saw_no_more_than(areas: Sequence[str]) -> ColumnElement[bool]:
    """Tell whether a review shows no district outside areas: only neighbours are districts."""
    scope_of = REVIEW.c.inputs["scope"]
    return or_(
        REVIEW.c.result["zh"]["neighbours"].astext.is_(None),
        and_(func.jsonb_array_length(scope_of) > 0, scope_of.contained_by(list(areas))),
    )


def comes_to() -> ColumnElement[str]:
    """Return the column of the verdict with the overrides in force."""
    last = (
        select(REVIEW_OVERRIDE.c.effective_verdict)
        .where(REVIEW_OVERRIDE.c.review_id == REVIEW.c.id)
        .order_by(REVIEW_OVERRIDE.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(last, REVIEW.c.verdict)


def signed() -> ColumnElement[bool]:
    """Return the column that tells whether a review is signed."""
    return (
        select(REVIEW_SIGNATURE.c.review_id)
        .where(REVIEW_SIGNATURE.c.review_id == REVIEW.c.id)
        .exists()
    )


def to_record(row: Row[Any]) -> ReviewRecord:
    """Return a row of `records`."""
    values = {name: getattr(row, name) for name in ReviewRecord.__dataclass_fields__}
    return ReviewRecord(**{**values, "packs": tuple(pack["id"] for pack in row.packs)})


def record(
    connection: Connection, actor: Principal, action: str, review_id: str, detail: Mapping[str, Any]
) -> None:
    """Append what was done to a review to the audit; the last thing done in a transaction."""
    audit.record(
        connection, actor=actor.id, action=action, target=f"reviews/{review_id}", detail=detail
    )
