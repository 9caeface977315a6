"""Every rule of the four packs: as the catalogue has it, and run on both sides of its number.

The thresholds and verdicts below are written by hand from the documents; only where a figure
belongs (which facilities, which register) is taken from the rules themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from geopandas import GeoDataFrame
from planning import areas, districts, facilities, finding, judge, layer_frame, main_street, point
from province import COUNTIES, Figures, area_rows, provinces, unit

from spatial.fields import LEVELS, PARKS
from spatial.policy.evaluation import PlanningData
from spatial.policy.pack import Pack, evaluable
from spatial.policy.pack_file import load_packs
from spatial.policy.rule import Rule

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT.parent / "shared" / "policy" / "catalogue.yaml"
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
# Each of these has a test of its own below.
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
    "jinhua.childcare.small_venue",
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


# --- as the catalogue has them ----------------------------------------------------------------


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return loaded


def test_every_rule_is_run_below() -> None:
    tables = (RATIOS, COUNTS, SHARES_OF_UNITS, IN_EVERY_UNIT, ANSWERED_NO, GATES, CIRCLES)
    run = [rule_id for table in tables for rule_id in table]
    run += [*NO_STANDARD_IN_THE_TEXT, *ALONE]
    assert sorted(run) == sorted(PACK_OF)
    assert len(run) == 134


@pytest.mark.shared
def test_the_packs_hold_exactly_the_rules_of_the_catalogue(catalogue: dict[str, Any]) -> None:
    for pack in PACKS.values():
        entries = [e["id"] for e in catalogue["rules"] if e["document"] == pack.document_no]
        assert [rule.id for rule in pack.rules] == entries
    assert {pack.id: len(pack.rules) for pack in PACKS.values()} == {
        "dali-2022": 41,
        "guizhou-2022": 22,
        "jinhua-2022": 42,
        "panzhihua-2020": 29,
    }
    assert len(catalogue["rules"]) == 134


@pytest.mark.shared
@pytest.mark.parametrize("name", ["quote", "clause", "kind", "severity", "subject"])
def test_what_a_rule_says_is_what_the_catalogue_says(catalogue: dict[str, Any], name: str) -> None:
    said = {entry["id"]: entry[name] for entry in catalogue["rules"]}
    assert {rule_id: getattr(rule_of(rule_id), name) for rule_id in PACK_OF} == said


@pytest.mark.shared
def test_targets_and_reported_values_are_those_of_the_catalogue(catalogue: dict[str, Any]) -> None:
    for entry in catalogue["rules"]:
        rule, given = rule_of(entry["id"]), entry["targets_by_year"]
        reported = {y: v["value"] for y, v in given.items() if isinstance(v, dict)}
        targets = {
            y: None if isinstance(v, str) or v is None else Decimal(str(v))
            for y, v in given.items()
            if isinstance(y, int) and not isinstance(v, dict)
        }
        if entry["id"] == "dali.elderly.adaptation":  # yearly quotas, judged as running totals
            quotas = [int(targets[year] or 0) for year in sorted(targets)]
            assert quotas == [2500, 1000, 500, 500, 500]
            targets = {y: Decimal(sum(quotas[: n + 1])) for n, y in enumerate(sorted(targets))}
            assert targets[2025] == given["total"]
        assert dict(rule.targets_by_year) == targets, rule.id
        assert {y: Decimal(str(v)) for y, v in reported.items()} == dict(rule.baselines), rule.id
        in_words = any(isinstance(value, str) for value in given.values())
        assert rule.basic_full_coverage == in_words, rule.id
        if "undated" in given:
            assert rule.parameters["minimum"] == given["undated"]


@pytest.mark.shared
def test_comparisons_and_parameters_are_those_of_the_catalogue(catalogue: dict[str, Any]) -> None:
    for entry in catalogue["rules"]:
        rule = rule_of(entry["id"])
        when = rule.parameters.get("when", {}).get("operator")
        sign = rule.parameters.get("operator", when)
        # Of a community of 1,000 people the catalogue gives the sign of what it must have.
        if sign is not None and entry["id"] != "dali.elderly.basic_bed_share":
            assert sign == entry["operator"], rule.id
        in_words = {"unit", "logic", "stage", "denominator"}
        for name in set(rule.parameters) & set(entry["parameters"]) - in_words:
            assert rule.parameters[name] == entry["parameters"][name], (rule.id, name)
        for name in ("population_threshold", "area_m2"):
            if name in entry["parameters"]:
                assert rule.parameters["when"]["value"] == entry["parameters"][name]
    assert rule_of("panzhihua.elderly.land_per_capita").parameters["minimum"] == Decimal("0.2")


@pytest.mark.shared
def test_documents_are_named_as_in_the_catalogue(catalogue: dict[str, Any]) -> None:
    by_number = {pack.document_no: pack for pack in PACKS.values()}
    for document in catalogue["documents"].values():
        pack = by_number.pop(document["no"])
        assert (pack.title, pack.issuer) == (document["title"], document["issuer"])
        assert pack.effective_from.isoformat() == document["date"]
        assert pack.effective_to is None
    assert by_number == {}


def test_every_rule_says_how_it_can_be_evaluated() -> None:
    assert {rule_id for rule_id in PACK_OF if evaluable(rule_of(rule_id)) == "review-stage"} == set(
        GATES
    )
    assert {rule_id for rule_id in PACK_OF if evaluable(rule_of(rule_id)) == "statement"} == {
        *ANSWERED_NO,
        "jinhua.childcare.small_venue",
    }
    registers = {r for r in PACK_OF if evaluable(rule_of(r)) == "needs-register"}
    assert {
        "jinhua.childcare.staff_cert",  # staff
        "jinhua.elderly.township_medical",
        "panzhihua.hospital.geriatrics",
        "guizhou.elderly.rural_mutual",
        "dali.elderly.adaptation",
    } <= registers
    held = set(PACK_OF) - registers - set(GATES) - set(ANSWERED_NO)
    assert {"jinhua.childcare.places_per_1000", "panzhihua.elderly.complex", *CIRCLES} <= held


def test_every_rule_is_read_in_both_languages() -> None:
    for rule_id in PACK_OF:
        reading = rule_of(rule_id).reading
        assert len(reading["zh"]) >= 10, rule_id
        assert len(reading["en"]) >= 20, rule_id


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


# --- districts --------------------------------------------------------------------------------


def pack_of_one(rule_id: str) -> Pack:
    return replace(PACK_OF[rule_id], rules=(rule_of(rule_id),))


def home(east_m: float = 0, **more: Any) -> dict[str, Any]:
    return {"id": "d", "stage": "existing", "households": 1000, "geometry": point(east_m), **more}


def site(east_m: float, **more: Any) -> dict[str, Any]:
    return {"id": "f", "geometry": point(east_m), **more}


@pytest.mark.parametrize("stage", ["planned", "new", "existing"])
@pytest.mark.parametrize(
    ("metres", "verdict"),
    [(299.999, "met"), (300, "met"), (300.001, "advise"), (800, "advise"), (800.001, "not_met")],
)
def test_a_radius_of_300_metres(stage: str, metres: float, verdict: str) -> None:
    rule_id = "jinhua.childcare.radius"
    found = judge(districts(home(stage=stage)), facilities(site(metres)), pack_of_one(rule_id))
    assert finding(found, "d", rule_id)["verdict"] == verdict


@pytest.mark.parametrize(
    ("approved", "metres", "verdict"),
    [(None, 500, "met_relaxed"), (None, 500.001, "advise"), (800, 800, "met_relaxed"),
     (800, 800.001, "not_met"), (600, 600.001, "advise"), (600, 600, "met_relaxed")],
)  # fmt: skip
def test_a_radius_relaxed_by_a_record(approved: int | None, metres: float, verdict: str) -> None:
    rule_id = "jinhua.childcare.radius.relaxed"
    record: dict[str, Any] = {
        "low_demand": True,
        "justified_by": "规划科",
        "justified_on": dt.date(2023, 5, 1),
        "justified_body": "自然资源局",
        "approved_radius_m": approved,
    }
    place = facilities(site(metres))
    found = judge(districts(home(**record)), place, pack_of_one(rule_id))
    assert finding(found, "d", rule_id)["verdict"] == verdict
    without = judge(districts(home()), place, pack_of_one(rule_id))
    assert finding(without, "d", rule_id)["verdict"] == "not_applicable"


@pytest.mark.parametrize(
    ("stage", "households", "square_metres"),
    [("new", 1000, "200"), ("new", 1333, "200"), ("new", 1334, "200.1"), ("planned", 5000, "750"),
     ("existing", 1000, "150"), ("existing", 1500, "150"), ("existing", 1501, "150.1")],
)  # fmt: skip
def test_square_metres_per_hundred_households(
    stage: str, households: int, square_metres: str
) -> None:
    kind = "existing" if stage == "existing" else "new"
    rule_id, other = f"jinhua.childcare.area.{kind}", "new" if kind == "existing" else "existing"
    pack = replace(
        PACKS["jinhua-2022"], rules=(rule_of(rule_id), rule_of(f"jinhua.childcare.area.{other}"))
    )
    place = districts(home(stage=stage, households=households))
    step = Decimal("0.01")
    for area, verdict in (
        (Decimal(square_metres) - step, "not_met"),
        (Decimal(square_metres), "met"),
        (Decimal(square_metres) + step, "met"),
    ):
        found = judge(place, facilities(site(10, floor_area_m2=area, district_id="d")), pack)
        row = finding(found, "d", rule_id)
        assert (row["verdict"], row["threshold"]) == (verdict, float(square_metres))
        outside = finding(found, "d", f"jinhua.childcare.area.{other}")
        assert outside["verdict"] == "not_applicable"


@pytest.mark.parametrize(
    ("households", "needed"),
    [(2999, None), (3000, 1), (4000, 1), (5000, 1), (6999, 1), (7000, 2), (9000, 2), (10_000, 3)],
)
@pytest.mark.parametrize("stage", ["new", "existing"])
def test_one_facility_for_the_first_3000_to_4000_households(
    stage: str, households: int, needed: int | None
) -> None:
    rule_id = f"jinhua.childcare.count.{stage}"
    pack = pack_of_one(rule_id)
    for recorded, short in ((False, "advise"), (True, "not_met")):
        record = {"justified_by": "规划科", "justified_on": dt.date(2023, 5, 1)}
        known: dict[str, Any] = {
            "conditions_available": True,
            "justified_body": "自然资源局",
            **record,
        }
        place = districts(home(stage=stage, households=households, **(known if recorded else {})))
        for step, verdict in ((-1, short), (0, "met"), (1, "met")):
            number = (needed or 0) + step
            if number < 0:
                continue
            sites = [site(n, id=f"f{n}", district_id="d") for n in range(number)]
            row = finding(judge(place, facilities(*sites), pack), "d", rule_id)
            assert row["verdict"] == ("not_applicable" if needed is None else verdict)


@pytest.mark.parametrize("rule_id", CIRCLES)
def test_a_circle_of_a_quarter_of_an_hour(rule_id: str) -> None:
    reach, kind = CIRCLES[rule_id]
    for metres, verdict in (
        (reach - 0.5, "met"),
        (reach + 0.5, "advise"),
        (1079.5, "advise"),
        (1080.5, "not_met"),
    ):
        found = judge(
            districts(home()),
            facilities(site(metres, kind=kind), site(1, id="x", kind="elderly_university")),
            pack_of_one(rule_id),
            network=main_street(),
        )
        assert finding(found, "d", rule_id)["verdict"] == verdict, metres
    off = judge(districts(home()), facilities(site(9, kind=kind)), pack_of_one(rule_id))
    assert finding(off, "d", rule_id)["verdict"] == "undetermined"


# --- new districts ----------------------------------------------------------------------------


def around() -> GeoDataFrame:
    """A prefecture around the places of the tests about districts."""
    row = {"level": "prefecture", "kind": "prefecture", "geometry": point(0).buffer(1)}
    return areas({"code": unit("prefecture"), "name": "示范市", **row})


def new_estates(covered: int) -> dict[str, dict[str, Any]]:
    """Twenty new districts, so many of them 300 m from a nursery, and a planned one far away."""
    homes = [home(0 if n < covered else 5000, id=f"d{n:02d}", stage="new") for n in range(COUNTIES)]
    homes.append(home(9000, id="p", stage="planned"))
    rule = rule_of("jinhua.childcare.new_estate_coverage")
    pack = replace(PACKS["jinhua-2022"], rules=(rule_of("jinhua.childcare.radius"), rule))
    data = PlanningData(
        districts=districts(*homes), facilities=facilities(site(300)), areas=around()
    )
    return area_rows(data, rule, pack, as_of=LATER)


@pytest.mark.parametrize(("covered", "verdict"), [(19, "not_met"), (20, "met")])
def test_childcare_reaches_all_new_districts(covered: int, verdict: str) -> None:
    row = new_estates(covered)[unit("prefecture")]
    assert (row["numerator"], row["denominator"]) == (covered, 20)
    assert (row["verdict"], row["value"]) == (verdict, 5 * covered)


def test_without_new_districts_their_share_is_undetermined() -> None:
    rule = rule_of("jinhua.childcare.new_estate_coverage")
    pack = replace(PACKS["jinhua-2022"], rules=(rule_of("jinhua.childcare.radius"), rule))
    data = PlanningData(districts=districts(), facilities=facilities(), areas=provinces())
    row = area_rows(data, rule, pack, as_of=LATER)[unit("prefecture")]
    assert (row["verdict"], row["value"]) == ("undetermined", None)
    assert row["missing"] == [{"figure": "no_new_districts"}]


@pytest.mark.parametrize("rule_id", NO_STANDARD_IN_THE_TEXT)
def test_without_a_standard_in_the_text_there_is_no_verdict(rule_id: str) -> None:
    rule = rule_of(rule_id)
    homes = districts(home(stage="new"), home(id="old"), home(id="p", stage="planned"))
    data = PlanningData(districts=homes, facilities=facilities(site(0)), areas=around())
    row = area_rows(data, rule, pack_of_one(rule_id), as_of=LATER)[unit("prefecture")]
    assert (row["verdict"], row["reason_code"]) == ("indicator", "standard_not_set")
    assert (row["value"], row["denominator"]) == (None, 1)


# --- statements and gates ---------------------------------------------------------------------


@pytest.mark.parametrize("rule_id", ANSWERED_NO)
def test_a_statement_is_answered_by_a_recorded_yes_or_no(rule_id: str) -> None:
    rule, pack = rule_of(rule_id), PACK_OF[rule_id]
    places = provinces(community_kinds=("urban_community", "rural_community"))
    shown = Figures(LATER).rows(rule, pack, places)
    assert shown
    assert {row["verdict"] for row in shown.values()} == {"indicator"}
    if not any(level in LEVELS for level in rule.applies_to):
        assert list(shown) == [unit("province")]  # about projects: kept at the top
    code = min(shown)
    yes = "indicator" if rule.kind == "permission" else "met"
    for answer, verdict in ((1, yes), (0, ANSWERED_NO[rule_id])):
        figures = Figures(LATER, indicators=[(code, rule_id, 2025, answer)])
        rows = figures.rows(rule, pack, places)
        assert (rows[code]["verdict"], rows[code]["value"]) == (verdict, answer)
        assert rows[code]["definition"] == "登记册（虚构）"
        others = {row["verdict"] for other, row in rows.items() if other != code}
        assert others <= {"indicator"}


def test_rural_communities_alone_are_asked_about_rural_buildings() -> None:
    rule = rule_of("dali.childcare.rural_include")
    places = provinces(community_kinds=("urban_community", "rural_community"))
    rows = Figures(LATER).rows(rule, PACK_OF[rule.id], places)
    assert len(rows) == COUNTIES // 2
    assert {row["kind"] for row in rows.values()} == {"rural_community"}


def test_small_venues_are_a_procedure_and_no_standard() -> None:
    rule = rule_of("jinhua.childcare.small_venue")
    rows = Figures(LATER).rows(rule, PACK_OF[rule.id], provinces())
    assert {code: row["verdict"] for code, row in rows.items()} == {unit("province"): "indicator"}
    assert rule.parameters["when"]["value"] == 300
    assert rule.parameters["when"]["operator"] == "<="  # 以下 includes 300


@pytest.mark.parametrize("rule_id", GATES)
def test_a_gate_belongs_to_a_stage_of_a_review(rule_id: str) -> None:
    rule = rule_of(rule_id)
    assert Figures(LATER).rows(rule, PACK_OF[rule_id], provinces()) == {}
    assert rule.parameters["stage"] == GATES[rule_id]
    assert rule.parameters["checks"]
    used = rule.parameters["uses_rule"]
    assert used is None or used in PACK_OF
