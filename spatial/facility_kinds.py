"""The kinds of facility, as data: the one table that names them.

Identifiers and the service each kind belongs to are those of the design, section 1. Which kinds
count for which rule stands in the rule (``counts``), not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class FacilityKind:
    """A kind of facility: its identifier, service and names."""

    id: str
    service: str
    name_zh: str
    name_en: str


FACILITY_KINDS: Final = MappingProxyType(
    {
        kind.id: kind
        for kind in (
            FacilityKind("nursery", "childcare", "托育机构", "nursery"),
            FacilityKind("community_childcare", "childcare", "社区托育点", "community childcare"),
            FacilityKind("kindergarten_class", "childcare", "幼儿园托班", "kindergarten class"),
            FacilityKind("workplace_childcare", "childcare", "单位托育", "workplace childcare"),
            FacilityKind("home_childcare", "childcare", "家庭托育点", "home childcare"),
            FacilityKind("care_home", "elderly", "养老机构", "care home"),
            FacilityKind("day_care", "elderly", "日间照料中心", "day care"),
            FacilityKind("complex", "elderly", "养老服务综合体", "elderly-care complex"),
            FacilityKind("regional_centre", "elderly", "区域养老服务中心", "regional centre"),
            FacilityKind("disabled_care", "elderly", "失能照护中心", "care for the disabled"),
            FacilityKind("mutual_aid", "elderly", "互助养老点", "mutual aid point"),
            FacilityKind("home_service_station", "elderly", "居家养老服务站", "home-care station"),
            FacilityKind("elderly_university", "education", "老年大学", "elderly university"),
        )
    }
)

SERVICES: Final = tuple(dict.fromkeys(kind.service for kind in FACILITY_KINDS.values()))
