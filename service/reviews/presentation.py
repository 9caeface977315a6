"""Stored reviews as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.core.language import Language
from service.reviews.storage import ReviewRecord, StoredReview


def record_document(record: ReviewRecord) -> dict[str, Any]:
    """Return a review as it stands in a list."""
    return {
        "id": record.id,
        "state": record.state,
        "project": {
            "id": record.project_id,
            "name": record.project_name,
            "version": record.project_version,
        },
        "stage": record.stage,
        "as_of": record.as_of,
        "verdict": record.verdict,
        "effective_verdict": record.effective_verdict,
        "illustration": record.illustration,
        "packs": list(record.packs),
        "hash": record.hash,
        "code_version": record.code_version,
        "data_instant": record.data_instant,
        "made_at": record.made_at,
        "made_by": {"key": record.made_by, "name": record.made_by_name},
    }


def review_answer(stored: StoredReview, *, lang: Language) -> dict[str, Any]:
    """Return a stored review: as computed, with what officers said beside it.

    The members of a review that is not stored, and ``id, state, hash, …`` before them; each
    finding has its ``number``, and ``effective_verdict`` where an officer said otherwise.
    """
    about = record_document(stored.record)
    computed = dict(stored.frozen.result[lang])
    comes_to, overridden = stored.effective(), stored.overridden
    findings = [
        {"number": number, **_beside(one, overridden.get(number))}
        for number, one in enumerate(computed.pop("findings"))
    ]
    notices = {"notices": computed.pop("notices")} if "notices" in computed else {}
    project = {**computed["project"], "version": stored.record.project_version}
    return {
        **{name: about[name] for name in ("id", "state", "hash")},
        **computed,
        "illustration": stored.record.illustration,
        "project": project,
        "findings": findings,
        "effective": {
            "verdict": comes_to.verdict,
            "packs": [{"id": name, "verdict": one} for name, one in comes_to.packs.items()],
        },
        "overrides": [
            {
                "number": one.number,
                "finding": one.finding,
                "pack": findings[one.finding]["pack"],
                "rule": findings[one.finding]["rule"],
                "computed": findings[one.finding]["verdict"],
                "verdict": one.verdict,
                "reason": one.reason,
                "name": one.name,
                "at": one.given_at,
                "key": one.given_by,
            }
            for one in stored.overrides
        ],
        "signature": None
        if stored.signature is None
        else {
            "name": stored.signature.name,
            "verdict": stored.signature.verdict,
            "at": stored.signature.signed_at,
            "key": stored.signature.signed_by,
        },
        **{name: about[name] for name in ("code_version", "data_instant", "made_at", "made_by")},
        **notices,
    }


def _beside(finding: Mapping[str, Any], verdict: str | None) -> dict[str, Any]:
    return dict(finding) if verdict is None else {**finding, "effective_verdict": verdict}
