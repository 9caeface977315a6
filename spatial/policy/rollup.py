"""Roll-up 小区 → 社区 → 街道/乡镇 → 县(区) → 市(州) → 省, from numerators and denominators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crs import WGS84
from spatial.fields import LEVELS
from spatial.policy.facts import Facts
from spatial.policy.findings import AREA_COLUMNS, FLAGS, INDICATOR, MET, NOT_MET, UNDETERMINED
from spatial.policy.kinds import KINDS
from spatial.policy.rule import Rule

OCCUPIED: Final = "occupied"
PLANNED: Final = "planned"


@dataclass(frozen=True, eq=False)
class Membership:
    """Which area of each level a district lies in.

    Parameters
    ----------
    area
        For each level the number of the area, -1 for none, shape (n,) each.
    """

    area: Mapping[str, NDArray[np.int64]]


def membership(districts: GeoDataFrame, areas: GeoDataFrame) -> Membership:
    """Place districts in areas: by their community and its parents, else by where they lie.

    Parameters
    ----------
    districts
        Column ``community`` and geometry in EPSG:4326.
    areas
        Columns ``code, level, parent`` and geometry in EPSG:4326; planning units are passed over.
    """
    code = pd.Index(areas["code"])
    parent = np.where(
        areas["parent"].isna(), -1, code.get_indexer(pd.Index(areas["parent"]))
    ).astype(np.int64)
    level = areas["level"].to_numpy(dtype=object)
    level = np.where(areas["kind"].to_numpy(dtype=object) == "planning_unit", None, level)
    at = np.where(
        districts["community"].isna(), -1, code.get_indexer(pd.Index(districts["community"]))
    ).astype(np.int64)
    points = shapely.point_on_surface(np.asarray(districts.geometry.array, dtype=object))
    found: dict[str, NDArray[np.int64]] = {}
    for name in reversed(LEVELS):
        here = np.where((at >= 0) & (level[np.maximum(at, 0)] == name), at, -1)
        of_level = np.flatnonzero(level == name)
        lost = np.flatnonzero(here < 0)
        if len(of_level) and len(lost):
            tree = shapely.STRtree(np.asarray(areas.geometry.array, dtype=object)[of_level])
            place, polygon = tree.query(points[lost], predicate="intersects")
            place, first = np.unique(place, return_index=True)
            here[lost[place]] = of_level[polygon[first]]
        found[name] = here
        at = np.where(here >= 0, parent[np.maximum(here, 0)], at)
    return Membership(found)


def roll_up(
    findings: pd.DataFrame,
    flags: pd.DataFrame,
    facts: Facts,
    *,
    pack_id: str,
    rules: Sequence[Rule],
    min_share: Mapping[str, Decimal],
) -> list[pd.DataFrame]:
    """Roll one pack's findings up to every area that holds districts.

    Coverage is the weight inside the circle or radius over the weight of all districts judged;
    what is undetermined stays in the denominator and never in the numerator. A community or city
    row is an `indicator` unless the user set a share for the rule. Deficits count once a unit,
    where its first member lies. Planned districts have rows of their own.

    Parameters
    ----------
    findings
        Of this pack, with ``share_inside`` (share known to be inside, 1 or 0 for points).
    flags
        Of `spatial.policy.flags.flag_districts`, in the order of the districts.
    facts
        Of this pack.
    pack_id, rules
        The pack.
    min_share
        User-set least share by rule id, in [0, 1].

    Returns
    -------
    Frames of `AREA_COLUMNS`, one a rule and level; none without areas.
    """
    areas = facts.city.areas
    if areas is None or len(areas) == 0:
        return []
    places = membership(facts.city.districts, areas)
    rows: list[pd.DataFrame] = []
    part = np.where(facts.stage == "planned", PLANNED, OCCUPIED)
    frame = pd.DataFrame(
        {
            "part": part,
            "households": facts.households,
            **{flag: flags["flag"].to_numpy() == flag for flag in FLAGS},
        }
    )
    for rule in rules:
        judged = findings[findings["rule"] == rule.id].reset_index(drop=True)
        of_rule = frame.assign(**_measures(judged, rule, facts))
        for numbers in places.area.values():
            inside = numbers >= 0
            if inside.any():
                rows.append(
                    _level(of_rule[inside], numbers[inside], rule, areas, pack_id, min_share)
                )
    return rows


def _measures(judged: pd.DataFrame, rule: Rule, facts: Facts) -> dict[str, Any]:
    """What each district gives to the sums of one rule."""
    verdict = judged["verdict"].to_numpy(dtype=object)
    applies = ~np.isin(verdict.astype(str), ("not_applicable",))
    unit_id = judged["unit_id"].fillna("").to_numpy(dtype=object)
    first = ~pd.Series(unit_id).duplicated().to_numpy() | (unit_id == "")
    districts = facts.city.districts
    group = rule.parameters.get("target_group")
    weights = {
        name: districts[name].to_numpy(dtype=float, na_value=np.nan)
        for name in ([group] if group else []) + ["population", "households"]
    }
    return {
        "applies": applies,
        "verdict_met": np.isin(verdict.astype(str), ("met", "met_relaxed")),
        "verdict_open": verdict == UNDETERMINED,
        "share_inside": judged["share_inside"].to_numpy(),
        "by_point": (judged["demand"] == "point").to_numpy(),
        "deficit": np.where(first, judged["deficit"].to_numpy(), 0.0),
        **{f"weight_{name}": value for name, value in weights.items()},
    }


def _level(
    of_rule: pd.DataFrame,
    numbers: NDArray[np.int64],
    rule: Rule,
    areas: GeoDataFrame,
    pack_id: str,
    min_share: Mapping[str, Decimal],
) -> pd.DataFrame:
    """Sum one rule over the areas of one level."""
    reach = KINDS[rule.kind].reach
    sums: list[dict[str, Any]] = []
    for (number, part), members in of_rule.assign(area=numbers).groupby(["area", "part"]):
        judged = members[members["applies"]]
        row: dict[str, Any] = {
            "area": number,
            "part": part,
            "districts": len(members),
            "households": members["households"].sum(min_count=1),
            **{flag: int(members[flag].sum()) for flag in FLAGS},
            "deficit": judged["deficit"].sum(min_count=1) if not reach else np.nan,
        }
        row |= _coverage(judged) if reach else _unit_share(judged)
        sums.append(row)
    table = pd.DataFrame(sums)
    of_area = areas.iloc[table["area"].to_numpy()].reset_index(drop=True)
    least = min_share.get(rule.id)
    share = table["numerator"] / table["denominator"].where(table["denominator"] > 0)
    table["value"] = share
    table["verdict"] = INDICATOR
    if least is not None:
        open_weight = table["undetermined_weight"].fillna(0.0)
        possible = (table["numerator"] + open_weight) / table["denominator"]
        table["verdict"] = np.select(
            [share.isna(), share >= float(least), possible >= float(least)],
            [UNDETERMINED, MET, UNDETERMINED],
            default=NOT_MET,
        )
    table["unit"] = None if reach else ("m2" if rule.kind.startswith("floor_area") else "facilities")
    for name in ("code", "name", "level", "kind", "parent"):
        table[name] = of_area[name].to_numpy(dtype=object)
    return table.assign(pack=pack_id, rule=rule.id).loc[:, list(AREA_COLUMNS)].assign(
        geometry=of_area.geometry.to_numpy()
    )


def _coverage(judged: pd.DataFrame) -> dict[str, Any]:
    """Weighted share inside, by the first weight that every district of the ratio has."""
    names = [name for name in judged.columns if name.startswith("weight_")]
    name = next((n for n in names if judged[n].notna().all() and len(judged)), None)
    if name is None:
        return dict.fromkeys(
            ("numerator", "denominator", "undetermined_weight", "definition", "points_share"),
            None,
        )
    weight = judged[name]
    households = judged["households"]
    by_points = households[judged["by_point"]].sum()
    return {
        "numerator": float((weight * judged["share_inside"].fillna(0.0)).sum()),
        "denominator": float(weight.sum()),
        "undetermined_weight": float(weight[judged["verdict_open"]].sum()),
        "definition": name.removeprefix("weight_"),
        "points_share": float(by_points / households.sum()) if households.sum() else None,
    }


def _unit_share(judged: pd.DataFrame) -> dict[str, Any]:
    """Households in units that hold, over households judged."""
    if len(judged) == 0 or judged["households"].isna().any():
        return dict.fromkeys(
            ("numerator", "denominator", "undetermined_weight", "definition", "points_share"),
            None,
        )
    households = judged["households"]
    return {
        "numerator": float(households[judged["verdict_met"]].sum()),
        "denominator": float(households.sum()),
        "undetermined_weight": float(households[judged["verdict_open"]].sum()),
        "definition": "households_in_units_met",
        "points_share": None,
    }


def area_frame(rows: Sequence[pd.DataFrame]) -> GeoDataFrame:
    """Put the rows of all rules together as features in EPSG:4326."""
    if not rows:
        empty = pd.DataFrame({name: [] for name in AREA_COLUMNS})
        return GeoDataFrame(empty, geometry=[], crs=WGS84)
    return GeoDataFrame(pd.concat(rows, ignore_index=True), geometry="geometry", crs=WGS84)
