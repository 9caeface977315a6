"""Figures of a run for charts: verdicts by clause and area, walking minutes by households."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, select

from service.evaluations.tables import EVALUATION_AREA, EVALUATION_DISTRICT, FINDING
from spatial.policy.findings import FLAGS, NOT_APPLICABLE, UNDETERMINED, VERDICTS

BEYOND: Final = "beyond_5000_m"


def verdicts_by_area(
    connection: Connection, evaluation_id: str, *, level: str | None
) -> list[dict[str, Any]]:
    """Count flags and, rule by rule, verdicts of the districts in each area.

    Parameters
    ----------
    level
        Only areas of this level; None for all, planning units among them.

    Returns
    -------
    An object an area with districts, ordered by code: ``code, name, level, districts, households,
    households_concerned, flags, rules``. Districts whose households nobody knows add none.
    """
    district, area = EVALUATION_DISTRICT.c, EVALUATION_AREA.c
    named = (
        select(area.code, func.min(area.name).label("name"), func.min(area.level).label("level"))
        .where(area.evaluation_id == evaluation_id)
        .group_by(area.code)
        .cte("named")
    )
    in_areas = (
        select(
            district.district_id,
            district.flag,
            district.households,
            district.households_concerned,
            func.unnest(district.areas).label("code"),
        )
        .where(district.evaluation_id == evaluation_id)
        .cte("in_areas")
    )
    wanted: list[ColumnElement[bool]] = [] if level is None else [named.c.level == level]
    of_area = named.c.code == in_areas.c.code
    counted = connection.execute(
        select(
            named.c.code,
            named.c.name,
            named.c.level,
            in_areas.c.flag,
            func.count().label("districts"),
            func.coalesce(func.sum(in_areas.c.households), 0).label("households"),
            func.coalesce(func.sum(in_areas.c.households_concerned), 0).label("concerned"),
        )
        .join_from(in_areas, named, of_area)
        .where(*wanted)
        .group_by(named.c.code, named.c.name, named.c.level, in_areas.c.flag)
        .order_by(named.c.code)
    )
    rows: dict[str, dict[str, Any]] = {}
    for row in counted:
        document = rows.setdefault(
            row.code,
            {
                "code": row.code,
                "name": row.name,
                "level": row.level,
                "districts": 0,
                "households": 0,
                "households_concerned": 0,
                "flags": dict.fromkeys(FLAGS, 0),
                "rules": {},
            },
        )
        document["districts"] += row.districts
        document["households"] += int(row.households)
        document["households_concerned"] += int(row.concerned)
        document["flags"][row.flag] = row.districts
    finding = FINDING.c
    verdicts = connection.execute(
        select(named.c.code, finding.rule, finding.verdict, func.count().label("number"))
        .join_from(FINDING, in_areas, and_(finding.district_id == in_areas.c.district_id))
        .join(named, of_area)
        .where(finding.evaluation_id == evaluation_id, *wanted)
        .group_by(named.c.code, finding.rule, finding.verdict)
        .order_by(func.min(finding.number))
    )
    for code, rule, verdict, number in verdicts:
        rows[code]["rules"].setdefault(rule, {})[verdict] = number
    for document in rows.values():
        document["rules"] = {
            rule: {name: found[name] for name in VERDICTS if name in found}
            for rule, found in document["rules"].items()
        }
    return list(rows.values())


def walking_minutes(
    connection: Connection,
    evaluation_id: str,
    rule: str,
    *,
    area: str | None,
    bin_minutes: Decimal,
    until_minutes: Decimal,
) -> dict[str, Any]:
    """Count households by the walking minutes of their district under a rule about reach.

    A district's minutes are those its finding has: of its worst demand point.

    Parameters
    ----------
    area
        Only districts in this area; None for all.
    bin_minutes, until_minutes
        Width of a bin, and where the bins end. A bin holds what is above its lower end and up to
        its upper one, as a limit of 15 minutes holds what takes exactly 15.

    Returns
    -------
    ``bins`` of ``from_minutes, to_minutes, households, districts``, ``longer`` than the last of
    them, ``beyond_5000_m``, where nobody looked further, and ``undetermined``: the walk is not
    known. Districts to which the rule does not apply are in none of them.
    """
    finding, district = FINDING.c, EVALUATION_DISTRICT.c
    query = (
        select(
            finding.verdict,
            finding.reason_code,
            finding.walking_minutes,
            finding.straight_m,
            district.households,
        )
        .join_from(
            FINDING,
            EVALUATION_DISTRICT,
            and_(
                district.evaluation_id == finding.evaluation_id,
                district.district_id == finding.district_id,
            ),
        )
        .where(
            finding.evaluation_id == evaluation_id,
            district.evaluation_id == evaluation_id,
            finding.rule == rule,
            finding.verdict != NOT_APPLICABLE,
        )
    )
    if area is not None:
        query = query.where(district.areas.any_() == area)
    count = math.ceil(until_minutes / bin_minutes)
    bins = [_Tally() for _ in range(count)]
    longer, beyond, undetermined = _Tally(), _Tally(), _Tally()
    for row in connection.execute(query):
        if row.walking_minutes is None:
            # A rule about a radius does not say why a walk is not known: far in a straight line
            # is far on foot, all else may be off the streets.
            far = row.reason_code == BEYOND or row.straight_m is None
            known = row.verdict != UNDETERMINED and far
            (beyond if known else undetermined).add(row.households)
            continue
        number = max(math.ceil(row.walking_minutes / bin_minutes) - 1, 0)
        (bins[number] if number < count else longer).add(row.households)
    return {
        "bins": [
            {
                "from_minutes": bin_minutes * number,
                "to_minutes": bin_minutes * (number + 1),
                **tally.as_json(),
            }
            for number, tally in enumerate(bins)
        ],
        "longer": longer.as_json(),
        BEYOND: beyond.as_json(),
        "undetermined": undetermined.as_json(),
    }


class _Tally:
    """Households and districts counted so far."""

    def __init__(self) -> None:
        self.households = self.districts = self.unknown = 0

    def add(self, households: int | None) -> None:
        self.districts += 1
        self.households += households or 0
        self.unknown += households is None

    def as_json(self) -> dict[str, int]:
        return {
            "households": self.households,
            "districts": self.districts,
            "districts_without_households": self.unknown,
        }
