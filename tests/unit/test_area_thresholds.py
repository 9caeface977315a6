"""Every rule about areas, on both sides of its number and at it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from planning import districts, facilities, layer_frame
from province import COUNTIES, Figures, area_rows, provinces, unit
from rulebook import (
    AT_LEAST,
    COUNTS,
    IN_EVERY_UNIT,
    LATER,
    PACK_OF,
    RATIOS,
    REPORTED,
    SHARES_OF_UNITS,
    STEPS,
    by_year,
    on_the_day,
    rule_of,
    top_of,
    tops_of,
)

from spatial.fields import PARKS
from spatial.policy.pack import evaluable
from spatial.policy.planning_data import PlanningData
from spatial.policy.rule import Rule

# --- ratios and shares ------------------------------------------------------------------------


def put_ratio(figures: Figures, rule: Rule, area: str, above: int, below: int) -> None:
    """Put a numerator and a denominator into an area."""
    numerator, denominator = rule.parameters["numerator"], rule.parameters["denominator"]
    figures.put(numerator, area, above)
    if numerator.get("sum") != denominator.get("sum") or numerator["of"] != "facilities":
        figures.put(denominator, area, below)
        figures.put_what_never_counts(numerator, area)
        return
    # Beds of one operator are beds too: the rest of the denominator is another's.
    other = "public" if "private" in numerator["where"]["operator"] else "private"
    figures.put(denominator, area, below - above, operator=other)


@pytest.mark.parametrize(("rule_id", "year"), by_year(RATIOS, 1))
def test_a_ratio_on_both_sides_of_its_number_and_at_it(rule_id: str, year: int | None) -> None:
    rule, (verdicts, numbers) = rule_of(rule_id), RATIOS[rule_id]
    per, tops = int(rule.parameters["per"]), tops_of(rule)
    exact = Fraction(numbers[year]) / per
    above, below = exact.numerator * 2, exact.denominator * 2
    figures = Figures(on_the_day(year))
    for top, step in zip(tops, STEPS, strict=True):
        put_ratio(figures, rule, top, above + step, below)
    places = provinces(len(STEPS), figures=figures.areas)
    rows = figures.rows(rule, PACK_OF[rule_id], places)
    for top, step, verdict in zip(tops, STEPS, verdicts, strict=True):
        row = rows[top]
        assert (row["verdict"], row["numerator"]) == (verdict, above + step)
        assert row["denominator"] == below
        assert row["value"] == float(Fraction(above + step, below) * per)
        if verdicts is not REPORTED:
            assert row["threshold"] == float(numbers[year])
            assert row["target_year"] == year
    if year is not None and year == min(y for y in numbers if y is not None):
        figures.as_of = dt.date(year, 12, 30)
        rows = figures.rows(rule, PACK_OF[rule_id], places)
        early = "indicator" if verdicts is REPORTED else "not_due"
        assert {rows[top]["verdict"] for top in tops} == {early}


@pytest.mark.parametrize("rule_id", RATIOS)
def test_a_ratio_of_nobody_or_of_nothing_known_is_undetermined(rule_id: str) -> None:
    rule = rule_of(rule_id)
    top = top_of(rule)
    nobody = Figures(LATER)
    put_ratio(nobody, rule, top, 0, 0)
    row = nobody.rows(rule, PACK_OF[rule_id], provinces(figures=nobody.areas))[top]
    assert (row["verdict"], row["value"]) == ("undetermined", None)
    assert row["missing"] == [{"figure": "denominator_is_zero"}]
    nothing = area_rows(
        PlanningData(districts=districts(), facilities=None, areas=provinces()),
        rule,
        replace(PACK_OF[rule_id], rules=(rule,)),
        as_of=LATER,
    )[top]
    assert (nothing["verdict"], nothing["value"]) == ("undetermined", None)
    assert nothing["missing"]


def test_an_equal_share_has_not_grown() -> None:
    """逐年增加公办幼儿园开设托班的比例: the number is that of the year before."""
    rule = rule_of("jinhua.childcare.kindergarten_share")
    for classes, verdict in ((49, "not_met"), (50, "not_met"), (51, "met")):
        figures = Figures(dt.date(2025, 6, 30))
        names = [rule.parameters[side]["name"] for side in ("numerator", "denominator")]
        for year, values in ((2024, (40, 80)), (2025, (classes, 100))):
            figures.indicators += [
                (unit("prefecture"), name, year, value)
                for name, value in zip(names, values, strict=True)
            ]
        row = figures.rows(rule, PACK_OF[rule.id], provinces())[unit("prefecture")]
        assert (row["verdict"], row["value"]) == (verdict, classes)


# --- counts -----------------------------------------------------------------------------------


def put_count(
    figures: Figures, rule: Rule, area: str, number: int, further: tuple[int, ...]
) -> None:
    numerator, first = rule.parameters["numerator"], len(figures.facilities)
    figures.put(numerator, area, number)
    figures.put_what_never_counts(numerator, area)
    for one, amount in zip(rule.parameters["more"], further, strict=True):
        measure = one["numerator"]
        if measure["of"] == "facilities":  # beds of the very centres that are counted
            figures.facilities[first][measure["sum"]] = amount
        else:
            figures.put(measure, area, amount)


@pytest.mark.parametrize(("rule_id", "year"), by_year(COUNTS, 0))
def test_a_count_on_both_sides_of_its_number_and_at_it(rule_id: str, year: int) -> None:
    rule, (numbers, further) = rule_of(rule_id), COUNTS[rule_id]
    figures, number, tops = Figures(on_the_day(year)), numbers[year], tops_of(rule)
    for top, step in zip(tops, STEPS, strict=True):
        put_count(figures, rule, top, max(number + step, 0), further)
    rows = figures.rows(rule, PACK_OF[rule_id], provinces(len(STEPS)))
    for top, step, verdict in zip(tops, STEPS, AT_LEAST, strict=True):
        row, there = rows[top], max(number + step, 0)
        assert (row["value"], row["verdict"]) == (there, verdict if number else "met")
        assert (row["threshold"], row["target_year"]) == (number, year)
        assert row["deficit"] == (1 if there < number else None)
    if year == min(numbers):
        figures.as_of = dt.date(year, 12, 30)
        rows = figures.rows(rule, PACK_OF[rule_id], provinces(len(STEPS)))
        assert {rows[top]["verdict"] for top in tops} == {"not_due"}


@pytest.mark.parametrize("rule_id", [rule_id for rule_id, row in COUNTS.items() if row[1]])
def test_the_further_figure_of_a_sentence_is_asked_too(rule_id: str) -> None:
    rule, (numbers, (further,)) = rule_of(rule_id), COUNTS[rule_id]
    ((year, number),) = numbers.items()
    figures, tops = Figures(on_the_day(year)), tops_of(rule)
    for top, step in zip(tops, STEPS, strict=True):
        put_count(figures, rule, top, number, (further + step,))
    rows = figures.rows(rule, PACK_OF[rule_id], provinces(len(STEPS)))
    assert tuple(rows[top]["verdict"] for top in tops) == AT_LEAST
    measure = rule.parameters["more"][0]["numerator"]
    for row in figures.facilities:
        row[measure.get("sum", "lift")] = None
    figures.indicators = [i for i in figures.indicators if i[1] != measure.get("name")]
    rows = figures.rows(rule, PACK_OF[rule_id], provinces(len(STEPS)))
    assert {rows[top]["verdict"] for top in tops} == {"undetermined"}


# --- shares of administrative units -----------------------------------------------------------


def put_units(figures: Figures, rule: Rule, level: str, have: int, *, land: int = 0) -> None:
    """Let the first `have` of twenty units have what is asked, and the others nearly."""
    asked, every = rule.parameters["has"], rule.parameters["logic"] == "all"
    for n in range(1, COUNTIES + 1):
        code = unit(level, n, land=land)
        for i, one in enumerate(asked):
            there = n <= have and (every or i == n % len(asked))
            # Of a pair that must both be there, one is not enough.
            there |= n > have and every and i < len(asked) - 1
            figures.put(one["measure"], code, int(one["at_least"]) if there else 0)
            figures.put_what_never_counts(one["measure"], code)
            for name in one["measure"].get("where", {}):
                figures.put({**one["measure"], "where": {name: [False]}}, code, 1)
        if "among" in rule.parameters:
            figures.put(rule.parameters["among"]["measure"], code, 1)


@pytest.mark.parametrize(("rule_id", "year"), by_year(SHARES_OF_UNITS, 2))
def test_a_share_of_units_on_both_sides_of_its_number_and_at_it(
    rule_id: str, year: int | None
) -> None:
    rule, (level, kinds, numbers) = rule_of(rule_id), SHARES_OF_UNITS[rule_id]
    top = "prefecture" if "prefecture" in rule.applies_to else "province"
    have = [min(numbers[year] * COUNTIES // 100 + step, COUNTIES) for step in STEPS]
    # One more unit, of a kind that does not count, has all that is asked and changes nothing.
    other = {
        ("subdistrict",): "town",
        ("town", "township"): "subdistrict",
        ("urban_community",): "rural_community",
    }.get(kinds)
    choice: dict[str, Any] = {f"{level}_kinds": kinds} if kinds else {}
    figures = Figures(on_the_day(year))
    for land, units in enumerate(have):
        put_units(figures, rule, level, units, land=land)
        for one in rule.parameters["has"] if other is not None else ():
            code = unit(level, COUNTIES + 1, land=land)
            figures.put(one["measure"], code, int(one["at_least"]))
    places = provinces(len(STEPS), other=other, **choice)
    rows = figures.rows(rule, PACK_OF[rule_id], places)
    for land, (units, verdict) in enumerate(zip(have, AT_LEAST, strict=True)):
        row = rows[unit(top, land=land)]
        assert (row["numerator"], row["denominator"]) == (units, COUNTIES)
        assert (row["verdict"], row["value"]) == (verdict, 5 * units)
        assert row["threshold"] == numbers[year]
        assumed = not rule.targets_by_year.get(year or 0, Decimal(1))
        assert (row["definition"] == "assumed_95_percent") == assumed
    if year is not None and year == min(y for y in numbers if y is not None):
        figures.as_of = dt.date(year, 12, 30)
        rows = figures.rows(rule, PACK_OF[rule_id], places)
        assert rows[unit(top)]["verdict"] == "not_due"


def test_communities_that_are_not_eligible_are_in_no_denominator() -> None:
    """符合条件的完整社区: 12 of 20 communities; without the whole list there is no verdict."""
    rule = rule_of("jinhua.childcare.complete_community")
    name = rule.parameters["among"]["measure"]["name"]
    figures = Figures(on_the_day(2025))
    put_units(figures, rule, "community", 8)
    figures.indicators = [i for i in figures.indicators if i[1] != name]
    listed = [(unit("community", n), name, 2025, int(n <= 12)) for n in range(1, COUNTIES + 1)]
    figures.indicators += listed
    row = figures.rows(rule, PACK_OF[rule.id], provinces())[unit("prefecture")]
    assert (row["numerator"], row["denominator"], row["verdict"]) == (8, 12, "met")
    figures.indicators.remove(listed[-1])
    row = figures.rows(rule, PACK_OF[rule.id], provinces())[unit("prefecture")]
    assert row["verdict"] == "undetermined"
    assert {"indicator": name, "area": unit("community", COUNTIES)} in row["missing"]


# --- at least one in every unit ---------------------------------------------------------------


@pytest.mark.parametrize("rule_id", IN_EVERY_UNIT)
def test_one_in_every_unit(rule_id: str) -> None:
    rule, (level, logic) = rule_of(rule_id), IN_EVERY_UNIT[rule_id]
    asked, pack = rule.parameters["has"], PACK_OF[rule_id]
    first = unit(level)
    as_of = LATER
    for number, verdict in ((0, "not_met"), (1, "met"), (2, "met")):
        figures = Figures(as_of)
        for one in asked:
            figures.put(one["measure"], first, number)
            figures.put_what_never_counts(one["measure"], first)
        rows = figures.rows(rule, pack, provinces())
        assert rows[first]["verdict"] == verdict
        assert len(rows) == (COUNTIES if level == "county" else 1)
    for only, _ in enumerate(asked[:2] if len(asked) > 1 else []):
        figures = Figures(as_of)
        for i, one in enumerate(asked):
            figures.put(one["measure"], first, int(i == only))
        found = figures.rows(rule, pack, provinces())[first]
        assert found["verdict"] == ("met" if logic == "any" else "not_met")
    if evaluable(rule) == "needs-register":
        assert Figures(as_of).rows(rule, pack, provinces())[first]["verdict"] == "undetermined"
    if rule.targets_by_year:
        figures = Figures(dt.date(min(rule.targets_by_year), 12, 30))
        for one in asked:
            figures.put(one["measure"], first, 0)
        assert figures.rows(rule, pack, provinces())[first]["verdict"] == "not_due"


# --- requirements that a size triggers --------------------------------------------------------


@pytest.mark.parametrize(
    ("rule_id", "level", "people", "amount", "verdict"),
    [
        ("jinhua.childcare.community_1000", "community", 999, 0, "not_applicable"),
        ("jinhua.childcare.community_1000", "community", 1000, 0, "not_met"),
        ("jinhua.childcare.community_1000", "community", 1000, 1, "met"),
        ("guizhou.childcare.places_90", "community", 19_999, 0, "not_applicable"),
        ("guizhou.childcare.places_90", "community", 20_000, 89, "not_met"),
        ("guizhou.childcare.places_90", "community", 20_000, 90, "met"),
        ("guizhou.childcare.places_90", "community", 40_000, 90, "met"),  # flat, not per head
        ("jinhua.elderly.plan_500k", "county", 500_000, 0, "not_applicable"),  # 超过
        ("jinhua.elderly.plan_500k", "county", 500_001, 0, "not_met"),
        ("jinhua.elderly.plan_500k", "county", 500_001, 1, "met"),
    ],
)
def test_a_size_triggers_what_is_asked(
    rule_id: str, level: str, people: int, amount: int, verdict: str
) -> None:
    rule, code = rule_of(rule_id), unit(level)
    figures = Figures(LATER)
    figures.put(rule.parameters["when"]["measure"], code, people)
    for i, one in enumerate(rule.parameters["has"]):
        figures.put(one["measure"], code, amount if i == 0 else 0)
        figures.put_what_never_counts(one["measure"], code)
    row = figures.rows(rule, PACK_OF[rule_id], provinces(figures=figures.areas))[code]
    assert row["verdict"] == verdict


@pytest.mark.parametrize("other", [1, 2])
def test_any_institution_open_to_residents_serves_a_community(other: int) -> None:
    rule = rule_of("jinhua.childcare.community_1000")
    measure = rule.parameters["has"][other]["measure"]
    ((name, _),) = measure["where"].items()
    for answer, verdict in ((True, "met"), (False, "not_met"), (None, "undetermined")):
        figures = Figures(LATER, areas={unit("community"): {"population": 1000}})
        figures.put(measure, unit("community"), 1, **{name: answer})
        row = figures.rows(rule, PACK_OF[rule.id], provinces(figures=figures.areas))[
            unit("community")
        ]
        assert row["verdict"] == verdict


def test_villages_are_no_urban_communities_of_20000() -> None:
    rule = rule_of("guizhou.childcare.places_90")
    figures = Figures(LATER, areas={unit("community"): {"population": 30_000}})
    places = provinces(community_kinds=("rural_community",), figures=figures.areas)
    assert figures.rows(rule, PACK_OF[rule.id], places) == {}


# --- industrial parks -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("employees", "number", "verdict"),
    [(9_999, 0, "not_applicable"), (10_000, 0, "not_met"), (10_000, 1, "met"),
     (19_999, 1, "met"), (20_000, 1, "not_met"), (25_000, 2, "met"), (None, 9, "undetermined")],
)  # fmt: skip
def test_a_park_owes_one_facility_for_each_full_10000(
    employees: int | None, number: int, verdict: str
) -> None:
    rule = rule_of("jinhua.childcare.park")
    figures = Figures(LATER)
    figures.put(rule.parameters["has"], unit("county"), number)
    figures.put_what_never_counts(rule.parameters["has"], unit("county"))
    sites = [{**row, "id": f"f{n}"} for n, row in enumerate(figures.facilities)]
    ground = sites[0]["geometry"].buffer(0.001)
    rows = area_rows(
        PlanningData(
            districts=districts(),
            facilities=facilities(*sites),
            areas=provinces(),
            parks=layer_frame(
                PARKS, [{"id": "园", "name": "示范园", "employees": employees, "geometry": ground}]
            ),
        ),
        rule,
        replace(PACK_OF[rule.id], rules=(rule,)),
        as_of=LATER,
    )
    assert rows["园"]["verdict"] == verdict
