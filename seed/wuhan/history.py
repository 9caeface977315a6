"""When facilities were approved, built, opened and closed, and the status on record."""

from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np

from seed.wuhan.districts import MADE_FOR, Settlement
from seed.wuhan.provision import NOBODY, Provision

_OPERATING_SINCE: Final = date(2009, 1, 1)
_HANDED_OVER_SHARE: Final = 0.3
_PLANNED_APPROVED_SHARE: Final = 0.6

# How a history is recorded, and the share of facilities it holds for. The last four are
# imperfect on purpose: dates beat status, and a conflict is to be reported.
_RECORDS: Final = MappingProxyType(
    {
        "operating": 0.810,
        "closed": 0.035,
        "approved": 0.020,
        "under_construction": 0.020,
        "planned": 0.010,
        "built": 0.005,
        "accepted": 0.005,
        "handed_over": 0.005,
        "no_dates": 0.040,
        "no_status": 0.030,
        "closed_but_operating": 0.010,
        "open_but_under_construction": 0.010,
    }
)
_STEPS: Final = ("planned", "approved", "under_construction", "built", "accepted", "handed_over")
_DATES: Final = (
    "approved_on",
    "built_on",
    "accepted_on",
    "handed_over_on",
    "opened_on",
    "closed_on",
)
# Days from the approval to each later step.
_DAYS_TO: Final = MappingProxyType({"built_on": 420, "accepted_on": 480, "handed_over_on": 520})
_DAYS_TO_OPENING: Final = 600


def draw_history(
    provision: Provision, settlement: Settlement, chance: np.random.Generator
) -> dict[str, list[object]]:
    """Draw status and dates of every facility.

    Those a new district builds follow its stage and permit; no event is later than `MADE_FOR`.
    """
    count = len(provision.kind)
    record = chance.choice(list(_RECORDS), count, p=list(_RECORDS.values()))
    opened = chance.integers(0, (MADE_FOR - _OPERATING_SINCE).days, count)
    handed_over = chance.random(count) < _HANDED_OVER_SHARE
    open_for = chance.random(count)
    stages = settlement.frame["stage"].tolist()
    permits = settlement.frame["permitted_on"].tolist()
    columns: dict[str, list[object]] = {"status": []}
    columns |= {name: [] for name in _DATES}
    for row in range(count):
        district = int(provision.district[row])
        if district == NOBODY:
            status, dates = _recorded(
                str(record[row]),
                _OPERATING_SINCE + timedelta(days=int(opened[row])),
                float(open_for[row]),
                handed_over=bool(handed_over[row]),
            )
        else:
            status, dates = _of_new_district(
                stages[district], permits[district], float(open_for[row])
            )
        columns["status"].append(status)
        for name in _DATES:
            columns[name].append(dates.get(name))
    return columns


def _recorded(
    record: str, opened: date, open_for: float, *, handed_over: bool
) -> tuple[str | None, dict[str, date]]:
    if record == "no_dates":
        return "operating", {}
    if record in _STEPS:
        return record, _steps(record, MADE_FOR - timedelta(days=60 + int(400 * open_for)))
    dates = {
        "approved_on": opened - timedelta(days=_DAYS_TO_OPENING),
        "built_on": opened - timedelta(days=_DAYS_TO_OPENING - _DAYS_TO["built_on"]),
        "opened_on": opened,
    }
    if handed_over:
        dates["handed_over_on"] = opened - timedelta(
            days=_DAYS_TO_OPENING - _DAYS_TO["handed_over_on"]
        )
    if record in {"closed", "closed_but_operating"}:
        dates["closed_on"] = opened + timedelta(days=int((MADE_FOR - opened).days * open_for))
    status = {
        "no_status": None,
        "closed_but_operating": "operating",
        "open_but_under_construction": "under_construction",
    }
    return status.get(record, record), dates


def _steps(status: str, last: date) -> dict[str, date]:
    """Dates up to a step that was reached on `last`."""
    if status == "planned":
        return {}
    if status in {"approved", "under_construction"}:
        return {"approved_on": last}
    reached = f"{status}_on"
    approved = last - timedelta(days=_DAYS_TO[reached])
    return {"approved_on": approved} | {
        name: approved + timedelta(days=after)
        for name, after in _DAYS_TO.items()
        if after <= _DAYS_TO[reached]
    }


def _of_new_district(
    stage: str | None, permit: date | None, drawn: float
) -> tuple[str, dict[str, date]]:
    if stage == "planned" or permit is None:
        if drawn < _PLANNED_APPROVED_SHARE:
            return "approved", {"approved_on": MADE_FOR - timedelta(days=int(500 * drawn))}
        return "planned", {}
    dates = {"approved_on": permit} | {
        name: day
        for name, after in _DAYS_TO.items()
        if (day := permit + timedelta(days=after)) <= MADE_FOR
    }
    opened = permit + timedelta(days=_DAYS_TO_OPENING)
    if opened <= MADE_FOR:
        return "operating", dates | {"opened_on": opened}
    for status in ("handed_over", "accepted", "built"):
        if f"{status}_on" in dates:
            return status, dates
    return "under_construction", dates
