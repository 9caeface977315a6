"""What verdicts, levels, fields, units and figures are called in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.field_names import FIELDS

LANGUAGES: Final = ("zh", "en")

VERDICTS: Final = MappingProxyType(
    {
        "met": ("符合", "met"),
        "met_relaxed": ("经批准放宽后符合", "met_relaxed (met by a recorded relaxation)"),
        "advise": ("建议改进", "advise"),
        "not_met": ("不符合", "not_met"),
        "not_due": ("未到期", "not_due"),
        "undetermined": ("无法判定", "undetermined"),
        "indicator": ("仅列指标", "indicator (no verdict)"),
        "not_applicable": ("不适用", "not_applicable"),
    }
)
SEVERITIES: Final = MappingProxyType(
    {
        "mandatory": ("强制性条文", "mandatory wording"),
        "advisory": ("建议性条文", "advisory wording"),
        "target": ("规划目标", "a planned target"),
    }
)
STAGES: Final = MappingProxyType(
    {
        "planned": ("规划", "planned"),
        "new": ("新建", "new"),
        "existing": ("已建", "existing"),
    }
)
# Areas by kind; and by level, where only the level is named.
AREAS: Final = MappingProxyType(
    {
        "province": ("省", "province"),
        "prefecture": ("市（州）", "prefecture"),
        "county": ("县（市、区）", "county"),
        "subdistrict": ("街道", "subdistrict (街道)"),
        "town": ("镇", "town (镇)"),
        "township": ("乡", "township (乡)"),
        "urban_community": ("城市社区", "urban community"),
        "rural_community": ("村（农村社区）", "village"),
        "park": ("产业园区", "industrial park"),
    }
)
LEVELS: Final = MappingProxyType(
    {
        "province": ("省", "provinces"),
        "prefecture": ("市（州）", "prefectures"),
        "county": ("县（市、区）", "counties"),
        "township": ("乡镇（街道）", "townships and streets"),
        "community": ("村（社区）", "villages and communities"),
    }
)
_UNITS: Final = MappingProxyType(
    {
        "%": ("%", "%"),
        "‰": ("‰", "‰"),
        "m": (" 米", " m"),
        "m2": (" ㎡", " m²"),
        "beds": (" 张", " beds"),
        "places": (" 个", " places"),
        "persons": (" 人", " persons"),
        "households": (" 户", " households"),
        "facilities": (" 处", " facilities"),
        "institutions": (" 家", " institutions"),
        "projects": (" 项", " projects"),
        "buildings": (" 所", " buildings"),
        "colleges": (" 所", " colleges"),
        "bases": (" 个", " bases"),
        "centres": (" 个", " centres"),
        "communities": (" 个", " communities"),
        "consortia": (" 家", " consortia"),
        "markets": (" 个", " markets"),
        "points": (" 个", " points"),
        "stations": (" 个", " stations"),
        "beds per 10000": (" 张/万人", " beds per 10,000"),
        "persons per 10000": (" 人/万人", " persons per 10,000"),
        "persons per 1000": (" 人/千人", " persons per 1,000"),
        "persons per 100 beds": (" 人/百张床位", " persons per 100 beds"),
    }
)
_OPERATORS: Final = MappingProxyType(
    {
        "public": ("公办", "public"),
        "private": ("民办", "private"),
        "public_built_private_run": ("公建民营", "publicly built and privately run"),
    }
)
# Chinese names of the figures the shipped packs ask to be imported; in English the name says it.
INDICATORS: Final = MappingProxyType(
    {
        "adapted_elderly_households": "适老化改造累计户数",
        "affordable_childcare_places": "普惠托位数",
        "backbone_childcare_firms": "骨干托育企业数",
        "care_homes": "养老机构数",
        "care_homes_with_medical_service": "提供医疗卫生服务的养老机构数",
        "care_training_bases": "养老托育人员实训基地数",
        "certified_care_workers": "持证养老护理员数",
        "child_health_centres_municipal": "市级医防护儿童健康管理中心数",
        "child_health_centres_provincial_demonstration": "省级医防护示范儿童健康管理中心数",
        "childcare_demonstration_institutions": "省市级示范托育机构数",
        "childcare_guidance_centres": "托育综合服务指导中心数",
        "childcare_places": "托位数",
        "childcare_project_new_places": "托育项目新增托位数",
        "childcare_projects": "托育服务体系建设项目数",
        "childcare_staff": "托育机构从业人员数",
        "childcare_staff_certified": "托育机构持证从业人员数",
        "childcare_stations": "婴幼儿照护服务驿站数",
        "community_service_rooms_free_for_elderly_m2": "无偿用于养老的社区服务用房面积",
        "community_service_rooms_m2": "社区服务用房面积",
        "complete_community_childcare_standard_met": "完整社区托育达标登记",
        "comprehensive_care_homes": "具有综合服务功能的养老机构数",
        "county_homes_for_destitute_disabled": "县级特困人员供养服务设施数",
        "dementia_beds_in_institutions": "养老机构认知症障碍床位数",
        "elderly_beds": "养老服务总床位数",
        "elderly_care_professionals": "养老护理专业人才数",
        "elderly_care_projects": "养老服务体系建设项目数",
        "elderly_care_training_bases": "养老实训基地数",
        "elderly_education_participants": "经常性参与教育活动的老年人数",
        "elderly_education_points": "社区老年教育办学点数",
        "elderly_facility_layout_plan": "养老服务设施布局规划登记",
        "elderly_facility_special_plan": "养老服务设施专项规划登记",
        "elderly_friendly_medical_institutions": "老年友善医疗机构数",
        "elderly_friendly_model_communities": "示范性老年友好社区数",
        "elderly_goods_markets": "老年用品市场数",
        "elderly_health_care_consortia": "康养联合体数",
        "elderly_land_m2": "养老用地面积",
        "elderly_project_new_beds": "养老项目新增床位数",
        "elderly_signed_with_family_doctor": "签约家庭医生的老年人数",
        "elderly_university_indoor_and_outdoor_area_m2": "老年大学室内外面积",
        "elderly_university_projects": "老年大学建设项目数",
        "elderly_university_students": "老年大学学员数",
        "elderly_university_teaching_points": "老年大学教学点数",
        "elderly_wellness_bases": "健康养老基地数",
        "eligible_complete_community": "符合条件的完整社区登记",
        "embedded_service_core_functions": "嵌入式综合体养老、托育、托管、助餐功能数",
        "embedded_service_functions": "嵌入式综合体服务功能数",
        "embedded_service_m2": "嵌入式服务综合体建筑面积",
        "embedded_service_pilot": "嵌入式服务设施先行试点社区登记",
        "family_care_beds": "家庭养老床位数",
        "filed_childcare_institutions": "登记备案的托育机构数",
        "general_hospitals_level_2_plus": "二级以上综合医院数",
        "general_hospitals_level_2_plus_with_geriatrics": "设老年医学科的二级以上综合医院数",
        "general_rehabilitation_nursing_and_primary_medical_institutions": (
            "综合医院、康复医院、护理院和基层医疗机构数"
        ),
        "government_run_elderly_beds": "政府运营养老床位数",
        "home_adaptation_carried_out": "实施适老化改造登记",
        "home_care_service_contracts": "居家社区养老服务签约登记",
        "institution_beds": "养老机构床位数",
        "institution_beds_socially_operated": "养老机构社会化运营床位数",
        "institutions_meeting_quality_standard": "达到服务质量国家标准的养老机构数",
        "model_childcare_institutions": "示范性婴幼儿照护服务机构数",
        "model_medical_care_institutions": "示范医养结合机构数",
        "new_affordable_childcare_places": "新增普惠托位数",
        "new_home_and_community_care_centre_beds": "新建居家和社区养老服务中心（站）床位数",
        "new_home_and_community_care_centres": "新建居家和社区养老服务中心（站）数",
        "new_private_childcare_places": "新增社会办托位数",
        "new_public_childcare_institutions": "新建公办托育机构数",
        "new_regional_centre_beds": "新建区域综合养老服务中心床位数",
        "new_regional_centres": "新建区域综合养老服务中心数",
        "nursing_beds_in_institutions": "养老机构护理型床位数",
        "nursing_buildings_fitted_out": "完成装修配置的老年养护楼数",
        "planned_population": "规划常住人口",
        "public_kindergartens": "公办幼儿园数",
        "public_kindergartens_with_nursery_class": "开设托班的公办幼儿园数",
        "rehab_nursing_beds_in_medical_institutions": "医疗机构康复护理床位数",
        "retained_jinglaoyuan": "保留的敬老院数",
        "retained_jinglaoyuan_grade2_plus": "二级以上的保留敬老院数",
        "rural_mutual_aid_demonstration_points": "农村互助养老示范点数",
        "safety_net_and_affordable_elderly_beds": "兜底线和普惠性养老床位数",
        "safety_net_institutions": "兜底性质的养老机构数",
        "smart_elderly_communities": "智慧养老社区数",
        "smart_elderly_homes": "智慧养老院数",
        "social_workers": "社会工作者数",
        "tier3_tcm_hospitals": "三级中医医院数",
        "tier3_tcm_hospitals_with_rehab_department": "设康复医学科的三级中医医院数",
        "township_home_care_centres": "乡镇（街道）居家养老服务中心数",
        "township_home_care_centres_with_medical_link": (
            "建立医养结合机制的乡镇（街道）居家养老服务中心数"
        ),
        "urban_elderly_beds": "城市养老床位数",
        "urban_elderly_beds_run_by_market_entities": "市场主体运营的城市养老床位数",
        "vocational_colleges_with_childcare_major": "设托育相关专业的高职院校数",
    }
)
# Above this many kinds of facility their names are not listed one by one.
_FEW_KINDS: Final = 3


def term(table: Mapping[str, tuple[str, str]], code: str, *, lang: str) -> str:
    """Look a code up in one of the tables; a code without words stands for itself."""
    return table.get(code, (code, code))[LANGUAGES.index(lang)]


def in_unit(number: str, unit: str | None, *, lang: str) -> str:
    """Put a unit behind a number that is written already; nothing for no unit."""
    if unit is None:
        return number
    return number + term(_UNITS, unit, lang=lang) if unit in _UNITS else f"{number} {unit}"


def indicator_name(name: str, *, lang: str) -> str:
    """Name an imported figure; in Chinese by its own name where none is known."""
    if lang == "zh":
        return INDICATORS.get(name, name)
    return name.removesuffix("_m2").replace("_", " ")


def measure_name(measure: Mapping[str, Any], *, lang: str) -> str:
    """Name a measure of a pack: a sum over facilities, a field of areas, an imported figure."""
    if measure["of"] == "indicator":
        return indicator_name(str(measure["name"]), lang=lang)
    if measure["of"] == "areas":
        return term(FIELDS, str(measure["field"]), lang=lang)
    if "indicator" in measure:
        return indicator_name(str(measure["indicator"]), lang=lang)
    of = term(FIELDS, str(measure["sum"]), lang=lang)
    kinds = _kinds(measure["kinds"], lang=lang)
    counted = measure["sum"] == "count"
    where = _where(measure, lang=lang)
    if lang == "zh":
        name = f"{kinds}数" if counted else f"{kinds}{of}"
        return f"{name}（{'，'.join(where)}）" if where else name
    if counted:
        return f"facilities ({', '.join([kinds, *where])})"
    return f"{of} of {kinds}" + (f" ({', '.join(where)})" if where else "")


def _kinds(kinds: Sequence[str], *, lang: str) -> str:
    at = LANGUAGES.index(lang)
    if len(kinds) <= _FEW_KINDS:
        names = [(FACILITY_KINDS[k].name_zh, FACILITY_KINDS[k].name_en)[at] for k in kinds]
        return ("、", " or ")[at].join(names)
    services = dict.fromkeys(FACILITY_KINDS[kind].service for kind in kinds)
    words = {"childcare": ("托育", "childcare"), "elderly": ("养老", "elderly care")}
    names = [term(words, service, lang=lang) for service in services]
    return ("、", " and ")[at].join(names) + ("设施", "")[at]


def _where(measure: Mapping[str, Any], *, lang: str) -> list[str]:
    """Say which of the facilities are meant."""
    at = LANGUAGES.index(lang)
    said: list[str] = []
    for field, allowed in measure.get("where", {}).items():
        if field == "operator":
            said.append(("、", " or ")[at].join(term(_OPERATORS, a, lang=lang) for a in allowed))
        else:
            said.append(_YES[field][at] if True in allowed else f"{field}: {allowed}")
    if "opened_from" in measure:
        said.append(
            (f"{measure['opened_from']}起开办", f"opened from {measure['opened_from']}")[at]
        )
    return said


_YES: Final = MappingProxyType(
    {
        "takes_outside_children": ("招收园外婴幼儿", "taking children from outside"),
        "open_to_residents": ("向居民开放", "open to residents"),
        "registered": ("登记备案", "registered"),
        "own_entrance": ("有独立出入口", "with an entrance of its own"),
        "lift": ("有电梯", "with a lift"),
    }
)
