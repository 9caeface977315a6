"""How the answer for a place is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame

from service.core.language import Language
from spatial.place_findings import PlaceFinding
from spatial.policy.findings import FINDING_COLUMNS, blank_findings
from spatial.policy.output import output_findings
from spatial.policy.pack import Pack

_TEXTS: Final = ("reason", "clause", "quote", "reading")


def place_document(
    findings: Sequence[PlaceFinding],
    *,
    packs: Sequence[Pack],
    facilities: GeoDataFrame,
    language: Language,
) -> list[dict[str, Any]]:
    """Return each rule's answer with its texts and the facilities it names."""
    if not findings:
        return []
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    texts = output_findings(_frame(findings, rules), packs=packs, lang=language)
    named = facilities.set_index("id")
    answers = []
    for finding, row in zip(findings, texts[list(_TEXTS)].itertuples(index=False), strict=True):
        rule = rules[finding.pack, finding.rule]
        answers.append(
            {
                "pack": finding.pack,
                "rule": finding.rule,
                "kind": rule.kind,
                "verdict": finding.verdict,
                "severity": rule.severity,
                "threshold_m": finding.threshold_m,
                "straight": _distance(finding.straight_m, finding.straight_facility, named),
                "walking": {
                    **_distance(finding.walking_m, finding.walking_facility, named),
                    "minutes": finding.walking_minutes,
                },
                "snap_m": finding.snap_m,
                **_nearest(finding, named),
                **dict(zip(_TEXTS, row, strict=True)),
            }
        )
    return answers


def _nearest(finding: PlaceFinding, named: GeoDataFrame) -> dict[str, Any]:
    """Return the nearest facilities, where they were asked for."""
    if finding.nearest is None:
        return {}
    return {
        "nearest": [
            {
                **_distance(site.metres, site.facility, named),
                "seconds": round(site.seconds, 1),
                "minutes": round(site.seconds / 60, 2),
                "straight_m": site.straight_m,
                "path": site.path,
            }
            for site in finding.nearest
        ]
    }


def _frame(findings: Sequence[PlaceFinding], rules: Mapping[Any, Any]) -> pd.DataFrame:
    """Return the findings in the columns that texts are made from."""
    frame = pd.DataFrame(blank_findings(len(findings)))
    frame["district_id"] = "place"
    frame["pack"] = [finding.pack for finding in findings]
    frame["rule"] = [finding.rule for finding in findings]
    frame["kind"] = [rules[finding.pack, finding.rule].kind for finding in findings]
    frame["severity"] = [rules[finding.pack, finding.rule].severity for finding in findings]
    frame["verdict"] = [finding.verdict for finding in findings]
    frame["reason_code"] = [finding.reason_code for finding in findings]
    frame["threshold"] = [finding.threshold_m for finding in findings]
    walked = frame["kind"] == "service_circle_time"
    straight = pd.Series([finding.straight_m for finding in findings], dtype="float64")
    walking = pd.Series([finding.walking_m for finding in findings], dtype="float64")
    frame["value"] = walking.where(walked, straight)
    frame["nearest_m"] = frame["value"]
    return frame.loc[:, list(FINDING_COLUMNS)]


def _distance(metres: float | None, facility: str | None, named: GeoDataFrame) -> dict[str, Any]:
    """Return a distance and whose it is; a facility beyond what is measured is not named."""
    if metres is None or facility is None:
        return {"metres": None, "facility": None}
    row = named.loc[facility]
    return {
        "metres": metres,
        "facility": {
            "id": facility,
            "name": row["name"],
            "kind": row["kind"],
            "geometry": row["geometry"],
        },
    }
