"""An evaluation in a few lines, for a terminal."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame

from service.exports.content import Language
from service.exports.headings import FLAG_WORDS, VERDICT_WORDS
from service.exports.region import region_words

WORST: Final = 10


def summary_lines(
    summary: Mapping[str, Any],
    worst: GeoDataFrame,
    *,
    notices: Sequence[str],
    lang: Language,
) -> list[str]:
    """Sum an evaluation up for a person.

    Parameters
    ----------
    summary
        The object ``--json`` prints.
    worst
        The first districts in rank order, with ``reasons`` (lists of text).
    notices
        What must be said of the data wherever they are shown; printed first.
    """
    packs = [
        f"{pack}（{region_words(where, lang=lang)}）" if lang == "zh" else f"{pack} ({where})"
        for pack, where in summary["region"].items()
    ]
    lines = list(notices)
    lines.append(
        f"评估日期 {summary['as_of']}；规则集 {'、'.join(packs)}"
        if lang == "zh"
        else f"As of {summary['as_of']}; packs {', '.join(packs)}"
    )
    total = summary["districts"]
    if total or not summary["areas"]:
        lines += _flag_lines(summary["flags"], total, lang)
    if len(worst):
        lines.append(
            f"排名最前的 {len(worst)} 个：" if lang == "zh" else f"The {len(worst)} worst served:"
        )
    for row in worst.drop(columns="geometry").to_dict("records"):
        lines.append(f"  {_headline(row, lang)}")
        lines += [f"       {reason}" for reason in row["reasons"]]
    lines += _area_lines(summary["areas"], lang, each=total == 0)
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in summary["seconds"].items())
    lines.append(f"各步用时（秒）：{stages}" if lang == "zh" else f"Seconds: {stages}")
    return lines


def _flag_lines(flags: Mapping[str, int], total: int, lang: Language) -> list[str]:
    width = max(len(str(count)) for count in flags.values())
    at = 0 if lang == "zh" else 1
    return [
        f"居住区 {total} 个：" if lang == "zh" else f"{total} districts:",
        *(f"  {count:>{width}}  {FLAG_WORDS[flag][at]} ({flag})" for flag, count in flags.items()),
    ]


def slope_words(slope: Mapping[str, Any], *, lang: Language) -> str:
    """Say what counting slope has changed."""
    more, changed = slope["households_outside_more"], slope["districts_changed"]
    if lang == "zh":
        return f"计入坡度：圈外多 {more} 户，{changed} 个居住区的评定改变"
    return f"With slope: {more} more households outside, {changed} districts flagged otherwise"


def _area_lines(rules: Mapping[str, Mapping[str, int]], lang: Language, *, each: bool) -> list[str]:
    """Sum the rules about areas up in one line and, where nothing else was judged, a line each."""
    if not rules:
        return []
    at = 0 if lang == "zh" else 1
    total: dict[str, int] = {}
    for counts in rules.values():
        for verdict, count in counts.items():
            total[verdict] = total.get(verdict, 0) + count

    def said(counts: Mapping[str, int]) -> str:
        words = [f"{VERDICT_WORDS[v][at]} {counts[v]}" for v in VERDICT_WORDS if v in counts]
        return "，".join(words) if lang == "zh" else ", ".join(words)

    head = f"行政区规则 {len(rules)} 条：" if lang == "zh" else f"{len(rules)} rules about areas: "
    lines = [head + said(total)]
    if each:
        lines += [f"  {rule}: {said(counts)}" for rule, counts in rules.items()]
    return lines


def _headline(row: Mapping[Hashable, Any], lang: Language) -> str:
    name = row["id"] if pd.isna(row["name"]) else f"{row['id']} {row['name']}"
    flag = FLAG_WORDS[row["flag"]][0 if lang == "zh" else 1]
    unknown = "不详" if lang == "zh" else "unknown"
    concerned = row["households_concerned"]
    count = unknown if pd.isna(concerned) else int(concerned)
    if lang == "zh":
        return f"{row['rank']:>3}. {name}：{flag}，涉及 {count} 户"
    return f"{row['rank']:>3}. {name}: {flag}, {count} households concerned"
