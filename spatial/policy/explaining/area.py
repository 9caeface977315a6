"""What a rule found for one area, or how findings of districts roll up to it, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from spatial.policy.definition_wording import definition_text
from spatial.policy.explaining import letter
from spatial.policy.explaining.case import Case
from spatial.policy.explaining.counts import (
    count_remedy,
    count_text,
    further_text,
    having_remedy,
    having_text,
    park_remedy,
    park_text,
    statement_remedy,
    statement_text,
    triggered_text,
)
from spatial.policy.explaining.letter import Record, pick, text
from spatial.policy.explaining.ratios import (
    compliance_remedy,
    compliance_text,
    coverage_remedy,
    coverage_text,
    ratio_remedy,
    ratio_text,
)
from spatial.policy.findings import ADVISE, INDICATOR, NOT_DUE, NOT_MET, UNDETERMINED
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.kinds.ratio import FAMILY as RATIOS
from spatial.policy.kinds.statement import FAMILY as STATEMENTS
from spatial.policy.kinds.unit_coverage import FAMILY as COVERAGES
from spatial.policy.missing_wording import missing_list
from spatial.policy.numerals import cut, grouped
from spatial.policy.rule import Rule
from spatial.policy.terms import AREAS, term


def sentences(row: Record, *, rule: Rule, lang: str) -> list[str | None]:
    """Say what the row is about, its figures and target, what it rests on, what would meet it.

    Parameters as in `spatial.policy.explain.explain_area_row`.
    """
    case = Case(row, rule, lang)
    explained = _explained(rule)
    colon, stop = pick(lang, "：", ": "), pick(lang, "。", ".")
    return [
        f"{_subject(case)}{colon}{explained.computed(case)}{stop}",
        _target(case),
        _baseline(case),
        _assumption(case),
        further_text(case),
        letter.facilities(row, lang=lang),
        _missing(case),
        letter.alternatives(row, lang=lang),
        letter.verdict(case.verdict, rule, lang=lang),
        _remedy(case, explained),
    ]


def remedy(row: Record, *, rule: Rule, lang: str) -> str | None:
    """Say what would meet the rule; see `spatial.policy.explain.area_remedy`."""
    return _remedy(Case(row, rule, lang), _explained(rule))


def _explained(rule: Rule) -> _Explained:
    return _KINDS[rule.kind] if rule.kind not in DISTRICT_KINDS else _ROLLED_UP


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
    target = case.units(limit)
    said = pick(lang, f"{year}年的目标为{target}", f"the target of {year} is {target}")
    if case.verdict == NOT_DUE:
        said += pick(lang, f"，{year}年12月31日到期", f", due on 31 December {year}")
    elif case.reason.endswith("_ended"):
        said += pick(
            lang, "，规划期已满，沿用末次目标", "; the plan period ended, the last target stays"
        )
    if following is not None and later is not None:
        following_target = case.units(following)
        said += pick(
            lang,
            f"；下一目标为{later}年的{following_target}",
            f"; the next is {following_target} in {later}",
        )
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
        said += _progress(case, value, base, limit)
    return said + pick(lang, "。", ".")


def _progress(case: Case, value: Fraction, base: Fraction, limit: Fraction) -> str:
    """Tell how much of the way from the document's own value to the target has been gone."""
    lang = case.lang
    gone = (value - base) / (limit - base) * 100
    digits = next(d for d in range(10) if (base * 10**d).denominator == 1)
    if round(value, digits) == base:
        return pick(lang, "，现值取整后与之相同", "; the value rounds to it")
    if gone < 0:
        return pick(lang, "，现值较该值退步", "; things have moved back since")
    share = grouped(gone)
    return pick(
        lang, f"，自该值至目标已完成 {share}%", f"; {share}% of the way to the target is gone"
    )


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
        remedy = pick(case.lang, "补齐上列数据", "supply what is missing")
    elif case.verdict in {NOT_MET, ADVISE, NOT_DUE, INDICATOR}:
        remedy = explained.remedy(case)
    else:
        remedy = None
    if remedy is None:
        return None
    if case.verdict in {UNDETERMINED, INDICATOR}:
        return pick(case.lang, f"得出判定的途径：{remedy}。", f"What would decide it: {remedy}.")
    return pick(case.lang, f"达到要求的途径：{remedy}。", f"What would meet it: {remedy}.")


def _rolled_up(case: Case) -> str:
    lang = case.lang
    districts = grouped(case.number("districts") or Fraction(0))
    parts = {
        "occupied": ("城镇已建、新建小区", "urban existing and new districts"),
        "rural": ("农村小区", "rural districts"),
        "planned": ("规划小区", "planned districts"),
    }
    part = term(parts, str(case.row["part"]), lang=lang)
    counted = pick(lang, f"{part} {districts} 个；", f"{part}: {districts}; ")
    top, bottom = case.number("numerator"), case.number("denominator")
    of = definition_text(case.row.get("definition"), case.rule, lang=lang)
    if top is None or not bottom or of is None:
        return counted + pick(lang, "没有可汇总的数值", "there is nothing to roll up")
    figures = [_about(one, lang=lang) for one in (top, bottom, top / bottom * 100)]
    share = f"{figures[0]} ÷ {figures[1]} = {figures[2]}%"
    said = counted + pick(lang, f"{of}占比 {share}", f"share of {of}: {share}")
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
    """Write a weighted sum: two decimals, marked where it is cut."""
    short = cut(value)
    return grouped(short) if short == value else pick(lang, "约", "about ") + grouped(short)


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
        **{kind.name: _Explained(ratio_text, ratio_remedy) for kind in RATIOS},
        **{kind.name: _Explained(coverage_text, coverage_remedy) for kind in COVERAGES},
        **{kind.name: _Explained(statement_text, statement_remedy) for kind in STATEMENTS},
        "count_target": _Explained(count_text, count_remedy),
        "min_per_admin_unit": _Explained(having_text, having_remedy),
        "threshold_requirement": _Explained(triggered_text, having_remedy),
        "facility_count_by_employees": _Explained(park_text, park_remedy),
        "project_compliance_rate": _Explained(compliance_text, compliance_remedy),
        "review_gate": _Explained(_gate, _nothing),
    }
)
