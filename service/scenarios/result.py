"""What a scenario changes, as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from service.core.language import Language
from spatial.policy.evaluation import Evaluation
from spatial.policy.output import output_districts
from spatial.policy.pack import Pack
from spatial.policy.scenario import COMPARED, Totals, compare


def result_document(
    before: Evaluation, after: Evaluation, *, packs: Sequence[Pack], language: Language
) -> dict[str, Any]:
    """Return both evaluations' counts and the districts that change, with what changes of each.

    Parameters
    ----------
    before, after
        Of the same districts.
    packs, language
        For the reasons.
    """
    found = compare(before, after)
    shown_before = _shown(before, found.district_ids, packs=packs, language=language)
    shown_after = _shown(after, found.district_ids, packs=packs, language=language)
    changes: dict[str, list[dict[str, Any]]] = {}
    for row in found.findings.to_dict("records"):
        changes.setdefault(row.pop("district_id"), []).append(_finding(row))
    districts = []
    for key in found.district_ids:
        was, now = shown_before[key], shown_after[key]
        document = {"id": key, "name": now["name"]}
        for name in ("flag", "rank", "households_concerned", "reasons"):
            document |= {f"{name}_before": was[name], f"{name}_after": now[name]}
        districts.append({**document, "findings": changes.get(key, [])})
    new_warnings = [one for one in after.warnings if one not in set(before.warnings)]
    return {
        "before": _totals(found.before),
        "after": _totals(found.after),
        "districts": districts,
        "ranks_moved": found.ranks_moved,
        "warnings": new_warnings,
    }


def _shown(
    evaluation: Evaluation,
    district_ids: Sequence[str],
    *,
    packs: Sequence[Pack],
    language: Language,
) -> dict[str, Mapping[str, Any]]:
    if not district_ids:
        return {}
    frame = evaluation.districts
    chosen = frame[frame["id"].isin(district_ids)].reset_index(drop=True)
    findings = evaluation.findings
    of_chosen = findings[findings["district_id"].isin(district_ids)].reset_index(drop=True)
    shown = output_districts(GeoDataFrame(chosen), of_chosen, packs=packs, lang=language)
    rows = pd.DataFrame(shown.drop(columns="geometry")).to_dict("records")
    return {str(row["id"]): {str(name): cell for name, cell in row.items()} for row in rows}


def _finding(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Show what of a finding differs, and the verdict."""
    document = {"pack": row["pack"], "rule": row["rule"]}
    for name in COMPARED:
        was, now = row[f"{name}_before"], row[f"{name}_after"]
        if name == "verdict" or not (was == now or (pd.isna(was) and pd.isna(now))):
            document |= {f"{name}_before": was, f"{name}_after": now}
    return document


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "flags": dict(totals.flags),
        "households_concerned": totals.households_concerned,
        "rules": {rule: dict(found) for rule, found in totals.rules.items()},
    }
