"""The kinds of rule, a module a kind or family: add one, name it here, and packs can use it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from spatial.policy.kinds import (
    count_target,
    facility_count_by_employees,
    facility_count_by_households,
    floor_area_per_100hh,
    min_per_admin_unit,
    project_compliance_rate,
    ratio,
    review_gate,
    service_circle_time,
    service_radius,
    statement,
    threshold_requirement,
    unit_coverage,
)

DISTRICT_KINDS: Final = MappingProxyType(
    {
        module.KIND.name: module.KIND
        for module in (
            service_circle_time,
            service_radius,
            floor_area_per_100hh,
            facility_count_by_households,
        )
    }
)
AREA_KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *ratio.FAMILY,
            *unit_coverage.FAMILY,
            *statement.FAMILY,
            count_target.KIND,
            min_per_admin_unit.KIND,
            threshold_requirement.KIND,
            facility_count_by_employees.KIND,
            project_compliance_rate.KIND,
            review_gate.KIND,
        )
    }
)
