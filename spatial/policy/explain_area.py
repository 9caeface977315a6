"""What a rule found for one area, or how findings of districts roll up to it, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import Any, Final

from spatial.policy import letter
from spatial.policy.area_wording import definition_text, missing_list, ratio, units_text
from spatial.policy.findings import (
    ADVISE,
    INDICATOR,
    NOT_APPLICABLE,
    NOT_DUE,
    NOT_MET,
    UNDETERMINED,
)
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.kinds.ratio import FAMILY as RATIOS
from spatial.policy.kinds.ratio import INCREASING
from spatial.policy.kinds.statement import FAMILY as STATEMENTS
from spatial.policy.kinds.unit_coverage import FAMILY as COVERAGES
from spatial.policy.letter import Record, number, pick, text
from spatial.policy.numerals import grouped
from spatial.policy.rule import Rule
from spatial.policy.terms import AREAS, in_unit, measure_name, term

_SIGNS: Final = MappingProxyType({">=": "≥", ">": ">", "<=": "≤"})


@dataclass(frozen=True)
class Case:
    """One row of the area table with its rule."""

    row: Record
    rule: Rule
    lang: str

    def number(self, name: str) -> Fraction | None:
        """Read a number of the row."""
        return number(self.row, name)

    @property
    def verdict(self) -> str:
        """The verdict's code."""
        return str(self.row["verdict"])

    @property
    def reason(self) -> str:
        """The reason's code."""
        return str(self.row["reason_code"])

    @property
    def value(self) -> Fraction | None:
        """The value, exactly: a ratio from what it is made of."""
        value = self.number("value")
        if value is None:
            return None
        return ratio(self.number("numerator"), self.number("denominator"), value)

    @property
    def operator(self) -> str:
        """How the value is compared."""
        return str(self.rule.parameters.get("operator", ">="))

    def units(self, value: Fraction) -> str:
        """Write a number in the unit of the value."""
        return in_unit(grouped(value), text(self.row, "unit"), lang=self.lang)


def sentences(row: Record, *, rule: Rule, lang: str) -> list[str | None]:
    """Say what the row is about, its figures and target, what it rests on, what would meet it.

    Parameters as in `spatial.policy.explain.explain_area_row`.
    """
    case = Case(row, rule, lang)
    explained = _KINDS[rule.kind] if rule.kind not in DISTRICT_KINDS else _ROLLED_UP
    colon, stop = pick(lang, "：", ": "), pick(lang, "。", ".")
    return [
        f"{_subject(case)}{colon}{explained.computed(case)}{stop}",
        _target(case),
        _baseline(case),
        _assumption(case),
        letter.facilities(row, lang=lang),
        _missing(case),
        letter.alternatives(row, lang=lang),
        letter.verdict(case.verdict, rule, lang=lang),
        _remedy(case, explained),
    ]


# --- the parts every row has ------------------------------------------------------------------


def _subject(case: Case) -> str:
    kind = term(AREAS, str(case.row["kind"]), lang=case.lang)
    name, code = text(case.row, "name"), case.row["code"]
    if name is None:
        return pick(case.lang, f"{kind} {code}", f"{kind} {code}".capitalize())
    return pick(
        case.lang, f"{kind}“{name}”（{code}）", f"{kind[0].upper()}{kind[1:]} “{name}” ({code})"
    )


def _target(case: Case) -> str | None:
    """State the target with its year, whether it is due, and the next one."""
    limit, year = case.number("threshold"), case.number("target_year")
    if limit is None or year is None:
        return None
    lang = case.lang
    following, later = case.number("next_target"), case.number("next_target_year")
    said = pick(lang, f"目标年份为{year}年", f"the target is of {year}")
    if case.verdict == NOT_DUE:
        said += pick(lang, f"，{year}年12月31日到期", f" and falls due on 31 December {year}")
    elif case.reason.endswith("_ended"):
        said += pick(
            lang, "，规划期已满，沿用末次目标", "; the plan period ended, the last target stays"
        )
    if following is not None and later is not None:
        target = case.units(following)
        said += pick(lang, f"；下一目标为{later}年的{target}", f"; the next is {target} in {later}")
    return pick(lang, f"{said}。", f"{said[0].upper()}{said[1:]}.")


def _baseline(case: Case) -> str | None:
    """State the document's own value, and how far things have come from it."""
    base, year = case.number("baseline"), case.number("baseline_year")
    if base is None or year is None:
        return None
    lang = case.lang
    said = pick(
        lang,
        f"文件所列{year}年实际值为{case.units(base)}",
        f"The document reports {case.units(base)} for {year}",
    )
    note = case.rule.baseline_notes.get(int(year))
    if note is not None:
        said += pick(lang, f"（{note}）", f" ({note})")
    value, limit = case.value, case.number("threshold")
    if case.number("progress") is not None and value is not None and limit is not None:
        gone = grouped((value - base) / (limit - base) * 100)
        said += pick(
            lang, f"，自该值至目标已完成 {gone}%", f"; {gone}% of the way to the target is gone"
        )
    return said + pick(lang, "。", ".")


def _assumption(case: Case) -> str | None:
    if text(case.row, "definition") != "assumed_95_percent":
        return None
    return pick(
        case.lang,
        "“基本全覆盖”没有数值，95%是假定，不是原文。",
        "基本全覆盖 prints no number: 95% is an assumption, not the text.",
    )


def _missing(case: Case) -> str | None:
    listed = missing_list(letter.entries(case.row, "missing"), lang=case.lang)
    if listed is None:
        return None
    return pick(case.lang, f"缺少数据：{listed}。", f"Missing: {listed}.")


def _remedy(case: Case, explained: _Explained) -> str | None:
    remedy: str | None
    if case.verdict == UNDETERMINED:
        remedy = pick(case.lang, "补齐上列数据后即可判定", "supply what is missing")
    elif case.verdict in {NOT_MET, ADVISE, NOT_DUE, INDICATOR}:
        remedy = explained.remedy(case)
    else:
        remedy = None
    if remedy is None:
        return None
    return pick(case.lang, f"达到要求的途径：{remedy}。", f"What would meet it: {remedy}.")


def _sign(value: Fraction, limit: Fraction) -> str:
    return "=" if value == limit else ("<" if value < limit else ">")


def _asked(case: Case) -> str:
    """Say how the limit is to be compared where equality decides or the sign is not ≥."""
    words = {
        ">": ("条文为“超过”，不含本数", "the clause says more than, the number itself excluded"),
        "<=": ("条文为“不超过”，含本数", "the clause says at most, the number itself included"),
    }
    found = words.get(case.operator)
    return "" if found is None else pick(case.lang, f"（{found[0]}）", f" ({found[1]})")


def _against(case: Case, value: Fraction) -> str:
    """Compare a value with its threshold; nothing where the text gives none."""
    limit = case.number("threshold")
    if limit is None:
        return ""
    return f" {_sign(value, limit)} {case.units(limit)}{_asked(case)}"


# --- ratios and shares ------------------------------------------------------------------------


def _ratio(case: Case) -> str:
    lang, parameters = case.lang, case.rule.parameters
    names = [measure_name(parameters[side], lang=lang) for side in ("numerator", "denominator")]
    top, bottom, value = case.number("numerator"), case.number("denominator"), case.value
    if value is None or top is None or bottom is None:
        known = [
            f"{name} {grouped(figure)}"
            for name, figure in zip(names, (top, bottom), strict=True)
            if figure
        ]
        return _only_known(case, known)
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
    return computed + _against(case, value)


def _only_known(case: Case, known: Sequence[str]) -> str:
    if not known:
        return pick(case.lang, "数据不足，无法计算", "the figures do not suffice to work it out")
    listed = pick(case.lang, "，", ", ").join(known)
    return pick(
        case.lang,
        f"已知{listed}（未计缺项），不足以计算",
        f"known so far, without what is missing: {listed}; not enough to work it out",
    )


def _ratio_remedy(case: Case) -> str | None:
    lang, parameters = case.lang, case.rule.parameters
    top, bottom = case.number("numerator"), case.number("denominator")
    limit = case.number("threshold")
    name = measure_name(parameters["numerator"], lang=lang)
    if parameters["operator"] == INCREASING and case.reason == "ratio_did_not_grow":
        return pick(lang, "该比例较上年提高", "a share above that of the year before")
    if case.value is None or top is None or bottom is None or limit is None:
        return None
    exact_need = limit * bottom / int(parameters["per"])
    change = _change(case, exact_need - top, whole=not _continuous(parameters["numerator"]))
    if change is None:
        return None
    other = measure_name(parameters["denominator"], lang=lang)
    reached = grouped(top + change)
    if change > 0:
        return pick(
            lang,
            f"{other}不变时，{name}再增加 {grouped(change)}（达到 {reached}）",
            f"with {other} unchanged, {grouped(change)} more of {name} (+{grouped(change)}, "
            f"{reached} in all)",
        )
    return pick(
        lang,
        f"{other}不变时，{name}减少 {grouped(-change)}（降至 {reached}）",
        f"with {other} unchanged, {grouped(-change)} less of {name} ({reached} left)",
    )


def _change(case: Case, exact_change: Fraction, *, whole: bool) -> Fraction | None:
    """Give the smallest change of a figure that satisfies the comparison; None for none.

    Whole figures change by whole numbers; for > a figure that is not whole must go beyond.
    """
    if case.operator == "<=":
        if exact_change >= 0:
            return None
        return Fraction(floor(exact_change)) if whole else exact_change
    if exact_change < 0 or (exact_change == 0 and case.operator == ">="):
        return None
    if not whole:
        return exact_change
    return Fraction(floor(exact_change) + 1 if case.operator == ">" else ceil(exact_change))


def _continuous(measure: Mapping[str, Any]) -> bool:
    return str(measure.get("sum", measure.get("name", ""))).endswith("_m2")


# --- coverage of units ------------------------------------------------------------------------


def _coverage(case: Case) -> str:
    lang = case.lang
    units, asked = units_text(case.rule, lang=lang), _asked_list(case)
    have, total, value = case.number("numerator"), case.number("denominator"), case.value
    what = pick(lang, f"条文所要求的为{asked}；", f"asked for: {asked}; ")
    if total is None or have is None or not total:
        return what + pick(lang, f"没有可计的{units}", f"there are no {units} to count")
    if value is None:
        return what + pick(
            lang,
            f"{units}共 {grouped(total)} 个，已确认具备的 {grouped(have)} 个",
            f"{grouped(total)} {units}, of which {grouped(have)} are known to have it",
        )
    counted = pick(
        lang,
        f"{units}共 {grouped(total)} 个，具备的 {grouped(have)} 个",
        f"{grouped(total)} {units}, of which {grouped(have)} have it",
    )
    share = f"{grouped(have)} ÷ {grouped(total)} × 100 = {case.units(value)}"
    return f"{what}{counted}{pick(lang, '：', ': ')}{share}{_against(case, value)}"


def _coverage_remedy(case: Case) -> str | None:
    have, total, limit = (case.number(n) for n in ("numerator", "denominator", "threshold"))
    if have is None or not total or limit is None or case.value is None:
        return None
    more = _change(case, limit * total / 100 - have, whole=True)
    if more is None:
        return None
    units = units_text(case.rule, lang=case.lang)
    return pick(
        case.lang,
        f"再有 {grouped(more)} 个{units}具备即可（达到 {grouped(have + more)} 个）",
        f"{grouped(more)} more of the {units} ({grouped(have + more)} of {grouped(total)})",
    )


# --- counts, things every unit must have, sizes that trigger ----------------------------------


def _count(case: Case) -> str:
    name = measure_name(case.rule.parameters["numerator"], lang=case.lang)
    value, known = case.value, case.number("numerator")
    if value is None:
        return _only_known(case, [f"{name} {grouped(known)}"] if known else [])
    return f"{name} {grouped(value)}{_against(case, value)}"


def _count_remedy(case: Case) -> str | None:
    value, limit = case.value, case.number("threshold")
    parameters = case.rule.parameters
    steps: list[str] = []
    if value is not None and limit is not None:
        change = _change(case, limit - value, whole=not _continuous(parameters["numerator"]))
        if change is not None:
            steps.append(_more(case, parameters["numerator"], change))
    others = letter.entries(case.row, "alternatives")
    for further, found in zip(parameters["more"], others, strict=False):
        short = Fraction(Decimal(further["minimum"])) - Fraction(Decimal(repr(found["value"])))
        if found["verdict"] == NOT_MET:
            steps.append(_more(case, further["numerator"], short))
    return pick(case.lang, "，", ", and ").join(steps) or None


def _more(case: Case, measure: Mapping[str, Any], change: Fraction) -> str:
    name = measure_name(measure, lang=case.lang)
    if change < 0:
        less = grouped(-change)
        return pick(case.lang, f"{name}减少 {less}", f"{less} less of {name}")
    more = grouped(change)
    return pick(case.lang, f"{name}再增加 {more}", f"{more} more of {name} (+{more})")


def _asked_list(case: Case) -> str:
    """List what a text asks an area to have."""
    asked = [
        pick(
            case.lang,
            f"{measure_name(one['measure'], lang='zh')} ≥ {grouped(Fraction(one['at_least']))}",
            f"{measure_name(one['measure'], lang='en')} ≥ {grouped(Fraction(one['at_least']))}",
        )
        for one in case.rule.parameters["has"]
    ]
    either = case.rule.parameters["logic"] == "any"
    word = pick(case.lang, " 或 " if either else " 且 ", " or " if either else " and ")
    return word.join(asked)


def _having(case: Case) -> str:
    lang = case.lang
    asked = _asked_list(case)
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
        "; there is" if one else "; the figure that decides is",
    )
    return f"{what}{there} {grouped(known)} {_sign(known, limit)} {grouped(limit)}"


def _having_remedy(case: Case) -> str | None:
    asked = case.rule.parameters["has"]
    if case.reason != "lacks_what_is_asked" and case.verdict != NOT_DUE:
        return None
    known, limit = case.number("numerator"), case.number("threshold")
    if known is None or limit is None or known >= limit:
        return None
    if len(asked) == 1:
        return _more(case, asked[0]["measure"], limit - known)
    if case.rule.parameters["logic"] == "any":
        return pick(case.lang, "具备上列任何一项", "any one of the things asked")
    return pick(case.lang, "补齐上列各项", "each of the things asked")


def _triggered(case: Case) -> str:
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
        return f"{condition}{pick(lang, '；', '; ')}{_statement(case)}"
    return f"{condition}{pick(lang, '；', '; ')}{_having(case)}"


# --- parks, projects, statements, roll-ups ----------------------------------------------------


def _park(case: Case) -> str:
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


def _park_remedy(case: Case) -> str | None:
    deficit = case.number("deficit")
    if deficit is None:
        return None
    more = grouped(deficit)
    return pick(case.lang, f"在园区内增设 {more} 处", f"{more} more inside the park (+{more})")


def _compliance(case: Case) -> str:
    lang, judged_by = case.lang, case.rule.parameters["judged_by"]
    held, total, value = case.number("numerator"), case.number("denominator"), case.value
    count = "0" if total is None else grouped(total)
    if judged_by is None:
        return pick(
            lang,
            f"新建小区 {count} 个；本文件没有面积标准，设定标准前不作判断",
            f"{count} new districts; this document prints no standard, and until one is set there "
            "is no verdict",
        )
    if value is None or held is None or not total:
        return pick(
            lang, f"新建小区 {count} 个，数据不足", f"{count} new districts; not all are known"
        )
    return (
        pick(
            lang,
            f"新建小区 {count} 个，符合 {judged_by} 的 {grouped(held)} 个：",
            f"{count} new districts, of which {grouped(held)} hold {judged_by}: ",
        )
        + f"{grouped(held)} ÷ {count} × 100 = {case.units(value)}{_against(case, value)}"
    )


def _compliance_remedy(case: Case) -> str | None:
    if case.rule.parameters["judged_by"] is None:
        return pick(
            case.lang,
            "设定适用的面积标准（judged_by）后即可判定",
            "set the standard that applies (judged_by)",
        )
    held, total, limit = (case.number(n) for n in ("numerator", "denominator", "threshold"))
    if held is None or not total or limit is None:
        return None
    more = _change(case, limit * total / 100 - held, whole=True)
    if more is None:
        return None
    return pick(
        case.lang,
        f"再有 {grouped(more)} 个新建小区符合",
        f"{grouped(more)} more of the new districts",
    )


def _statement(case: Case) -> str:
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


def _statement_remedy(case: Case) -> str | None:
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


def _rolled_up(case: Case) -> str:
    lang = case.lang
    districts = grouped(case.number("districts") or Fraction(0))
    parts = {
        "occupied": ("城镇已建、新建小区", "urban existing and new districts"),
        "rural": ("农村小区", "rural districts"),
        "planned": ("规划小区", "planned districts"),
    }
    part = term(parts, str(case.row["part"]), lang=lang)
    counted = pick(lang, f"{part} {districts} 个；", f"{districts} {part}; ")
    top, bottom = case.number("numerator"), case.number("denominator")
    of = definition_text(case.row.get("definition"), case.rule, lang=lang)
    if top is None or not bottom or of is None:
        return counted + pick(lang, "没有可汇总的数值", "there is nothing to roll up")
    figures = [_about(one, lang=lang) for one in (top, bottom, top / bottom * 100)]
    share = f"{figures[0]} ÷ {figures[1]} = {figures[2]}%"
    said = counted + pick(lang, f"{of}占比 {share}", f"{of}: {share}")
    limit = case.number("threshold")
    if limit is not None:
        percent = grouped(limit * 100)
        said += pick(lang, f"，使用者自定下限 {percent}%", f", against the user's own {percent}%")
    unknown, deficit = case.number("undetermined_weight"), case.number("deficit")
    if unknown:
        count = _about(unknown, lang=lang)
        said += pick(lang, f"；另有 {count} 无法判定", f"; {count} of it undetermined")
    if deficit:
        gap = case.units(deficit)
        said += pick(lang, f"；缺口合计 {gap}", f"; short by {gap} together")
    return said


def _about(value: Fraction, *, lang: str) -> str:
    """Write a weighted sum: two decimals, marked where it is rounded."""
    rounded = round(value, 2)
    return grouped(rounded) if rounded == value else pick(lang, "约", "about ") + grouped(rounded)


def _nothing(_case: Case) -> str | None:
    return None


@dataclass(frozen=True)
class _Explained:
    """How rows of one kind are explained: the computation, and what would meet it."""

    computed: Callable[[Case], str]
    remedy: Callable[[Case], str | None]


def _gate(case: Case) -> str:
    return pick(case.lang, "在项目审查时核对", "checked when a project is reviewed")


_ROLLED_UP: Final = _Explained(_rolled_up, _nothing)
_KINDS: Final = MappingProxyType(
    {
        **{kind.name: _Explained(_ratio, _ratio_remedy) for kind in RATIOS},
        **{kind.name: _Explained(_coverage, _coverage_remedy) for kind in COVERAGES},
        **{kind.name: _Explained(_statement, _statement_remedy) for kind in STATEMENTS},
        "count_target": _Explained(_count, _count_remedy),
        "min_per_admin_unit": _Explained(_having, _having_remedy),
        "threshold_requirement": _Explained(_triggered, _having_remedy),
        "facility_count_by_employees": _Explained(_park, _park_remedy),
        "project_compliance_rate": _Explained(_compliance, _compliance_remedy),
        "review_gate": _Explained(_gate, _nothing),
    }
)
