"""What officers add to a stored review: overrides of findings, a signature.

Whoever adds to a review takes its lock first, so that nothing comes in between what is checked
and what is written.
"""

from __future__ import annotations

import unicodedata

from sqlalchemy import Connection, func, insert, select

from service.core.errors.problem import Detail
from service.core.errors.request import InvalidBodyError
from service.core.errors.state import ConflictError
from service.core.keys import Principal
from service.core.tables import API_KEY
from service.reviews.storage import StoredReview, find, record
from service.reviews.tables import REVIEW_OVERRIDE, REVIEW_SIGNATURE


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
    record(connection, actor, "override", review_id, told)
    return find(connection, review_id, actor)


def sign(
    connection: Connection, review_id: str, *, name: str, overrides: int, actor: Principal
) -> StoredReview:
    """Sign a review off, by somebody who neither made it nor overrode anything in it.

    Parameters
    ----------
    connection
        A transaction that may write.
    review_id
        Which review.
    name
        Who signs. Neither this name, nor the name of the key, nor the person whose key it is may
        be one that had a hand in it, be it by another key.
    overrides
        How many overrides the signer has seen: a signature is under these and no others.
    actor
        Whose key it is.

    Raises
    ------
    NotFoundError
        If there is no such review.
    ConflictError
        If it is signed, is an illustration only, has other overrides than the signer saw, is not
        what its hash says any more, or the signer had a hand in it.
    """
    _lock(connection, review_id)
    stored = find(connection, review_id, actor)
    _require_draft(stored)
    if stored.record.illustration:
        raise ConflictError("The review is an illustration only; no opinion can rest on it.")
    if overrides != len(stored.overrides):
        raise ConflictError(
            "A signature is under the overrides the signer has seen; look at the review again.",
            errors=[
                Detail(
                    f"the signer has seen {overrides}, there are {len(stored.overrides)} by now",
                    pointer="/overrides",
                )
            ],
        )
    if stored.frozen.hash != stored.record.hash:
        raise ConflictError("What is stored is not what the hash of the review says any more.")
    hands = {stored.record.made_by, *(one.given_by for one in stored.overrides)}
    names = {
        stored.record.made_by_name,
        *(one.name for one in stored.overrides),
    }
    for key in connection.execute(
        select(API_KEY.c.name, API_KEY.c.person).where(API_KEY.c.id.in_(hands))
    ):
        names |= {key.name, key.person}
    signing = {_plain(name), _plain(actor.name), _plain(actor.person)}
    if actor.id in hands or not signing.isdisjoint(map(_plain, names)):
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
            overrides=overrides,
            verdict=comes_to,
            signed_by=actor.id,
        )
    )
    told = {"name": name, "verdict": comes_to, "hash": stored.record.hash}
    record(connection, actor, "sign", review_id, {**told, "overrides": overrides})
    return find(connection, review_id, actor)


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
    """Return a name without what does not tell people apart: width, case, blanks, unseen signs."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] not in "CZ")
