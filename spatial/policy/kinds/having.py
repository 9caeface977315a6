"""Whether an area has what a text asks for: one or several figures of at least so much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from spatial.policy.area_facts import AreaFacts
from spatial.policy.figure import Figure


@dataclass(frozen=True)
class Having:
    """What an area has of what is asked.

    Parameters
    ----------
    holds
        True or False where it is certain, None where missing figures decide.
    figures
        One for each thing asked.
    """

    holds: bool | None
    figures: tuple[Figure, ...]

    @property
    def missing(self) -> tuple[Mapping[str, str], ...]:
        """What is not known."""
        return tuple(gap for figure in self.figures for gap in figure.missing)

    @property
    def facilities(self) -> tuple[str, ...]:
        """Facilities the answer rests on."""
        every = (facility for figure in self.figures for facility in figure.facilities)
        return tuple(dict.fromkeys(every))


def having(
    facts: AreaFacts,
    area: int,
    asked: Sequence[Mapping[str, Any]],
    *,
    logic: str,
    since: int | None = None,
) -> Having:
    """Tell whether an area has all, or any, of what is asked.

    Parameters
    ----------
    facts
        The figures.
    area
        Its number.
    asked
        Measures with ``at_least`` (≥).
    logic
        ``all`` or ``any``.
    since
        Year from which on an imported figure tells what is lacking; what was there before that
        is there. None for any year.
    """
    known: dict[int, Having] = facts.figures.answers(asked, logic, since)
    if area not in known:
        known[area] = _having(facts, area, asked, logic=logic, since=since)
    return known[area]


def _having(
    facts: AreaFacts,
    area: int,
    asked: Sequence[Mapping[str, Any]],
    *,
    logic: str,
    since: int | None,
) -> Having:
    figures, answers = [], []
    for one in asked:
        figure = facts.figures.figure(one["measure"], area)
        enough = figure.known >= Fraction(Decimal(one["at_least"]))
        figure = figure if enough else figure.of_year(since)
        figures.append(figure)
        answers.append(True if enough else (False if figure.complete else None))
    decided = logic == "any"
    if decided in answers:
        return Having(decided, tuple(figures))
    return Having(None if None in answers else not decided, tuple(figures))
