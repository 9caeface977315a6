"""Sentences that every explanation has: the clause, its reading, facilities, other readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from spatial.policy.field_names import FIELDS
from spatial.policy.missing_wording import MOST_NAMED
from spatial.policy.numerals import exact, grouped
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule
from spatial.policy.terms import LANGUAGES, SEVERITIES, VERDICTS, term

# A finding or an area row: a mapping, or a row of a frame.
Record = Mapping[str, Any] | pd.Series

_CONFIDENCE: Final = MappingProxyType(
    {
        "seen": (
            "见于公开转述，未核对标准原文",
            "seen in a public source, not checked against the standard itself",
        ),
        "second-hand": (
            "间接转引，未核对标准原文",
            "known at second hand, not checked against the standard itself",
        ),
    }
)
# By the code of a reading; letters are those of readings §2.
_READINGS: Final = MappingProxyType(
    {
        "upper_end": (
            "读法（b）（自首处设置的下限起计整数增量）",
            "reading (b), full increments above the lower end of the range",
        ),
        "capacity": (
            "读法（c）（每处设施的户数不超过首处设置的上限）",
            "reading (c), capacity: no facility for more than the upper end of the range",
        ),
        "stand_alone": (
            "小区单独计算",
            "the reading of the district alone",
        ),
        "single_facility_minimum": (
            "每处设施单独达到最小面积",
            "the reading that every single facility reaches the minimum",
        ),
        "walking_distance": ("步行距离", "the reading of walking distance"),
        "straight_line": ("直线距离", "the reading of a straight line"),
        "phase_without_facility": (
            "没有设施的一期须等另一期的设施（晚于该期住宅的天数）",
            "the reading that a phase without a facility waits for another's (days behind)",
        ),
        "split_facility": (
            "每处设施只要有一部分计入即按一处计",
            "the reading that a facility counts wherever a part of it does",
        ),
    }
)


# Figures of the same sentence are no other reading; they are stated apart.
FURTHER_FIGURE: Final = "further_figure"


def pick(lang: str, zh: str, en: str) -> str:
    """Choose the text of a language."""
    return (zh, en)[LANGUAGES.index(lang)]


def paragraph(sentences: Sequence[str | None], *, lang: str) -> str:
    """Put sentences together; None are left out."""
    return pick(lang, "", " ").join(sentence for sentence in sentences if sentence)


def number(record: Record, name: str) -> Fraction | None:
    """Read a number of a record exactly; None for none."""
    return exact(record.get(name))


def text(record: Record, name: str) -> str | None:
    """Read a text of a record; None for none."""
    value = record.get(name)
    return value if isinstance(value, str) else None


def entries(record: Record, name: str) -> list[Any]:
    """Read a list of a record; empty for none."""
    value = record.get(name)
    return list(value) if isinstance(value, list | tuple) else []


def clause(pack: Pack, rule: Rule, *, lang: str) -> str:
    """Quote the clause; a background fact with how it is known."""
    if rule.confidence is not None:
        known = term(_CONFIDENCE, rule.confidence, lang=lang)
        return pick(
            lang,
            f"背景标准《{pack.title}》（{pack.document_no}）{rule.clause}（{known}）：“{rule.quote}”。",
            f"Background standard {pack.document_no} ({pack.title}), {rule.clause} ({known}): "
            f"“{rule.quote}”.",
        )
    return pick(
        lang,
        f"《{pack.title}》（{pack.document_no}）{rule.clause}规定：“{rule.quote}”。",
        f"{pack.document_no} ({pack.title}), {rule.clause}, says: “{rule.quote}”.",
    )


def reading(rule: Rule, *, lang: str) -> str:
    """Say how the clause is read."""
    words = rule.reading[lang].rstrip("。. ")
    return pick(lang, f"读法：{words}。", f"Reading: {words}.")


def verdict(code: str, rule: Rule, *, lang: str) -> str:
    """State the verdict, and how strong the wording is."""
    words = term(VERDICTS, code, lang=lang)
    severity = term(SEVERITIES, rule.severity, lang=lang)
    return pick(lang, f"判定：{words}（{severity}）。", f"Verdict: {words}; {severity}.")


def named(things: Sequence[str], *, lang: str) -> str:
    """List ids, the first few by name."""
    listed = pick(lang, "、", ", ").join(things[:MOST_NAMED])
    if len(things) <= MOST_NAMED:
        return listed
    return listed + pick(lang, f"等{len(things)}处", f" and {len(things) - MOST_NAMED} more")


def facilities(record: Record, *, lang: str, none: str | None = None) -> str | None:
    """Name the facilities the finding rests on; `none` is said where there are none."""
    ids = [str(one) for one in entries(record, "facilities")]
    if not ids:
        return none
    return pick(
        lang, f"依据设施：{named(ids, lang=lang)}。", f"Facilities: {named(ids, lang=lang)}."
    )


def would_count(record: Record, *, lang: str) -> str | None:
    """Name facilities that are not counted because something about them is not known."""
    found = [
        pick(
            lang,
            f"设施 {one['facility']}（{term(FIELDS, str(one['field']), lang='zh')}不详）",
            f"facility {one['facility']} ({term(FIELDS, str(one['field']), lang='en')} "
            "is not known)",
        )
        for one in entries(record, "would_count_if")
    ]
    if not found:
        return None
    return pick(
        lang,
        f"下列设施情况查明后可能计入：{named(found, lang='zh')}。",
        f"May count once the facts are known: {named(found, lang='en')}.",
    )


def alternatives(record: Record, *, lang: str) -> str | None:
    """Say what the other readings would give."""
    said = [
        _alternative(one, lang=lang)
        for one in entries(record, "alternatives")
        if one["reading"] != FURTHER_FIGURE
    ]
    if not said:
        return None
    return pick(lang, f"其他读法：{'；'.join(said)}。", f"Other readings: {'; '.join(said)}.")


def _alternative(one: Mapping[str, Any], *, lang: str) -> str:
    name = term(_READINGS, str(one["reading"]), lang=lang)
    found = VERDICTS[str(one["verdict"])][0] if lang == "zh" else str(one["verdict"])
    value, limit = exact(one.get("value")), exact(one.get("threshold"))
    if value is None or limit is None:
        return pick(lang, f"按{name}，为“{found}”", f"would be {found} under {name}")
    against = pick(
        lang,
        f"实有 {grouped(value)}，界限 {grouped(limit)}",
        f"{grouped(value)} against {grouped(limit)}",
    )
    return pick(
        lang, f"按{name}，为“{found}”（{against}）", f"would be {found} under {name} ({against})"
    )
