"""Ratios, shares and coverages in words: the computation, and what would meet the target."""

from __future__ import annotations

from spatial.policy.definition_wording import units_text
from spatial.policy.explaining.case import (
    Case,
    against,
    asked_list,
    change_needed,
    continuous,
    more_of,
    only_known,
)
from spatial.policy.explaining.letter import pick
from spatial.policy.kinds.ratio import INCREASING
from spatial.policy.numerals import grouped
from spatial.policy.terms import measure_name


def ratio_text(case: Case) -> str:
    """Write a ratio out, and how it stands to its target."""
    lang, parameters = case.lang, case.rule.parameters
    names = [measure_name(parameters[side], lang=lang) for side in ("numerator", "denominator")]
    top, bottom, value = case.number("numerator"), case.number("denominator"), case.value
    if value is None or top is None or bottom is None:
        known = [
            f"{name} {grouped(figure)}"
            for name, figure in zip(names, (top, bottom), strict=True)
            if figure
        ]
        return only_known(case, known)
    per = int(parameters["per"])
    times = "" if per == 1 else f" × {per:,}"
    computed = (
        f"{names[0]} {grouped(top)} ÷ {names[1]} {grouped(bottom)}{times} = {case.units(value)}"
    )
    if parameters["operator"] == INCREASING:
        grew = case.reason == "ratio_grew"
        return computed + pick(
            lang,
            f"，较上年{'提高' if grew else '没有提高'}",
            f", {'higher' if grew else 'not higher'} than the year before",
        )
    return computed + against(case, value)


def ratio_remedy(case: Case) -> str | None:
    """Say by how much the numerator has to change with the denominator as it is."""
    lang, parameters = case.lang, case.rule.parameters
    top, bottom = case.number("numerator"), case.number("denominator")
    limit = case.number("threshold")
    if parameters["operator"] == INCREASING and case.reason == "ratio_did_not_grow":
        return pick(lang, "该比例较上年提高", "a share above that of the year before")
    if case.value is None or top is None or bottom is None or limit is None:
        return None
    exact_need = limit * bottom / int(parameters["per"])
    change = change_needed(case, exact_need - top, whole=not continuous(parameters["numerator"]))
    if change is None:
        return None
    other = measure_name(parameters["denominator"], lang=lang)
    step = more_of(case, parameters["numerator"], change, start=top)
    return pick(lang, f"{other}不变时，{step}", f"with {other} unchanged, {step}")


def coverage_text(case: Case) -> str:
    """Write out how many units have what is asked."""
    lang = case.lang
    units, asked = units_text(case.rule, lang=lang), asked_list(case)
    have, total, value = case.number("numerator"), case.number("denominator"), case.value
    what = pick(lang, f"条文所要求的为{asked}；", f"asked for: {asked}; ")
    if total is None or have is None or not total:
        return what + pick(lang, f"没有可计的{units}", f"there are no {units} to count")
    if value is None:
        return what + pick(
            lang,
            f"{units}共 {grouped(total)} 个，已确认具备的 {grouped(have)} 个",
            f"{units}: {grouped(total)} in all, {grouped(have)} of them known to have it",
        )
    counted = pick(
        lang,
        f"{units}共 {grouped(total)} 个，具备的 {grouped(have)} 个",
        f"{units}: {grouped(total)} in all, {grouped(have)} of them with it",
    )
    share = f"{grouped(have)} ÷ {grouped(total)} × 100 = {case.units(value)}"
    return f"{what}{counted}{pick(lang, '：', ': ')}{share}{against(case, value)}"


def coverage_remedy(case: Case) -> str | None:
    """Say how many more units have to have it."""
    have, total, limit = (case.number(n) for n in ("numerator", "denominator", "threshold"))
    if have is None or not total or limit is None or case.value is None:
        return None
    more = change_needed(case, limit * total / 100 - have, whole=True)
    if more is None:
        return None
    units = units_text(case.rule, lang=case.lang)
    return pick(
        case.lang,
        f"再有 {grouped(more)} 个{units}具备即可（达到 {grouped(have + more)} 个）",
        f"+{grouped(more)} of the {units} with what is asked ({grouped(have + more)} of "
        f"{grouped(total)})",
    )


def compliance_text(case: Case) -> str:
    """Write out how many new districts comply."""
    lang, judged_by = case.lang, case.rule.parameters["judged_by"]
    held, total, value = case.number("numerator"), case.number("denominator"), case.value
    count = "0" if total is None else grouped(total)
    if judged_by is None:
        return pick(
            lang,
            f"新建小区 {count} 个；本文件没有面积标准，设定标准前不作判断",
            f"new districts: {count}; this document prints no standard, and until one is set there "
            "is no verdict",
        )
    if value is None or held is None or not total:
        return pick(
            lang, f"新建小区 {count} 个，数据不足", f"new districts: {count}; not all are known"
        )
    return (
        pick(
            lang,
            f"新建小区 {count} 个，符合 {judged_by} 的 {grouped(held)} 个：",
            f"new districts: {count} in all, {grouped(held)} of them holding {judged_by}: ",
        )
        + f"{grouped(held)} ÷ {count} × 100 = {case.units(value)}{against(case, value)}"
    )


def compliance_remedy(case: Case) -> str | None:
    """Say how many more new districts have to comply, or that a standard has to be set."""
    if case.rule.parameters["judged_by"] is None:
        return pick(
            case.lang,
            "设定适用的面积标准（judged_by）",
            "set the standard that applies (judged_by)",
        )
    held, total, limit = (case.number(n) for n in ("numerator", "denominator", "threshold"))
    if held is None or not total or limit is None:
        return None
    more = change_needed(case, limit * total / 100 - held, whole=True)
    if more is None:
        return None
    return pick(
        case.lang,
        f"再有 {grouped(more)} 个新建小区符合",
        f"+{grouped(more)} of the new districts holding it",
    )
