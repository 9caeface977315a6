"""What a rule of areas finds: one row an area, or an industrial park."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from spatial.policy.figure import Figure
from spatial.policy.findings import ADVISE, INDICATOR, MET, NOT_DUE, NOT_MET, UNDETERMINED
from spatial.policy.rule import Rule
from spatial.policy.targets import Target, progress

# 以上, 不少于, 达 include the number; 超过 does not (民法典 art. 1259).
HOLDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {">=": operator.ge, ">": operator.gt, "<=": operator.le}
)


@dataclass(frozen=True)
class AreaFinding:
    """One rule's answer for one area.

    Numbers are exact. ``value`` is numerator ÷ denominator × ``per``; ``deficit`` is what the
    numerator lacks, in the unit of the numerator.
    """

    code: str
    verdict: str
    reason_code: str
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    threshold: Decimal | None = None
    deficit: Fraction | None = None
    unit: str | None = None
    target_year: int | None = None
    next_target: Decimal | None = None
    next_target_year: int | None = None
    baseline: Decimal | None = None
    baseline_year: int | None = None
    progress: Fraction | None = None
    missing: Sequence[Mapping[str, str]] = ()
    facilities: Sequence[str] = ()
    alternatives: Sequence[Mapping[str, Any]] = ()
    definition: str | None = None


@dataclass(frozen=True)
class Bounds:
    """What is known of a value: it lies in [low, high], and either end may be open.

    Parameters
    ----------
    low, high
        Exact; None for an open end. Equal where everything is known.
    """

    low: Fraction | None
    high: Fraction | None

    def holds(self, sign: str, limit: Decimal) -> bool | None:
        """Tell whether the comparison holds wherever in the bounds the value lies; None if open."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        answers = {HOLDS[sign](end, limit) for end in (low, high)}
        return answers.pop() if len(answers) == 1 else None


def compare(  # noqa: PLR0913 - a comparison rests on all of these
    rule: Rule,
    code: str,
    target: Target | None,
    bounds: Bounds,
    *,
    numerator: Figure,
    denominator: Figure | None = None,
    per: int = 1,
    missing: Sequence[Mapping[str, str]] = (),
    definition: str | None = None,
) -> AreaFinding:
    """Compare a value with the target of its rule.

    Without a number in the text: `indicator`. A target whose year has not come: `not_due`, with
    gap and progress. A value that is not known well enough, or an imported figure older than the
    target's year: `undetermined`, naming what is missing; only a count that had reached its target
    earlier stays `met`. An advisory text that is not followed: `advise`.

    Parameters
    ----------
    rule
        Its operator stands in ``parameters``.
    code
        The area's.
    target
        See `spatial.policy.targets.target_on`.
    bounds
        Of the value, in the unit of the target.
    numerator, denominator, per
        What the value is made of: numerator ÷ denominator × per.
    missing
        What is not known.
    definition
        Code that says what the ratio is of.
    """
    sign = str(rule.parameters.get("operator", ">="))
    known = bounds.low is not None and bounds.low == bounds.high
    value = bounds.low if known else None
    gaps = tuple(missing)
    common: dict[str, Any] = {
        "numerator": numerator.shown,
        "denominator": None if denominator is None else denominator.shown,
        "value": value,
        "unit": rule.parameters.get("unit"),
        "missing": gaps,
        "facilities": numerator.facilities,
        "definition": definition,
        **_baseline(rule),
    }
    if target is None or target.value is None:
        verdict = INDICATOR if known or not gaps else UNDETERMINED
        reason = "standard_not_set" if verdict == INDICATOR else "figure_missing"
        year = None if target is None else target.year
        return AreaFinding(code, verdict, reason, target_year=year, **common)
    common |= {
        "threshold": target.value,
        "target_year": target.year,
        "next_target": target.next_value,
        "next_target_year": target.next_year,
    }
    if value is not None:
        common["deficit"] = _deficit(value, target.value, sign, denominator, per)
        # A baseline with a remark (another base, doubtful) is shown; nothing is measured from it.
        if common["baseline"] is not None and common["baseline_year"] not in rule.baseline_notes:
            common["progress"] = progress(value, baseline=common["baseline"], target=target.value)
    if not target.due:
        return AreaFinding(code, NOT_DUE, "target_not_due", **common)
    holds = bounds.holds(sign, target.value)
    if holds is None:
        return AreaFinding(code, UNDETERMINED, "figure_missing", **common)
    stale = _stale(target, numerator, denominator)
    if stale is not None and not (holds and denominator is None and sign != "<="):
        common["missing"] = (*gaps, {"figure_of_year": str(target.year), "latest": str(stale)})
        return AreaFinding(code, UNDETERMINED, "figure_older_than_target", **common)
    if holds:
        return AreaFinding(
            code, MET, "target_met_ended" if target.ended else "target_met", **common
        )
    verdict = ADVISE if rule.severity == "advisory" else NOT_MET
    reason = "target_not_met_ended" if target.ended else "target_not_met"
    return AreaFinding(code, verdict, reason, **common)


def _stale(target: Target, *figures: Figure | None) -> int | None:
    """Year of the oldest imported figure that is older than the target; None for none."""
    years = [figure.year for figure in figures if figure is not None and figure.year is not None]
    old = [year for year in years if target.year is not None and year < target.year]
    return min(old) if old else None


def _deficit(
    value: Fraction, limit: Decimal, sign: str, denominator: Figure | None, per: int
) -> Fraction | None:
    """Work out what the numerator lacks, or for ≤ has too much; None for neither."""
    gap = Fraction(limit) - value if sign != "<=" else value - Fraction(limit)
    if gap <= 0:
        return None
    return gap if denominator is None else gap * denominator.known / per


def _baseline(rule: Rule) -> dict[str, Any]:
    if not rule.baselines:
        return {"baseline": None, "baseline_year": None}
    year = max(rule.baselines)
    return {"baseline": rule.baselines[year], "baseline_year": year}
