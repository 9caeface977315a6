"""Rows of the area table in words: reasons, definitions and what is missing.

Codes are kept, texts are made here on output, so that one stored run speaks both languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from spatial.policy.definition_wording import definition_text
from spatial.policy.missing_wording import missing_list
from spatial.policy.numerals import cut, exact, grouped
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.policy.terms import LANGUAGES, in_unit

# Placeholders: value, threshold (with its year), size, definition, each with its unit; `now` and
# `short` bring their own punctuation and may be empty.
_REASONS: Final = MappingProxyType(
    {
        "standard_not_set": (
            "条文没有给出数值，只列指标{now}",
            "the text sets no number, indicator only{now}",
        ),
        "figure_missing": ("数据不足，无法判定", "figures do not suffice"),
        "figure_older_than_target": (
            "现值{value}早于目标年份，不足以判定是否达到{threshold}",
            "{value} is older than the target of {threshold} and does not decide it",
        ),
        "target_not_due": (
            "{threshold}的目标未到期，现值{value}{short}",
            "the target of {threshold} is not due; now {value}{short}",
        ),
        "target_met": ("现值{value}，达到{threshold}", "{value}, reaches {threshold}"),
        "target_met_ended": (
            "现值{value}，达到{threshold}（规划期已满）",
            "{value}, reaches {threshold} (plan period ended)",
        ),
        "target_not_met": (
            "现值{value}，未达到{threshold}{short}",
            "{value}, does not reach {threshold}{short}",
        ),
        "target_not_met_ended": (
            "现值{value}，未达到{threshold}{short}（规划期已满）",
            "{value}, does not reach {threshold}{short} (plan period ended)",
        ),
        "further_figure_missing": (
            "现值{value}，目标{threshold}；同一条文的其他数值数据不足",
            "{value} against {threshold}; another figure of the same sentence is missing",
        ),
        "further_figure_short": (
            "现值{value}，目标{threshold}；同一条文的其他数值未达到",
            "{value} against {threshold}; another figure of the same sentence falls short",
        ),
        "has_what_is_asked": (
            "已具备条文所要求的：{value}，应不少于{threshold}",
            "has what is asked: {value}, at least {threshold}",
        ),
        "lacks_what_is_asked": (
            "不具备条文所要求的：{value}，应不少于{threshold}",
            "lacks what is asked: {value}, at least {threshold}",
        ),
        "below_the_threshold": (
            "规模{size}，不在条文适用范围内",
            "its size of {size} is outside the range the clause speaks of",
        ),
        "ratio_grew": ("现值{value}，较上年提高", "{value}, higher than the year before"),
        "ratio_did_not_grow": (
            "现值{value}，较上年没有提高",
            "{value}, not higher than the year before",
        ),
        "statement_open": (
            "条文没有数值，待经办人登记是否落实",
            "a text without a number, to be answered by an officer's yes or no",
        ),
        "statement_yes": ("经办人登记：是（{definition}）", "recorded: yes ({definition})"),
        "statement_no": ("经办人登记：否（{definition}）", "recorded: no ({definition})"),
        "rolled_up": (
            "由所含小区汇总：{definition}占{value}，只列指标",
            "rolled up from its districts: {value} of {definition}, indicator only",
        ),
        "rolled_up_against_user_share": (
            "由所含小区汇总：{definition}占{value}，使用者自定下限{threshold}",
            (
                "rolled up from its districts: {value} of {definition}, "
                "against the user's own {threshold}"
            ),
        ),
    }
)


def area_reasons(areas: pd.DataFrame, *, packs: Sequence[Pack], lang: str) -> list[str]:
    """Say of each row of the area table why its verdict is what it is.

    Parameters
    ----------
    areas
        Columns of `spatial.policy.findings.AREA_COLUMNS`.
    packs
        The packs they were judged by.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    A text a row, in order: the figures, the target with its year, what is short and missing.
    """
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    records = areas.drop(columns="geometry", errors="ignore").to_dict("records")
    rows = [{str(name): value for name, value in record.items()} for record in records]
    return [_reason(row, rules[row["pack"], row["rule"]], lang=lang) for row in rows]


def area_definitions(areas: pd.DataFrame, *, packs: Sequence[Pack], lang: str) -> list[str | None]:
    """Say of each row what its ratio is of; None where it has none. See `area_reasons`."""
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    keys = zip(areas["pack"], areas["rule"], areas["definition"], strict=True)
    return [definition_text(code, rules[pack, rule], lang=lang) for pack, rule, code in keys]


def value_text(row: Mapping[str, Any], *, lang: str) -> str:
    """Write the value of a row with its unit, exactly; words where it is not known.

    A ratio is worked out again from its numerator and denominator, so that no float is printed.
    """
    value, top, bottom = (exact(row[name]) for name in ("value", "numerator", "denominator"))
    unknown = ("不详", "not known")[LANGUAGES.index(lang)]
    if _rolled_up(row):
        return unknown if value is None else _percent(value)
    unit = row["unit"] if isinstance(row["unit"], str) else None
    if value is None:
        return unknown
    return in_unit(grouped(ratio(top, bottom, value)), unit, lang=lang)


def ratio(top: Fraction | None, bottom: Fraction | None, value: Fraction) -> Fraction:
    """Give the exact ratio whose nearest float is `value`, from what it is made of.

    Its factor (1, 100, 1,000 or 10,000) is the one that fits; without one, `value` itself.
    """
    if top is None or not bottom:
        return value
    for per in (1, 100, 1000, 10000):
        if float(top / bottom * per) == float(value):
            return top / bottom * per
    return value


def _rolled_up(row: Mapping[str, Any]) -> bool:
    return str(row["reason_code"]).startswith("rolled_up")


def _percent(share: Fraction) -> str:
    # Shares of what lies inside are weighted and carry no more than this.
    return f"{grouped(cut(share * 100))}%"


def _reason(row: Mapping[str, Any], rule: Rule, *, lang: str) -> str:
    at = LANGUAGES.index(lang)
    code = str(row["reason_code"])
    value = value_text(row, lang=lang)
    known = exact(row["value"]) is not None
    text = _REASONS[code][at].format(
        value=value,
        now=(f"：现值{value}", f": {value}")[at] if known else "",
        threshold=_threshold(row, rule, lang=lang),
        short=_short(row, rule, lang=lang),
        size=_size(row, lang=lang),
        definition=definition_text(row["definition"], rule, lang=lang)
        or ("未写明来源", "source not given")[at],
    )
    listed = missing_list(row["missing"], lang=lang)
    return text if listed is None else f"{text}{('；缺少：', '; missing: ')[at]}{listed}"


def _threshold(row: Mapping[str, Any], rule: Rule, *, lang: str) -> str:
    limit, year = exact(row["threshold"]), exact(row["target_year"])
    if limit is None:
        return "—"
    if _rolled_up(row):
        return _percent(limit)
    unit = row["unit"] if isinstance(row["unit"], str) else None
    at = LANGUAGES.index(lang)
    number = in_unit(grouped(limit), unit, lang=lang)
    if rule.parameters.get("operator") == ">":
        number = (f"“超过{number}”", f"more than {number}")[at]
    elif rule.parameters.get("operator") == "<=":
        number = (f"“不超过{number}”", f"at most {number}")[at]
    return number if year is None else number + (f"（{year}年）", f" ({year})")[at]


def _short(row: Mapping[str, Any], rule: Rule, *, lang: str) -> str:
    deficit = exact(row["deficit"])
    if deficit is None:
        return ""
    over = rule.parameters.get("operator") == "<="
    word = (("，尚缺", ", short by "), ("，超出", ", over by "))[over][LANGUAGES.index(lang)]
    return f"{word}{grouped(deficit)}"


def _size(row: Mapping[str, Any], *, lang: str) -> str:
    size = exact(row["denominator"])
    return ("不详", "not known")[LANGUAGES.index(lang)] if size is None else grouped(size)
