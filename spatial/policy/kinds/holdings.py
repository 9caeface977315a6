"""What units hold: the facilities allotted to them that count (design, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.policy.facts import Facts
from spatial.policy.findings import NOT_APPLICABLE, UNDETERMINED
from spatial.policy.rule import Rule
from spatial.policy.units import MIXED, NEW
from spatial.table import objects


@dataclass(frozen=True, eq=False)
class Holding:
    """Facilities held by owners (units, or districts alone).

    Parameters
    ----------
    owner
        Number of the owner of each facility, -1 for none, shape (k,).
    counts
        True where the facility counts for its owner, shape (k,).
    size
        Number of owners.
    """

    owner: NDArray[np.int64]
    counts: NDArray[np.bool_]
    size: int

    def total(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sum whole-number `values` (k,) over what counts, for each owner; exact."""
        total = np.zeros(self.size, dtype=values.dtype)
        np.add.at(total, self.owner[self.counts], values[self.counts])
        return total

    def number(self) -> NDArray[np.int64]:
        """Count what counts, for each owner."""
        return np.bincount(self.owner[self.counts], minlength=self.size).astype(np.int64)

    def ids(self, facts: Facts, chosen: NDArray[np.bool_]) -> dict[int, list[str]]:
        """Ids of the chosen facilities (k,) by owner, in the order of the facilities."""
        ids = objects(facts.city.facilities["id"])
        grouped: dict[int, list[str]] = {}
        for number in np.flatnonzero(chosen & (self.owner >= 0)).tolist():
            grouped.setdefault(int(self.owner[number]), []).append(str(ids[number]))
        return grouped


def unit_holding(rule: Rule, facts: Facts) -> Holding:
    """Facilities that count for each unit.

    Operating ones; for units of new and planned districts also approved ones where the rule
    says so.
    """
    owner = facts.allotment.unit
    return Holding(owner, _counts(rule, facts, owner, facts.units.group), len(facts.units.id))


def district_holding(rule: Rule, facts: Facts) -> Holding:
    """Facilities that count for each district standing alone."""
    owner = facts.allotment.district
    group = np.where(facts.stage == "existing", "existing", NEW)
    return Holding(owner, _counts(rule, facts, owner, group), len(facts.stage))


def settle(
    columns: dict[str, NDArray[Any]],
    rule: Rule,
    facts: Facts,
    *,
    holding: Holding,
    uncertain: NDArray[np.bool_],
) -> None:
    """Fill what area and number rules share, from units to their member districts.

    Parameters
    ----------
    columns
        Rows of districts, with the verdict of their unit already in them.
    rule, facts, holding
        The rule's holding by unit.
    uncertain
        True where the unit's households are not known, shape (w,).
    """
    units = facts.units
    of_district = units.of_district
    columns["unit_id"] = units.id[of_district]
    columns["unit_households"] = units.households[of_district]
    columns["definition_code"][:] = "unit"
    _spread(columns["facilities"], holding.ids(facts, holding.counts), of_district)
    _name_unknown(columns, rule, facts, holding)
    for row in np.flatnonzero(uncertain[of_district]).tolist():
        columns["missing"][row] = [{"field": "households"}]
    columns["verdict"][uncertain[of_district]] = UNDETERMINED
    columns["reason_code"][uncertain[of_district]] = "no_households"
    empty = (units.households == 0)[of_district]
    columns["verdict"][empty] = NOT_APPLICABLE
    columns["reason_code"][empty] = "no_residents"
    mixed = (units.group == MIXED)[of_district]
    columns["verdict"][mixed] = UNDETERMINED
    columns["reason_code"][mixed] = "pool_of_new_and_existing"
    unsettled = uncertain[of_district] | empty | mixed
    for name in ("threshold", "deficit"):
        columns[name][unsettled] = np.nan


def _counts(
    rule: Rule, facts: Facts, owner: NDArray[np.int64], group: NDArray[Any]
) -> NDArray[np.bool_]:
    chosen = facts.counted(rule.counts)
    counts = chosen.operating.copy()
    if rule.counts.status == "operating_or_approved_in_unit":
        counts |= chosen.approved & (group[np.maximum(owner, 0)] == NEW)
    return counts & (owner >= 0)


def _name_unknown(
    columns: dict[str, NDArray[Any]], rule: Rule, facts: Facts, holding: Holding
) -> None:
    chosen = facts.counted(rule.counts)
    ids = objects(facts.city.facilities["id"])
    grouped: dict[int, list[dict[str, str]]] = {}
    of_new = facts.units.group[np.maximum(holding.owner, 0)] == NEW
    unknown = chosen.unknown.copy()
    if rule.counts.status == "operating_or_approved_in_unit":
        # Approved, but whether it keeps what the rule requires is not known.
        unknown |= chosen.asked & of_new
    unknown &= ~holding.counts & (holding.owner >= 0)
    for number in np.flatnonzero(unknown).tolist():
        entry = {"facility": str(ids[number]), "field": chosen.missing_field[number]}
        grouped.setdefault(int(holding.owner[number]), []).append(entry)
    _spread(columns["would_count_if"], grouped, facts.units.of_district)


def _spread(column: NDArray[Any], by_unit: dict[int, Any], of_district: NDArray[np.int64]) -> None:
    """Give each member district what belongs to its unit."""
    if not by_unit:
        return
    holds = np.zeros(int(of_district.max()) + 1, dtype=bool)
    holds[[unit for unit in by_unit if unit < len(holds)]] = True
    for row in np.flatnonzero(holds[of_district]).tolist():
        column[row] = by_unit[int(of_district[row])]
