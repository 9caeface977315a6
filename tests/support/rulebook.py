"""What every rule of the four documents asks, written by hand from their texts.

Thresholds and verdicts stand here; only where a figure belongs (which facilities, which register)
is taken from the rules themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from province import unit

from spatial.fields import LEVELS
from spatial.policy.pack_file import load_packs
from spatial.policy.rule import Rule

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("dali-2022", "guizhou-2022", "jinhua-2022", "panzhihua-2020")
PACKS = {pack.id: pack for pack in load_packs(ROOT / "seed" / "policies") if pack.id in DOCUMENTS}
PACK_OF = {rule.id: pack for pack in PACKS.values() for rule in pack.rules}
LATER = dt.date(2026, 6, 30)

# Verdicts one step below the number, at it, and one step above it.
STEPS = (-1, 0, 1)
AT_LEAST = ("not_met", "met", "met")
MORE_THAN = ("not_met", "not_met", "met")
AT_MOST = ("met", "met", "not_met")
ADVISED = ("advise", "met", "met")
REPORTED = ("indicator", "indicator", "indicator")
Verdicts = tuple[str, str, str]

# Numbers by year; None where the text gives no year.
RATIOS: dict[str, tuple[Verdicts, dict[int | None, str]]] = {
    "jinhua.childcare.places_per_1000": (AT_LEAST, {2022: "3.3", 2025: "4.5"}),
    "jinhua.childcare.affordable_share": (AT_LEAST, {2022: "50", 2025: "60"}),
    "jinhua.childcare.staff_cert": (AT_LEAST, {2022: "70", 2025: "80"}),
    "jinhua.elderly.nursing_bed_share": (AT_LEAST, {2022: "55", 2025: "58"}),
    "jinhua.elderly.dementia_beds": (AT_LEAST, {2022: "10", 2025: "20"}),
    "jinhua.elderly.caregivers": (AT_LEAST, {2022: "20", 2025: "26"}),
    "jinhua.elderly.rehab_beds": (AT_LEAST, {2025: "5.5"}),
    "jinhua.elderly.township_medical": (AT_LEAST, {2025: "70"}),
    "jinhua.elderly.jinglaoyuan_level2": (AT_LEAST, {2022: "100"}),
    "jinhua.hospital.tcm_rehab": (AT_LEAST, {2025: "100"}),
    "jinhua.elderly.family_doctor": (AT_LEAST, {2022: "80", 2025: "85"}),
    "dali.elderly.beds_per_1000": (AT_LEAST, {2025: "25"}),
    "dali.elderly.nursing_share": (AT_LEAST, {2025: "55"}),
    # Taken literally no market bed may exist: reported, never judged.
    "dali.elderly.basic_bed_share": (REPORTED, {2025: "100"}),
    "dali.elderly.social_workers": (AT_LEAST, {2025: "8"}),
    "dali.childcare.places_per_1000": (AT_LEAST, {2025: "4.5"}),
    "dali.hospital.geriatrics": (AT_LEAST, {2025: "100"}),
    "dali.hospital.friendly": (AT_LEAST, {2025: "100"}),
    "dali.elderly.medical_service_share": (AT_LEAST, {2025: "100"}),
    "dali.university.area": (AT_LEAST, {2025: "2"}),
    "dali.university.participation": (AT_LEAST, {2025: "20"}),
    "guizhou.childcare.places_per_1000": (AT_LEAST, {2022: "2.18", 2025: "4.5"}),
    "guizhou.elderly.nursing_share": (AT_LEAST, {2022: "43", 2025: "50"}),
    "guizhou.elderly.market_bed_share": (MORE_THAN, {2025: "60"}),  # 超过60%
    "guizhou.elderly.gov_bed_share": (AT_MOST, {2025: "40"}),  # 不超过40%
    "panzhihua.elderly.land_per_capita": (AT_LEAST, {None: "0.2"}),
    "panzhihua.elderly.community_room_40": (ADVISED, {None: "40"}),  # 探索
    "panzhihua.elderly.nursing_share": (AT_LEAST, {2022: "50"}),
    "panzhihua.elderly.quality_share": (AT_LEAST, {2022: "80"}),
    "panzhihua.elderly.social_bed_share": (AT_LEAST, {2022: "60"}),
    "panzhihua.hospital.geriatrics": (MORE_THAN, {2022: "50"}),  # 超过50%
    "panzhihua.staff.social_per_1000": (AT_LEAST, {2022: "1"}),
    "panzhihua.staff.social_per_100_beds": (AT_LEAST, {2022: "1"}),
}
# Number by year, and the further figures of the same sentence.
COUNTS: dict[str, tuple[dict[int, int], tuple[int, ...]]] = {
    "jinhua.childcare.guidance_centres": ({2022: 0, 2025: 3}, ()),
    "jinhua.childcare.provincial_health_centres": ({2022: 0, 2025: 10}, ()),
    "jinhua.childcare.municipal_health_centres": ({2022: 107, 2025: 110}, ()),
    "jinhua.childcare.stations": ({2022: 107, 2025: 170}, ()),
    "jinhua.childcare.demo_institutions": ({2025: 10}, ()),
    "jinhua.elderly.kangyang_count": ({2022: 40, 2025: 146}, ()),
    "jinhua.childcare.college": ({2025: 1}, ()),
    "dali.elderly.nursing_talent": ({2025: 5200}, ()),
    "dali.elderly.station_count": ({2025: 70}, (700,)),
    "dali.elderly.regional_centre_count": ({2025: 18}, (162,)),
    "dali.elderly.projects": ({2025: 5096}, (54,)),
    "dali.childcare.projects": ({2025: 11531}, (84,)),
    "dali.university.projects": ({2025: 14}, ()),
    "dali.childcare.public_count": ({2025: 16}, ()),
    "dali.childcare.affordable_places": ({2025: 1600}, ()),
    "dali.childcare.private_places": ({2025: 5287}, ()),
    "dali.childcare.registered": ({2025: 30}, (5,)),
    # Yearly quotas 2500, 1000, 500, 500, 500, judged as running totals.
    "dali.elderly.adaptation": ({2021: 2500, 2022: 3500, 2023: 4000, 2024: 4500, 2025: 5000}, ()),
    "dali.elderly.homebeds": ({2025: 5000}, ()),
    "dali.community.friendly": ({2025: 118}, ()),
    "guizhou.elderly.rural_mutual": ({2025: 100}, ()),
    "guizhou.elderly.nursing_buildings": ({2022: 16}, ()),
    "guizhou.elderly.wellness_bases": ({2025: 50}, ()),
    "guizhou.both.training_bases": ({2022: 5}, ()),
    "panzhihua.elderly.product_market": ({2022: 1}, ()),
    "panzhihua.staff.training_bases": ({2022: 2}, ()),
}
# Units counted, kinds of unit that count, and per cent by year.
SHARES_OF_UNITS: dict[str, tuple[str, tuple[str, ...], dict[int | None, int]]] = {
    "jinhua.childcare.complete_community": ("community", (), {2025: 60}),
    "jinhua.childcare.township_coverage": ("township", (), {2022: 70, 2025: 95}),  # 基本全覆盖
    "jinhua.elderly.plan_all_counties": ("county", (), {2023: 100}),
    "dali.elderly.street_centre": ("township", ("subdistrict",), {2025: 100}),
    "dali.elderly.township_institution": ("township", ("town", "township"), {2025: 50}),
    "dali.elderly.homecare_coverage": ("community", (), {2025: 90}),
    "dali.elderly.daycare_coverage": ("community", ("urban_community",), {2025: 90}),
    "dali.university.township": ("township", ("town", "township"), {2025: 70}),
    "dali.university.village": ("community", (), {2025: 50}),
    "guizhou.elderly.homecare_coverage": ("community", (), {2025: 90}),
    "guizhou.elderly.township_centre": ("township", (), {2025: 60}),
    "guizhou.childcare.community_one": ("community", ("urban_community",), {2025: 100}),
    "guizhou.elderly.adaptation_counties": ("county", (), {2025: 100}),
    "panzhihua.plan.special": ("county", (), {None: 100}),
    "panzhihua.elderly.complex": ("township", ("subdistrict",), {2022: 100}),
    "panzhihua.elderly.daycare_coverage": ("community", ("urban_community",), {2022: 90}),
    "panzhihua.university.network": ("community", (), {2022: 95}),  # 基本覆盖
}
# Unit, and whether all that is asked must be there or one of it is enough.
IN_EVERY_UNIT: dict[str, tuple[str, str]] = {
    "jinhua.elderly.county_fallback": ("county", "all"),
    "dali.elderly.county_centre": ("county", "all"),
    "dali.elderly.county_medical": ("county", "all"),
    "guizhou.childcare.demo_prefecture": ("prefecture", "all"),
    "guizhou.elderly.product_market": ("prefecture", "all"),
    "panzhihua.elderly.county_tekun": ("county", "all"),
    "panzhihua.elderly.smart": ("county", "any"),
}
# What a recorded "no" gives: a duty is not met, an encouragement is advice, a permission nothing.
ANSWERED_NO: dict[str, str] = {
    "jinhua.childcare.land_in_plan": "not_met",
    "jinhua.childcare.kindergarten_new": "advise",
    "jinhua.childcare.renewal_include": "advise",
    "jinhua.childcare.small_venue": "advise",  # which procedure, no standard
    "jinhua.elderly.site_preference": "advise",
    "jinhua.childcare.workplace_open": "indicator",
    "dali.both.new_estate_supply": "not_met",
    "dali.both.existing_gap": "not_met",
    "dali.childcare.kindergarten_new": "not_met",
    "dali.elderly.nursing_station": "advise",
    "dali.both.land_supply": "not_met",
    "dali.both.land_class": "advise",
    "dali.childcare.rural_include": "advise",
    "guizhou.both.new_supply": "not_met",
    "guizhou.both.land_supply": "not_met",
    "guizhou.both.non_independent": "indicator",
    "guizhou.childcare.site_preference": "advise",
    "guizhou.both.nursing_rooms": "not_met",
    "panzhihua.elderly.old_estate_gap": "not_met",
    "panzhihua.gate.use_protection": "not_met",
    "panzhihua.elderly.public_built_free": "advise",
    "panzhihua.review.relaxed_standards": "indicator",
    "panzhihua.elderly.colocate": "advise",
}
GATES: dict[str, str] = {
    "jinhua.elderly.four_sync": "all",
    "dali.both.four_sync": "all",
    "guizhou.both.four_sync": "all",
    "panzhihua.gate.plan_review": "plan",
    "panzhihua.gate.four_sync": "all",
    "panzhihua.gate.handover": "handover",
    "panzhihua.gate.completion_stop": "completion",
    "panzhihua.gate.land_transfer": "land_grant",
    "panzhihua.gate.design_review": "design",
    "panzhihua.gate.acceptance": "verification",
}
NO_STANDARD_IN_THE_TEXT = (
    "jinhua.elderly.new_estate_room",
    "dali.elderly.new_compliance",
    "panzhihua.elderly.new_compliance",
)
CIRCLES = {  # metres on foot in a quarter of an hour, and a facility that counts
    "jinhua.childcare.circle15": (1000, "nursery"),
    "dali.elderly.circle15": (800, "day_care"),
    "guizhou.elderly.circle15": (800, "regional_centre"),
}
# Each of these has a test of its own.
ALONE = (
    "jinhua.childcare.radius",
    "jinhua.childcare.radius.relaxed",
    "jinhua.childcare.area.new",
    "jinhua.childcare.area.existing",
    "jinhua.childcare.count.new",
    "jinhua.childcare.count.existing",
    "jinhua.childcare.park",
    "jinhua.childcare.new_estate_coverage",
    "jinhua.childcare.community_1000",
    "jinhua.childcare.kindergarten_share",
    "jinhua.elderly.plan_500k",
    "guizhou.childcare.places_90",
)


def rule_of(rule_id: str) -> Rule:
    return PACK_OF[rule_id].rule(rule_id)


def by_year(table: Mapping[str, Any], place: int) -> list[Any]:
    """A test case for each rule and year of a table."""
    return [
        pytest.param(rule_id, year, id=f"{rule_id}-{year or 'undated'}")
        for rule_id, row in table.items()
        for year in row[place]
    ]


def on_the_day(year: int | None) -> dt.date:
    """The day the target of a year is due."""
    return LATER if year is None else dt.date(year, 12, 31)


def level_of(rule: Rule) -> str:
    """The first level a rule about areas applies to."""
    return next(level for level in rule.applies_to if level in LEVELS)


def tops_of(rule: Rule) -> list[str]:
    """The first area a rule is about in each of three provinces: one a side."""
    return [unit(level_of(rule), land=land) for land in range(len(STEPS))]


def top_of(rule: Rule) -> str:
    return unit(level_of(rule))
