"""The verdict of a review from its findings, and the strictest of several packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from spatial.policy.findings import ADVISE, NOT_MET, UNDETERMINED
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.review.finding import ReviewFinding

PASSED: Final = "pass"
ADVISED: Final = "pass_with_advice"
REFUSED: Final = "not_pass"
# The worst first.
REVIEW_VERDICTS: Final = (REFUSED, UNDETERMINED, ADVISED, PASSED)


def verdict_of(findings: Sequence[ReviewFinding]) -> str:
    """Return the verdict some findings add up to.

    `not_pass` where one that binds is `not_met`; else `undetermined` where one that binds is; else
    `pass_with_advice` where one is `advise`, or one that does not bind is `not_met`; else `pass`.
    """
    return summed((finding.verdict, finding.binds) for finding in findings)


def summed(verdicts: Iterable[tuple[str, bool]]) -> str:
    """Return what verdicts of findings add up to, each with whether it binds; see `verdict_of`."""
    given = set(verdicts)
    binding = {verdict for verdict, binds in given if binds}
    beside = {verdict for verdict, binds in given if not binds}
    if NOT_MET in binding:
        return REFUSED
    if UNDETERMINED in binding:
        return UNDETERMINED
    if ADVISE in binding or beside & {ADVISE, NOT_MET}:
        return ADVISED
    return PASSED


def worst_of(verdicts: Sequence[str]) -> str:
    """Return the worst of some review verdicts."""
    return min(verdicts, key=REVIEW_VERDICTS.index)


def strictest(findings: Sequence[ReviewFinding]) -> Mapping[tuple[str, str, str], str]:
    """Name the strictest rule where several packs ask the same of the project.

    Only among findings of the same subject, kind and unit of measure that have a number: the
    largest amount asked for, or the shortest distance allowed. Of equal ones none is named.

    Returns
    -------
    Id of the rule by subject, kind and unit.
    """
    groups: dict[tuple[str, str, str], list[ReviewFinding]] = {}
    for finding in findings:
        if finding.kind in DISTRICT_KINDS and finding.needed is not None:
            key = (finding.subject, finding.kind, str(finding.unit))
            groups.setdefault(key, []).append(finding)
    named = {}
    for key, members in groups.items():
        limits = [member.needed for member in members if member.needed is not None]
        if len({member.pack for member in members}) < 2 or len(set(limits)) < 2:  # noqa: PLR2004 - one has nothing to be stricter than
            continue
        limit = min(limits) if DISTRICT_KINDS[key[1]].reach else max(limits)
        named[key] = next(member.rule for member in members if member.needed == limit)
    return named
