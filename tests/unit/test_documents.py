"""The figures the four documents print, reproduced by evaluating them, and where they do not agree.

Sums and shares that no rule asks for are worked out here in the open. What the documents get
wrong is asserted as it is, beside the true figure.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
import yaml
from planning import areas, districts, facilities, finding, judge, point
from province import area_rows

from spatial.policy.pack_file import load_packs
from spatial.policy.planning_data import PlanningData
from spatial.policy.rule import Rule

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT.parent / "shared" / "policy" / "catalogue.yaml"
PACK_OF = {rule.id: pack for pack in load_packs(ROOT / "seed" / "policies") for rule in pack.rules}
# 第七次人口普查公报.
DALI, DALI_60 = 3_337_559, 567_828
GROUND = shapely.box(100, 25, 101, 26)

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


def rule_of(rule_id: str) -> Rule:
    return PACK_OF[rule_id].rule(rule_id)


def city(
    rule_id: str,
    *,
    registers: Mapping[str, float] | None = None,
    sites: Sequence[Mapping[str, Any]] | None = None,
    on: dt.date = dt.date(2022, 12, 31),
    level: str = "prefecture",
    **figures: int,
) -> dict[str, Any]:
    """Evaluate one rule for one area of these figures; its row."""
    rows = [("X", name, on.year, value) for name, value in (registers or {}).items()]
    table = pd.DataFrame(rows, columns=["area", "indicator", "year", "value"])
    area = {"code": "X", "name": "示范", "level": level, "kind": level, "geometry": GROUND}
    pack = PACK_OF[rule_id]
    found = area_rows(
        PlanningData(
            districts=districts(),
            facilities=None if sites is None else facilities(*sites),
            areas=areas({**area, **figures}),
            indicators=table.assign(source="文件"),
        ),
        rule_of(rule_id),
        replace(pack, rules=(rule_of(rule_id),)),
        as_of=on,
    )
    return found["X"]


def institutions(kind: str, number: int, total: int, name: str = "places") -> list[dict[str, Any]]:
    """So many facilities that share a total as evenly as whole numbers can."""
    each, more = divmod(total, number)
    return [
        {"id": f"{kind}{i}", "kind": kind, "geometry": GROUND.centroid, name: each + (i < more)}
        for i in range(number)
    ]


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


# --- Jinhua -----------------------------------------------------------------------------------


def test_jinhua_places_follow_from_the_residents_of_one_year_end() -> None:
    """3.68 per 1,000 from 26,207 places needs 712.0万 residents; the census gives 3.72."""
    rule_id, registers = "jinhua.childcare.places_per_1000", {"childcare_places": 26_207}
    year_end = city(rule_id, registers=registers, population=7_120_000)
    census = city(rule_id, registers=registers, population=7_050_683)
    assert [f"{row['value']:.2f}" for row in (year_end, census)] == ["3.68", "3.72"]
    assert year_end["value"] == float(Fraction(26_207, 7120))
    # Every population that rounds to 3.68 lies far above the census.
    least, most = 26_207 / 3.685 * 1000, 26_207 / 3.675 * 1000
    assert 7_050_683 < least < 7_120_000 < most < 7_132_000
    assert (round(least), round(most)) == (7_111_805, 7_131_156)


def test_jinhua_was_past_its_target_when_it_was_set() -> None:
    """千人托位数3.68个 against the table's 3.3 for 2022, from 2.68 in 2021."""
    row = city(
        "jinhua.childcare.places_per_1000",
        registers={"childcare_places": 26_207},
        population=7_120_000,
    )
    assert (row["verdict"], row["threshold"], row["next_target"]) == ("met", 3.3, 4.5)
    assert (row["baseline"], row["baseline_year"]) == (2.68, 2021)
    exact = (Fraction(26_207, 7120) - Fraction("2.68")) / Fraction("0.62")
    assert row["progress"] == pytest.approx(float(exact))
    assert row["progress"] > 1  # past the target, and not clamped


@pytest.mark.parametrize(
    ("residents", "needed", "more"), [(7_120_000, 32_040, 5833), (7_050_683, 31_729, 5522)]
)
def test_jinhua_places_needed_in_2025(residents: int, needed: int, more: int) -> None:
    """4.5 per 1,000: 32,040 places by residents, half of the 6.43万 households said to need one.

    31,728.07 by the census: 31,728 places would be 0.07 of a place short.
    """
    on = dt.date(2025, 12, 31)
    verdicts = [
        city(
            "jinhua.childcare.places_per_1000",
            registers={"childcare_places": places},
            on=on,
            population=residents,
        )["verdict"]
        for places in (needed - 1, needed)
    ]
    assert verdicts == ["not_met", "met"]
    assert needed - 26_207 == more
    assert f"{100 * 32_040 / 64_300:.1f}" == "49.8"


def test_jinhua_shares_of_older_people() -> None:
    """16.02 % of residents are 60 and over; over 80, two shares of registered people."""
    assert f"{100 * 112.92 / 705.07:.2f}" == "16.02"
    assert f"{100 * 16.91 / 493.97:.2f}" == "3.42"
    assert f"{100 * 16.91 / 110.51:.1f}" == "15.3"
    assert f"{100 * (112.92 - 110.51) / 110.51:.1f}" == "2.2"


def test_jinhua_dementia_beds_by_residents_and_by_registration() -> None:
    """20 per 10,000 asks for 2,259 beds by residents; 2,211 would do by registration."""
    rule_id, on = "jinhua.elderly.dementia_beds", dt.date(2025, 12, 31)
    for people, needed in ((1_129_200, 2259), (1_105_100, 2211)):
        verdicts = [
            city(
                rule_id,
                registers={"dementia_beds_in_institutions": beds},
                on=on,
                population_60_plus=people,
            )["verdict"]
            for beds in (needed - 1, needed)
        ]
        assert verdicts == ["not_met", "met"]


def test_jinhua_need_counts_children_as_households() -> None:
    """Inconsistent unit: a third of 19.3万 children is 6.43万, printed as households (户)."""
    assert round(19.3 / 3, 2) == 6.43


def test_jinhua_two_rows_share_a_number() -> None:
    """Suspicious: 107 for 2022 in row 6 and in row 7, whose other years differ."""
    rules = [rule_of(f"jinhua.childcare.{n}") for n in ("municipal_health_centres", "stations")]
    assert [int(rule.targets_by_year[2022] or 0) for rule in rules] == [107, 107]
    assert [int(rule.targets_by_year[2025] or 0) for rule in rules] == [110, 170]
    assert [int(rule.baselines[2021]) for rule in rules] == [20, 56]


def test_jinhua_family_doctors_changed_their_base() -> None:
    """92.3 in 2021, then 80 and 85: another denominator, so no progress is told."""
    row = city(
        "jinhua.elderly.family_doctor",
        registers={"elderly_signed_with_family_doctor": 903_360},
        population_60_plus=1_129_200,
    )
    assert (row["verdict"], row["value"], row["baseline"]) == ("met", 80, 92.3)
    assert row["progress"] is None
    assert "2019" in rule_of("jinhua.elderly.family_doctor").baseline_notes[2021]


def area_asked(households: int, stage: str = "new") -> tuple[float, Any]:
    """Square metres and facilities asked of so many households without any."""
    of = {"new": "new", "existing": "existing"}[stage]
    rules = (rule_of(f"jinhua.childcare.area.{of}"), rule_of(f"jinhua.childcare.count.{of}"))
    home = {"id": "d", "stage": stage, "households": households, "geometry": point(0)}
    pack = replace(PACK_OF[rules[0].id], rules=rules)
    found = judge(districts(home), facilities(), pack)
    return float(finding(found, "d", rules[0].id)["threshold"]), finding(found, "d", rules[1].id)


def test_jinhua_area_and_places_fit_each_other() -> None:
    """3,000 households owe 450 m², about 13 m² for each of the 35 places of 4.5 per 1,000."""
    square_metres, _ = area_asked(3000)
    places = Fraction("4.5") / 1000 * 3000 * Fraction("2.6")
    assert (square_metres, float(places)) == (450, 35.1)
    assert f"{square_metres / places:.1f}" == "12.8"


@pytest.mark.parametrize(
    ("households", "least", "most", "capacity"),
    [(3000, 1, 1, 1), (5000, 1, 1, 2), (6000, 1, 2, 2), (7000, 2, 2, 2), (9000, 2, 3, 3),
     (10_000, 3, 3, 3)],
)  # fmt: skip
def test_jinhua_facilities_by_each_reading(
    households: int, least: int, most: int, capacity: int
) -> None:
    """readings §2: (a) decides; (b) and (c) stand beside it where they ask for more."""
    _, row = area_asked(households)
    assert row["threshold"] == least
    beside = {one["reading"]: one["threshold"] for one in row["alternatives"] or []}
    assert beside.get("upper_end", least) == most
    assert beside.get("capacity", least) == capacity


def test_jinhua_worked_example_of_5000_households() -> None:
    """One facility of at least 750 m² is enough (readings §2)."""
    square_metres, row = area_asked(5000)
    assert (square_metres, row["threshold"]) == (750, 1)


@pytest.mark.parametrize(
    ("stage", "households", "square_metres"),
    [("new", 1333, 200), ("new", 1334, 200.1), ("existing", 1500, 150), ("existing", 1501, 150.1)],
)
def test_jinhua_minimum_stops_mattering(stage: str, households: int, square_metres: float) -> None:
    """At 1,333.33 households of a new area, at 1,500 of an existing one."""
    assert area_asked(households, stage)[0] == square_metres


def test_jinhua_names_three_of_four_large_counties() -> None:
    """人口超过50万: 兰溪 is above it by the residents of 2024 and not among the three named."""
    residents = {"义乌": 1_918_000, "东阳": 1_095_000, "永康": 981_000, "兰溪": 584_000,
                 "武义": 474_000, "浦江": 469_000, "磐安": 179_000}  # fmt: skip
    verdicts = {
        name: city(
            "jinhua.elderly.plan_500k",
            registers={"elderly_facility_layout_plan": 1},
            level="county",
            on=dt.date(2024, 12, 31),
            population=number,
        )["verdict"]
        for name, number in residents.items()
    }
    asked = [name for name, verdict in verdicts.items() if verdict == "met"]
    assert asked == ["义乌", "东阳", "永康", "兰溪"]
    assert set(verdicts.values()) == {"met", "not_applicable"}


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
    assert [name for name in CHECKS.values() if not callable(globals().get(name))] == []
