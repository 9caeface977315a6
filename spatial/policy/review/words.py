"""Words of a review: verdicts, receivers, steps of building, and figures of sentences."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Final

from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.numerals import grouped
from spatial.policy.terms import LANGUAGES, term

SYNC_WORDS: Final = MappingProxyType(
    {
        "planned": ("规划", "planning"),
        "built": ("建设", "building"),
        "accepted": ("验收", "acceptance"),
        "handed_over": ("交付", "handover"),
    }
)
WORDS: Final = MappingProxyType(
    {
        "county_civil_affairs": ("县级民政部门", "the county civil affairs department"),
        "township_government": ("乡镇人民政府", "the township government"),
        "subdistrict_office": ("街道办事处", "the street office"),
        "developer": ("建设单位", "the developer"),
        "property_company": ("物业公司", "the property company"),
        "other": ("其他单位", "somebody else"),
        "True": ("无偿", "free of charge"),
        "False": ("有偿", "not free of charge"),
        "service": ("服务", "the service"),
        "kind": ("种类", "the kind"),
        "childcare": ("托育", "childcare"),
        "elderly": ("养老", "elderly care"),
        "count": ("数量", "the number"),
        "position": ("位置", "the position"),
        "receiver": ("接收单位", "the receiver"),
        "free_of_charge": ("无偿移交", "the free handover"),
    }
)
VERDICT_WORDS: Final = MappingProxyType(
    {
        "pass": ("通过", "pass"),
        "pass_with_advice": ("通过（附建议）", "pass with advice"),
        "not_pass": ("不予通过", "not passed"),
        "undetermined": ("无法判断", "undetermined"),
        "met": ("符合", "met"),
        "met_relaxed": ("按批准放宽符合", "met by an approved relaxation"),
        "advise": ("建议", "advice"),
        "not_met": ("不符合", "not met"),
        "indicator": ("仅列数值", "indicator"),
        "not_applicable": ("不适用", "not applicable"),
        "not_due": ("未到期", "not due"),
    }
)


def verdict_word(verdict: str, *, lang: str) -> str:
    """Name a verdict."""
    return term(VERDICT_WORDS, verdict, lang=lang)


def receiver_name(receiver: str, *, lang: str) -> str:
    """Name who receives a facility."""
    return term(WORDS, receiver, lang=lang)


def figure_word(value: Decimal | str | None, *, lang: str) -> str:
    """Write a figure, a kind of facility or a word of a sentence; a dash where there is none."""
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        return grouped(value)
    kind = FACILITY_KINDS.get(value)
    if kind is not None:
        return (kind.name_zh, kind.name_en)[LANGUAGES.index(lang)]
    return term(WORDS, value, lang=lang)
