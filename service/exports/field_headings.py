"""What people call the fields of the layers, and the layers themselves.

The Chinese words are ones the import understands, so that a workbook can be corrected and read
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.exports.headings import Heading

TITLES: Final[Mapping[str, Heading]] = MappingProxyType(
    {
        "areas": Heading("行政区", "Areas", 0),
        "districts": Heading("居住区", "Districts", 0),
        "buildings": Heading("住宅楼", "Buildings", 0),
        "facilities": Heading("设施", "Facilities", 0),
        "parks": Heading("产业园区", "Industrial parks", 0),
        "network": Heading("路网", "Streets", 0),
        "findings": Heading("规则结果", "Findings", 0),
    }
)

GEOMETRY_HEADING: Final = Heading("几何", "Geometry", 30)

_SHARED: Final[Mapping[str, Heading]] = MappingProxyType(
    {
        "id": Heading("编号", "Identifier", 16),
        "name": Heading("名称", "Name", 24),
        "population": Heading("常住人口", "Population", 10),
        "households": Heading("户数", "Households", 10),
        "population_60_plus": Heading("60岁以上人口", "Population 60 and over", 12),
        "population_0_3": Heading("0-3岁人口", "Population under 3", 12),
        "source": Heading("数据来源", "Source", 30),
        "entrances": Heading("出入口", "Entrances", 24),
        "pool": Heading("统筹组", "Pool", 14),
    }
)
_OWN: Final[Mapping[str, Mapping[str, Heading]]] = MappingProxyType(
    {
        "areas": {
            "code": Heading("行政区划代码", "Area code", 16),
            "level": Heading("行政级别", "Level", 12),
            "kind": Heading("行政区类型", "Kind", 16),
            "parent": Heading("上级代码", "Parent", 16),
            "employees": Heading("就业人口", "Employees", 10),
        },
        "districts": {
            "id": Heading("小区编号", "District", 16),
            "name": Heading("小区名称", "Name", 24),
            "stage": Heading("建设阶段", "Stage", 10),
            "permitted_on": Heading("规划许可日期", "Permitted on", 12),
            "community": Heading("所属社区", "Community", 16),
            "land_grant": Heading("土地出让条件", "Land grant", 16),
            "siting_difficult": Heading("选址困难", "Siting is difficult", 10),
            "low_demand": Heading("需求较少", "Low demand", 10),
            "conditions_available": Heading("具备条件", "Conditions available", 10),
            "justified_by": Heading("论证人", "Justified by", 14),
            "justified_on": Heading("论证日期", "Justified on", 12),
            "justified_body": Heading("论证单位", "Justifying body", 20),
            "approved_radius_m": Heading("批准服务半径(米)", "Approved radius (m)", 12),
        },
        "buildings": {
            "id": Heading("楼栋编号", "Building", 16),
            "district_id": Heading("所属小区编号", "District", 16),
        },
        "facilities": {
            "id": Heading("机构编号", "Facility", 16),
            "name": Heading("机构名称", "Name", 24),
            "service": Heading("服务类别", "Service", 12),
            "kind": Heading("机构类型", "Kind", 20),
            "floor_area_m2": Heading("建筑面积(㎡)", "Floor area (m²)", 12),
            "childcare_floor_area_m2": Heading(
                "托育建筑面积(㎡)", "Floor area for childcare (m²)", 12
            ),
            "site_area_m2": Heading("用地面积(㎡)", "Site area (m²)", 12),
            "places": Heading("托位数", "Childcare places", 10),
            "inclusive_places": Heading("普惠托位数", "Inclusive places", 10),
            "beds": Heading("床位数", "Beds", 10),
            "nursing_beds": Heading("护理型床位", "Nursing beds", 10),
            "dementia_beds": Heading("认知症床位", "Dementia beds", 10),
            "operator": Heading("运营性质", "Operator", 14),
            "open_to_residents": Heading("是否对外开放", "Open to residents", 10),
            "takes_outside_children": Heading("是否招收外部幼儿", "Takes outside children", 10),
            "registered": Heading("是否备案", "Registered", 10),
            "service_area": Heading("服务社区", "Service area", 20),
            "floor_level": Heading("所在楼层", "Floor", 10),
            "own_entrance": Heading("独立出入口", "Own entrance", 10),
            "lift": Heading("电梯", "Lift", 8),
            "status": Heading("运营状态", "Status", 14),
            "approved_on": Heading("批准日期", "Approved on", 12),
            "built_on": Heading("建成日期", "Built on", 12),
            "accepted_on": Heading("验收日期", "Accepted on", 12),
            "handed_over_on": Heading("移交日期", "Handed over on", 12),
            "opened_on": Heading("开业日期", "Opened on", 12),
            "closed_on": Heading("停业日期", "Closed on", 12),
            "district_id": Heading("所属小区编号", "District", 16),
            "project_id": Heading("项目编号", "Project", 16),
        },
        "parks": {
            "id": Heading("园区编号", "Park", 16),
            "name": Heading("园区名称", "Name", 24),
            "employees": Heading("就业人口", "Employees", 10),
        },
        "network": {
            "number": Heading("编号", "Number", 10),
            "u": Heading("起点", "From node", 10),
            "v": Heading("终点", "To node", 10),
            "length_m": Heading("长度(米)", "Length (m)", 12),
            "highway": Heading("道路类型", "Class", 16),
            "forward": Heading("可顺向步行", "Walked along", 10),
            "backward": Heading("可逆向步行", "Walked against", 10),
            "steps": Heading("台阶", "Stairs", 8),
            "crossings": Heading("过街次数", "Crossings", 10),
            "lifts": Heading("电梯次数", "Lifts", 10),
            "structure": Heading("桥梁或隧道", "Bridge or tunnel", 12),
            "slope_forward": Heading("顺向坡度系数", "Slope factor along", 12),
            "slope_backward": Heading("逆向坡度系数", "Slope factor against", 12),
        },
    }
)


def heading_of(layer: str, field: str) -> Heading:
    """Return what people call a field of a layer; KeyError where nobody has said so."""
    own = _OWN[layer]
    return own[field] if field in own else _SHARED[field]
