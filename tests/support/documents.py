"""Rules of the four documents, judged for one area of given figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from planning import areas, districts, facilities
from province import area_rows

from spatial.policy.pack_file import load_packs
from spatial.policy.planning_data import PlanningData
from spatial.policy.rule import Rule

ROOT = Path(__file__).resolve().parents[2]


PACK_OF = {rule.id: pack for pack in load_packs(ROOT / "seed" / "policies") for rule in pack.rules}


GROUND = shapely.box(100, 25, 101, 26)


def rule_of(rule_id: str) -> Rule:
    return PACK_OF[rule_id].rule(rule_id)


def city(
    rule_id: str,
    *,
    registers: Mapping[str, float] | None = None,
    sites: Sequence[Mapping[str, Any]] | None = None,
    on: dt.date = dt.date(2022, 12, 31),
    level: str = "prefecture",
    **figures: int,
) -> dict[str, Any]:
    """Evaluate one rule for one area of these figures; its row."""
    rows = [("X", name, on.year, value) for name, value in (registers or {}).items()]
    table = pd.DataFrame(rows, columns=["area", "indicator", "year", "value"])
    area = {"code": "X", "name": "示范", "level": level, "kind": level, "geometry": GROUND}
    pack = PACK_OF[rule_id]
    found = area_rows(
        PlanningData(
            districts=districts(),
            facilities=None if sites is None else facilities(*sites),
            areas=areas({**area, **figures}),
            indicators=table.assign(source="文件"),
        ),
        rule_of(rule_id),
        replace(pack, rules=(rule_of(rule_id),)),
        as_of=on,
    )
    return found["X"]


def institutions(kind: str, number: int, total: int, name: str = "places") -> list[dict[str, Any]]:
    """So many facilities that share a total as evenly as whole numbers can."""
    each, more = divmod(total, number)
    return [
        {"id": f"{kind}{i}", "kind": kind, "geometry": GROUND.centroid, name: each + (i < more)}
        for i in range(number)
    ]
