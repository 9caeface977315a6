"""A review opinion (审查意见书) as data: what is printed, whatever stored it.

One model serves a draft that nobody has stored and a stored, signed review: what only the latter
has (number, overrides, signatures, hash) is optional.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from spatial.policy.explain import calculation
from spatial.policy.pack import Pack
from spatial.policy.review.document import review_document
from spatial.policy.review.project import Project
from spatial.policy.review.review import Review


@dataclass(frozen=True)
class Override:
    """An officer's decision on one finding; the original stays beside it.

    Parameters
    ----------
    finding
        Its place among the findings of the review, from 0.
    original, verdict
        What the review found, and what the officer decided.
    reason, name, on
        Why, who and when.
    """

    finding: int
    original: str
    verdict: str
    reason: str
    name: str
    on: dt.date | None = None


@dataclass(frozen=True)
class Signature:
    """Somebody who answers for the opinion.

    Parameters
    ----------
    role
        ``handled`` (经办), ``checked`` (复核) or ``signed`` (签发).
    name, on
        Who and when.
    """

    role: str
    name: str
    on: dt.date | None = None


@dataclass(frozen=True)
class DataBasis:
    """The data an opinion rests on.

    Parameters
    ----------
    network_version
        None without streets.
    code_version
        Of the analysis.
    known_at
        Instant of the data, ISO 8601; None where they came from files.
    facilities
        How many facilities around were known; None where nothing was.
    digest
        Hash under which a stored review is frozen.
    """

    network_version: str | None = None
    code_version: str | None = None
    known_at: str | None = None
    facilities: int | None = None
    digest: str | None = None


@dataclass(frozen=True, eq=False)
class Opinion:
    """What a review opinion says.

    Parameters
    ----------
    review
        `spatial.policy.review.document.review_document` in the language of the opinion, each
        finding with ``calculation``: how its figures were worked out, None where there are none;
        and ``decided``: the verdict of the last override, else its own.
    project
        As submitted.
    packs
        In the versions it was reviewed by.
    lang
        ``zh`` or ``en``.
    map_png
        `service.reports.site_map.draw_site_map`; None without.
    notices
        What must be said of the data wherever they are shown.
    basis
        What it rests on.
    number
        Of the document; None before it has one.
    draft
        True until it is signed off.
    overrides, signatures
        As far as there are any; of several overrides of a finding the last counts.
    effective
        Verdict by pack with the overrides in force, and of the whole review under ``""``; empty
        where there are none.
    """

    review: Mapping[str, Any]
    project: Project
    packs: tuple[Pack, ...]
    lang: str
    map_png: bytes | None = None
    notices: tuple[str, ...] = ()
    basis: DataBasis = field(default_factory=DataBasis)
    number: str | None = None
    draft: bool = True
    overrides: tuple[Override, ...] = ()
    signatures: tuple[Signature, ...] = ()
    effective: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def verdict(self) -> str:
        """Of the whole review, overrides counted in."""
        return self.effective.get("", str(self.review["verdict"]))

    def pack_verdict(self, pack: Mapping[str, Any]) -> str:
        """Return the verdict of one of the review's packs, overrides counted in."""
        return self.effective.get(pack["id"], str(pack["verdict"]))


def opinion_of(
    review: Review | Mapping[str, Any],
    *,
    project: Project,
    packs: Sequence[Pack],
    lang: str,
    **parts: Any,  # noqa: ANN401  # the optional parts of `Opinion`, which names their types
) -> Opinion:
    """Make the opinion of a review, fresh or stored.

    Parameters
    ----------
    review
        The result, or its document in the language of the opinion.
    project, packs, lang, parts
        As in `Opinion`.
    """
    document = review_document(review, lang=lang) if isinstance(review, Review) else review
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    decided = {one.finding: one.verdict for one in parts.get("overrides", ())}
    findings = [
        {
            **finding,
            "clause": _clause(str(finding["clause"]), lang=lang),
            "decided": decided.get(number, finding["verdict"]),
            "calculation": calculation(finding, rule=rules[key], lang=lang)
            if (key := (finding["pack"], finding["rule"])) in rules
            else None,
        }
        for number, finding in enumerate(document["findings"])
    ]
    return Opinion({**document, "findings": findings}, project, tuple(packs), lang, **parts)


def _clause(clause: str, *, lang: str) -> str:
    """Write the number of a clause as an office does: its paragraph in words, in Chinese."""
    return re.sub(r"¶(\d+)", r"第\1段", clause) if lang == "zh" else clause
