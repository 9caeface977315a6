"""The bad input a review is to tell: a project each, the pointer it is told by, and words of it."""

from __future__ import annotations

from typing import Any

import shapely
from housing import at, conditions, item, nursery, plain, station
from planning import square


def _ground(east_m: float, side_m: float) -> dict[str, Any]:
    return dict(shapely.geometry.mapping(square(east_m, 0, side_m)))


def _overlapping() -> dict[str, Any]:
    document = plain(nursery(200), units=[500, 500])
    for phase, east_m in zip(document["phases"], (-50, 0), strict=True):
        phase["geometry"] = _ground(east_m, 100)
    return document


_PASSED = [{"stage": "plan", "passed_on": "2024-01-01"}]
_SKIPPED = [*_PASSED, {"stage": "design", "passed_on": "2024-02-01"}]
BAD_PROJECTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "overlapping phases": (_overlapping(), "/phases/1/geometry", "overlap by 50"),
    "a facility in no phase": (
        plain({"id": "n", "kind": "nursery"}),
        "/facilities/0/phase",
        "in no phase",
    ),
    "units of zero": (plain(nursery(200), units=0), "/phases/0/units", "minimum of 1"),
    "a facility outside the site": (
        plain(nursery(200, geometry=at(102))),
        "/facilities/0/geometry",
        "outside the site",
    ),
    "a pool that names itself": (
        plain(nursery(200), pool={"id": "甲", "members": [{"project": "p", "units": 9}]}),
        "/pool/members/0/project",
        "names itself",
    ),
    "dates out of order": (
        plain(station(dates={"planned_on": "2025-01-02", "built_on": "2025-01-01"})),
        "/facilities/0/dates/built_on",
        "is before planned_on",
    ),
    "documents out of order": (
        plain(
            planning_conditions=conditions(item()),
            land_grant={"id": "g", "granted_on": "2023-04-30"},
        ),
        "/land_grant/granted_on",
        "is before /planning_conditions/issued_on",
    ),
    "a stage skipped in the history": (
        plain(nursery(200), history=_SKIPPED),
        "/history/1/stage",
        "comes next",
    ),
    "a square metre that counts twice": (
        plain(
            nursery(150),
            pool={
                "id": "甲",
                "members": [{"project": "q", "units": 9}],
                "ledger": [
                    {"facility": "n1", "to": to, "floor_area_m2": 76} for to in ("甲", "别处")
                ],
            },
        ),
        "/pool/ledger/1/floor_area_m2",
        "counts twice",
    ),
}
# A stage asked for that the history has not come to is no fault of the file.
SKIPPING: dict[str, Any] = plain(nursery(200), history=_PASSED)
# 0.15 × 1,000 = 150, at least 200: conditions of 150 m² are below the general rule.
BELOW_THE_RULE: dict[str, Any] = plain(
    nursery(150),
    planning_conditions=conditions(
        {"id": "托育", "service": "childcare", "kind": "nursery", "floor_area_m2": 150}
    ),
)
