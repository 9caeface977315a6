"""Rule packs: one policy document as dated, cited rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from spatial.policy.kinds import AREA_KINDS
from spatial.policy.rule import Rule


@dataclass(frozen=True)
class Pack:
    """One policy document, dated and versioned by its content.

    Parameters
    ----------
    id, document_no, title, issuer
        Identity of the document.
    region_codes
        Prefixes of administrative codes where it applies.
    effective_from, effective_to
        Document date, and the date of its repeal or None.
    rules
        In the order of the pack.
    document
        The pack as plain data, fit for JSON; decimals as text.
    version
        SHA-256 of `document` in hexadecimal.
    background
        True for a national standard to compare with, which is no document of the place.
    """

    id: str
    document_no: str
    title: str
    issuer: str
    region_codes: tuple[str, ...]
    effective_from: dt.date
    effective_to: dt.date | None
    rules: tuple[Rule, ...]
    document: Mapping[str, Any]
    version: str
    background: bool = False

    def rule(self, rule_id: str) -> Rule:
        """Return the rule called `rule_id`; KeyError when there is none."""
        return {rule.id: rule for rule in self.rules}[rule_id]


def pack_warnings(pack: Pack) -> tuple[str, ...]:
    """Name what is allowed in a pack but worth a second look: a target below an earlier one."""
    warnings: list[str] = []
    for rule in pack.rules:
        falls = rule.parameters.get("operator") == "<="
        given = [(year, target) for year, target in sorted(rule.targets_by_year.items())]
        numbers = [(year, target) for year, target in given if target is not None]
        for (early, before), (late, after) in pairwise(numbers):
            if (after > before) if falls else (after < before):
                warnings.append(
                    f"{pack.id}, {rule.id}: the target of {late} ({after}) is "
                    f"{'above' if falls else 'below'} that of {early} ({before})"
                )
    return tuple(warnings)


def evaluable(rule: Rule) -> str:
    """Tell what a rule needs to be evaluated.

    Returns
    -------
    ``true`` where Yike holds the data; ``needs-register`` where what is asked is an imported
    figure; ``statement`` for a text answered by a recorded yes or no; ``review-stage`` for a gate.
    """
    kind = AREA_KINDS.get(rule.kind)
    if kind is None:
        return "true"
    if kind.evaluable != "true":
        return kind.evaluable
    if "facility" in rule.applies_to and not rule.parameters.get("has", True):
        return "statement"
    asked = [rule.parameters[name] for name in ("numerator", "has") if name in rule.parameters]
    measures = [
        one.get("measure", one)
        for part in asked
        for one in (part if isinstance(part, list) else [part])
    ]
    held = not measures or any(measure["of"] != "indicator" for measure in measures)
    base = rule.parameters.get("denominator")
    return "true" if held and (base is None or base["of"] != "indicator") else "needs-register"
