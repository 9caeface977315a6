"""What gates find of land, of a land grant and of planning conditions, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Placeholders: item, needed, provided, deficit.
PLAN_SENTENCES: Final = MappingProxyType(
    {
        "no_planning_unit": (
            "未提供项目所在规划单元，用地规模无法核算",
            "the planning unit is not given, so its land cannot be tested",
        ),
        "no_land_rule": (
            "规则集中没有用地标准，无法核算",
            "the pack has no rule on land to test with",
        ),
        "land_unknown": (
            "规划单元{item}养老用地{provided}㎡（已知部分）；人口或用地资料不全",
            "planning unit {item}: {provided} m² of land known; population or land is missing",
        ),
        "land_no_number": ("用地标准未设定数值", "no number is set for land"),
        "land_met": (
            "规划单元{item}养老用地{provided}㎡，应不少于{needed}㎡",
            "planning unit {item}: {provided} m² of land for elderly facilities, required {needed}",
        ),
        "land_short": (
            "规划单元{item}养老用地{provided}㎡，应不少于{needed}㎡，尚缺{deficit}㎡",
            (
                "planning unit {item}: {provided} m² of land for elderly facilities, required "
                "{needed} m², short by {deficit} m²"
            ),
        ),
        "no_facility_of_service": (
            "项目不含此类设施",
            "the project has no facility of this service",
        ),
        "no_control_plan": ("未提供批准的控规要求", "the approved control plan is not given"),
        "control_plan_silent": ("控规未列此项", "the control plan does not list it"),
        "no_planning_conditions": ("未提供规划条件", "the planning conditions are not given"),
        "conditions_silent": (
            "规划条件未列此项",
            "the planning conditions do not ask for it",
        ),
        "carried_over": ("{item}已纳入出让方案", "{item} is carried over into the grant scheme"),
        "not_carried_over": (
            "{item}未纳入出让方案",
            "{item} is not carried over into the grant scheme",
        ),
        "term_differs": (
            "{item}：控规为{needed}，出让方案为{provided}",
            "{item}: {needed} in the control plan, {provided} in the grant scheme",
        ),
        "grant_area_met": (
            "{item}：出让方案建筑面积{provided}㎡，控规{needed}㎡",
            "{item}: floor area {provided} m² in the grant scheme, {needed} m² in the control plan",
        ),
        "grant_area_short": (
            "{item}：出让方案建筑面积{provided}㎡，控规{needed}㎡，少{deficit}㎡",
            (
                "{item}: floor area {provided} m² in the grant scheme, {needed} m² in the control "
                "plan, {deficit} m² less"
            ),
        ),
        "grant_land_met": (
            "{item}：出让方案用地面积{provided}㎡，控规{needed}㎡",
            "{item}: land {provided} m² in the grant scheme, {needed} m² in the control plan",
        ),
        "grant_land_short": (
            "{item}：出让方案用地面积{provided}㎡，控规{needed}㎡，少{deficit}㎡",
            (
                "{item}: land {provided} m² in the grant scheme, {needed} m² in the control "
                "plan, {deficit} m² less"
            ),
        ),
        "conditions_count_met": (
            "{item}：{provided}处，规划条件{needed}处",
            "{item}: {provided} facilities, {needed} in the planning conditions",
        ),
        "conditions_count_short": (
            "{item}：符合条件的{provided}处，规划条件{needed}处，尚缺{deficit}处",
            "{item}: {provided} fit, {needed} in the planning conditions, short by {deficit}",
        ),
        "conditions_count_unknown": (
            "{item}：已知符合条件的{provided}处，规划条件{needed}处；楼层、出入口或电梯不详",
            (
                "{item}: {provided} known to fit, {needed} in the planning conditions; floor, "
                "entrance or lift is not known"
            ),
        ),
        "conditions_area_met": (
            "{item}：建筑面积{provided}㎡，规划条件{needed}㎡",
            "{item}: floor area {provided} m², planning conditions {needed} m²",
        ),
        "conditions_area_short": (
            "{item}：建筑面积{provided}㎡，规划条件{needed}㎡，尚缺{deficit}㎡",
            "{item}: floor area {provided} m², planning conditions {needed} m², short {deficit} m²",
        ),
        "conditions_area_unknown": (
            "{item}：已知建筑面积{provided}㎡，规划条件{needed}㎡；有设施资料不全",
            "{item}: {provided} m² known, planning conditions {needed} m²; a facility is not known",
        ),
        "conditions_land_met": (
            "{item}：用地{provided}㎡，规划条件{needed}㎡",
            "{item}: land {provided} m², planning conditions {needed} m²",
        ),
        "conditions_land_short": (
            "{item}：用地{provided}㎡，规划条件{needed}㎡，尚缺{deficit}㎡",
            "{item}: land {provided} m², planning conditions {needed} m², short by {deficit} m²",
        ),
        "conditions_land_unknown": (
            "{item}：已知用地{provided}㎡，规划条件{needed}㎡；有设施资料不全",
            "{item}: {provided} m² known, planning conditions {needed} m²; a facility is not known",
        ),
        "conditions_below_rule": (
            "规划条件{item}合计{provided}㎡，低于一般规定{needed}㎡，少{deficit}㎡；以规划条件为准，列明供参考",
            (
                "the planning conditions {item} ask for {provided} m², {deficit} m² below the "
                "general rule of {needed} m²; they hold, and this is reported"
            ),
        ),
        "conditions_below_rule_in_pool": (
            (
                "规划条件{item}与统筹内其他项目的设施合计{provided}㎡，低于一般规定{needed}㎡，少{deficit}㎡；"
                "以规划条件为准，列明供参考"
            ),
            (
                "the planning conditions {item} and what other projects of the pool bring come to "
                "{provided} m², {deficit} m² below the general rule of {needed} m²; they hold, and "
                "this is reported"
            ),
        ),
    }
)
