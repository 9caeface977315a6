"""The rules about districts: findings of each district, rule by rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from spatial.policy.district_stage import stages
from spatial.policy.facts import Facts
from spatial.policy.findings import blank_findings
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack


def judge_districts(pack: Pack, facts: Facts, tell: Callable[[int, int], None]) -> pd.DataFrame:
    """Judge all rules of a pack: `FINDING_COLUMNS` with ``repeats`` and ``share_inside``."""
    if len(facts.city.districts) == 0:
        return _no_findings()
    parts: list[pd.DataFrame] = []
    ids = facts.city.districts["id"].to_numpy(dtype=object)
    _, contradictions = stages(facts.city.districts, document_date=pack.effective_from)
    contradicted = np.isin(ids.astype(str), contradictions)
    rules = [rule for rule in pack.rules if rule.kind in DISTRICT_KINDS]
    for done, rule in enumerate(rules):
        tell(done, len(rules))
        columns = DISTRICT_KINDS[rule.kind].judge(rule, facts)
        columns["warning_code"][contradicted] = "stage_against_permit"
        frame = pd.DataFrame(
            {
                "district_id": ids,
                "pack": pack.id,
                "rule": rule.id,
                "kind": rule.kind,
                "severity": rule.severity,
                # Object columns stay so: pandas would turn texts into its own type, None into NaN.
                **{name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()},
                "repeats": rule.parameters.get("role") == "relaxed",
            }
        )
        # Not by households outside: these may be unknown, or nought in a place people live in.
        frame["share_inside"] = frame["covered_share"].where(
            frame["demand"] != "point", (frame["value"] <= frame["threshold"]).astype(float)
        )
        parts.append(frame)
    return pd.concat(parts, ignore_index=True) if parts else _no_findings()


def _no_findings() -> pd.DataFrame:
    """Return the columns of findings, for packs that do not speak of districts."""
    blank = pd.DataFrame(blank_findings(0))
    texts = ("district_id", "pack", "rule", "kind", "severity")
    return blank.assign(
        **{name: pd.Series(dtype=object) for name in texts},
        repeats=pd.Series(dtype=bool),
        share_inside=pd.Series(dtype=float),
    )
