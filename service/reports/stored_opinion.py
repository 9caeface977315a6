"""The opinion of a stored review, from what is frozen under its hash."""

from __future__ import annotations

from sqlalchemy import Connection

from service.core.errors.state import ConflictError
from service.core.language import Language
from service.core.network_cache import NetworkCache
from service.reports.opinion import DataBasis, Opinion, Override, Signature
from service.reports.review_opinion import review_opinion
from service.reviews.freezing import Case, thaw
from service.reviews.storage import StoredReview
from spatial.errors import InputError, PackError


def stored_case(connection: Connection, stored: StoredReview, *, cache: NetworkCache) -> Case:
    """Read what a stored review rested on.

    Raises
    ------
    ConflictError
        When it is no longer stored as it was, so that no map can be drawn.
    """
    try:
        return thaw(connection, stored.frozen.inputs, cache)
    except (InputError, PackError) as error:
        raise ConflictError(f"The opinion cannot be made: {error}") from None


def stored_opinion(
    stored: StoredReview, case: Case, *, lang: Language, drawn: bool = True
) -> Opinion:
    """Put the opinion of a stored review together; takes no connection, for drawing takes long.

    Parameters
    ----------
    case
        As `stored_case` reads it.
    drawn
        False where no map is wanted.
    """
    record = stored.record
    around = case.around.found
    computed = stored.frozen.result[lang]
    comes_to = stored.effective()
    signatures = [Signature("handled", record.made_by_name, record.made_at.date())]
    if stored.signature is not None:
        signed = stored.signature
        signatures.append(Signature("signed", signed.name, signed.signed_at.date()))
    return review_opinion(
        computed,
        project=case.project,
        packs=case.packs,
        surroundings=around,
        sources=case.around.sources,
        lang=lang,
        drawn=drawn,
        number=record.id,
        draft=stored.signature is None,
        overrides=tuple(
            Override(
                finding=one.finding,
                original=computed["findings"][one.finding]["verdict"],
                verdict=one.verdict,
                reason=one.reason,
                name=one.name,
                on=one.given_at.date(),
            )
            for one in stored.overrides
        ),
        signatures=tuple(signatures),
        effective={**comes_to.packs, "": comes_to.verdict} if stored.overrides else {},
        basis=DataBasis(
            network_version=None if around.network is None else around.network.version,
            code_version=record.code_version,
            known_at=record.data_instant.isoformat(timespec="seconds"),
            facilities=None if around.frame is None else len(around.frame),
            digest=record.hash,
        ),
    )
