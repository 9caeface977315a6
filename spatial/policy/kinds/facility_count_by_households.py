"""One facility for the first 3,000—4,000 households, one more for each further 3,000.

Source: 金政发〔2022〕29号 三(一)1(1)¶2, readings §2: the verdict follows n_min, the reading kindest
to the applicant; n_max and the capacity reading stand beside it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.policy.facts import Facts
from spatial.policy.findings import (
    ADVISE,
    MET,
    NOT_APPLICABLE,
    NOT_MET,
    blank_findings,
    first_holding,
)
from spatial.policy.kinds.holdings import district_holding, settle, unit_holding
from spatial.policy.kinds.kind import COUNT, DistrictKind
from spatial.policy.kinds.points import add_alternative, restrict_to_stages
from spatial.policy.rule import Rule
from spatial.table import truth


def judge(rule: Rule, facts: Facts) -> dict[str, NDArray[Any]]:
    """Judge each unit by the number of facilities allotted to it; its districts carry the finding.

    `met`: n ≥ n_min. Else `not_met` where a record says that the conditions are available, else
    `advise`. Below the first threshold: `not_applicable`.
    """
    units = facts.units
    of_district = units.of_district
    holding = unit_holding(rule, facts)
    number = holding.number()
    households = np.nan_to_num(units.households).astype(np.int64)
    least = needed(rule, households)
    verdict = _verdict(number, least, units.conditions_available)

    columns = blank_findings(len(of_district))
    columns["verdict"] = verdict[of_district]
    columns["value"] = number[of_district].astype(np.float64)
    columns["threshold"] = least[of_district].astype(np.float64)
    short = np.where(number < least, least - number, np.nan)
    columns["deficit"] = short[of_district]
    columns["unit"][:] = KIND.deficit_unit
    columns["reason_code"] = first_holding(
        [verdict == NOT_APPLICABLE, verdict == MET],
        ["below_first_threshold", "count_met"],
        default="count_short",
    )[of_district]
    columns["threshold"][columns["verdict"] == NOT_APPLICABLE] = np.nan
    for reading, other in (
        ("upper_end", households // int(rule.parameters["increment_hh"])),
        ("capacity", -(-households // int(rule.parameters["first_hh_max"]))),
    ):
        stricter = (other > least) & (least > 0)
        would_be = np.where(number >= other, MET, ADVISE).astype(object)
        add_alternative(
            columns,
            np.flatnonzero(stricter[of_district]),
            reading=reading,
            verdict=would_be[of_district],
            value=columns["value"],
            threshold=other[of_district].astype(np.float64),
        )
    _stand_alone(columns, rule, facts)
    settle(columns, rule, facts, holding=holding, uncertain=np.isnan(units.households))
    restrict_to_stages(columns, rule, facts)
    return columns


def needed(rule: Rule, households: NDArray[np.int64]) -> NDArray[np.int64]:
    """Least number of facilities for so many households (n_min of readings §2).

    0 below ``first_hh_min``; 1 up to ``first_hh_max`` inclusive; then one more for each full
    ``increment_hh`` above it.
    """
    first, last = int(rule.parameters["first_hh_min"]), int(rule.parameters["first_hh_max"])
    more = np.maximum(households - last, 0) // int(rule.parameters["increment_hh"])
    return np.where(households < first, 0, 1 + more)


def _verdict(
    number: NDArray[np.int64], least: NDArray[np.int64], available: NDArray[np.bool_]
) -> NDArray[Any]:
    return first_holding(
        [least == 0, number >= least, available],
        [NOT_APPLICABLE, MET, NOT_MET],
        default=ADVISE,
    )


def _stand_alone(columns: dict[str, NDArray[Any]], rule: Rule, facts: Facts) -> None:
    """Note each member's own figure beside the unit's."""
    number = district_holding(rule, facts).number()
    least = needed(rule, np.nan_to_num(facts.households).astype(np.int64))
    available = truth(facts.city.districts["conditions_available"])
    members = ~np.char.startswith(facts.units.id.astype(str), "district:")
    add_alternative(
        columns,
        np.flatnonzero(members[facts.units.of_district] & ~np.isnan(facts.households)),
        reading="stand_alone",
        verdict=_verdict(number, least, available),
        value=number.astype(np.float64),
        threshold=np.where(least > 0, least.astype(np.float64), np.nan),
    )


KIND: Final = DistrictKind(
    name="facility_count_by_households",
    parameters={"first_hh_min": COUNT, "first_hh_max": COUNT, "increment_hh": COUNT},
    judge=judge,
    reach=False,
    deficit_unit="facilities",
)
