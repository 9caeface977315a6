"""Floor area per hundred households with a minimum: max(rate × households / 100, minimum).

Source: 金政发〔2022〕29号 三(一)1(1)¶2 (15 m²/百户且不少于200 m²; 10 m²/百户且不少于150 m²),
readings §3.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.exact import decimal_digits, scaled, unscaled
from spatial.policy.facts import Facts
from spatial.policy.findings import MET, NOT_MET, UNDETERMINED, blank_findings, first_holding
from spatial.policy.kinds.holdings import Holding, district_holding, settle, unit_holding
from spatial.policy.kinds.kind import POSITIVE, DistrictKind
from spatial.policy.kinds.points import add_alternative, restrict_to_stages
from spatial.policy.rule import Rule
from spatial.table import objects


def judge(rule: Rule, facts: Facts) -> dict[str, NDArray[Any]]:
    """Judge each unit by the floor area allotted to it; its districts carry the finding.

    `met`: the sum of the known areas is ≥ what is required. Else `undetermined` where a facility
    that counts has no floor area, else `not_met`. No facility is 0 m². Compared exactly, in whole
    numbers of a common decimal scale.
    """
    area, known = _childcare_area(facts)
    digits = _digits(rule, area)
    area_scaled = scaled(area, digits=digits)
    units = facts.units
    holding = unit_holding(rule, facts)
    households = units.households
    required = _required(rule, np.nan_to_num(households), digits=digits)
    provided = holding.total(area_scaled)
    unknown_area = holding.total((~known).astype(np.int64))

    of_district = units.of_district
    columns = blank_findings(len(of_district))
    verdict = _verdict(provided, required, unknown_area)
    columns["verdict"] = verdict[of_district]
    columns["value"] = unscaled(provided, digits=digits)[of_district]
    columns["threshold"] = unscaled(required, digits=digits)[of_district]
    short = np.where(provided < required, unscaled(required - provided, digits=digits), np.nan)
    columns["deficit"] = short[of_district]
    columns["unit"][:] = KIND.deficit_unit
    columns["reason_code"] = first_holding(
        [verdict == MET, verdict == UNDETERMINED],
        ["area_met", "area_unknown"],
        default="area_short",
    )[of_district]
    incomplete = holding.ids(facts, holding.counts & ~known)
    field_of = _field_of(facts) if incomplete else {}
    for row in np.flatnonzero(columns["verdict"] == UNDETERMINED).tolist():
        columns["missing"][row] = [
            {"facility": facility, "field": field_of[facility]}
            for facility in incomplete.get(int(of_district[row]), [])
        ]
    _small_facilities(
        columns, rule, facts, holding, area_scaled=area_scaled, known=known, digits=digits
    )
    _stand_alone(columns, rule, facts, area_scaled=area_scaled, known=known, digits=digits)
    settle(columns, rule, facts, holding=holding, uncertain=np.isnan(households))
    restrict_to_stages(columns, rule, facts)
    return columns


def _childcare_area(facts: Facts) -> tuple[list[Decimal | None], NDArray[np.bool_]]:
    """Floor area that counts, by facility: rooms for under-3s, in a kindergarten only those.

    Only of facilities that are allotted to somebody: the area of the others counts nowhere.
    """
    facilities, allotment = facts.city.facilities, facts.allotment
    kinds, rooms, floors = (
        objects(facilities[name]) for name in ("kind", "childcare_floor_area_m2", "floor_area_m2")
    )
    area: list[Decimal | None] = [None] * len(kinds)
    for number in np.flatnonzero((allotment.unit >= 0) | (allotment.district >= 0)).tolist():
        whole = None if kinds[number] == "kindergarten_class" else floors[number]
        value = whole if pd.isna(rooms[number]) else rooms[number]
        area[number] = None if pd.isna(value) else value
    return area, np.array([value is not None for value in area], dtype=bool)


def _field_of(facts: Facts) -> dict[str, str]:
    """Name the field that would say a facility's area: in a kindergarten that of its rooms."""
    facilities = facts.city.facilities
    rooms = objects(facilities["kind"]) == "kindergarten_class"
    fields = np.where(rooms, "childcare_floor_area_m2", "floor_area_m2").tolist()
    return dict(zip(map(str, objects(facilities["id"])), fields, strict=True))


def _digits(rule: Rule, area: list[Decimal | None]) -> int:
    rate = Decimal(rule.parameters["m2_per_100hh"]) / 100
    limits = (Decimal(rule.parameters["floor_m2"]), Decimal(rule.parameters["single_facility_m2"]))
    return decimal_digits([rate, *limits, *area])


def _required(rule: Rule, households: NDArray[np.float64], *, digits: int) -> NDArray[Any]:
    rate = scaled([Decimal(rule.parameters["m2_per_100hh"]) / 100], digits=digits)
    floor = scaled([Decimal(rule.parameters["floor_m2"])], digits=digits)
    required: NDArray[Any] = np.maximum(households.astype(np.int64) * rate, floor)
    return required


def _verdict(
    provided: NDArray[Any], required: NDArray[Any], unknown_area: NDArray[np.int64]
) -> NDArray[Any]:
    return first_holding(
        [provided >= required, unknown_area > 0], [MET, UNDETERMINED], default=NOT_MET
    )


def _small_facilities(
    columns: dict[str, NDArray[Any]],
    rule: Rule,
    facts: Facts,
    holding: Holding,
    *,
    area_scaled: NDArray[Any],
    known: NDArray[np.bool_],
    digits: int,
) -> None:
    """Note units whose smallest facility is below the minimum for a single one (readings §3)."""
    least = scaled([Decimal(rule.parameters["single_facility_m2"])], digits=digits)[0]
    small = holding.counts & known & (area_scaled < least)
    smallest = np.full(holding.size, np.nan)
    sizes = unscaled(area_scaled, digits=digits)
    np.fmin.at(smallest, holding.owner[small], sizes[small])
    value = smallest[facts.units.of_district]
    add_alternative(
        columns,
        np.flatnonzero(~np.isnan(value)),
        reading="single_facility_minimum",
        verdict=np.full(len(value), "advise", dtype=object),
        value=value,
        threshold=np.full(len(value), float(rule.parameters["single_facility_m2"])),
    )


def _stand_alone(
    columns: dict[str, NDArray[Any]],
    rule: Rule,
    facts: Facts,
    *,
    area_scaled: NDArray[Any],
    known: NDArray[np.bool_],
    digits: int,
) -> None:
    """Note each member's own figure beside the unit's."""
    alone = district_holding(rule, facts)
    required = _required(rule, np.nan_to_num(facts.households), digits=digits)
    provided = alone.total(area_scaled)
    verdict = _verdict(provided, required, alone.total((~known).astype(np.int64)))
    members = ~np.char.startswith(facts.units.id.astype(str), "district:")
    add_alternative(
        columns,
        np.flatnonzero(members[facts.units.of_district] & ~np.isnan(facts.households)),
        reading="stand_alone",
        verdict=verdict,
        value=unscaled(provided, digits=digits),
        threshold=unscaled(required, digits=digits),
    )


KIND: Final = DistrictKind(
    name="floor_area_per_100hh",
    parameters={"m2_per_100hh": POSITIVE, "floor_m2": POSITIVE, "single_facility_m2": POSITIVE},
    judge=judge,
    reach=False,
    deficit_unit="m2",
)
