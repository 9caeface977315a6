"""What holds of every evaluation: more never harms, parts add up, order does not matter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from planning import (
    areas,
    districts,
    facilities,
    judge,
    layer_frame,
    main_street,
    pack,
    point,
    rule,
)
from regions import SIDE, SOUTH, WEST, area_rule

from spatial.fields import PARKS
from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_figures import AreaFigures
from spatial.policy.area_findings import AreaFinding
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.kinds import AREA_KINDS
from spatial.policy.pack_file import load_packs
from spatial.policy.places import membership
from spatial.policy.planning_data import PlanningData
from spatial.policy.targets import target_on

POLICIES = Path(__file__).resolve().parents[2] / "seed" / "policies"
WORSE_TO_BETTER = ("not_met", "undetermined", "advise", "met_relaxed", "met")
LATER = dt.date(2026, 6, 30)
AREA = rule("floor_area_per_100hh", rule_id="test.area")
COUNT = rule("facility_count_by_households", rule_id="test.count", severity="advisory")
CIRCLE = rule("service_circle_time", rule_id="test.circle")
RADIUS = rule("service_radius", rule_id="test.radius", severity="advisory")
quick = settings(deadline=None, max_examples=25)


def never_worse(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Hold every finding to the one before it."""
    keys = ["district_id", "rule"]
    pairs = before.merge(after, on=keys, suffixes=("_before", "_after"))
    assert len(pairs) == len(before) == len(after)
    for old, new in zip(pairs["verdict_before"], pairs["verdict_after"], strict=True):
        if "not_applicable" in (old, new):
            assert old == new
        else:
            assert WORSE_TO_BETTER.index(new) >= WORSE_TO_BETTER.index(old), (old, new)


# --- districts --------------------------------------------------------------------------------


@quick
@given(
    homes=st.lists(st.integers(0, 5000), min_size=1, max_size=5, unique=True),
    far=st.integers(1, 1500),
    near=st.integers(0, 1500),
    elsewhere=st.lists(st.integers(-900, 6500), max_size=3),
)
def test_a_nearer_facility_never_makes_a_reach_worse(
    homes: list[int], far: int, near: int, elsewhere: list[int]
) -> None:
    """The facility of the first home moves towards it; the others' may only have come nearer."""
    far, near = max(far, near), min(far, near)
    places = districts(*[{"id": f"d{x}", "households": 50, "geometry": point(x)} for x in homes])
    first = f"d{homes[0]}"
    rest = [{"id": f"f{n}", "geometry": point(x)} for n, x in enumerate(elsewhere)]
    reaches = []
    for gap in (far, near):
        site = {"id": "moving", "geometry": point(homes[0] + gap)}
        found = judge(places, facilities(site, *rest), pack(CIRCLE, RADIUS), network=main_street())
        rows = found.findings[found.findings["district_id"] == first]
        reaches.append(rows.reset_index(drop=True))
    never_worse(*reaches)
    assert (reaches[1]["value"] <= reaches[0]["value"]).all()


allotted = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 120_000)), max_size=6
)  # home, tenths of a square metre


@quick
@given(
    households=st.lists(st.integers(1, 12_000), min_size=4, max_size=4),
    sites=allotted,
    to=st.integers(0, 3),
    more=st.integers(0, 60_000),
    grow=st.sampled_from(["grow", "add"]),
)
def test_more_area_and_number_never_make_it_worse_and_leave_others_alone(
    households: list[int], sites: list[tuple[int, int]], to: int, more: int, grow: str
) -> None:
    """One more facility for a home, or a larger one: every other home keeps what it had."""
    places = districts(
        *[
            {"id": f"d{n}", "stage": "new", "households": number, "geometry": point(n * 900)}
            for n, number in enumerate(households)
        ]
    )

    def row(number: int, home: int, tenths: int) -> dict[str, Any]:
        area = Decimal(tenths) / 10
        return {"id": f"f{number}", "geometry": point(home * 900, 5), "floor_area_m2": area,
                "district_id": f"d{home}"}  # fmt: skip

    rows = [row(n, home, tenths) for n, (home, tenths) in enumerate(sites)]
    if grow == "grow" and sites:
        to = sites[0][0]
        after_rows = [row(0, to, sites[0][1] + more), *rows[1:]]
    else:
        after_rows = [*rows, row(len(rows), to, more)]
    packs = pack(AREA, COUNT)
    before = judge(places, facilities(*rows), packs).findings
    after = judge(places, facilities(*after_rows), packs).findings
    never_worse(before, after)
    others = before["district_id"] != f"d{to}"
    pd.testing.assert_frame_equal(before[others], after[others])
    changed = after.loc[~others, "value"] - before.loc[~others, "value"]
    assert (changed >= 0).all()


# --- areas ------------------------------------------------------------------------------------

PLACES = {"of": "facilities", "sum": "places", "kinds": ["nursery"], "status": "operating"}
NURSERIES = {**PLACES, "sum": "count"}
BEDS = {"of": "facilities", "sum": "beds", "kinds": ["nursery"], "status": "operating"}
PEOPLE = {"of": "areas", "field": "population"}


def ratio(kind: str, sign: str, target: str, **parameters: Any) -> dict[str, Any]:
    given_ = {"numerator": PLACES, "denominator": PEOPLE, "per": 1000, "unit": "‰", **parameters}
    return area_rule(
        kind,
        applies_to=["prefecture", "county"],
        parameters={"minimum": None, "operator": sign, **given_},
        targets_by_year={"2025": Decimal(target)},
    )


def strips(*populations: int | None, whole: int | None = None) -> GeoDataFrame:
    """A prefecture of counties side by side, each of one community."""
    rows: list[dict[str, Any]] = []
    east = WEST + SIDE * len(populations)
    rows.append({"code": "P", "level": "prefecture", "kind": "prefecture", "population": whole,
                 "geometry": shapely.box(WEST, SOUTH, east, SOUTH + SIDE)})  # fmt: skip
    for n, people in enumerate(populations):
        box = shapely.box(WEST + n * SIDE, SOUTH, WEST + (n + 1) * SIDE, SOUTH + SIDE)
        rows.append({"code": f"c{n}", "level": "county", "kind": "county", "parent": "P",
                     "population": people, "geometry": box})  # fmt: skip
    return areas(*[{"name": str(row["code"]), **row} for row in rows])


def site(number: int, share: float, **more: Any) -> dict[str, Any]:
    """A facility at a share of the way from west to east of a prefecture of one strip."""
    place = shapely.Point(WEST + SIDE * share, SOUTH + SIDE / 2)
    return {"id": f"f{number:02d}", "geometry": place, **more}


def judged(
    plain: Mapping[str, Any],
    places: GeoDataFrame,
    sites: Sequence[Mapping[str, Any]] | None,
    indicators: pd.DataFrame | None = None,
) -> dict[str, AreaFinding]:
    """Judge one rule about areas by itself: exact findings by area code."""
    places = places.sort_values("code", kind="stable").reset_index(drop=True)
    rows = None if sites is None else facilities(*sites)
    (one,) = pack(plain).rules
    facts = AreaFacts(
        figures=AreaFigures(places, rows, indicators, as_of=LATER),
        as_of=LATER,
        target_year=None,
        stage=np.empty(0, dtype=object),
        places=membership(districts(), places),
        verdicts=lambda _: None,
        parks=None,
        park_facilities=lambda _: None,
    )
    return {finding.code: finding for finding in AREA_KINDS[one.kind].judge(one, facts)}


SIGNS = {
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
    "<=": lambda value, limit: value <= limit,
}


@settings(deadline=None, max_examples=60)
@given(
    places=st.lists(st.integers(0, 10_000), max_size=4),
    people=st.integers(0, 2_000_000),
    target=st.decimals(0, 100, places=3),
    sign=st.sampled_from(sorted(SIGNS)),
    per=st.sampled_from([1, 100, 1000, 10_000]),
)
def test_a_ratio_is_exactly_its_numerator_over_its_denominator(
    places: list[int], people: int, target: Decimal, sign: str, per: int
) -> None:
    unit = {1: "m2", 100: "%", 1000: "‰", 10_000: "‱"}[per]
    plain = ratio("places_per_1000_pop", sign, str(target), per=per, unit=unit)
    sites = [site(n, 0.5, places=number) for n, number in enumerate(places)]
    found = judged(plain, strips(people), sites)["c0"]
    if people == 0:
        assert (found.verdict, found.value) == ("undetermined", None)
        return
    exact = Fraction(sum(places), people) * per
    assert found.value == exact
    assert found.numerator == sum(places)
    assert found.denominator == people
    holds = SIGNS[sign](exact, Fraction(target))
    assert found.verdict == ("met" if holds else "not_met")
    short = Fraction(target) - exact if sign != "<=" else exact - Fraction(target)
    assert found.deficit == (short * people / per if short > 0 else None)


@quick
@given(at=st.integers(1, 10**9), of=st.integers(1, 10**9), sign=st.sampled_from(sorted(SIGNS)))
def test_a_share_at_its_number_is_at_it_however_long_its_decimals(
    at: int, of: int, sign: str
) -> None:
    """No float stands between a share and its number: one more or less turns the verdict."""
    names = {side: {"of": "indicator", "name": side} for side in ("numerator", "denominator")}
    plain = ratio("share_of_beds", sign, "37.5", per=100, unit="%", **names)
    for above, below in ((3 * at, 8 * at), (3 * at + 1, 8 * at), (3 * of - 1, 8 * of)):
        table = pd.DataFrame(
            [("P", "numerator", 2025, above), ("P", "denominator", 2025, below)],
            columns=["area", "indicator", "year", "value"],
        ).assign(source="x")
        found = judged(plain, strips(1), None, table)["P"]
        assert found.value == Fraction(100 * above, below)
        holds = SIGNS[sign](Fraction(above, below), Fraction(3, 8))
        assert found.verdict == ("met" if holds else "not_met")


PER_HEAD = (
    ratio("places_per_1000_pop", ">=", "4.5"),
    ratio("places_per_1000_pop", ">", "4.5"),
    area_rule(
        "count_target",
        applies_to=["prefecture"],
        parameters={"numerator": PLACES, "operator": ">=", "unit": "places",
                    "more": [{"numerator": NURSERIES, "minimum": 2}]},
        targets_by_year={"2025": 100},
    ),
    area_rule(
        "min_per_admin_unit",
        applies_to=["county"],
        parameters={"logic": "all", "has": [{"measure": NURSERIES, "at_least": 1},
                                            {"measure": PLACES, "at_least": 60}]},
    ),
    area_rule(
        "threshold_requirement",
        applies_to=["county"],
        parameters={"when": {"measure": PEOPLE, "operator": ">=", "value": 20_000},
                    "has": [{"measure": PLACES, "at_least": 90}], "logic": "all"},
    ),
    area_rule(
        "admin_unit_coverage",
        applies_to=["prefecture"],
        parameters={"unit_level": "county", "unit_kinds": [], "logic": "any", "operator": ">=",
                    "has": [{"measure": NURSERIES, "at_least": 2},
                            {"measure": PLACES, "at_least": 120}], "unit": "%"},
        targets_by_year={"2025": 50},
    ),
)  # fmt: skip
located = st.lists(
    st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 150))), max_size=5
)


@quick
@given(
    people=st.lists(st.integers(0, 40_000), min_size=3, max_size=3),
    sites=located,
    at=st.integers(0, 2),
    places=st.integers(0, 400),
)
@pytest.mark.parametrize("plain", PER_HEAD, ids=[str(one["kind"]) for one in PER_HEAD])
def test_one_more_facility_never_harms_an_area_and_leaves_others_alone(
    plain: dict[str, Any],
    people: list[int],
    sites: list[tuple[int, int | None]],
    at: int,
    places: int,
) -> None:
    rows = [site(n, where + 0.5, places=number) for n, (where, number) in enumerate(sites)]
    before = judged(plain, strips(*people), rows)
    after = judged(plain, strips(*people), [*rows, site(9, at + 0.5, places=places)])
    assert before.keys() == after.keys()
    for code, old in before.items():
        new = after[code]
        if code not in ("P", f"c{at}"):
            assert old == new
        elif old.verdict == "not_applicable":
            assert new.verdict == old.verdict
        else:
            order = WORSE_TO_BETTER
            assert order.index(new.verdict) >= order.index(old.verdict)
            if old.deficit is not None and new.deficit is not None:
                # Of several figures asked, the one shown is the first that is short.
                assert old.threshold != new.threshold or new.deficit <= old.deficit


@quick
@given(people=st.integers(1, 60_000), newcomers=st.integers(0, 60_000), places=st.integers(0, 400))
def test_more_people_never_help(people: int, newcomers: int, places: int) -> None:
    plain, sites = ratio("places_per_1000_pop", ">=", "4.5"), [site(0, 0.5, places=places)]
    few = judged(plain, strips(people), sites)["c0"]
    many = judged(plain, strips(people + newcomers), sites)["c0"]
    order = WORSE_TO_BETTER
    assert order.index(many.verdict) <= order.index(few.verdict)
    assert (many.deficit or 0) >= (few.deficit or 0)


stocks = st.lists(
    st.tuples(st.integers(1, 99).filter(lambda x: x != 50), st.integers(0, 500)), max_size=6
)


@quick
@given(people=st.integers(0, 3_000_000), west=st.integers(0, 100), sites=stocks)
def test_an_area_split_in_two_rolls_up_to_the_same(
    people: int, west: int, sites: list[tuple[int, int]]
) -> None:
    """Stocks where they lie, people as they are shared out: the whole does not change."""
    rules = (
        ratio("places_per_1000_pop", ">=", "4.5"),
        ratio("share_of_places", "<=", "40", denominator=BEDS, per=100, unit="%"),
    )
    part = people * west // 100
    rows = [site(n, x / 100, places=k, beds=2 * k + 1) for n, (x, k) in enumerate(sites)]
    # Twice as wide, so that the middle of the one is the border of the two.
    halves = [{**row, "geometry": _doubled(row["geometry"])} for row in rows]
    for plain in rules:
        whole = judged(plain, strips(people), rows)["P"]
        split = judged(plain, strips(part, people - part), halves)
        assert split["P"].value == whole.value
        for name in ("verdict", "numerator", "denominator", "deficit", "facilities", "threshold"):
            assert getattr(split["P"], name) == getattr(whole, name), name
        parts = [split["c0"], split["c1"]]
        assert whole.numerator == sum((one.numerator or 0) for one in parts)
        assert whole.denominator == sum((one.denominator or 0) for one in parts)


@quick
@given(value=st.integers(0, 10_000), west=st.integers(0, 100))
def test_a_register_kept_by_parts_is_that_of_the_whole(value: int, west: int) -> None:
    names = {side: {"of": "indicator", "name": side} for side in ("numerator", "denominator")}
    plain = ratio("staffing_ratio", ">=", "70", per=100, unit="%", **names)
    part = value * west // 100

    def table(*rows: tuple[str, str, int]) -> pd.DataFrame:
        frame = pd.DataFrame(rows, columns=["area", "indicator", "value"])
        return frame.assign(year=2025, source="登记册")

    whole = table(("P", "numerator", value), ("P", "denominator", 9000))
    split = table(
        ("c0", "numerator", part), ("c1", "numerator", value - part),
        ("c0", "denominator", 4000), ("c1", "denominator", 5000),
    )  # fmt: skip
    first = judged(plain, strips(1, 1), None, whole)["P"]
    second = judged(plain, strips(1, 1), None, split)["P"]
    assert first == second
    only = judged(plain, strips(1, 1), None, split[split["area"] == "c0"])["P"]
    assert only.verdict == "undetermined"  # a part is never taken for the whole


def _doubled(place: shapely.Point) -> shapely.Point:
    return shapely.Point(WEST + 2 * (place.x - WEST), place.y)


# --- packs ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_city() -> PlanningData:
    """Districts of every stage, one whose stage depends on the document, and some of everything."""
    places = strips(20_000, 30_000)
    middle = shapely.Point(WEST + SIDE / 2, SOUTH + SIDE / 2)
    homes = [
        {"id": "new", "stage": "new", "households": 3500},
        {"id": "old", "stage": "existing", "households": 900},
        {"id": "plan", "stage": "planned", "households": 100},
        # Permitted after Guizhou's document and before Dali's and Jinhua's.
        {"id": "between", "permitted_on": dt.date(2022, 6, 1), "households": 1200},
    ]
    rows = [
        {"geometry": shapely.Point(middle.x + n * 0.001, middle.y), **home}
        for n, home in enumerate(homes)
    ]
    sites = [
        {"id": "n", "kind": "nursery", "places": 90, "floor_area_m2": 400, "district_id": "new"},
        {"id": "d", "kind": "day_care", "beds": 20, "nursing_beds": 5},
        {"id": "h", "kind": "care_home", "beds": 300, "nursing_beds": 150, "operator": "private"},
    ]
    table = pd.DataFrame(
        [("P", "childcare_staff", 2025, 100), ("P", "childcare_staff_certified", 2025, 80)],
        columns=["area", "indicator", "year", "value"],
    )
    ground = [{"id": "园", "employees": 12_000, "geometry": middle.buffer(0.01)}]
    return PlanningData(
        districts=districts(*rows),
        facilities=facilities(*[{"geometry": middle, **one} for one in sites]),
        areas=places,
        parks=layer_frame(PARKS, ground),
        indicators=table.assign(source="登记册"),
    )


DOCUMENTS = ("dali-2022", "guizhou-2022", "jinhua-2022", "panzhihua-2020")
PACKS = [one for one in load_packs(POLICIES) if one.id in DOCUMENTS]


@pytest.fixture(scope="module")
def in_order(small_city: PlanningData) -> Evaluation:
    return evaluate(small_city, packs=PACKS, as_of=LATER)


def turned(data: PlanningData) -> PlanningData:
    """Every table from the last row to the first."""
    layers: dict[str, Any] = {
        name: layer.iloc[::-1].reset_index(drop=True)
        for name, layer in vars(data).items()
        if isinstance(layer, pd.DataFrame)
    }
    return replace(data, **layers)


@settings(deadline=None, max_examples=6, phases=[Phase.explicit, Phase.generate])
@given(order=st.permutations(range(4)), rows=st.sampled_from(["as given", "turned"]))
def test_the_order_of_packs_and_rows_does_not_matter(
    small_city: PlanningData, in_order: Evaluation, order: list[int], rows: str
) -> None:
    data = turned(small_city) if rows == "turned" else small_city
    found = evaluate(data, packs=[PACKS[n] for n in order], as_of=LATER)
    keys = {"findings": ["district_id", "pack", "rule"], "areas": ["code", "pack", "rule", "part"]}
    for name, by in keys.items():
        before, after = (
            getattr(one, name).sort_values(by).reset_index(drop=True) for one in (in_order, found)
        )
        assert len(before) > 30
        assert before.to_json() == after.to_json()
    assert in_order.districts.to_json() == found.districts.to_json()
    assert dict(in_order.region) == dict(found.region)
    assert dict(in_order.pack_versions) == dict(found.pack_versions)
    assert set(in_order.warnings) == set(found.warnings)


def test_the_order_of_rules_does_not_matter(small_city: PlanningData, in_order: Evaluation) -> None:
    """A rule that does not apply to a district leaves what the others judge by as it was."""
    backwards = [replace(one, rules=one.rules[::-1]) for one in PACKS]
    found = evaluate(small_city, packs=backwards, as_of=LATER)
    keys = ["district_id", "pack", "rule"]
    before, after = (
        one.findings.sort_values(keys).reset_index(drop=True) for one in (in_order, found)
    )
    assert before.to_json() == after.to_json()
    circles = before[before["kind"] == "service_circle_time"]
    assert set(circles["demand"]) == {"point"}
    assert circles["covered_share"].isna().all()


# --- targets ----------------------------------------------------------------------------------

targets = st.dictionaries(
    st.integers(2020, 2030),
    st.one_of(st.none(), st.decimals(0, 1000, places=2)),
    min_size=1,
    max_size=5,
)
days = st.dates(dt.date(2018, 1, 1), dt.date(2034, 12, 31))


@settings(deadline=None, max_examples=200)
@given(by_year=targets, dates=st.lists(days, min_size=2, max_size=6))
def test_targets_come_due_in_order_and_stay(
    by_year: dict[int, Decimal | None], dates: list[dt.date]
) -> None:
    chosen = [target_on(by_year, as_of=day) for day in sorted(dates)]
    for day, target in zip(sorted(dates), chosen, strict=True):
        assert target is not None
        assert target.year is not None
        assert target.value == by_year[target.year]
        assert target.due == (day >= dt.date(target.year, 12, 31))
        later = sorted(year for year in by_year if year > target.year)
        assert target.next_year == (later[0] if later else None)
        assert target.due or target.year == min(by_year)
        assert not target.due or not later or day < dt.date(later[0], 12, 31)
    for early, late in pairwise(chosen):
        assert early is not None
        assert late is not None
        assert (early.year or 0, early.due, early.ended) <= (late.year or 0, late.due, late.ended)


@settings(deadline=None, max_examples=100)
@given(by_year=targets, day=days, years=st.lists(st.integers(2020, 2034), min_size=2, max_size=4))
def test_a_later_target_year_never_chooses_an_earlier_target(
    by_year: dict[int, Decimal | None], day: dt.date, years: list[int]
) -> None:
    asked = [year for year in sorted(years) if year >= min(by_year)]
    chosen = [target_on(by_year, as_of=day, target_year=year) for year in asked]
    found = [target.year or 0 for target in chosen if target is not None]
    assert found == sorted(found)
    assert all(year <= wanted for year, wanted in zip(found, asked, strict=True))
