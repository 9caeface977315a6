"""Names of fields of layers and of project files, Chinese and English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

FIELDS: Final = MappingProxyType(
    {
        "population": ("常住人口", "population"),
        "population_60_plus": ("60周岁及以上人口", "population of 60 and over"),
        "population_0_3": ("3岁以下人口", "population under 3"),
        "households": ("户数", "households"),
        "employees": ("员工数", "employees"),
        "level": ("行政层级", "administrative level"),
        "count": ("设施数", "number of facilities"),
        "places": ("托位数", "places"),
        "inclusive_places": ("普惠托位数", "affordable places"),
        "beds": ("床位数", "beds"),
        "nursing_beds": ("护理型床位数", "nursing beds"),
        "dementia_beds": ("认知症障碍床位数", "dementia beds"),
        "floor_area_m2": ("建筑面积", "floor area"),
        "childcare_floor_area_m2": ("托育用房建筑面积", "floor area of childcare rooms"),
        "site_area_m2": ("用地面积", "site area"),
        "status": ("运营状态", "status"),
        "operator": ("运营性质", "operator"),
        "opened_on": ("开办日期", "opening date"),
        "takes_outside_children": (
            "是否招收园外婴幼儿",
            "whether it takes children from outside",
        ),
        "open_to_residents": ("是否向居民开放", "whether it is open to residents"),
        "registered": ("是否登记备案", "whether it is registered"),
        "own_entrance": ("是否有独立出入口", "whether it has an entrance of its own"),
        "lift": ("是否有电梯", "whether it has a lift"),
        "state": ("建设状态", "state of building"),
        "floor_level": ("楼层", "floor"),
        "geometry": ("位置", "place"),
        "planning_unit": ("所在规划单元", "the planning unit"),
        "planned_population": ("规划人口", "planned population"),
        "elderly_land_m2": ("养老用地面积", "land for elderly facilities"),
        "control_plan": ("批准的控规", "the approved control plan"),
        "planning_conditions": ("规划条件", "the planning conditions"),
        "dates.planned_on": ("规划（批准）日期", "date of planning"),
        "dates.built_on": ("建成日期", "date of building"),
        "dates.accepted_on": ("验收日期", "date of acceptance"),
        "dates.handed_over_on": ("移交日期", "date of handover"),
        "housing.planned_on": ("住宅规划（批准）日期", "date of planning of the housing"),
        "housing.built_on": ("住宅建成日期", "date of building of the housing"),
        "housing.accepted_on": ("住宅验收日期", "date of acceptance of the housing"),
        "housing.handed_over_on": ("住宅交付日期", "date of handover of the housing"),
        "handed_over_on": ("移交日期", "date of handover"),
        "as_built.floor_area_m2": ("实测建筑面积", "measured floor area"),
        "as_built.site_area_m2": ("实测用地面积", "measured land"),
        "handover.agreement": ("移交协议", "agreement on the handover"),
        "handover.receiver": ("接收单位", "receiver"),
        "handover.price": ("移交价款（是否无偿）", "price of the handover"),
        "network": ("路网", "a street network"),
        "street_connected": (
            "与其他道路的连接",
            "a way from its street to the others",
        ),
        "street_within_snap_limit": (
            "接驳限距内的道路",
            "a street within the snapping limit",
        ),
    }
)
