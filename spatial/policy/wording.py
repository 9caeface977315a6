"""Reasons and definitions of findings in words, Chinese and English.

Codes are kept, texts are made here on output, so that one stored run speaks both languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from spatial.policy.numerals import figure, metres
from spatial.policy.terms import LANGUAGES
from spatial.table import Table, numbers, objects

# The outer limit of a radius, as the sentence of `radius_outer` names it.
_OUTER_M: Final = 800.0
_CHOICE: Final = re.compile(r"\[([^\]|]*)\|([^\]|]*)\]")

# Placeholders: value, threshold, deficit, nearest, households, gap. Of [one|other] the first is
# said where all its figures are known, else the second: no dash stands for a figure.
_REASONS: Final = MappingProxyType(
    {
        "circle_met": (
            "步行可达：最远处{value}米，限{threshold}米",
            "within the walking circle: farthest point {value} m, limit {threshold} m",
        ),
        "circle_part": (
            (
                "仅部分在步行圈内：[最远处{value}米|部分住处的步行距离不详]，限{threshold}米"
                "[，圈外约{households}户|]"
            ),
            (
                "partly in the walking circle: [farthest point {value} m|of some points the walk "
                "is not known], limit {threshold} m[, about {households} households outside|]"
            ),
        ),
        "circle_screen": (
            (
                "步行圈外（[最近处{nearest}米，|][最远处{value}米|部分住处的步行距离不详]，"
                "限{threshold}米），但按成人步速或直线筛查仍有可达处"
            ),
            (
                "outside the walking circle ([nearest point {nearest} m, |][farthest {value} m|of "
                "some points the walk is not known], limit {threshold} m), yet inside at adult "
                "pace or by the straight-line screen"
            ),
        ),
        "circle_none": (
            (
                "步行圈外：[最近处{nearest}米，|][最远处{value}米|部分住处的步行距离不详]，"
                "限{threshold}米"
            ),
            (
                "outside the walking circle: [nearest point {nearest} m, |][farthest {value} m|of "
                "some points the walk is not known], limit {threshold} m"
            ),
        ),
        "beyond_5000_m": (
            "有住处按条文的量法（直线或步行）5000米内没有计入的设施（限{threshold}米）",
            (
                "no facility that counts within 5,000 m of some point, in a straight line or on "
                "foot as the clause measures (limit {threshold} m)"
            ),
        ),
        "off_network": (
            "有住处或出入口离路网过远，无法判断步行距离",
            "a dwelling point or gate is too far from the street network to measure walking",
        ),
        "street_island": (
            "有住处或出入口所接道路与其他道路不相连，无法判断步行距离",
            (
                "a dwelling point or gate joins a street that hangs together with no other, so "
                "walking is unknown"
            ),
        ),
        "no_network": ("没有路网，无法判断步行距离", "without a street network walking is unknown"),
        "rural": ("农村社区，只列指标", "rural community: indicator only"),
        "radius_met": (
            "直线{value}米，不超过{threshold}米",
            "straight line {value} m, within {threshold} m",
        ),
        "radius_met_relaxed": (
            "直线{value}米，不超过批准半径{threshold}米",
            "straight line {value} m, within the approved radius of {threshold} m",
        ),
        "radius_outer": (
            "直线{value}米，超过放宽后的上限800米",
            "straight line {value} m, beyond the outer limit of 800 m",
        ),
        "radius_approved": (
            "直线{value}米，超过批准半径{threshold}米",
            "straight line {value} m, beyond the approved radius of {threshold} m",
        ),
        "radius_not_relaxed": (
            "直线{value}米，超过{threshold}米且没有放宽记录",
            "straight line {value} m, beyond {threshold} m without a recorded relaxation",
        ),
        "no_relaxation_record": ("没有放宽记录", "no relaxation is recorded"),
        "area_met": (
            "建筑面积{value}㎡，应不少于{threshold}㎡",
            "floor area {value} m², required {threshold} m²",
        ),
        "area_short": (
            "建筑面积{value}㎡，应不少于{threshold}㎡，{gap}{deficit}㎡",
            "floor area {value} m², required {threshold} m², {gap} {deficit} m²",
        ),
        "area_unknown": (
            "已知建筑面积{value}㎡，应不少于{threshold}㎡；有设施面积不详",
            "known floor area {value} m², required {threshold} m²; a facility's area is missing",
        ),
        "count_met": (
            "设施{value}处，应不少于{threshold}处",
            "{value} facilities, required {threshold}",
        ),
        "count_short": (
            "设施{value}处，应不少于{threshold}处，{gap}{deficit}处",
            "{value} facilities, required {threshold}, {gap} {deficit}",
        ),
        "below_first_threshold": (
            "户数未达首处设置标准",
            "fewer households than the first facility asks for",
        ),
        "no_households": ("户数不详", "the number of households is missing"),
        "no_residents": ("户数为零", "there are no households"),
        "pool_of_new_and_existing": (
            "统筹单元同时含新建与已建，标准不同，无法合并判断",
            "the pool mixes new and existing districts, which owe by different standards",
        ),
        "other_stage": (
            "条文不适用于此类居住区",
            "the clause does not speak of districts at this stage",
        ),
    }
)

_WARNINGS: Final = MappingProxyType(
    {
        "stage_against_permit": (
            "（注意：建设阶段与许可日期矛盾）",
            " (note: the stage contradicts the permit date)",
        )
    }
)

_DEFINITIONS: Final = MappingProxyType(
    {
        "share_of_buildings": ("按楼栋户数加权的覆盖比例", "share of buildings, by households"),
        "share_of_grid_points": ("用地内网格点的覆盖比例", "share of grid points inside the site"),
    }
)

_UNITS: Final = MappingProxyType(
    {
        "pool": ("统筹", "pool"),
        "land_grant": ("出让地块", "land grant"),
        "community": ("社区", "community"),
        "district": ("小区", "district"),
    }
)


def reason_texts(
    findings: Table, *, lang: str, stage: Mapping[str, str] | None
) -> list[str | None]:
    """Say of each finding why its verdict is what it is.

    Parameters
    ----------
    findings
        Columns of `spatial.policy.findings.FINDING_COLUMNS`.
    lang
        ``zh`` or ``en``.
    stage
        Stage by district id, so that a shortfall of an existing place is called 缺口; None calls
        every shortfall by the neutral word.
    """
    at = LANGUAGES.index(lang)
    texts: list[str | None] = []
    codes = ("district_id", "reason_code", "warning_code")
    figures = ("value", "threshold", "deficit", "nearest_m", "households_outside")
    for district, reason, warning, value, threshold, deficit, nearest, outside in zip(
        *(objects(findings[name]).tolist() for name in codes),
        *(numbers(findings[name]).tolist() for name in figures),
        strict=True,
    ):
        if not isinstance(reason, str):
            texts.append(None)
            continue
        existing = stage is not None and stage.get(district) == "existing"
        far = partial(metres, limits=(threshold, _OUTER_M)) if _in_metres(reason) else figure
        said = {
            "value": far(value),
            "threshold": figure(threshold),
            "deficit": figure(deficit),
            "nearest": far(nearest),
            "households": figure(outside),
            "gap": (("缺口", "gap") if existing else ("尚缺", "short by"))[at],
        }
        text = _filled(_REASONS[reason][at], said)
        texts.append(text + (_WARNINGS[warning][at] if isinstance(warning, str) else ""))
    return texts


def _in_metres(reason: str) -> bool:
    return reason.startswith(("circle_", "radius_"))


def _filled(template: str, figures: Mapping[str, str]) -> str:
    """Fill a sentence; of its choices the one whose figures are all known."""

    def chosen(found: re.Match[str]) -> str:
        one, other = found.groups()
        return one if "—" not in one.format(**figures) else other

    if "[" in template:
        template = _CHOICE.sub(chosen, template)
    return template.format(**figures)


def definition_texts(findings: Table, *, lang: str) -> list[str | None]:
    """Say what the figures of each finding are of; None where there is nothing to say."""
    at = LANGUAGES.index(lang)
    texts: list[str | None] = []
    columns = ("definition_code", "unit_id", "unit_households")
    for code, unit_id, households in zip(
        *(objects(findings[name]).tolist() for name in columns), strict=True
    ):
        if not isinstance(code, str):
            texts.append(None)
        elif code == "unit":
            kind, _, name = str(unit_id).partition(":")
            size = figure(households)
            template = ("单元：{}{}，{}户", "unit: {} {}, {} households")[at]
            texts.append(template.format(_UNITS[kind][at], name, size))
        else:
            texts.append(_DEFINITIONS[code][at])
    return texts
