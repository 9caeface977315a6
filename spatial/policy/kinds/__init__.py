"""The kinds of rule, one module each: add a module, name it here, and packs can use it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from spatial.policy.kinds import (
    facility_count_by_households,
    floor_area_per_100hh,
    service_circle_time,
    service_radius,
)

KINDS: Final = MappingProxyType(
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
