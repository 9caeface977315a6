"""What columns are called in a workbook people read."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Heading(NamedTuple):
    """What a column is called, and how wide it is in characters."""

    zh: str
    en: str
    width: int


HEADINGS: Final = MappingProxyType(
    {
        "id": Heading("小区编号", "District", 14),
        "district_id": Heading("小区编号", "District", 14),
        "name": Heading("名称", "Name", 24),
        "stage": Heading("阶段", "Stage", 10),
        "households": Heading("户数", "Households", 10),
        "flag": Heading("结论", "Flag", 14),
        "rank": Heading("排名", "Rank", 8),
        "households_concerned": Heading("涉及户数", "Households concerned", 12),
        "reasons": Heading("理由", "Reasons", 80),
        "rule": Heading("规则", "Rule", 30),
        "kind": Heading("规则类型", "Kind of rule", 24),
        "verdict": Heading("判定", "Verdict", 14),
        "severity": Heading("约束力", "Severity", 12),
        "value": Heading("实际值", "Value", 12),
        "threshold": Heading("标准值", "Threshold", 12),
        "unit": Heading("单位", "Unit", 12),
        "deficit": Heading("缺口", "Deficit", 12),
        "reason": Heading("说明", "Reason", 60),
        "missing": Heading("缺失数据", "Missing data", 24),
        "straight_m": Heading("直线距离(米)", "Straight line (m)", 12),
        "walking_m": Heading("步行距离(米)", "Walking (m)", 12),
        "walking_minutes": Heading("步行时间(分钟)", "Walking (minutes)", 12),
        "nearest_m": Heading("最近距离(米)", "Nearest (m)", 12),
        "snap_m": Heading("离路网距离(米)", "Off the network by (m)", 12),
        "covered_share": Heading("覆盖比例", "Share covered", 12),
        "households_outside": Heading("未覆盖户数", "Households outside", 12),
        "demand": Heading("需求点", "Demand points", 12),
        "definition": Heading("口径", "Definition", 30),
        "near_threshold": Heading("接近标准值", "Near the threshold", 12),
        "unit_id": Heading("核算单元", "Unit of account", 16),
        "facilities": Heading("相关设施", "Facilities", 30),
        "alternatives": Heading("其他读法", "Other readings", 30),
        "would_count_if": Heading("满足条件可计入", "Would count if", 30),
        "clause": Heading("条款", "Clause", 20),
        "quote": Heading("原文", "Quote", 60),
        "reading": Heading("解读", "Reading", 60),
    }
)

# Of the table of areas below the summary in the sheet 汇总, in this order.
AREA_HEADINGS: Final = MappingProxyType(
    {
        "code": Heading("区划代码", "Area code", 34),
        "name": Heading("名称", "Name", 34),
        "level": Heading("级别", "Level", 26),
        "verdict": Heading("判定", "Verdict", 26),
        "rule": Heading("规则", "Rule", 34),
        "part": Heading("范围", "Part", 12),
        "numerator": Heading("分子", "Numerator", 14),
        "denominator": Heading("分母", "Denominator", 14),
        "value": Heading("现值", "Value", 14),
        "threshold": Heading("目标值", "Target", 12),
        "target_year": Heading("目标年", "Target year", 10),
        "deficit": Heading("缺口", "Gap", 12),
        "unit": Heading("单位", "Unit", 12),
        "progress": Heading("进度", "Progress", 10),
        "next_target": Heading("下一目标值", "Next target", 12),
        "next_target_year": Heading("下一目标年", "Next target year", 12),
        "baseline": Heading("基期值", "Baseline", 12),
        "baseline_year": Heading("基期年", "Baseline year", 10),
        "districts": Heading("小区数", "Districts", 10),
        "missing": Heading("缺失数据", "Missing data", 30),
        "reason": Heading("说明", "Reason", 60),
        "clause": Heading("条款", "Clause", 20),
    }
)
# Of the columns of the area table that 汇总 leaves out.
AREA_MORE_HEADINGS: Final = MappingProxyType(
    {
        "kind": Heading("行政区类型", "Kind", 16),
        "parent": Heading("上级代码", "Parent", 16),
        "pack": Heading("政策规则集", "Rule pack", 20),
        "undetermined_weight": Heading("无法判定的权重", "Weight undetermined", 14),
        "definition": Heading("口径", "Definition", 30),
        "points_share": Heading("按点判定的比例", "Share judged by points", 14),
        "households": Heading("户数", "Households", 12),
        "underserved": Heading("服务不足小区数", "Underserved", 12),
        "undetermined": Heading("无法判定小区数", "Undetermined", 12),
        "watch": Heading("需关注小区数", "Watch", 12),
        "served": Heading("达标小区数", "Served", 12),
        "not_assessed": Heading("未评估小区数", "Not assessed", 12),
        "reason_code": Heading("说明代码", "Reason code", 20),
        "facilities": Heading("相关设施", "Facilities", 30),
        "alternatives": Heading("其他读法", "Other readings", 30),
    }
)
PART_WORDS: Final = MappingProxyType(
    {
        "occupied": ("已建城镇小区", "Occupied, urban"),
        "rural": ("农村", "Rural"),
        "planned": ("规划", "Planned"),
        "all": ("全部", "All"),
    }
)
LEVEL_WORDS: Final = MappingProxyType(
    {
        "province": ("省", "Province"),
        "prefecture": ("市（州）", "Prefecture"),
        "county": ("县（市、区）", "County"),
        "township": ("街道、乡镇", "Township"),
        "community": ("社区、村", "Community"),
        "park": ("产业园区", "Industrial park"),
    }
)

# Of the sheet 汇总.
SUMMARY_WORDS: Final = MappingProxyType(
    {
        "item": ("项目", "Item"),
        "value": ("内容", "Value"),
        "pack": ("政策规则集", "Rule packs"),
        "region": ("适用地区", "Region"),
        "as_of": ("评估日期", "As of"),
        "districts": ("小区数", "Districts"),
        "flag": ("结论", "Flag"),
        "rule": ("规则", "Rule"),
        "verdict": ("判定", "Verdict"),
        "count": ("数量", "Count"),
        "area_rule": ("行政区规则", "Rule about areas"),
        "notice": ("声明", "Notice"),
        "warning": ("提示", "Warning"),
    }
)
# Of the sheet 说明.
NOTE_WORDS: Final = MappingProxyType(
    {
        "item": ("项目", "Item"),
        "heading": ("列名", "Heading"),
        "name": ("字段", "Field"),
        "text": ("内容", "Text"),
        "notice": ("声明", "Notice"),
        "crs": ("坐标系", "Coordinates"),
        "axes": ("先经度或东坐标，后纬度或北坐标", "Longitude or easting first"),
        "left_out": ("过长而未写入的几何数", "Geometries too long for a cell"),
    }
)
FLAG_WORDS: Final = MappingProxyType(
    {
        "underserved": ("服务不足", "Underserved"),
        "undetermined": ("数据不足，无法判定", "Undetermined"),
        "watch": ("需关注", "Watch"),
        "served": ("服务达标", "Served"),
        "not_assessed": ("未评估", "Not assessed"),
    }
)
VERDICT_WORDS: Final = MappingProxyType(
    {
        "met": ("符合", "Met"),
        "met_relaxed": ("经批准放宽后符合", "Met by relaxation"),
        "advise": ("建议改进", "Advise"),
        "not_met": ("不符合", "Not met"),
        "not_due": ("未到期", "Not due"),
        "undetermined": ("无法判定", "Undetermined"),
        "indicator": ("仅列指标", "Indicator"),
        "not_applicable": ("不适用", "Not applicable"),
    }
)
