"""What is said beside a finding: why it does not decide, and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from spatial.policy.terms import LANGUAGES

# Why a finding is shown beside what decides.
_BESIDE: Final = MappingProxyType(
    {
        "target": (
            "本条为地区规划目标，不是单个项目的义务，列明供参考，不作为通过与否的依据",
            (
                "The clause is a target of the whole place and no duty of one project: shown "
                "beside, it does not decide"
            ),
        ),
        "after_design": (
            "设施位置随方案审定，本阶段不再以距离为依据，列明供参考",
            "Where things stand is settled with the design: from then on shown beside",
        ),
        "conditions_hold": (
            "以本项目规划条件为准，一般规定列明供参考",
            "The project's own planning conditions hold; the general rule is shown beside",
        ),
    }
)
_ASSUMED: Final = MappingProxyType(
    {
        "massing": (
            "体块{blocks}个，各期户数按占地面积×层数分摊",
            "{blocks} blocks of a massing; units spread by footprint × storeys",
        ),
        "urban": (
            "项目按城镇居住区审查（项目资料不说明是否属于农村社区）",
            "the project is taken to be urban; its file does not say whether it is rural",
        ),
        "suspended_counts": (
            "停建的设施{facility}在本阶段按申报计入，是否建成在规划核实、竣工验收时核对",
            (
                "{facility}, whose building is suspended, counts as submitted; whether it is "
                "built is asked at the verification and the completion"
            ),
        ),
    }
)


def beside_text(code: str, *, lang: str) -> str:
    """Say why a finding does not decide."""
    return _BESIDE[code][LANGUAGES.index(lang)]


def assumption_text(assumption: Mapping[str, str], *, lang: str) -> str | None:
    """Say what was assumed; None for what is told with the figures it concerns."""
    said = _ASSUMED.get(assumption["assumption"])
    return None if said is None else said[LANGUAGES.index(lang)].format(**assumption)
