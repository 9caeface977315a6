"""Counts, things an area must have, and sizes that trigger them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from spatial.policy.explaining import letter
from spatial.policy.explaining.case import (
    Case,
    against,
    asked_list,
    change_needed,
    continuous,
    more_of,
    only_known,
    sign,
)
from spatial.policy.explaining.letter import pick, text
from spatial.policy.findings import NOT_APPLICABLE, NOT_DUE, NOT_MET
from spatial.policy.numerals import exact, grouped
from spatial.policy.terms import measure_name

_SIGNS: Final = MappingProxyType({">=": "≥", ">": ">", "<=": "≤"})


def count_text(case: Case) -> str:
    """Write out how a count stands to its target."""
    name = measure_name(case.rule.parameters["numerator"], lang=case.lang)
    value, known = case.value, case.number("numerator")
    if value is None:
        return only_known(case, [f"{name} {grouped(known)}"] if known else [])
    return f"{name} {grouped(value)}{against(case, value)}"


def count_remedy(case: Case) -> str | None:
    """Say by how much the count, and further figures of its sentence, have to grow."""
    value, limit = case.value, case.number("threshold")
    parameters = case.rule.parameters
    steps: list[str] = []
    if value is not None and limit is not None:
        change = change_needed(case, limit - value, whole=not continuous(parameters["numerator"]))
        if change is not None:
            steps.append(more_of(case, parameters["numerator"], change, start=value))
    for further, found in _further(case):
        known = exact(found["value"])
        if found["verdict"] == NOT_MET and known is not None:
            short = Fraction(Decimal(further["minimum"])) - known
            steps.append(more_of(case, further["numerator"], short, start=known))
    return pick(case.lang, "，", ", and ").join(steps) or None


def further_text(case: Case) -> str | None:
    """State the further figures of a count's sentence; None where it has none."""
    said = [
        f"{measure_name(further['numerator'], lang=case.lang)} {grouped(known)} "
        f"{sign(known, limit)} {grouped(limit)}"
        for further, found in _further(case)
        if (known := exact(found["value"])) is not None
        and (limit := Fraction(Decimal(further["minimum"]))) is not None
    ]
    if not said:
        return None
    listed = pick(case.lang, "；", "; ").join(said)
    return pick(case.lang, f"同一条文的其他数值：{listed}。", f"Of the same sentence: {listed}.")


def _further(case: Case) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Pair each further figure a sentence asks for with what was found of it."""
    found = [
        one
        for one in letter.entries(case.row, "alternatives")
        if one["reading"] == letter.FURTHER_FIGURE
    ]
    return list(zip(case.rule.parameters.get("more", ()), found, strict=False))


def having_text(case: Case) -> str:
    """Write out what an area is asked to have, and the figure that decides."""
    lang = case.lang
    asked = asked_list(case)
    if not asked:
        return pick(lang, "条文没有给出可核对的数值", "the text asks for no figure")
    what = pick(lang, f"应有{asked}", f"asked for: {asked}")
    known, limit = case.number("numerator"), case.number("threshold")
    if case.value is None or known is None or limit is None:
        return what
    one = len(case.rule.parameters["has"]) == 1
    there = pick(
        lang,
        "；实有" if one else "；起决定作用的一项实有",
        "; actual:" if one else "; the figure that decides is",
    )
    return f"{what}{there} {grouped(known)} {sign(known, limit)} {grouped(limit)}"


def having_remedy(case: Case) -> str | None:
    """Say what the area lacks."""
    asked = case.rule.parameters["has"]
    if case.reason != "lacks_what_is_asked" and case.verdict != NOT_DUE:
        return None
    known, limit = case.number("numerator"), case.number("threshold")
    if known is None or limit is None or known >= limit:
        return None
    if len(asked) == 1:
        return more_of(case, asked[0]["measure"], limit - known, start=known)
    if case.rule.parameters["logic"] == "any":
        return pick(case.lang, "具备上列任何一项", "any one of the things asked")
    return pick(case.lang, "补齐上列各项", "each of the things asked")


def triggered_text(case: Case) -> str:
    """Say which size triggers the requirement, and what then is asked."""
    when, lang = case.rule.parameters["when"], case.lang
    name = measure_name(when["measure"], lang=lang)
    limit = f"{_SIGNS[when['operator']]} {grouped(Fraction(Decimal(when['value'])))}"
    size = case.number("denominator")
    condition = pick(lang, f"条文适用于{name} {limit} 的", f"the clause speaks of {name} {limit}")
    if case.verdict == NOT_APPLICABLE and size is not None:
        return condition + pick(
            lang, f"；实有 {grouped(size)}，不适用", f"; it is {grouped(size)} here"
        )
    if case.reason == "statement_open":
        return f"{condition}{pick(lang, '；', '; ')}{statement_text(case)}"
    if not case.rule.parameters["has"]:
        return condition + pick(lang, "，本地达到该规模", ", and this one is of that size")
    return f"{condition}{pick(lang, '；', '; ')}{having_text(case)}"


def park_text(case: Case) -> str:
    """Write out how many facilities a park of so many employees must have."""
    lang = case.lang
    each = int(case.rule.parameters["employees_per_facility"])
    employees, there, needed = (
        case.number(name) for name in ("denominator", "numerator", "threshold")
    )
    if employees is None or there is None or needed is None:
        return pick(lang, "员工数或设施不详，无法计算", "employees or facilities are not known")
    asked = f"⌊{grouped(employees)} ÷ {each:,}⌋ = {grouped(needed)}"
    if needed == 0:
        return pick(lang, f"{asked} 处，不作要求", f"{asked}: none is asked")
    return pick(
        lang,
        f"应有 {asked} 处；园区内已有 {grouped(there)} 处",
        f"{asked} asked; {grouped(there)} inside the park",
    )


def park_remedy(case: Case) -> str | None:
    """Say how many facilities the park lacks."""
    deficit = case.number("deficit")
    if deficit is None:
        return None
    more = grouped(deficit)
    return pick(case.lang, f"在园区内增设 {more} 处", f"+{more} inside the park")


def statement_text(case: Case) -> str:
    """State the officer's answer to a text without a number, or that there is none."""
    lang = case.lang
    source = text(case.row, "definition") or pick(lang, "未写明来源", "source not given")
    if case.reason == "statement_yes":
        return pick(lang, f"经办人登记为“是”（{source}）", f"recorded as yes ({source})")
    if case.reason == "statement_no":
        return pick(lang, f"经办人登记为“否”（{source}）", f"recorded as no ({source})")
    return pick(
        lang,
        "条文没有数值，尚无经办人登记",
        "the text has no number, and no officer has answered yet",
    )


def statement_remedy(case: Case) -> str | None:
    """Say how the statement is answered; a permission needs no answer."""
    if case.rule.kind == "permission":
        return None
    if case.reason == "statement_no":
        return pick(
            case.lang, "落实条文所述事项并登记为“是”", "do what the clause says, and record yes"
        )
    return pick(
        case.lang,
        f"由经办人登记是否落实（导入指标 {case.rule.id}，1为是，0为否）",
        f"an officer's answer (imported figure {case.rule.id}, 1 for yes, 0 for no)",
    )
