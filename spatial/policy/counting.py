"""Which facilities count: their standing on a date, and a rule's conditions (design, section 4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.policy.rule import Counts
from spatial.table import Table, missing, objects, untruth

# A facility whose status is one of these has been approved.
_APPROVED_STATUSES = frozenset(
    ("approved", "under_construction", "built", "accepted", "handed_over", "operating")
)
_MILESTONES = ("approved_on", "built_on", "accepted_on", "handed_over_on", "opened_on")


@dataclass(frozen=True, eq=False)
class Standing:
    """How facilities stand on a date; boolean arrays of shape (k,).

    Parameters
    ----------
    operating
        Open to users: opened on or before the date and not closed by it. Dates beat status.
    approved
        Approved (or further) and not closed.
    unknown
        Neither dates nor status say whether it operates.
    conflict
        Status and dates contradict each other; the dates were followed.
    """

    operating: NDArray[np.bool_]
    approved: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    conflict: NDArray[np.bool_]

    def __getitem__(self, chosen: NDArray[Any]) -> Standing:
        """Return the standing of the chosen facilities."""
        return Standing(
            self.operating[chosen],
            self.approved[chosen],
            self.unknown[chosen],
            self.conflict[chosen],
        )


@dataclass(frozen=True, eq=False)
class Counted:
    """Which facilities count for a rule; arrays of shape (k,).

    Parameters
    ----------
    operating
        Count everywhere.
    approved
        Approved but not operating: count for new and planned districts of the same unit only.
    unknown
        Would count if what `missing_field` names were known to hold; they do not count.
    missing_field
        Name of the field that is not known, else None.
    asked
        Approved but not operating, and does not count for what is not known of it.
    """

    operating: NDArray[np.bool_]
    approved: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    missing_field: NDArray[Any]
    asked: NDArray[np.bool_]

    def __getitem__(self, chosen: NDArray[Any]) -> Counted:
        """Return the same of the chosen facilities."""
        return Counted(*(column[chosen] for column in self.columns))

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """All arrays, in the order they are given in."""
        return self.operating, self.approved, self.unknown, self.missing_field, self.asked


def standing(facilities: Table, *, as_of: dt.date) -> Standing:
    """Tell how facilities stand on `as_of`.

    A facility opened on `as_of` operates; one closed on it does not. Without an opening date the
    status decides, and without either it is unknown: never taken to operate. One whose status is
    ``closed`` is closed, unless a closing date says from when.

    Parameters
    ----------
    facilities
        Columns ``status``, ``opened_on``, ``closed_on`` and the earlier milestones.
    """
    status = objects(facilities["status"])
    has_status = ~pd.isna(status)
    operating_status = status == "operating"
    closed_status = status == "closed"
    reached, dated = _by(facilities, as_of)

    # A day of opening says nothing of closing: only a day of closing beats the status `closed`.
    closed = reached["closed_on"] | (~dated["closed_on"] & closed_status)
    opened = np.where(dated["opened_on"], reached["opened_on"], operating_status)
    operating = opened & ~closed
    unknown = ~dated["opened_on"] & ~has_status & ~closed
    any_milestone = np.logical_or.reduce([dated[name] for name in _MILESTONES])
    milestone_reached = np.logical_or.reduce([reached[name] for name in _MILESTONES])
    by_status = _among(status, _APPROVED_STATUSES)
    approved = np.where(any_milestone, milestone_reached, by_status) & ~closed
    conflict = has_status & (
        (dated["opened_on"] & ~closed & (operating_status != reached["opened_on"]))
        | (reached["closed_on"] & ~closed_status)
        | (closed_status & (~closed | (dated["opened_on"] & ~reached["opened_on"])))
    )
    return Standing(operating, approved | operating, unknown, conflict)


def counted(facilities: Table, *, status: Standing, counts: Counts) -> Counted:
    """Tell which facilities count for a rule.

    Parameters
    ----------
    facilities
        Columns ``kind`` and the yes/no fields the rule requires.
    status
        Of the same facilities.
    counts
        The rule's conditions.
    """
    kind = objects(facilities["kind"])
    eligible = _among(kind, frozenset(counts.kinds))
    unknown_field = np.full(len(kind), None, dtype=object)
    for required_kind, field in counts.require:
        concerned = eligible & (kind == required_kind)
        if not concerned.any():
            continue
        answer = facilities[field]
        eligible &= ~(concerned & untruth(answer))
        unknown_field[concerned & missing(answer)] = field
    kept = unknown_field == None  # noqa: E711 - elementwise
    unknown_field[eligible & status.unknown] = "status"
    known = unknown_field == None  # noqa: E711 - elementwise
    coming = status.approved & ~status.operating
    # Approved by its dates is approved, whether or not it is known to operate by now.
    approved = eligible & kept & coming
    return Counted(
        operating=eligible & known & status.operating,
        approved=approved,
        unknown=eligible & ~known & (status.operating | status.unknown),
        missing_field=unknown_field,
        asked=~known & coming & ~approved,
    )


def _among(texts: NDArray[Any], chosen: frozenset[str]) -> NDArray[np.bool_]:
    """Tell which of the texts are among a few; what is missing is not."""
    return np.fromiter(map(chosen.__contains__, texts), dtype=bool, count=len(texts))


def _by(
    facilities: Table, as_of: dt.date
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.bool_]]]:
    """Tell which dates are on or before `as_of`, and which are given at all.

    All columns are read at once: reading one takes as long for a few facilities as for hundreds.
    """
    names = (*_MILESTONES, "closed_on")
    cells = np.concatenate([objects(facilities[name]) for name in names])
    shape = (len(names), len(facilities))
    if missing(cells).all():
        never = np.zeros(shape, dtype=bool)
        return dict(zip(names, never, strict=True)), dict(zip(names, never, strict=True))
    dates = pd.to_datetime(pd.Series(cells, dtype=object))
    by = (dates <= pd.Timestamp(as_of)).to_numpy(dtype=bool).reshape(shape)
    given = dates.notna().to_numpy().reshape(shape)
    return dict(zip(names, by, strict=True)), dict(zip(names, given, strict=True))
