"""What would make a project pass: the smallest change a finding asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from spatial.policy.numerals import grouped


@dataclass(frozen=True)
class Remedy:
    """One change.

    Parameters
    ----------
    action
        Code of the change, as `spatial.policy.review.remedy_wording` words it.
    amount, unit
        By how much, where the change has a size.
    facility, item, phase
        What is changed, and where.
    where
        A side of the site (``north``, ``east``, ``south``, ``west``), a document or a field.
    """

    action: str
    amount: Decimal | None = None
    unit: str | None = None
    facility: str | None = None
    item: str | None = None
    phase: str | None = None
    where: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what is set; the amount is exact."""
        members: dict[str, Any] = {
            name: value for name, value in vars(self).items() if value is not None
        }
        return members

    @property
    def figure(self) -> str:
        """The amount as a person writes it."""
        return "" if self.amount is None else grouped(self.amount)
