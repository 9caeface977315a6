"""Roll-up 小区 → 社区 → 街道/乡镇 → 县(区) → 市(州) → 省, from numerators and denominators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.area_table import AreaRows, area_rows
from spatial.policy.district_groups import Groups, group_districts, part_of_districts, tallied
from spatial.policy.facts import Facts
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.places import membership
from spatial.policy.rolled_share import judged_of, rule_share, share_and_verdict
from spatial.policy.rule import Rule


def roll_up(
    findings: pd.DataFrame,
    flags: pd.DataFrame,
    facts: Facts,
    *,
    pack_id: str,
    rules: Sequence[Rule],
    min_share: Mapping[str, Decimal],
) -> list[AreaRows]:
    """Roll one pack's findings up to every area that holds districts.

    Coverage is the weight inside the circle or radius over the weight of all districts judged;
    what is undetermined stays in the denominator and never in the numerator. A community or city
    row is an `indicator` unless the user set a share for the rule. Deficits count once a unit,
    where the first of its members lies that lies in an area of the level. Rural and planned
    districts have rows of their own, in no other row's denominator.

    Parameters
    ----------
    findings
        Of this pack, with ``share_inside`` (share known to be inside, 1 or 0 for points).
    flags
        Of `spatial.policy.flags.flag_districts`, in the order of the districts.
    facts
        Of this pack.
    pack_id, rules
        The pack, and its rules about districts.
    min_share
        User-set least share by rule id, in [0, 1].

    Returns
    -------
    `AREA_COLUMNS` with ``geometry``, a mapping for each rule and level; none without areas.
    """
    areas = facts.city.areas
    if areas is None or len(areas) == 0:
        return []
    places = membership(facts.city.districts, areas)
    part = part_of_districts(facts)
    flag = flags["flag"].to_numpy(dtype=object)
    levels = [
        _level(numbers, part=part, flag=flag, areas=areas, facts=facts)
        for numbers in places.area.values()
        if (numbers >= 0).any()
    ]
    rule_of = findings["rule"].to_numpy(dtype=object)
    of_all = judged_of(findings)
    rows: list[AreaRows] = []
    for rule in rules:
        judged = of_all[rule_of == rule.id]
        rows.extend(
            _finish(
                level.table
                | rule_share(judged[level.inside], rule, facts, level.inside, level.groups),
                rule,
                pack_id,
                min_share.get(rule.id),
            )
            for level in levels
        )
    return rows


@dataclass(frozen=True, eq=False)
class _Level:
    """What all rules share on one level: which districts, how grouped, their areas and tally."""

    inside: NDArray[np.bool_]
    groups: Groups
    table: dict[str, NDArray[Any]]


def _level(
    numbers: NDArray[np.int64],
    *,
    part: NDArray[Any],
    flag: NDArray[Any],
    areas: GeoDataFrame,
    facts: Facts,
) -> _Level:
    inside = numbers >= 0
    groups = group_districts(numbers[inside], part[inside], unit=facts.units.of_district[inside])
    tally = tallied(groups, flag[inside], facts.households[inside])
    names = ("code", "name", "level", "kind", "parent", "geometry")
    described = {name: areas[name].to_numpy(dtype=object)[groups.area] for name in names}
    return _Level(inside, groups, described | tally)


def _finish(
    table: Mapping[str, NDArray[Any]], rule: Rule, pack_id: str, least: Decimal | None
) -> AreaRows:
    """Add the share and the verdict against the user's own least share."""
    share, verdict = share_and_verdict(table, least)
    return area_rows(
        {
            **table,
            "value": share,
            "verdict": verdict,
            "unit": DISTRICT_KINDS[rule.kind].deficit_unit,
            "threshold": np.nan if least is None else float(least),
            "reason_code": "rolled_up" if least is None else "rolled_up_against_user_share",
            "pack": pack_id,
            "rule": rule.id,
        },
        size=len(share),
        missing=None,
    )
