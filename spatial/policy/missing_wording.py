"""What is missing for a verdict on an area, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from spatial.policy.field_names import FIELDS
from spatial.policy.numerals import phase_word
from spatial.policy.terms import LANGUAGES, LEVELS, indicator_name
from spatial.policy.terms import term as _term

# Of a long list only so many are named.
MOST_NAMED: Final = 8


# By the fields an entry has.
_MISSING: Final = MappingProxyType(
    {
        frozenset({"indicator", "area"}): (
            "{area}的{indicator}（导入指标{code}）",
            "{indicator} of {area} (imported figure {code})",
        ),
        frozenset({"field", "area"}): ("{area}的{field}", "{field} of {area}"),
        frozenset({"field"}): ("{field}", "{field}"),
        frozenset({"layer"}): ("设施数据", "data of facilities"),
        frozenset({"facility", "field"}): (
            "设施{facility}的{field}",
            "{field} of facility {facility}",
        ),
        frozenset({"level", "area"}): (
            "{area}内条文所指的{level}",
            "{level} of the kind asked in {area}",
        ),
        frozenset({"figure_of_year", "latest"}): (
            "{figure_of_year}年的数值（现有最近为{latest}年）",
            "the figure of {figure_of_year} (the latest is of {latest})",
        ),
        frozenset({"rule", "districts"}): (
            "{districts}个小区按{rule}无法判定",
            "{districts} districts are undetermined by {rule}",
        ),
        frozenset({"facilities_not_known"}): (
            "{facilities_not_known}处设施是否计入不明",
            "whether {facilities_not_known} facilities count is not known",
        ),
    }
)
# Likewise, of what a review of a project lacks.
_OF_PROJECT: Final = MappingProxyType(
    {
        frozenset({"phase", "field"}): ("{phase}期{field}", "{field} of phase {phase}"),
        frozenset({"planning_unit", "field"}): (
            "规划单元{planning_unit}的{field}",
            "{field} of planning unit {planning_unit}",
        ),
        frozenset({"rule"}): ("规则集中的条目{rule}", "the rule {rule} of the pack"),
    }
)
_DOUBTFUL: Final = (
    "设施{facility}是否计入（运营状态、日期或属性不详）",
    "whether facility {facility} counts (its status, a date or an attribute is not known)",
)
_FIGURES: Final = MappingProxyType(
    {
        "denominator_is_zero": ("大于零的分母", "a denominator above nought"),
        "year_before": ("上一年度的数值", "the figure of the year before"),
        "no_new_districts": ("新建小区", "new districts"),
    }
)


def missing_list(missing: object, *, lang: str) -> str | None:
    """Put a ``missing`` list in words, each thing once, the first few by name; None for none."""
    if not isinstance(missing, list) or not missing:
        return None
    at = LANGUAGES.index(lang)
    texts = list(dict.fromkeys(missing_text(entry, lang=lang) for entry in missing))
    listed = ("、", "; ")[at].join(texts[:MOST_NAMED])
    more = len(texts) - MOST_NAMED
    return listed if more <= 0 else listed + (f"等{len(texts)}项", f" and {more} more")[at]


def missing_text(entry: Mapping[str, Any], *, lang: str) -> str:
    """Put one entry of a ``missing`` list in words."""
    at = LANGUAGES.index(lang)
    if "figure" in entry:
        return _FIGURES[str(entry["figure"])][at]
    named = {key: str(value) for key, value in entry.items()}
    named["code"] = named.get("indicator", "")
    if "facility" in named and named["field"] == "status":
        # What keeps a facility out of a sum of areas may be any fact about it.
        return _DOUBTFUL[at].format(**named)
    if "phase" in named:
        named["phase"] = phase_word(named["phase"], lang=lang)
    if "field" in named:
        named["field"] = _term(FIELDS, named["field"], lang=lang)
    if "level" in named:
        named["level"] = _term(LEVELS, named["level"], lang=lang)
    if "indicator" in named:
        named["indicator"] = indicator_name(named["indicator"], lang=lang)
    return {**_MISSING, **_OF_PROJECT}[frozenset(entry)][at].format(**named)
