"""Findings and districts as other people's scripts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame

from spatial.policy.findings import (
    ADVISE,
    LIST_COLUMNS,
    MET,
    MET_RELAXED,
    NOT_MET,
    OUTPUT_COLUMNS,
    UNDETERMINED,
)
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.policy.terms import LANGUAGES
from spatial.policy.wording import definition_texts, reason_texts

# Verdicts that set each flag, and so give a district its reasons.
_SETTING: Final = MappingProxyType(
    {
        "underserved": (NOT_MET,),
        "undetermined": (UNDETERMINED,),
        "watch": (ADVISE,),
        "served": (MET, MET_RELAXED),
        "not_assessed": (),
    }
)


def output_findings(
    findings: pd.DataFrame,
    *,
    packs: Sequence[Pack],
    lang: str,
    stage: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Write findings as other people's scripts read them (design, section 6).

    Parameters
    ----------
    findings
        Columns of `spatial.policy.findings.FINDING_COLUMNS`.
    packs
        The packs they were judged by: clause, quote and reading are joined from them.
    lang
        ``zh`` or ``en``.
    stage
        Stage by district id, so that a shortfall of an existing place is called 缺口; None calls
        every shortfall by the neutral word.

    Returns
    -------
    ``district_id`` and `spatial.policy.findings.OUTPUT_COLUMNS`; numbers as float or None, lists
    as Python lists or None.
    """
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    keys = list(zip(findings["pack"], findings["rule"], strict=True))
    frame = pd.DataFrame({"district_id": findings["district_id"].to_numpy(dtype=object)})
    texts: dict[str, list[Any]] = {
        "reason": reason_texts(findings, lang=lang, stage=stage),
        "definition": definition_texts(findings, lang=lang),
        "clause": [rules[key].clause for key in keys],
        "quote": [rules[key].quote for key in keys],
        "reading": [rules[key].reading[lang] for key in keys],
    }
    for name in OUTPUT_COLUMNS:
        if name in texts:
            frame[name] = pd.Series(texts[name], dtype=object)
        elif name in LIST_COLUMNS or findings[name].dtype == bool:
            frame[name] = findings[name].to_numpy()
        elif name == "households_outside":
            frame[name] = _or_none(findings[name].astype("Int64"))
        elif findings[name].dtype == float:
            frame[name] = _or_none(findings[name])
        else:
            # A series of objects: an array of texts would turn None into NaN.
            frame[name] = pd.Series(findings[name].to_numpy(dtype=object), dtype=object)
    return frame


def output_districts(
    districts: GeoDataFrame, findings: pd.DataFrame, *, packs: Sequence[Pack], lang: str
) -> GeoDataFrame:
    """Write districts as other people's scripts read them, with the reasons for their flags.

    Parameters
    ----------
    districts
        As in `spatial.policy.evaluation.Evaluation`.
    findings
        Of these districts.
    packs, lang
        As in `output_findings`.

    Returns
    -------
    ``id, name, stage, households, flag, rank, households_concerned, reasons`` (lists of texts, one
    for each finding that set the flag, none for a served district) and geometry, in the order
    given.
    """
    stage = dict(zip(districts["id"], districts["stage"], strict=True))
    flag = findings["district_id"].map(dict(zip(districts["id"], districts["flag"], strict=True)))
    rules = {(pack.id, rule.id): (pack, rule) for pack in packs for rule in pack.rules}
    grave = flag.isin(["underserved", "undetermined", "watch"])
    setting = findings[
        grave & (findings["verdict"] == flag.map({f: v[0] for f, v in _SETTING.items() if v}))
    ]
    reasons: dict[str, list[str]] = {}
    for district, pack_id, rule_id, text in zip(
        setting["district_id"],
        setting["pack"],
        setting["rule"],
        reason_texts(setting, lang=lang, stage=stage),
        strict=True,
    ):
        pack, rule = rules[pack_id, rule_id]
        if rule.parameters.get("role") != "relaxed":
            reasons.setdefault(district, []).append(_cited(text, pack, rule, lang=lang))
    columns = ["id", "name", "stage", "households", "flag", "rank", "households_concerned"]
    frame = districts[[*columns, "geometry"]].copy()
    frame.insert(
        len(columns),
        "reasons",
        pd.Series([reasons.get(i, []) for i in districts["id"]], index=frame.index, dtype=object),
    )
    return frame


def rule_name(rule: Rule, *, lang: str) -> str:
    """Name a rule in a few words."""
    services = {
        "childcare": ("托育", "childcare"),
        "elderly": ("养老", "elderly care"),
        "both": ("养老托育", "elderly care and childcare"),
        "education": ("老年教育", "education of the elderly"),
    }
    kinds = {
        "service_circle_time": ("服务圈", "circle"),
        "service_radius": ("服务半径", "radius"),
        "floor_area_per_100hh": ("用房面积", "floor area"),
        "facility_count_by_households": ("设施数量", "number of facilities"),
    }
    at = LANGUAGES.index(lang)
    return ("" if lang == "zh" else " ").join((services[rule.subject][at], kinds[rule.kind][at]))


def _cited(text: str | None, pack: Pack, rule: Rule, *, lang: str) -> str:
    name = rule_name(rule, lang=lang)
    if lang == "zh":
        return f"{name}：{text}〔{pack.document_no} {rule.clause}〕"
    return f"{name}: {text} [{pack.document_no} {rule.clause}]"


def _or_none(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.astype(object).where(column.notna(), None).reset_index(drop=True)
