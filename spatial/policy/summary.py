"""An evaluation summed up in counts."""

from __future__ import annotations

from typing import Any

from spatial.policy.area_rules import WHOLE
from spatial.policy.evaluation import Evaluation
from spatial.policy.findings import FLAGS, VERDICTS


def summarise(evaluation: Evaluation) -> dict[str, Any]:
    """Sum an evaluation up as the object ``--json`` prints (design, section 6).

    ``rules`` counts districts by rule and verdict; ``areas`` counts areas, and parks, by rules
    about them.
    """
    flags = evaluation.districts["flag"].value_counts()
    counts = evaluation.findings.groupby(["rule", "verdict"]).size()
    rules: dict[str, dict[str, int]] = {}
    for rule in dict.fromkeys(evaluation.findings["rule"]):
        found = counts.loc[rule]
        rules[rule] = {verdict: int(found[verdict]) for verdict in VERDICTS if verdict in found}
    about_areas = evaluation.areas[evaluation.areas["part"] == WHOLE]
    counted = about_areas.groupby(["rule", "verdict"], sort=False).size()
    areas: dict[str, dict[str, int]] = {}
    for rule in dict.fromkeys(about_areas["rule"]):
        found = counted.loc[rule]
        areas[rule] = {verdict: int(found[verdict]) for verdict in VERDICTS if verdict in found}
    return {
        "pack": list(evaluation.pack_versions),
        "region": dict(evaluation.region),
        "as_of": evaluation.as_of.isoformat(),
        "districts": len(evaluation.districts),
        "flags": {flag: int(flags.get(flag, 0)) for flag in FLAGS},
        "rules": rules,
        "areas": areas,
        "seconds": {stage: round(s, 3) for stage, s in evaluation.seconds.items()},
    }
