"""What a review comes to once officers have overridden findings of it; what was computed stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from spatial.policy.findings import (
    ADVISE,
    MET,
    MET_RELAXED,
    NOT_APPLICABLE,
    NOT_MET,
    UNDETERMINED,
)
from spatial.policy.review.review import BINDING
from spatial.policy.review.verdict import summed, worst_of

# What an officer may say of a finding.
OVERRIDES: Final = (MET, MET_RELAXED, ADVISE, NOT_MET, UNDETERMINED, NOT_APPLICABLE)


@dataclass(frozen=True)
class Effective:
    """Verdicts with the overrides in force: of the whole, and of each pack by its id."""

    verdict: str
    packs: Mapping[str, str]


def effective(document: Mapping[str, Any], overridden: Mapping[int, str]) -> Effective:
    """Add the findings of a review up again, with other verdicts in the place of some.

    Parameters
    ----------
    document
        As `spatial.policy.review.document.review_document` wrote it.
    overridden
        Verdict by number of the finding, its place in the document from 0.

    Returns
    -------
    The same as the review itself where nothing is overridden.
    """
    findings: Sequence[Mapping[str, Any]] = document["findings"]
    judged = [
        (one["pack"], overridden.get(number, one["verdict"]), one["binds"])
        for number, one in enumerate(findings)
    ]
    packs = {
        pack["id"]: summed((verdict, binds) for of, verdict, binds in judged if of == pack["id"])
        for pack in document["packs"]
    }
    deciding = [
        packs[pack["id"]]
        for pack in document["packs"]
        if document["illustration"] or pack["basis"] == BINDING
    ]
    return Effective(worst_of(deciding), packs)
