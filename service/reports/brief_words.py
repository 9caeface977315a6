"""The fixed words of a brief, Chinese and English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

_WORDS: Final = MappingProxyType(
    {
        "district_title": ("{name}　托育养老服务简报", "{name}: childcare and elderly care"),
        "area_title": ("{name}　托育养老服务简报", "{name}: childcare and elderly care"),
        "head": ("托育与养老服务评估简报", "Childcare and elderly care: a brief"),
        "number": ("{id}　评估日期 {as_of}", "{id}, as of {as_of}"),
        "level": ("级别", "Level"),
        "districts": ("居住区", "Districts"),
        "districts_value": ("{count}个", "{count}"),
        "flags": ("评定", "Flags"),
        "flag_count": (
            "{flag}{count}个（{households}户）",
            "{flag} {count} ({households} households)",
        ),
        "stage": ("阶段与户数", "Stage and size"),
        "households_value": ("{count}户", "{count} households"),
        "unknown": ("户数不详", "households not known"),
        "rank": ("排名", "Rank"),
        "rank_value": ("第{rank}，共{total}个（第1为最差）", "{rank} of {total}, 1 the worst"),
        "concerned": ("，涉及{count}户", ", {count} households concerned"),
        "concerned_head": ("涉及户数", "Households concerned"),
        "clauses": ("逐条判定", "Clause by clause"),
        "clause": ("条款", "Clause"),
        "found": ("认定", "Found"),
        "needed": ("应有", "Needed"),
        "provided": ("实有", "Provided"),
        "deficit": ("缺口", "Short by"),
        "verdict": ("判定", "Verdict"),
        "left_out": (
            "另有{count}条不适用、仅列指标或未列出，见评估结果表。",
            "{count} more do not apply, give no verdict or have no room here: see the workbook.",
        ),
        "remedies": ("改善途径", "What would help"),
        "more_remedies": ("另有{count}条，见评估说明", "{count} more: see the explanations"),
        "worst": ("服务最不足的居住区", "The worst served districts"),
        "district": ("居住区", "District"),
        "flag": ("评定", "Flag"),
        "pack_line": ("依据：{title}，{region}", "By {title}, {region}"),
        "evaluation_line": (
            "评估编号 {id}，评估日期 {as_of}。由程序生成。",
            "Evaluation {id}, as of {as_of}. Made by the program.",
        ),
        "map_alt": ("{name}位置与服务范围图", "Map of {name} and what reaches it"),
        "site": ("本居住区", "this district"),
        "area_site": ("行政区界", "boundary of the area"),
    }
)


class BriefWords:
    """The words in one language."""

    def __init__(self, lang: str) -> None:
        self.at = ("zh", "en").index(lang)

    def __call__(self, name: str, /, **values: Any) -> str:  # noqa: ANN401  # whatever a template takes
        """Return a text, its places filled."""
        text = _WORDS[name][self.at]
        return text.format(**values) if values else text
