"""Small housing projects for the tests of reviews, as the JSON a developer hands in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from planning import facilities, lonlat, main_street, square

from spatial.network import Network
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_packs
from spatial.policy.review.finding import ReviewFinding
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.project import Project
from spatial.policy.review.review import Review, ReviewParameters, review

AS_OF = dt.date(2026, 11, 22)
PACKS = {
    pack.id: pack for pack in load_packs(Path(__file__).resolve().parents[2] / "seed" / "policies")
}
FOUR = ("jinhua-2022", "dali-2022", "guizhou-2022", "panzhihua-2020")
# The site is a square of 200 m on the main street's 0 m mark.
SITE = shapely.geometry.mapping(square(0, 0, 200))
AREA = "jinhua.childcare.area.new"
COUNT = "jinhua.childcare.count.new"
RADIUS = "jinhua.childcare.radius"


def at(east_m: float, north_m: float = 0.0) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(lonlat(east_m, north_m))}


def nursery(floor_area_m2: float | None = 1000, **changes: Any) -> dict[str, Any]:
    plain = {"id": "n1", "kind": "nursery", "phase": "1", "geometry": at(0), **changes}
    return plain if floor_area_m2 is None else {"floor_area_m2": floor_area_m2, **plain}


def station(**changes: Any) -> dict[str, Any]:
    """Make an elderly facility that keeps every date, document and record in order."""
    dates = {
        "planned_on": "2024-01-01",
        "built_on": "2025-06-01",
        "accepted_on": "2025-09-01",
        "handed_over_on": "2025-10-01",
    }
    return {
        "id": "s1",
        "kind": "home_service_station",
        "phase": "1",
        "floor_area_m2": 300,
        "site_area_m2": 400,
        "geometry": at(0),
        "status": "handed_over",
        "dates": dates,
        "as_built": {"floor_area_m2": 300, "site_area_m2": 400},
        "handover": {"agreement": "signed", "receiver": "subdistrict_office", "price": 0},
        **changes,
    }


def item(**changes: Any) -> dict[str, Any]:
    return {
        "id": "养老服务站",
        "service": "elderly",
        "kind": "home_service_station",
        "floor_area_m2": 300,
        "site_area_m2": 400,
        "position": "A-03",
        "receiver": "subdistrict_office",
        "free_of_charge": True,
        **changes,
    }


def conditions(*items: Mapping[str, Any], no: str = "规条〔2023〕7号") -> dict[str, Any]:
    return {"document_no": no, "issued_on": "2023-05-01", "items": list(items)}


HOUSING = {
    "planned_on": "2024-01-01",
    "built_on": "2025-06-01",
    "accepted_on": "2025-09-01",
    "handed_over_on": "2025-10-01",
}


def plain(
    *facility_rows: Mapping[str, Any],
    units: int | Sequence[int] = 1000,
    housing: Mapping[str, Any] = HOUSING,
    **members: Any,
) -> dict[str, Any]:
    sizes = [units] if isinstance(units, int) else list(units)
    return {
        "id": "p",
        "name": "试验小区",
        "site": SITE,
        "phases": [
            {"id": str(number), "units": size, "housing": dict(housing)}
            for number, size in enumerate(sizes, start=1)
        ],
        "facilities": [dict(row) for row in facility_rows],
        **members,
    }


def project(*facility_rows: Mapping[str, Any], **members: Any) -> Project:
    return parse_project(plain(*facility_rows, **members), source="project.json")


def reviewed(
    submitted: Project,
    *packs: str | Pack,
    stage: str = "design",
    around: Sequence[Mapping[str, Any]] | None = (),
    walking: bool = True,
    as_of: dt.date = AS_OF,
    parameters: ReviewParameters | None = None,
) -> Review:
    """Review on the main street with the facilities `around`: none, or None for nothing known."""
    return review(
        submitted,
        packs=[PACKS[one] if isinstance(one, str) else one for one in packs or ("jinhua-2022",)],
        stage=stage,
        as_of=as_of,
        surroundings=Surroundings(
            None if around is None else facilities(*around), street() if walking else None
        ),
        parameters=parameters,
    )


@cache
def street() -> Network:
    return main_street()


def of(found: Review, rule: str, *, kind: str | None = None) -> ReviewFinding:
    """Return the one finding of a rule."""
    (finding,) = [
        one
        for one in found.findings
        if one.rule == rule and (one.kind == kind if kind else one.kind != "planning_conditions")
    ]
    return finding
