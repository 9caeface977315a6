"""One row of the benchmark: what was measured, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.bench.agreement import Agreement
from tests.bench.timing import Ratio, Timing

_MILLISECONDS_BELOW = 0.995


@dataclass(frozen=True)
class Row:
    """A job, its contenders and how they compare.

    Parameters
    ----------
    title
        The job, with its size.
    timings, ratios
        What was measured, side by side in one run.
    agreements
        Whether the contenders answered alike.
    facts
        Further numbers, by name.
    notes
        Lines a reader of the figures should know.
    """

    title: str
    timings: tuple[Timing, ...]
    ratios: tuple[Ratio, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Show the row as text."""
        yield self.title
        for timing in self.timings:
            low, high = min(timing.seconds), max(timing.seconds)
            yield (
                f"  {timing.name:<52} {_seconds(timing.median):>10}   "
                f"{_seconds(low)} – {_seconds(high)}, {len(timing.seconds)} times"
            )
        for ratio in self.ratios:
            low, high = min(ratio.values), max(ratio.values)
            line = f"  {ratio.over} / {ratio.under}"
            yield f"{line:<66} {ratio.median:7.2f} ×   {low:.2f} – {high:.2f}{_budget(ratio)}"
        for agreement in self.agreements:
            yield f"  {_agreement(agreement)}"
        for name, value in self.facts.items():
            yield f"  {name}: {value}"
        for note in self.notes:
            yield f"  {note}"

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {
            "title": self.title,
            "timings": [
                {"name": each.name, "median_s": each.median, "seconds": list(each.seconds)}
                for each in self.timings
            ],
            "ratios": [
                {
                    "over": each.over,
                    "under": each.under,
                    "median": each.median,
                    "values": list(each.values),
                    "budget": None if each.budget is None else str(each.budget),
                    "within_budget": each.holds,
                }
                for each in self.ratios
            ],
            "agreements": [
                {
                    "what": each.what,
                    "agree": each.agree,
                    "total": each.total,
                    "tolerance_m": each.tolerance_m,
                    "largest_m": each.largest_m,
                    "required": each.required,
                }
                for each in self.agreements
            ],
            "facts": self.facts,
            "notes": list(self.notes),
        }


def _seconds(seconds: float) -> str:
    if seconds < _MILLISECONDS_BELOW:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds:.2f} s"


def _budget(ratio: Ratio) -> str:
    if ratio.budget is None:
        return ""
    return f"   budget {ratio.budget}: {'within' if ratio.holds else 'MISSED'}"


def _agreement(agreement: Agreement) -> str:
    line = f"{agreement.what}: {agreement.agree:,} of {agreement.total:,} agree"
    if agreement.tolerance_m is not None:
        line += (
            f" within {agreement.tolerance_m:g} m (largest difference {agreement.largest_m:.4f} m)"
        )
    return line + (" — NOT THE SAME ANSWER" if agreement.failed else "")
