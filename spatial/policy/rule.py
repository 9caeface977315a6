"""A rule: one clause of a policy document, how it is read, and the numbers in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Counts:
    """Which facilities count for a rule.

    Parameters
    ----------
    kinds
        Kinds of facility, as in `spatial.facility_kinds`.
    status
        ``operating``, or ``operating_or_approved_in_unit``: for new and planned districts also
        approved facilities allotted to the same unit.
    require
        Pairs of a kind and the yes/no field that must be true for it to count.
    """

    kinds: tuple[str, ...]
    status: str
    require: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rule:
    """One clause, how it is read, and the numbers in it.

    Parameters
    ----------
    id, clause, quote, kind, subject, severity, condition
        As in the pack; `quote` is an exact substring of the document.
    reading
        How the text is taken, by language (``zh``, ``en``).
    applies_to
        Stages of districts, levels of areas or other things the rule speaks of.
    area_kinds
        Only areas of these kinds are judged; empty for any.
    parameters
        Numbers of the clause; integers and `decimal.Decimal`.
    targets_by_year
        Target by year; None where the document gives no number.
    baselines
        Values by year that the document reports; never targets.
    baseline_notes
        Remarks on them by year: another base, a doubtful figure.
    basic_full_coverage
        True where the target reads 基本全覆盖.
    counts
        Facilities that count for a rule about districts.
    confidence
        How a fact is known that was not checked against the document itself: ``seen`` (in a
        public source that repeats it) or ``second-hand``; None for a quote from the document.
    """

    id: str
    clause: str
    quote: str
    kind: str
    subject: str
    applies_to: tuple[str, ...]
    area_kinds: tuple[str, ...]
    severity: str
    condition: str | None
    reading: Mapping[str, str]
    parameters: Mapping[str, Any]
    targets_by_year: Mapping[int, Decimal | None]
    baselines: Mapping[int, Decimal]
    baseline_notes: Mapping[int, str]
    basic_full_coverage: bool
    counts: Counts
    confidence: str | None = None
