"""The figures of the document of Jinhua, reproduced; where they do not agree, as they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from documents import PACK_OF, city, rule_of
from planning import districts, facilities, finding, judge, point


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
