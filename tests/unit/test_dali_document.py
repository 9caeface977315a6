"""The figures of the document of Dali, reproduced; where they do not agree, as they are."""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction
from typing import Any

import pytest
from documents import GROUND, city, institutions, rule_of

# 第七次人口普查公报.
DALI, DALI_60 = 3_337_559, 567_828


# --- Dali -------------------------------------------------------------------------------------


def test_dali_places_per_thousand() -> None:
    """设有托位8042个,每千人口托位数为2.41个."""
    rule_id = "dali.childcare.places_per_1000"
    row = city(rule_id, registers={"childcare_places": 8042}, population=DALI)
    assert row["value"] == float(Fraction(8042 * 1000, DALI))
    assert row["value"] != 2.41
    assert f"{row['value']:.2f}" == "2.41"
    assert (row["verdict"], row["target_year"], row["baseline"]) == ("not_due", 2025, 2.41)
    # 38 childcare institutions and 103 kindergartens with classes, as the document counts them.
    sites = institutions("nursery", 38, 3125) + institutions("kindergarten_class", 103, 4917)
    counted = city(rule_id, sites=sites, population=DALI)
    assert (counted["numerator"], counted["value"]) == (8042, row["value"])
    assert len(counted["facilities"]) == 141


def test_dali_gives_two_stocks_of_places() -> None:
    """Inconsistent: 8,042 places in 一(一) and 3,125 in 一(二), both of 141 institutions."""
    rule_id = "dali.childcare.places_per_1000"
    ratios = [
        city(rule_id, registers={"childcare_places": stock}, population=DALI)["value"]
        for stock in (8042, 3125)
    ]
    assert [f"{ratio:.2f}" for ratio in ratios] == ["2.41", "0.94"]
    assert f"{8042 / 3125:.2f}" == "2.57"
    assert "3125" in rule_of(rule_id).baseline_notes[2022]
    # Perhaps one stock is of the 38 institutions and the rest of the 103 kindergartens.
    assert (8042 - 3125, round(3125 / 38), round(4917 / 103)) == (4917, 82, 48)


@pytest.mark.parametrize(
    ("places", "verdict"), [(15_019, "not_met"), (15_020, "met"), (15_021, "met")]
)
def test_dali_needs_15020_places(places: int, verdict: str) -> None:
    """4.5‰ of 3,337,559 is 15,019.0155: 15,019 places are 4.49999…‰ and too few."""
    on = dt.date(2025, 12, 31)
    registers = {"childcare_places": places}
    row = city("dali.childcare.places_per_1000", registers=registers, on=on, population=DALI)
    assert row["verdict"] == verdict
    assert (row["value"] < 4.5) == (verdict == "not_met")
    assert row["value"] == float(Fraction(places * 1000, DALI))
    assert row["deficit"] == (pytest.approx(0.0155) if places == 15_019 else None)


def test_dali_6887_is_the_gap_and_not_the_need() -> None:
    """Inconsistent: 应有托位6887 is 3‰ of 3,337,559 less the 3,125 places; the need is 10,013."""
    need = Fraction(3 * DALI, 1000)
    assert need == Fraction("10012.677")
    assert math.ceil(need) == 10_013
    assert need - 3125 == Fraction("6887.677")
    assert math.floor(need - 3125) == 6887
    assert need - 8042 == Fraction("1970.677")  # by the document's other stock
    # The two targets of 二(四) share this gap out: increments, not stocks.
    shares = [
        rule_of(f"dali.childcare.{name}_places").targets_by_year[2025]
        for name in ("affordable", "private")
    ]
    assert shares == [1600, 5287]
    assert 1600 + 5287 == 6887


@pytest.mark.parametrize(
    ("stock", "ratio", "short"), [(3125, "3.000", Fraction("5007.0155")), (8042, "4.473", 90)]
)
def test_dali_increments_miss_the_target_they_serve(
    stock: int, ratio: str, short: Fraction | int
) -> None:
    """Inconsistent: with 6,887 more places either stock stays below 4.5 per 1,000."""
    row = city(
        "dali.childcare.places_per_1000",
        registers={"childcare_places": stock + 6887},
        on=dt.date(2025, 12, 31),
        population=DALI,
    )
    assert (row["verdict"], f"{row['value']:.3f}") == ("not_met", ratio)
    assert row["deficit"] == pytest.approx(float(short), abs=0.02)
    assert 15_020 - (8042 + 6887) == 91  # whole places short in the better case


def test_dali_beds_per_thousand_older_people() -> None:
    """11,669 beds and 56.78万: only all beds reproduce the 20 per 1,000 that is stated."""
    rule_id, registers = "dali.elderly.beds_per_1000", {"elderly_beds": 11_669}
    printed = city(rule_id, registers=registers, population_60_plus=567_800)
    counted = city(rule_id, registers=registers, population_60_plus=DALI_60)
    assert [f"{row['value']:.2f}" for row in (printed, counted)] == ["20.55", "20.55"]
    assert printed["value"] != counted["value"]
    assert counted["value"] == float(Fraction(11_669_000, DALI_60))
    assert (counted["verdict"], counted["baseline"]) == ("not_due", 20)
    sites = institutions("care_home", 60, 5194, "beds") + institutions(
        "day_care", 500, 6475, "beds"
    )
    assert city(rule_id, sites=sites, population_60_plus=DALI_60)["numerator"] == 11_669
    institutions_only = city(rule_id, registers={"elderly_beds": 5194}, population_60_plus=DALI_60)
    assert f"{institutions_only['value']:.1f}" == "9.1"


def test_dali_beds_needed_and_planned() -> None:
    """25 per 1,000 asks for 14,196 beds, 2,527 more; the 5,096 of the projects give 29.5."""
    on, rule_id = dt.date(2025, 12, 31), "dali.elderly.beds_per_1000"

    def beds(number: int, older: int = DALI_60) -> dict[str, Any]:
        return city(rule_id, registers={"elderly_beds": number}, on=on, population_60_plus=older)

    assert Fraction(25 * DALI_60, 1000) == Fraction("14195.7")
    assert [beds(n)["verdict"] for n in (14_195, 14_196)] == ["not_met", "met"]
    assert beds(14_195)["deficit"] == pytest.approx(0.7)
    assert 14_196 - 11_669 == 2527
    planned = beds(11_669 + 5096)
    assert (f"{planned['value']:.2f}", planned["verdict"]) == ("29.52", "met")
    # It holds up to 670,600 older people, that number included.
    assert [beds(16_765, n)["verdict"] for n in (670_600, 670_601)] == ["met", "not_met"]


def test_dali_nursing_beds_by_two_bases() -> None:
    """2,172 nursing beds are 41.82 % of 5,194 institution beds, and 18.6 % of all 11,669."""
    rule_id = "dali.elderly.nursing_share"
    beds = [
        city(rule_id, registers={"nursing_beds_in_institutions": 2172, "institution_beds": base})
        for base in (5194, 11_669)
    ]
    assert [f"{row['value']:.2f}" for row in beds] == ["41.82", "18.61"]
    assert beds[0]["value"] == float(Fraction(217_200, 5194))
    assert (beds[0]["baseline"], beds[0]["baseline_year"]) == (41.82, 2022)
    # No other whole number of beds near it gives the printed share.
    fits = [base for base in range(5000, 5400) if round(217_200 / base, 2) == 41.82]
    assert fits == [5194]
    sites = institutions("care_home", 62, 5194, "beds")
    for site in sites:
        site["nursing_beds"] = 0
    for i, site in enumerate(sites):
        site["nursing_beds"] = 2172 // 62 + (i < 2172 % 62)
    everywhere = [
        *sites,
        {"id": "站", "kind": "day_care", "beds": 6475, "geometry": GROUND.centroid},
    ]
    assert city(rule_id, sites=everywhere)["value"] == beds[0]["value"]


def test_dali_shares_of_older_people() -> None:
    """60岁以上人口56.78万人,占全州总人口的17.01%: a total of 333.80万 by rounding."""
    assert f"{100 * DALI_60 / DALI:.2f}" == "17.01"
    assert round(567_800 / 0.1701) == 3_338_036
    assert 567_800 / 0.17015 < DALI < 567_800 / 0.17005


def test_dali_project_sums() -> None:
    """54 projects of 5,096 beds; 84 of 11,531 places: the parts add up, in money too."""
    assert (51 + 3, 66_375 + 13_000, 4546 + 550) == (54, 79_375, 5096)
    assert (37 + 47, 40_649 + 14_804, 6603 + 4928) == (84, 55_453, 11_531)
    on = dt.date(2025, 12, 31)
    elderly = {"elderly_project_new_beds": 4546 + 550, "elderly_care_projects": 51 + 3}
    row = city("dali.elderly.projects", registers=elderly, on=on)
    assert (row["verdict"], row["threshold"]) == ("met", 5096)
    places = {"childcare_project_new_places": 6603 + 4928, "childcare_projects": 37 + 47}
    row = city("dali.childcare.projects", registers=places, on=on)
    assert (row["verdict"], row["threshold"]) == ("met", 11_531)
    assert 11_531 != 1600 + 5287  # another base than the targets of 二(四)


def test_dali_growth_of_beds() -> None:
    """较“十二五”末增长83%: 6,377 beds at the end of 2015; 6,360 to 6,393 round to 83 %."""
    assert round(11_669 / 1.83) == 6377
    assert (math.ceil(11_669 / 1.835), math.floor(11_669 / 1.825)) == (6360, 6393)


def test_dali_teachers_do_not_add_up() -> None:
    """Inconsistent: 教师134人,专职教师8人,兼职教师170人; 8 and 170 are 178, 44 more than 134."""
    assert 8 + 170 == 178
    assert 178 - 134 == 44


def test_dali_participants_are_not_persons() -> None:
    """Not comparable: 2.44 % of older people are 13,855 persons; 10,723 is person-times."""
    assert round(DALI_60 * 2.44 / 100) == 13_855
    row = city(
        "dali.university.participation",
        registers={"elderly_education_participants": 13_855},
        population_60_plus=DALI_60,
    )
    assert f"{row['value']:.2f}" == "2.44"
    assert (row["baseline"], row["progress"]) == (2.44, None)  # a remark says why
    times = city(
        "dali.university.participation",
        registers={"elderly_education_participants": 10_723},
        population_60_plus=DALI_60,
    )
    assert f"{times['value']:.2f}" == "1.89"


def test_dali_branches_contradict_their_baseline() -> None:
    """Inconsistent: 2.44 % of townships have a branch, yet there are 16 in about 110."""
    assert f"{100 * 16 / 110:.1f}" == "14.5"
    assert round(1 / 0.0244) == 41  # 2.44 % is one township in 41
    assert 2020 in rule_of("dali.university.township").baseline_notes


def test_dali_counts_trainings_as_people() -> None:
    """5,200 professionals are the 1,200 there are and 4,000 person-times of training."""
    rule = rule_of("dali.elderly.nursing_talent")
    assert rule.targets_by_year[2025] == rule.baselines[2020] + 4000 == 5200
    row = city(rule.id, registers={"elderly_care_professionals": 3200})
    assert (row["verdict"], row["deficit"], row["progress"]) == ("not_due", 2000, 0.5)


def test_dali_compliance_of_five_in_six() -> None:
    """83.33 % is 5 of 6 projects, or a multiple; no standard is printed, so it is not judged."""
    assert [n for n in range(1, 12) if round(100 * round(n * 0.8333) / n, 2) == 83.33] == [6]
    assert float(rule_of("dali.elderly.new_compliance").baselines[2020]) == 83.33
    row = city("dali.elderly.new_compliance")
    assert (row["verdict"], row["value"]) == ("indicator", None)


def test_dali_staff() -> None:
    """从业人数为2690人,其中有资质的人数为1741人."""
    assert f"{100 * 1741 / 2690:.1f}" == "64.7"
    assert f"{8042 / 2690:.2f}" == "2.99"


def test_dali_quotas_of_adaptation_add_up() -> None:
    """2500户, 1000户 and three times 500户 are 5,000, and are judged as running totals."""
    rule = rule_of("dali.elderly.adaptation")
    assert sum([2500, 1000, 500, 500, 500]) == rule.targets_by_year[2025] == 5000
    row = city(rule.id, registers={"adapted_elderly_households": 3499})
    assert (row["verdict"], row["threshold"], row["next_target"]) == ("not_met", 3500, 4000)


@pytest.mark.parametrize(
    ("name", "centres", "beds", "each"),
    [("station", 70, 700, 10), ("regional_centre", 18, 162, 9)],
)
def test_dali_centres_have_so_many_beds(name: str, centres: int, beds: int, each: int) -> None:
    rule = rule_of(f"dali.elderly.{name}_count")
    assert int(rule.targets_by_year[2025] or 0) == centres
    assert rule.parameters["more"][0]["minimum"] == beds == centres * each


def test_dali_filed_institutions_are_17_of_119() -> None:
    """102 registered with market regulation only, 17 filed: the baseline is the filed ones."""
    row = city("dali.childcare.registered", registers={"filed_childcare_institutions": 17})
    assert (row["baseline"], row["value"], row["verdict"]) == (17, 17, "not_due")
    assert row["deficit"] == 13
    assert "102" in rule_of("dali.childcare.registered").baseline_notes[2022]
