"""Roll-up 小区 → 社区 → 街道/乡镇 → 县(区) → 市(州) → 省, from numerators and denominators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.grouping import weighted_count
from spatial.policy.area_table import AreaRows, area_rows
from spatial.policy.facts import Facts
from spatial.policy.findings import (
    FLAGS,
    INDICATOR,
    MET,
    MET_RELAXED,
    NOT_APPLICABLE,
    NOT_MET,
    UNDETERMINED,
)
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.places import Membership, membership
from spatial.policy.rule import Rule

OCCUPIED: Final = "occupied"
PLANNED: Final = "planned"
RURAL: Final = "rural"
PARTS: Final = (OCCUPIED, RURAL, PLANNED)
# Weight that may turn out inside: what is undetermined, and the rest of what is known in part.
_OPEN: Final = "open_weight"


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
    where its first member lies. Rural and planned districts have rows of their own, in no other
    row's denominator.

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
    part = np.where(facts.stage == "planned", PLANNED, np.where(facts.rural, RURAL, OCCUPIED))
    flag = flags["flag"].to_numpy(dtype=object)
    levels = [
        _level(numbers, part=part, flag=flag, areas=areas, facts=facts)
        for numbers in places.area.values()
        if (numbers >= 0).any()
    ]
    rule_of = findings["rule"].to_numpy(dtype=object)
    of_all = _judged(findings)
    rows: list[AreaRows] = []
    for rule in rules:
        judged = of_all[rule_of == rule.id]
        share = _coverage if DISTRICT_KINDS[rule.kind].reach else _unit_share
        rows.extend(
            _finish(
                level.table | share(judged[level.inside], rule, facts, level.inside, level.groups),
                rule,
                pack_id,
                min_share.get(rule.id),
            )
            for level in levels
        )
    return rows


@dataclass(frozen=True, eq=False)
class Judged:
    """What one rule found for districts; shape (n,) each.

    Parameters
    ----------
    verdict, deficit
        As in findings.
    share_inside
        Share known to be inside, 1 or 0 for points.
    by_point
        True where a district is judged by a single point.
    open
        True where something is not known of some of its points: they may lie inside as well.
    """

    verdict: NDArray[Any]
    share_inside: NDArray[np.float64]
    by_point: NDArray[np.bool_]
    open: NDArray[np.bool_]
    deficit: NDArray[np.float64]

    def __getitem__(self, chosen: NDArray[Any]) -> Judged:
        return Judged(
            self.verdict[chosen],
            self.share_inside[chosen],
            self.by_point[chosen],
            self.open[chosen],
            self.deficit[chosen],
        )


def _judged(findings: pd.DataFrame) -> Judged:
    return Judged(
        verdict=findings["verdict"].to_numpy(dtype=object),
        share_inside=findings["share_inside"].to_numpy(dtype=float),
        by_point=(findings["demand"] == "point").to_numpy(dtype=bool, na_value=False),
        open=findings["missing"].notna().to_numpy(dtype=bool),
        deficit=findings["deficit"].to_numpy(dtype=float),
    )


@dataclass(frozen=True, eq=False)
class _Groups:
    """Districts grouped by area and part."""

    area: NDArray[np.int64]
    part: NDArray[Any]
    of: NDArray[np.int64]

    def sum(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Sum over each group; NaN where a value is."""
        return weighted_count(self.of, values.astype(float), size=len(self.area))


@dataclass(frozen=True, eq=False)
class _Level:
    """What all rules share on one level: which districts, how grouped, their areas and tally."""

    inside: NDArray[np.bool_]
    groups: _Groups
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
    groups = _groups(numbers[inside], part[inside])
    tally = _tally(groups, flag[inside], facts.households[inside])
    names = ("code", "name", "level", "kind", "parent", "geometry")
    described = {name: areas[name].to_numpy(dtype=object)[groups.area] for name in names}
    return _Level(inside, groups, described | tally)


def _groups(numbers: NDArray[np.int64], part: NDArray[Any]) -> _Groups:
    keys = numbers * len(PARTS) + np.array([PARTS.index(name) for name in part])
    key, of = np.unique(keys, return_inverse=True)
    return _Groups(key // len(PARTS), np.array(PARTS, dtype=object)[key % len(PARTS)], of)


def _tally(
    groups: _Groups, flag: NDArray[Any], households: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    """Count districts, their households where known, and their flags."""
    return {
        "part": groups.part,
        "districts": groups.sum(np.ones(len(flag))).astype(np.int64),
        "households": groups.sum(np.nan_to_num(households)),
        **{name: groups.sum(flag == name).astype(np.int64) for name in FLAGS},
    }


def _coverage(
    judged: Judged, rule: Rule, facts: Facts, inside: NDArray[Any], groups: _Groups
) -> dict[str, NDArray[Any]]:
    """Weighted share inside, by the first weight that every district of the ratio has."""
    verdict = judged.verdict
    applies = verdict != NOT_APPLICABLE
    share = np.where(applies, np.nan_to_num(judged.share_inside), 0.0)
    unknown = (verdict == UNDETERMINED) & applies
    outside = (unknown | judged.open) * (1.0 - share)
    by_point = applies & judged.by_point
    judged_any = groups.sum(applies) > 0
    result: dict[str, NDArray[Any]] = {
        name: np.full(len(groups.area), np.nan)
        for name in ("numerator", "denominator", "undetermined_weight", "points_share", "deficit")
    }
    result[_OPEN] = np.full(len(groups.area), np.nan)
    result["definition"] = np.full(len(groups.area), None, dtype=object)
    districts = facts.city.districts
    for name in (rule.parameters["target_group"], "population", "households"):
        weight = districts[name].to_numpy(dtype=float, na_value=np.nan)[inside]
        complete = groups.sum(applies & np.isnan(weight)) == 0
        taken = complete & judged_any & (result["definition"] == None)  # noqa: E711 - elementwise
        weight = np.where(applies, np.nan_to_num(weight), 0.0)
        result["numerator"][taken] = groups.sum(weight * share)[taken]
        result["denominator"][taken] = groups.sum(weight)[taken]
        result["undetermined_weight"][taken] = groups.sum(weight * unknown)[taken]
        result[_OPEN][taken] = groups.sum(weight * outside)[taken]
        result["definition"][taken] = name
    households = np.where(applies, np.nan_to_num(facts.households[inside]), 0.0)
    total = groups.sum(households)
    np.divide(groups.sum(households * by_point), total, out=result["points_share"], where=total > 0)
    return result


def _unit_share(
    judged: Judged, _rule: Rule, facts: Facts, inside: NDArray[Any], groups: _Groups
) -> dict[str, NDArray[Any]]:
    """Households in units that hold, over households judged; deficits once a unit."""
    verdict = judged.verdict
    applies = verdict != NOT_APPLICABLE
    met = np.isin(verdict.astype(str), (MET, MET_RELAXED))
    households = facts.households[inside]
    known = (groups.sum(applies & np.isnan(households)) == 0) & (groups.sum(applies) > 0)
    households = np.where(applies, np.nan_to_num(households), 0.0)
    unit = facts.units.of_district
    first = np.zeros(len(unit), dtype=bool)
    first[np.unique(unit, return_index=True)[1]] = True
    deficit = np.where(first[inside], np.nan_to_num(judged.deficit), 0.0)
    nothing = np.full(len(groups.area), np.nan)
    return {
        "numerator": np.where(known, groups.sum(households * met), nothing),
        "denominator": np.where(known, groups.sum(households), nothing),
        "undetermined_weight": np.where(
            known, groups.sum(households * (verdict == UNDETERMINED)), nothing
        ),
        "definition": np.array([None, "households_in_units_met"], dtype=object)[known.astype(int)],
        "points_share": nothing,
        "deficit": np.where(groups.sum(applies) > 0, groups.sum(deficit), nothing),
    }


def _finish(
    table: Mapping[str, NDArray[Any]], rule: Rule, pack_id: str, least: Decimal | None
) -> AreaRows:
    """Add the share and the verdict against the user's own least share."""
    share, verdict = _share_and_verdict(table, least)
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


def _share_and_verdict(
    table: Mapping[str, NDArray[Any]], least: Decimal | None
) -> tuple[NDArray[np.float64], NDArray[Any] | str]:
    denominator = np.where(table["denominator"] > 0, table["denominator"], np.nan)
    share = table["numerator"] / denominator
    if least is None:
        return share, INDICATOR
    possible = (table["numerator"] + table.get(_OPEN, table["undetermined_weight"])) / denominator
    # Sums of shares in binary miss their decimals by less than this; no share set by a person and
    # no count of people comes as near to another without being it.
    near, nearest = np.round(share, 12), np.round(possible, 12)
    verdict = np.select(
        [np.isnan(share), near >= float(least), nearest >= float(least)],
        [UNDETERMINED, MET, UNDETERMINED],
        default=NOT_MET,
    ).astype(object)
    return share, verdict


@dataclass(frozen=True, eq=False)
class Grouping:
    """How the districts of a pack roll up: which rows there are, whatever is found.

    Parameters
    ----------
    area, part
        Number of the area and name of the part, a row each in the order of `roll_up`, shape (g,).
    rows
        For each level the row each district counts in, -1 for none, shape (n,) each.
    """

    area: NDArray[np.int64]
    part: NDArray[Any]
    rows: tuple[NDArray[np.int64], ...]


def grouping(facts: Facts, places: Membership) -> Grouping:
    """Group the districts of a pack as `roll_up` does.

    Parameters
    ----------
    facts
        Of the pack.
    places
        Where the districts lie.
    """
    part = np.where(facts.stage == "planned", PLANNED, np.where(facts.rural, RURAL, OCCUPIED))
    areas, parts, rows = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=object)], []
    first = 0
    for numbers in places.area.values():
        inside = numbers >= 0
        if not inside.any():
            continue
        groups = _groups(numbers[inside], part[inside])
        of = np.full(len(numbers), -1, dtype=np.int64)
        of[inside] = first + groups.of
        rows.append(of)
        areas.append(groups.area)
        parts.append(groups.part)
        first += len(groups.area)
    return Grouping(np.concatenate(areas), np.concatenate(parts), tuple(rows))


def roll_up_again(
    whole: Grouping,
    found: Sequence[Judged | None],
    flag: NDArray[Any] | None,
    facts: Facts,
    *,
    districts: NDArray[np.int64],
    rules: Sequence[Rule],
    min_share: Mapping[str, Decimal],
) -> tuple[NDArray[np.int64], list[dict[str, NDArray[Any]]]]:
    """Roll up only the rows that hold some of the districts; as `roll_up` would.

    Parameters
    ----------
    whole
        How all districts roll up.
    found
        For each rule what it found for all districts, in their order; None where none has changed.
    flag
        Of each district, shape (n,); None where none has changed.
    facts, rules, min_share
        As in `roll_up`.
    districts
        Numbers of those that changed.

    Returns
    -------
    The rows, and for each rule the columns that may have changed in them.
    """
    chosen = np.zeros(len(whole.area) + 1, dtype=bool)
    for of in whole.rows:
        chosen[of[districts]] = True
    chosen[-1] = False
    rows = np.flatnonzero(chosen)
    members, groups_of = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for of in whole.rows:
        inside = np.flatnonzero(chosen[of])
        members.append(inside)
        groups_of.append(np.searchsorted(rows, of[inside]))
    inside = np.concatenate(members)
    groups = _Groups(whole.area[rows], whole.part[rows], np.concatenate(groups_of))
    tally: dict[str, NDArray[Any]] = {}
    if flag is not None:
        tally = _tally(groups, flag[inside], facts.households[inside])
    columns: list[dict[str, NDArray[Any]]] = []
    for rule, judged in zip(rules, found, strict=True):
        again = {name: tally[name] for name in FLAGS if tally}
        if judged is not None:
            share = _coverage if DISTRICT_KINDS[rule.kind].reach else _unit_share
            table = share(judged[inside], rule, facts, inside, groups)
            # Which districts a ratio is of, and by which weight, follows from these alone.
            again |= {name: table[name] for name in ("numerator", "undetermined_weight", "deficit")}
            again["value"], verdict = _share_and_verdict(table, min_share.get(rule.id))
            if isinstance(verdict, np.ndarray):
                again["verdict"] = verdict
        columns.append(again)
    return rows, columns
