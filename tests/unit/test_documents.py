"""The figures the four documents print, reproduced by evaluating them, and where they do not agree.

Sums and shares that no rule asks for are worked out here in the open. What the documents get
wrong is asserted as it is, beside the true figure.
"""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from documents import ROOT, city, rule_of

CATALOGUE = ROOT.parent / "shared" / "policy" / "catalogue.yaml"

# The catalogue's checks of the documents' own figures, each with the test that works it out.
CHECKS = {
    "dali.check.population": "test_dali_shares_of_older_people",
    "dali.check.places_ratio": "test_dali_places_per_thousand",
    "dali.check.two_stocks": "test_dali_gives_two_stocks_of_places",
    "dali.check.target_45": "test_dali_increments_miss_the_target_they_serve",
    "dali.check.project_sums": "test_dali_project_sums",
    "dali.check.beds_2025": "test_dali_beds_needed_and_planned",
    "dali.check.growth83": "test_dali_growth_of_beds",
    "dali.check.teachers": "test_dali_teachers_do_not_add_up",
    "dali.check.participants": "test_dali_participants_are_not_persons",
    "dali.check.care_staff": "test_dali_counts_trainings_as_people",
    "dali.check.compliance": "test_dali_compliance_of_five_in_six",
    "dali.check.staff": "test_dali_staff",
    "jinhua.check.share60": "test_jinhua_shares_of_older_people",
    "jinhua.check.age80": "test_jinhua_shares_of_older_people",
    "jinhua.check.need_third": "test_jinhua_need_counts_children_as_households",
    "jinhua.check.need_2025": "test_jinhua_places_needed_in_2025",
    "jinhua.check.actual_vs_target": "test_jinhua_was_past_its_target_when_it_was_set",
    "jinhua.check.row_dup": "test_jinhua_two_rows_share_a_number",
    "jinhua.check.family_doctor": "test_jinhua_family_doctors_changed_their_base",
    "jinhua.check.area_per_place": "test_jinhua_area_and_places_fit_each_other",
    "jinhua.check.lanxi": "test_jinhua_names_three_of_four_large_counties",
    "guizhou.check.60_40": "test_guizhou_sixty_and_forty_are_no_mirror",
    "guizhou.check.yardstick": "test_nursing_beds_by_four_yardsticks",
    "panzhihua.check.circular": "test_panzhihua_handover_cannot_wait_for_acceptance",
}


# --- Guizhou ----------------------------------------------------------------------------------


def test_guizhou_sixty_and_forty_are_no_mirror() -> None:
    """At exactly 60 and 40 of every hundred beds one rule holds and the other does not."""
    on = dt.date(2025, 12, 31)
    market = city(
        "guizhou.elderly.market_bed_share",
        registers={"urban_elderly_beds_run_by_market_entities": 60, "urban_elderly_beds": 100},
        on=on,
        level="province",
    )
    government = city(
        "guizhou.elderly.gov_bed_share",
        registers={"government_run_elderly_beds": 40, "elderly_beds": 100},
        on=on,
        level="province",
    )
    assert (market["value"], market["verdict"]) == (60, "not_met")
    assert (government["value"], government["verdict"]) == (40, "met")


def test_guizhou_ninety_places_are_the_ratio_at_the_threshold_only() -> None:
    """90 places of 20,000 people are 4.5 per 1,000; 40,000 would need 180, and owe 90."""
    rule = rule_of("guizhou.childcare.places_90")
    asked = int(rule.parameters["has"][0]["at_least"])
    assert Fraction(asked, 20_000) == Fraction("4.5") / 1000
    assert Fraction("4.5") / 1000 * 40_000 == 180
    ratio = rule_of("guizhou.childcare.places_per_1000").targets_by_year[2025]
    assert ratio is not None
    assert Fraction(asked * 1000, 20_000) == Fraction(ratio)


def test_nursing_beds_by_four_yardsticks() -> None:
    """Half of the beds: enough for Guizhou 2025 and Panzhihua 2022, too few for the others."""
    verdicts = {
        name: city(
            f"{name}_share",
            registers={"nursing_beds_in_institutions": 50, "institution_beds": 100},
            on=dt.date(2025, 12, 31),
            level=level,
        )["verdict"]
        for name, level in (
            ("guizhou.elderly.nursing", "province"),
            ("dali.elderly.nursing", "prefecture"),
            ("jinhua.elderly.nursing_bed", "prefecture"),
            ("panzhihua.elderly.nursing", "prefecture"),
        )
    }
    assert list(verdicts.values()) == ["met", "not_met", "not_met", "met"]


# --- Panzhihua --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("square_metres", "verdict"), [(5999, "not_met"), (6000, "met"), (6001, "met")]
)
def test_panzhihua_30000_people_need_6000_square_metres(square_metres: int, verdict: str) -> None:
    """人均不低于0.2平方米, of all residents planned for, not of older people."""
    row = city(
        "panzhihua.elderly.land_per_capita",
        registers={"elderly_land_m2": square_metres, "planned_population": 30_000},
        level="county",
        population=28_000,
        population_60_plus=6000,
    )
    assert (row["verdict"], row["denominator"]) == (verdict, 30_000)


@pytest.mark.parametrize(("older", "workers"), [(239_574, 240), (239_001, 240), (239_000, 239)])
def test_panzhihua_social_workers_are_rounded_up(older: int, workers: int) -> None:
    """每千名老年人配备1名: a remainder below a thousand asks for its worker too."""
    verdicts = [
        city(
            "panzhihua.staff.social_per_1000",
            registers={"social_workers": number},
            population_60_plus=older,
        )["verdict"]
        for number in (workers - 1, workers)
    ]
    assert verdicts == ["not_met", "met"]


def test_panzhihua_handover_cannot_wait_for_acceptance() -> None:
    """A gap of logic: 建而不交 stops acceptance, yet handover follows it; two checks replace it."""
    stop, handover = rule_of("panzhihua.gate.completion_stop"), rule_of("panzhihua.gate.handover")
    assert "建而不交" in stop.quote
    assert handover.quote.startswith("配套养老服务设施验收后")
    assert {"earlier_phases_handed_over", "handover_agreement"} <= set(stop.parameters["checks"])
    assert "handover_record" not in stop.parameters["checks"]


# --- all of them ------------------------------------------------------------------------------


@pytest.mark.shared
def test_every_check_of_the_catalogue_is_worked_out() -> None:
    catalogue = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    assert {check["id"] for check in catalogue["baseline_checks"]} == set(CHECKS)
    tests = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(__file__).parent.glob("test_*document*.py")
    )
    assert set(CHECKS.values()) <= set(re.findall(r"^def (test_\w+)", tests, re.MULTILINE))
