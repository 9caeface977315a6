"""What a gate checks: single steps, each with what is needed, what is there and what is lacking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from spatial.policy.findings import ADVISE, MET, NOT_APPLICABLE, NOT_MET, UNDETERMINED
from spatial.policy.review.project import PlannedFacility, Project
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.stages import Stage
from spatial.policy.rule import Rule

# The worst of a gate's steps is the gate's verdict.
GRAVITY: Final = (NOT_MET, UNDETERMINED, ADVISE, MET, NOT_APPLICABLE)


@dataclass(frozen=True)
class Step:
    """One comparison of a gate.

    Parameters
    ----------
    check
        Name of the check, as the pack lists it.
    verdict
        As in `spatial.policy.findings`.
    reason
        Code of the sentence that says why (`spatial.policy.review.step_wording`).
    facility, phase, item
        What it is about.
    needed, provided, deficit, unit
        The figures compared, exact, or words; None where there are none.
    date, against
        The dates compared.
    missing
        What is not known, each a mapping fit for JSON.
    remedies
        Smallest changes that would make it hold.
    allowed
        What suffices in the place of `needed`, by the tolerance; None where none is set.
    """

    check: str
    verdict: str
    reason: str
    facility: str | None = None
    phase: str | None = None
    item: str | None = None
    needed: Decimal | str | None = None
    provided: Decimal | str | None = None
    deficit: Decimal | None = None
    unit: str | None = None
    date: dt.date | None = None
    against: dt.date | None = None
    missing: tuple[Mapping[str, str], ...] = ()
    remedies: tuple[Remedy, ...] = ()
    allowed: Decimal | None = None


@dataclass(frozen=True)
class GateCase:
    """A gate, a project, and when it is asked.

    Parameters
    ----------
    rule
        The gate.
    tolerance
        Share by which what is built may fall short of what was approved, in [0, 1).
    """

    project: Project
    rule: Rule
    stage: Stage
    as_of: dt.date
    tolerance: Decimal = Decimal(0)

    @property
    def handover_days(self) -> int | None:
        """Days after acceptance within which a handover is awaited, as the pack names them.

        The clause says 同步 and gives no number: None where the pack sets none.
        """
        days = self.rule.parameters.get("handover_within_days")
        return None if days is None else int(days)

    @property
    def services(self) -> tuple[str, ...]:
        """Services the gate speaks of."""
        return ("childcare", "elderly") if self.rule.subject == "both" else (self.rule.subject,)

    @property
    def facilities(self) -> tuple[PlannedFacility, ...]:
        """The project's facilities of these services that are not given up."""
        return self.project.of_services(self.services)

    @property
    def under_review(self) -> tuple[PlannedFacility, ...]:
        """Those in the phases under review; all of them before anything is built."""
        if self.stage.before_building:
            return self.facilities
        return tuple(f for f in self.facilities if f.phase in self.project.reviewed_phases)


def worst(verdicts: Sequence[str]) -> str:
    """Return the gravest of some verdicts; `not_applicable` for none."""
    return min(verdicts, key=GRAVITY.index, default=NOT_APPLICABLE)


def at_least(  # noqa: PLR0913 - a comparison is told with all of these
    check: str,
    needed: Decimal,
    amounts: Sequence[tuple[str, Decimal | None]],
    *,
    field: str,
    reason: str,
    action: str,
    tolerance: Decimal = Decimal(0),
    item: str | None = None,
    facility: str | None = None,
) -> Step:
    """Compare a sum of areas with what is needed.

    `met`: what is known is ≥ needed × (1 − tolerance). Else `undetermined` where an amount is not
    known, else `not_met`. No amounts at all are 0. Exact.

    Parameters
    ----------
    amounts
        Facility and its amount, m²; None where not known.
    field
        Name of the amount, for what is missing.
    reason
        Sentence to say it by: with ``_met``, ``_short`` or ``_unknown`` behind it.
    action
        What would help: see `spatial.policy.review.remedy`.
    """
    known = sum((amount for _, amount in amounts if amount is not None), Decimal(0))
    limit = needed * (1 - tolerance)
    unknown = tuple(
        {"facility": name, "field": field} for name, amount in amounts if amount is None
    )
    met = Step(
        check,
        MET,
        f"{reason}_met",
        facility,
        None,
        item,
        needed,
        known,
        unit="m2",
        allowed=limit if tolerance else None,
    )
    if known >= limit:
        return met
    if unknown:
        return replace(met, verdict=UNDETERMINED, reason=f"{reason}_unknown", missing=unknown)
    lacking = limit - known
    return replace(
        met,
        verdict=NOT_MET,
        reason=f"{reason}_short",
        deficit=lacking,
        remedies=(Remedy(action, lacking, "m2", facility=facility, item=item),),
    )


def nothing(check: str, reason: str) -> list[Step]:
    """Return the step of a gate with nothing to check."""
    return [Step(check, NOT_APPLICABLE, reason)]


def lacks(check: str, reason: str, **missing: str) -> list[Step]:
    """Return the step of a gate that lacks a document or a record."""
    return [Step(check, UNDETERMINED, reason, missing=(missing,))]
