"""Storing reviews, overrides and signatures; reading them back.

Whoever adds to a review takes its lock first, so that nothing comes in between what is checked
and what is written.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Connection, Row, Select, Text, cast, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from service.core import audit, scope
from service.core.errors import ConflictError, Detail, InvalidBodyError, NotFoundError
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


@dataclass(frozen=True)
class Wanted:
    """Which reviews are listed; None asks nothing."""

    project: str | None = None
    stage: str | None = None
    verdict: str | None = None
    state: str | None = None


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
            illustration=found.illustration,
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
    _audit(connection, actor, "review", review_id, {**detail, "verdict": found.verdict})
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
    statement = _records(principal).add_columns(
        cast(REVIEW.c.inputs, Text).label("inputs"), cast(REVIEW.c.result, Text).label("result")
    )
    row = connection.execute(statement.where(REVIEW.c.id == review_id)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such review.")
    record = _record(row)
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


def list_reviews(
    connection: Connection,
    principal: Principal | None,
    wanted: Wanted,
    *,
    after: str | None,
    limit: int,
) -> list[ReviewRecord]:
    """Return reviews, the newest first; `after` is the last id of the page before."""
    statement = _records(principal).where(*_conditions(wanted))
    if after is not None:
        statement = statement.where(REVIEW.c.id < after)
    statement = statement.order_by(REVIEW.c.id.desc()).limit(limit)
    return [_record(row) for row in connection.execute(statement)]


def count_reviews(connection: Connection, principal: Principal | None, wanted: Wanted) -> int:
    """Count the reviews `list_reviews` would return without paging."""
    inner = _records(principal).where(*_conditions(wanted)).subquery()
    return connection.execute(select(func.count()).select_from(inner)).scalar_one()


def override(
    connection: Connection,
    review_id: str,
    *,
    finding: int,
    verdict: str,
    reason: str,
    name: str,
    actor: Principal,
) -> StoredReview:
    """Put an officer's verdict beside a computed one; return the review with it.

    Raises
    ------
    NotFoundError
        If there is no such review.
    InvalidBodyError
        If it has no such finding.
    ConflictError
        If it is signed.
    """
    _lock(connection, review_id)
    stored = find(connection, review_id, actor)
    _require_draft(stored)
    findings = stored.frozen.result["zh"]["findings"]
    if not 0 <= finding < len(findings):
        raise InvalidBodyError.of(
            "/finding", f"there is no finding {finding}; the last one is {len(findings) - 1}"
        )
    number = len(stored.overrides) + 1
    comes_to = stored.effective({finding: verdict}).verdict
    connection.execute(
        insert(REVIEW_OVERRIDE).values(
            review_id=review_id,
            number=number,
            finding=finding,
            verdict=verdict,
            reason=reason,
            name=name,
            effective_verdict=comes_to,
            given_by=actor.id,
        )
    )
    rule, computed = findings[finding]["rule"], findings[finding]["verdict"]
    told = {"number": number, "finding": finding, "rule": rule, "computed": computed}
    told |= {"verdict": verdict, "reason": reason, "name": name, "effective": comes_to}
    _audit(connection, actor, "override", review_id, told)
    return find(connection, review_id, actor)


def sign(connection: Connection, review_id: str, *, name: str, actor: Principal) -> StoredReview:
    """Sign a review off, by somebody who neither made it nor overrode anything in it.

    Raises
    ------
    NotFoundError
        If there is no such review.
    ConflictError
        If it is signed, is an illustration only, or the signer had a hand in it.
    """
    _lock(connection, review_id)
    stored = find(connection, review_id, actor)
    _require_draft(stored)
    if stored.record.illustration:
        raise ConflictError("The review is an illustration only; no opinion can rest on it.")
    hands = {stored.record.made_by, *(one.given_by for one in stored.overrides)}
    names = {stored.record.made_by_name, *(one.name for one in stored.overrides)}
    if actor.id in hands or _plain(name) in {_plain(one) for one in names}:
        raise ConflictError(
            "A review is signed by a second person: neither who made it nor who overrode a "
            "finding of it.",
            errors=[Detail(f"{name!r} had a hand in the review", pointer="/name")],
        )
    comes_to = stored.effective().verdict
    connection.execute(
        insert(REVIEW_SIGNATURE).values(
            review_id=review_id,
            name=name,
            overrides=len(stored.overrides),
            verdict=comes_to,
            signed_by=actor.id,
        )
    )
    told = {"name": name, "verdict": comes_to, "hash": stored.record.hash}
    _audit(connection, actor, "sign", review_id, {**told, "overrides": len(stored.overrides)})
    return find(connection, review_id, actor)


def _records(principal: Principal | None) -> Select[Any]:
    columns = [
        REVIEW.c[name]
        for name in ReviewRecord.__dataclass_fields__
        if name not in ("effective_verdict", "packs", "signed")
    ]
    statement = select(
        *columns,
        _comes_to().label("effective_verdict"),
        REVIEW.c.inputs["packs"].label("packs"),
        _signed().label("signed"),
    )
    if principal is None or not principal.areas:
        return statement
    return statement.where(scope.place_inside(principal, REVIEW.c.site))


def _comes_to() -> ColumnElement[str]:
    last = (
        select(REVIEW_OVERRIDE.c.effective_verdict)
        .where(REVIEW_OVERRIDE.c.review_id == REVIEW.c.id)
        .order_by(REVIEW_OVERRIDE.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(last, REVIEW.c.verdict)


def _signed() -> ColumnElement[bool]:
    return (
        select(REVIEW_SIGNATURE.c.review_id)
        .where(REVIEW_SIGNATURE.c.review_id == REVIEW.c.id)
        .exists()
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.project is not None:
        found.append(REVIEW.c.project_id == wanted.project)
    if wanted.stage is not None:
        found.append(REVIEW.c.stage == wanted.stage)
    if wanted.verdict is not None:
        found.append(_comes_to() == wanted.verdict)
    if wanted.state is not None:
        found.append(_signed() if wanted.state == SIGNED else ~_signed())
    return found


def _record(row: Row[Any]) -> ReviewRecord:
    values = {name: getattr(row, name) for name in ReviewRecord.__dataclass_fields__}
    return ReviewRecord(**{**values, "packs": tuple(pack["id"] for pack in row.packs)})


def _require_draft(stored: StoredReview) -> None:
    if stored.signature is not None:
        raise ConflictError(
            f"The review was signed by {stored.signature.name} on "
            f"{stored.signature.signed_at.date()}; nothing is added to it."
        )


def _lock(connection: Connection, review_id: str) -> None:
    # The role that serves may not change a review, so it cannot lock its row either.
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(review_id, 0))))


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _audit(
    connection: Connection, actor: Principal, action: str, review_id: str, detail: Mapping[str, Any]
) -> None:
    audit.record(
        connection, actor=actor.id, action=action, target=f"reviews/{review_id}", detail=detail
    )
