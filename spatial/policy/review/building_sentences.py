"""What gates find of what is built, and of its floor, entrance and lift, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Placeholders: facility, phase, item, needed, provided, deficit, date, against.
BUILDING_SENTENCES: Final = MappingProxyType(
    {
        "as_built_area_met": (
            "{item}：实测建筑面积{provided}㎡，规划条件{needed}㎡",
            "{item}: floor area {provided} m² measured, planning conditions {needed} m²",
        ),
        "as_built_area_short": (
            "{item}：实测建筑面积{provided}㎡，规划条件{needed}㎡，尚缺{deficit}㎡",
            (
                "{item}: floor area {provided} m² measured, planning conditions {needed} m², "
                "short {deficit} m²"
            ),
        ),
        "as_built_area_unknown": (
            "{item}：规划条件建筑面积{needed}㎡，缺实测数据（已知{provided}㎡）",
            (
                "{item}: floor area {needed} m² in the planning conditions; a survey is missing "
                "({provided} m² known)"
            ),
        ),
        "as_built_land_met": (
            "{item}：实测用地面积{provided}㎡，规划条件{needed}㎡",
            "{item}: land {provided} m² measured, planning conditions {needed} m²",
        ),
        "as_built_land_short": (
            "{item}：实测用地面积{provided}㎡，规划条件{needed}㎡，尚缺{deficit}㎡",
            (
                "{item}: land {provided} m² measured, planning conditions {needed} m², "
                "short {deficit} m²"
            ),
        ),
        "as_built_land_unknown": (
            "{item}：规划条件用地面积{needed}㎡，缺实测数据（已知{provided}㎡）",
            (
                "{item}: land {needed} m² in the planning conditions; a survey is missing "
                "({provided} m² known)"
            ),
        ),
        "later_phase": (
            "{item}在后期建设，本次不核",
            "{item} is built in a later phase and not tested now",
        ),
        "still_building": ("{facility}尚未建成（缓建）", "{facility} is still being built (缓建)"),
        "state_unknown": ("{facility}建设状态不详", "the state of {facility} is not known"),
        "told_elsewhere": ("{facility}另项说明", "{facility}: told by another check"),
        "built_by_now": ("{facility}现已建成", "{facility} is built by now"),
        "built_late": (
            (
                "{facility}于{date}建成，晚于{phase}期住宅（{against}）{deficit}天；现已建成，"
                "缓建已整改到位，日期先后由“四同步”条判断"
            ),
            (
                "{facility} was built on {date}, {deficit} days after the housing of phase {phase} "
                "({against}); it is there now, so the delay (缓建) has been put right, and the "
                "dates are judged under 四同步"
            ),
        ),
        "built_in_time": (
            "{facility}于{date}建成，不晚于住宅（{against}）",
            "{facility} was built on {date}, no later than the housing ({against})",
        ),
        "approved_area_unknown": (
            "{facility}批准面积不详",
            "the approved area of {facility} is not known",
        ),
        "survey_met": (
            "{facility}：实测{provided}㎡，批准{needed}㎡",
            "{facility}: {provided} m² measured, {needed} m² approved",
        ),
        "survey_short": (
            "{facility}：实测{provided}㎡，批准{needed}㎡，少{deficit}㎡（缩建）",
            "{facility}: {provided} m² measured, {needed} m² approved, {deficit} m² less (缩建)",
        ),
        "survey_unknown": ("{facility}缺实测面积", "{facility} has not been surveyed"),
        "suspended": ("{facility}已停建", "building of {facility} is suspended (停建)"),
        "not_suspended": ("{facility}未停建", "{facility} is not suspended"),
        "given_up": ("{facility}已取消（不建）", "{facility} has been given up (不建)"),
        "not_begun": ("{facility}未开工（不建）", "{facility} has not been begun (不建)"),
        "begun": ("{facility}已开工或建成", "{facility} is begun or built"),
        "item_omitted": (
            "规划条件所列{item}没有对应设施（不建）",
            "{item} of the planning conditions has no facility (不建)",
        ),
        "item_incomplete": (
            "规划条件所列{item}应有{needed}处，对应设施{provided}处，缺{deficit}处（不建）",
            (
                "the planning conditions ask for {needed} of {item}, and {provided} are there: "
                "{deficit} lacking (不建)"
            ),
        ),
        "floor_level_met": (
            "{facility}在{provided}层，应不高于{needed}层",
            "{facility} is on floor {provided}, at most floor {needed} is allowed",
        ),
        "floor_level_failed": (
            "{facility}在{provided}层，高于允许的{needed}层",
            "{facility} is on floor {provided}, above floor {needed}, the highest allowed",
        ),
        "floor_level_unknown": (
            "{facility}楼层不详，应不高于{needed}层",
            "the floor of {facility} is not known; at most floor {needed} is allowed",
        ),
        "own_entrance_met": (
            "{facility}有独立出入口",
            "{facility} has an entrance of its own",
        ),
        "own_entrance_failed": (
            "{facility}无独立出入口",
            "{facility} has no entrance of its own",
        ),
        "own_entrance_unknown": (
            "{facility}有无独立出入口不详",
            "whether {facility} has an entrance of its own is not known",
        ),
        "lift_met": ("{facility}有电梯", "{facility} has a lift"),
        "lift_failed": ("{facility}无电梯", "{facility} has no lift"),
        "lift_unknown": (
            "{facility}有无电梯不详",
            "whether {facility} has a lift is not known",
        ),
        "no_conditions_set": (
            "本条未设定楼层、出入口或电梯要求",
            "the rule sets nothing on floor, entrance or lift",
        ),
    }
)
