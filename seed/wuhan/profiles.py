"""What a facility of each kind usually is like, as data.

Plausible sizes for synthetic facilities; no rule and no verdict reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Profile:
    """Usual size and siting of a kind.

    Parameters
    ----------
    name
        Stem of the synthetic name.
    median_m2, spread, smallest_m2, largest_m2
        Floor area: lognormal, clipped.
    m2_per_place, m2_per_bed
        Floor area for a childcare, day or study place and for a bed; None where there are none.
    in_district
        Share standing inside a residential district.
    in_open_block
        Share with a block of its own, drawn as a footprint; the others are along a street.
    public
        Share run by the public hand.
    """

    name: str
    median_m2: float
    spread: float
    smallest_m2: float
    largest_m2: float
    m2_per_place: float | None
    m2_per_bed: float | None
    in_district: float
    in_open_block: float
    public: float


PROFILES: Final = MappingProxyType(
    {
        "nursery": Profile("托育园", 420, 0.45, 150, 1_200, 9, None, 0.45, 0, 0.10),
        "community_childcare": Profile("社区托育点", 300, 0.32, 150, 600, 8, None, 0.85, 0, 0.55),
        "kindergarten_class": Profile("幼儿园", 2_900, 0.25, 1_800, 4_800, 11, None, 0.70, 0, 0.55),
        "workplace_childcare": Profile("单位托育园", 320, 0.35, 150, 700, 9, None, 0.05, 0, 0.30),
        "home_childcare": Profile("家庭托育点", 110, 0.15, 80, 150, 22, None, 1.0, 0, 0.0),
        "home_service_station": Profile(
            "居家养老服务站", 190, 0.30, 80, 350, None, None, 0.75, 0, 0.75
        ),
        "day_care": Profile("日间照料中心", 480, 0.22, 350, 750, 15, 40, 0.65, 0, 0.60),
        "mutual_aid": Profile("互助养老点", 130, 0.25, 80, 220, None, None, 0.60, 0, 0.80),
        "care_home": Profile("养老院", 6_800, 0.40, 3_500, 17_500, None, 35, 0, 0.85, 0.25),
        "complex": Profile("养老服务综合体", 2_300, 0.25, 1_500, 4_000, 40, 45, 0.15, 0.30, 0.60),
        "disabled_care": Profile("失能照护中心", 1_900, 0.30, 1_000, 3_500, None, 32, 0, 0.5, 0.4),
        "elderly_university": Profile("老年大学", 1_900, 0.45, 800, 5_000, 6, None, 0, 0.5, 0.9),
        "regional_centre": Profile(
            "区域养老服务中心", 2_600, 0.18, 2_000, 3_600, 30, 60, 0, 0.8, 1.0
        ),
    }
)
