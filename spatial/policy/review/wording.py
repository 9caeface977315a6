"""A review in words: steps of gates, what would make it pass, verdicts; Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.field_names import FIELDS
from spatial.policy.numerals import grouped, phase_word
from spatial.policy.review.gate import Step
from spatial.policy.review.remedy import Remedy
from spatial.policy.terms import LANGUAGES, term

# Placeholders: facility, phase, item, needed, provided, deficit, date, against, step.
_STEPS: Final = MappingProxyType(
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
        "no_earlier_phase": ("没有更早的分期", "there is no earlier phase"),
        "handed_over": ("{facility}已于{date}移交", "{facility} was handed over on {date}"),
        "not_handed_over": (
            (
                "前期设施{facility}于{date}验收，至今{provided}天未移交，超过{needed}天（建而不交；"
                "天数为规则集参数，条文未定）"
            ),
            (
                "{facility} of an earlier phase was accepted on {date} and is not handed over "
                "{provided} days later, more than {needed} (建而不交; the days are a parameter of "
                "the pack, the clause sets none)"
            ),
        ),
        "not_handed_over_yet": (
            (
                "前期设施{facility}于{date}验收，至今{provided}天未移交，尚在{needed}天之内，"
                "暂不作建而不交认定（天数为规则集参数，条文未定）"
            ),
            (
                "{facility} of an earlier phase was accepted on {date} and is not handed over "
                "{provided} days later, within the {needed} allowed: not 建而不交 yet (the days "
                "are a parameter of the pack, the clause sets none)"
            ),
        ),
        "not_handed_over_no_days": (
            "前期设施{facility}于{date}验收，至今{provided}天未移交；条文与规则集均未定天数",
            (
                "{facility} of an earlier phase was accepted on {date} and is not handed over "
                "{provided} days later; neither the clause nor the pack sets a number of days"
            ),
        ),
        "handover_unknown": (
            "{facility}是否移交不详",
            "whether {facility} is handed over is not known",
        ),
        "not_accepted_yet": ("{facility}尚未验收", "{facility} is not accepted yet"),
        "agreement_unknown": (
            "{facility}是否签订移交协议不详",
            "whether an agreement on handing {facility} over is signed is not known",
        ),
        "agreement_unsigned": (
            "{facility}未签订移交协议（建而不交）",
            "no agreement on handing {facility} over is signed (建而不交)",
        ),
        "agreement_signed": (
            "{facility}已签订移交协议",
            "the agreement on handing {facility} over is signed",
        ),
        "acceptance_unknown": (
            "{facility}验收日期不详，或尚未验收",
            "{facility} is not accepted yet, or when is not known",
        ),
        "handover_waiting": (
            (
                "{facility}于{date}验收，至今{provided}天没有移交记录，超过{needed}天"
                "（天数为规则集参数，条文未定）"
            ),
            (
                "{facility} was accepted on {date}; {provided} days later there is no record of a "
                "handover, and {needed} are allowed (a parameter of the pack; the clause sets none)"
            ),
        ),
        "handover_awaited": (
            (
                "{facility}于{date}验收，至今{provided}天没有移交记录，尚在{needed}天之内，"
                "不能判定已移交（天数为规则集参数，条文未定）"
            ),
            (
                "{facility} was accepted on {date}; {provided} days later there is no record of a "
                "handover yet, within the {needed} allowed (a parameter of the pack; the clause "
                "sets none)"
            ),
        ),
        "handover_no_days": (
            "{facility}于{date}验收，至今{provided}天没有移交记录；条文与规则集均未定天数",
            (
                "{facility} was accepted on {date}; {provided} days later there is no record of a "
                "handover; neither the clause nor the pack sets a number of days"
            ),
        ),
        "receiver_unknown": (
            "{facility}接收单位不详",
            "who receives {facility} is not known",
        ),
        "receiver_named": (
            "{facility}由{provided}接收",
            "{facility} is received by {provided}",
        ),
        "receiver_other": (
            "{facility}由{provided}接收，不是县级民政部门或乡镇人民政府（街道办事处）",
            (
                "{facility} is received by {provided}, which is neither the county civil affairs "
                "department nor the township government (street office)"
            ),
        ),
        "price_unknown": (
            "{facility}是否无偿移交不详",
            "whether {facility} is handed over free of charge is not known",
        ),
        "free_of_charge": (
            "{facility}无偿移交",
            "{facility} is handed over free of charge",
        ),
        "paid_for": (
            "{facility}收取{provided}元，应为无偿",
            "{provided} yuan are asked for {facility}, which is to be free of charge",
        ),
        "in_step": (
            "{facility}{step}（{date}）不晚于{phase}期住宅（{against}）",
            "{facility}, {step}: {date}, no later than the housing of phase {phase} ({against})",
        ),
        "out_of_step": (
            "{facility}{step}（{date}）晚于{phase}期住宅（{against}）{deficit}天",
            (
                "{facility}, {step}: {date}, {deficit} days after the housing of phase {phase} "
                "({against})"
            ),
        ),
        "schedule_out_of_step": (
            "{facility}计划{step}（{date}）晚于{phase}期住宅（{against}）{deficit}天",
            (
                "{facility}, {step}, as scheduled: {date}, {deficit} days after the housing of "
                "phase {phase} ({against})"
            ),
        ),
        "housing_ahead": (
            "{phase}期住宅已{done}（{against}），{facility}至审查日仍未{done}，已晚{deficit}天",
            (
                "{done}: the housing of phase {phase} on {against}; {facility} not by the day of "
                "the review, {deficit} days later"
            ),
        ),
        "housing_ahead_scheduled": (
            (
                "{phase}期住宅已{done}（{against}），{facility}至审查日仍未{done}，"
                "计划{date}，晚{deficit}天"
            ),
            (
                "{done}: the housing of phase {phase} on {against}; {facility} not by the day of "
                "the review, scheduled for {date}, {deficit} days later"
            ),
        ),
        "scheduled_only": (
            (
                "{facility}（计划{date}）与{phase}期住宅（计划{against}）至审查日均未{done}，"
                "计划日期不作为事实"
            ),
            (
                "{done}: neither {facility} (scheduled for {date}) nor the housing of phase "
                "{phase} (scheduled for {against}) by the day of the review; a date to come is "
                "no fact"
            ),
        ),
        "scheduled_only_out_of_step": (
            (
                "{facility}（计划{date}）与{phase}期住宅（计划{against}）至审查日均未{done}，"
                "计划日期不作为事实；按计划晚{deficit}天"
            ),
            (
                "{done}: neither {facility} (scheduled for {date}) nor the housing of phase "
                "{phase} (scheduled for {against}) by the day of the review; a date to come is "
                "no fact; as scheduled it is {deficit} days late"
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
        "same_approval": (
            "{facility}与{phase}期住宅同一批准文件（{provided}）",
            "{facility} and the housing of phase {phase} stand in one approval ({provided})",
        ),
        "same_submission": (
            "{facility}与{phase}期住宅一并申报",
            "{facility} and the housing of phase {phase} are submitted together",
        ),
        "before_housing_scheduled": (
            "{facility}{done}（{date}），{phase}期住宅至审查日尚未{done}（计划{against}）",
            (
                "{facility}, {done}: {date}; the housing of phase {phase} not by the day of the "
                "review (scheduled for {against})"
            ),
        ),
        "before_housing": (
            "{facility}{step}（{date}），{phase}期住宅尚无此日期",
            "{facility}, {step}: {date}; the housing of phase {phase} has no such date yet",
        ),
        "date_missing": (
            "{facility}或{phase}期住宅的{step}日期缺失，不推定为同步",
            (
                "{facility} or the housing of phase {phase} has no date for {step}; they are not "
                "presumed to be in step"
            ),
        ),
    }
)
_REMEDIES: Final = MappingProxyType(
    {
        "add_floor_area": ("{of}增加建筑面积{amount}㎡", "add {amount} m² of floor area{of}"),
        "add_land": ("{of}增加用地{amount}㎡", "add {amount} m² of land{of}"),
        "add_facilities": (
            "{of}增设{amount}处设施",
            "add {amount} more {facilities}{of}",
        ),
        "raise_in_grant": (
            "出让方案中{of}增加{amount}㎡",
            "raise the grant scheme by {amount} m²{of}",
        ),
        "raise_conditions": (
            "规划条件提高{amount}㎡",
            "raise the planning conditions by {amount} m²",
        ),
        "carry_over": (
            "将控规的{of}{field}纳入出让方案",
            "carry over {field}{of} from the control plan into the grant scheme",
        ),
        "build": ("建成{of}", "build{of}"),
        "resume": ("恢复建设{of}", "resume building{of}"),
        "hand_over": ("移交{of}", "hand over{of}"),
        "sign_agreement": ("签订{of}移交协议", "sign the agreement on handing over{of}"),
        "change_receiver": (
            "{of}改由县级民政部门或乡镇人民政府（街道办事处）接收",
            "hand over{of} to the county civil affairs department or the township government",
        ),
        "make_free": ("{of}无偿移交", "hand over free of charge{of}"),
        "advance": ("{of}{step}提前{amount}天", "bring {step}{of} forward by {amount} days"),
        "one_approval": (
            "{of}与住宅纳入同一批准文件",
            "put{of} and the housing into one approval",
        ),
        "officer_decides": (
            "{of}{step}与住宅的先后已成事实，改期不能补救；已整改的，由审查人写明理由另作认定",
            (
                "the order of {step}{of} and of the housing is a fact no change of dates puts "
                "right; where it has been made good an officer may decide otherwise, with a reason"
            ),
        ),
        "open_gate": ("在{side}侧增设出入口", "open a gate on the {side} side"),
        "lower_floor": (
            "{of}移至{amount}层或以下",
            "move{of} to floor {amount} or below",
        ),
        "add_entrance": ("{of}增设独立出入口", "give{of} an entrance of its own"),
        "add_lift": ("{of}增设电梯", "give{of} a lift"),
        "place_facility": (
            "在用地中部增设一处{kind}",
            "place one more facility ({kind}) in the middle of the site",
        ),
    }
)
_SYNC: Final = MappingProxyType(
    {
        "planned": ("规划", "planning"),
        "built": ("建设", "building"),
        "accepted": ("验收", "acceptance"),
        "handed_over": ("交付", "handover"),
    }
)
# As a step that is over, where it is called otherwise.
_DONE: Final = MappingProxyType({"built": ("建成", "building")})
_SIDES: Final = MappingProxyType(
    {
        "north": ("北", "north"),
        "east": ("东", "east"),
        "south": ("南", "south"),
        "west": ("西", "west"),
    }
)
_WORDS: Final = MappingProxyType(
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
# Why a finding is shown beside what decides.
_BESIDE: Final = MappingProxyType(
    {
        "target": (
            "本条为地区规划目标，不是单个项目的义务，列明供参考，不作为通过与否的依据",
            (
                "the clause is a target of the whole place and no duty of one project: shown "
                "beside, it does not decide"
            ),
        ),
        "after_design": (
            "设施位置随方案审定，本阶段不再以距离为依据，列明供参考",
            "where things stand is settled with the design: from then on shown beside",
        ),
        "conditions_hold": (
            "以本项目规划条件为准，一般规定列明供参考",
            "the project's own planning conditions hold; the general rule is shown beside",
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


def sentence(step: Step, *, lang: str) -> str:
    """Say what a step of a gate found."""
    at = LANGUAGES.index(lang)
    said = _STEPS[step.reason][at].format(
        facility=step.facility or "—",
        phase=phase_word(step.phase or "—", lang=lang),
        item=step.item or "—",
        step=term(_SYNC, step.item or "", lang=lang),
        done=term({**_SYNC, **_DONE}, step.item or "", lang=lang),
        needed=_figure(step.needed, lang=lang),
        provided=_figure(step.provided, lang=lang),
        deficit=_figure(step.deficit, lang=lang),
        date="—" if step.date is None else step.date.isoformat(),
        against="—" if step.against is None else step.against.isoformat(),
    )
    if step.allowed is None:
        return said
    allowed = grouped(step.allowed)
    return (
        said
        + (f"（按容许比例不少于{allowed}㎡）", f" (at least {allowed} m² by the tolerance)")[at]
    )


def gate_reason(steps: Sequence[Step], *, lang: str) -> str:
    """Say what set a gate's verdict, each sentence once."""
    sentences = dict.fromkeys(sentence(step, lang=lang) for step in steps)
    return ("；", "; ")[LANGUAGES.index(lang)].join(sentences)


def remedy_text(remedy: Remedy, *, lang: str) -> str:
    """Say what would make a finding hold."""
    at = LANGUAGES.index(lang)
    kind = FACILITY_KINDS.get(remedy.item or "")
    field = "" if remedy.where is None else term({**FIELDS, **_WORDS}, remedy.where, lang=lang)
    text = _REMEDIES[remedy.action][at].format(
        of=(_of_zh, _of_en)[at](remedy),
        amount=remedy.figure,
        facilities="facility" if remedy.amount == 1 else "facilities",
        step=term(_SYNC, remedy.where or "built", lang=lang),
        side=term(_SIDES, remedy.where or "", lang=lang),
        field=field,
        kind="" if kind is None else (kind.name_zh, kind.name_en)[at],
    )
    return text.replace("  ", " ")


def _of_zh(remedy: Remedy) -> str:
    if remedy.facility is None and remedy.phase is not None:
        return f"{phase_word(remedy.phase, lang='zh')}期"
    return remedy.facility or remedy.item or ""


def _of_en(remedy: Remedy) -> str:
    """Name what is changed, with the preposition the sentence needs and a blank before."""
    if remedy.facility is None and remedy.phase is not None:
        return f" in phase {remedy.phase}"
    name = remedy.facility or remedy.item
    if name is None:
        return ""
    if remedy.action in ("advance", "carry_over", "officer_decides"):
        return f" of {name}" if remedy.where is not None else f" {name}"
    moved = remedy.amount is None or remedy.action == "lower_floor"
    return f" {name}" if moved else f" at {name}"


def beside_text(code: str, *, lang: str) -> str:
    """Say why a finding does not decide."""
    return _BESIDE[code][LANGUAGES.index(lang)]


def assumption_text(assumption: Mapping[str, str], *, lang: str) -> str | None:
    """Say what was assumed; None for what is told with the figures it concerns."""
    said = _ASSUMED.get(assumption["assumption"])
    return None if said is None else said[LANGUAGES.index(lang)].format(**assumption)


def verdict_word(verdict: str, *, lang: str) -> str:
    """Name a verdict."""
    return term(VERDICT_WORDS, verdict, lang=lang)


def receiver_name(receiver: str, *, lang: str) -> str:
    """Name who receives a facility."""
    return term(_WORDS, receiver, lang=lang)


def _figure(value: Decimal | str | None, *, lang: str) -> str:
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        return grouped(value)
    kind = FACILITY_KINDS.get(value)
    if kind is not None:
        return (kind.name_zh, kind.name_en)[LANGUAGES.index(lang)]
    return term(_WORDS, value, lang=lang)
